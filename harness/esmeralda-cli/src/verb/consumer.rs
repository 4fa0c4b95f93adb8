//! `consumer`: somebody's own function under the reference, and what to change about it.

use crate::consumer_args::{ConsumerArgs, Repeats};
use crate::error::{CliError, Exit};
use crate::{input, report};
use esmeralda_consumer::aws::{Answers, Recorder};
use esmeralda_consumer::check::CheckError;
use esmeralda_consumer::command;
use esmeralda_consumer::export::export;
use esmeralda_consumer::function::{Function, Named};
use esmeralda_consumer::junit::junit;
use esmeralda_consumer::redrive::{Arrival, Redrive};
use esmeralda_consumer::surrounded::Surrounded;
use esmeralda_consumer::told::Tells;
use esmeralda_consumer::{Check, Verdict};
use std::path::{Path, PathBuf};

/// Checks a function.
pub(crate) fn run(args: &ConsumerArgs) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(could_not)?;
    let local = tokio::task::LocalSet::new();
    if let Some(arrival) = args.failure_records {
        let found = local.block_on(&runtime, async {
            let redrive = redrive(args, arrival).await?;
            let mut handler = handler(args, Answers::Stub)?;
            let found = redrive.run(&mut handler).await;
            handler.inner().close().await;
            found.map_err(could_not)
        })?;
        return emit(args, &found);
    }
    let Some(mapping) = &args.mapping else {
        return Err(CliError::BadInput("nothing to check: give --mapping or --failure-records".to_owned()));
    };
    let found = local.block_on(&runtime, async {
        let check = check(args, mapping).await?;
        let mut handler = handler(args, args.aws.clone().unwrap_or(Answers::Nobody))?;
        let found = check.run(&mut handler).await;
        handler.inner().close().await;
        found.map_err(could_not)
    })?;
    emit(args, &found)
}

/// Writes what was found in every form that was asked for.
fn emit<R: Tells>(args: &ConsumerArgs, found: &R) -> Result<Exit, CliError> {
    if let Some(dir) = &args.export_events {
        export(found, dir).map_err(|error| {
            CliError::CouldNotRun(format!(
                "cannot write below {}: {error}; name another directory",
                dir.display()
            ))
        })?;
    }
    if let Some(path) = &args.junit {
        super::write(path, &junit(found).map_err(could_not)?)?;
    }
    report::emit(args.output.format, found, || found.text())?;
    Ok(match found.verdict() {
        Verdict::Conforms => Exit::Conforms,
        Verdict::Violates => Exit::Violates,
        Verdict::CouldNotRun => Exit::CouldNotRun,
    })
}

fn could_not(error: impl std::fmt::Display) -> CliError {
    CliError::CouldNotRun(error.to_string())
}

async fn check(args: &ConsumerArgs, file: &Path) -> Result<Check, CliError> {
    let mapping = input::text(file)?;
    let good = samples(args.good.as_ref(), args.good_from.as_ref()).await?;
    let bad = samples(args.bad.as_ref(), args.bad_from.as_ref()).await?;
    let refused = |error: CheckError| match (&error, &args.good) {
        (CheckError::Samples(_), Some(path)) => input::bad(path, &error.to_string()),
        (CheckError::Samples(_), None) => CliError::BadInput(error.to_string()),
        _ => input::bad(file, &error.to_string()),
    };
    let mut check = Check::new(&mapping, &good, &bad)
        .map_err(refused)?
        .bad_means(args.bad_means.clone())
        .repeatable(args.repeats == Repeats::Allow)
        .explore(args.explore)
        .seed(args.seed)
        .drawn(args.histories)
        .timeout_ms(args.timeout.as_millis() as i64);
    if let Some(pattern) = &args.effect {
        check = check.effects(pattern.clone());
    }
    if args.aws.is_some() {
        check = check.writes_seen();
    }
    Ok(check)
}

/// What a file holds, or a command prints.
async fn samples(file: Option<&PathBuf>, from: Option<&String>) -> Result<String, CliError> {
    match (file, from) {
        (Some(path), _) => input::text(path),
        (None, Some(text)) => {
            command::run(text, &[]).await.map_err(|error| CliError::BadInput(error.to_string()))
        }
        (None, None) => Ok(String::new()),
    }
}

async fn redrive(args: &ConsumerArgs, arrival: Arrival) -> Result<Redrive, CliError> {
    let mut redrive = Redrive::new(args.source, arrival)
        .repeatable(args.repeats == Repeats::Allow)
        .seed(args.seed)
        .drawn(args.histories);
    let good = samples(args.good.as_ref(), args.good_from.as_ref()).await?;
    if args.good.is_some() || args.good_from.is_some() {
        redrive = redrive.samples(&good).map_err(|error| match &args.good {
            Some(path) => input::bad(path, &error.to_string()),
            None => CliError::BadInput(error.to_string()),
        })?;
    }
    if let Some(pattern) = &args.effect {
        redrive = redrive.effects(pattern.clone());
    }
    if let Some(pattern) = &args.gone {
        redrive = redrive.gone(pattern.clone());
    }
    Ok(redrive)
}

/// The function, with what answers its SDK.
fn handler(args: &ConsumerArgs, answers: Answers) -> Result<Surrounded<Function>, CliError> {
    let answered = !matches!(answers, Answers::Nobody);
    let recorder = Recorder::start(answers, args.aws_port).map_err(|error| {
        CliError::CouldNotRun(format!("loopback cannot be listened on: {error}; is the port taken?"))
    })?;
    let named = match &args.handler {
        Named::Program(program) => {
            let mut program =
                program.clone().root(Path::new(&args.code)).variable("ESMERALDA_SINK", &recorder.sink());
            if answered {
                program = program.variable("AWS_ENDPOINT_URL", &recorder.url());
            }
            for (name, value) in &args.env {
                program = program.variable(name, &value.replace("{{aws}}", &recorder.url()));
            }
            Named::Program(program)
        }
        url => url.clone(),
    };
    let function = Function::new(named, args.timeout);
    Ok(Surrounded::new(function, recorder).reset_by(args.reset.clone()))
}
