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
use esmeralda_consumer::surrounded::Surrounded;
use esmeralda_consumer::{Check, Report, Verdict};
use std::path::{Path, PathBuf};

/// Checks a function.
pub(crate) fn run(args: &ConsumerArgs) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(could_not)?;
    let found = tokio::task::LocalSet::new().block_on(&runtime, async {
        let check = check(args).await?;
        play(args, &check).await
    })?;
    if let Some(dir) = &args.export_events {
        export(&found, dir).map_err(|error| {
            CliError::CouldNotRun(format!(
                "cannot write below {}: {error}; name another directory",
                dir.display()
            ))
        })?;
    }
    if let Some(path) = &args.junit {
        super::write(path, &junit(&found).map_err(could_not)?)?;
    }
    report::emit(args.output.format, &found, || found.to_text())?;
    Ok(match found.verdict {
        Verdict::Conforms => Exit::Conforms,
        Verdict::Violates => Exit::Violates,
        Verdict::CouldNotRun => Exit::CouldNotRun,
    })
}

fn could_not(error: impl std::fmt::Display) -> CliError {
    CliError::CouldNotRun(error.to_string())
}

async fn check(args: &ConsumerArgs) -> Result<Check, CliError> {
    let mapping = input::text(&args.mapping)?;
    let good = samples(args.good.as_ref(), args.good_from.as_ref()).await?;
    let bad = samples(args.bad.as_ref(), args.bad_from.as_ref()).await?;
    let refused = |error: CheckError| match (&error, &args.good) {
        (CheckError::Samples(_), Some(path)) => input::bad(path, &error.to_string()),
        (CheckError::Samples(_), None) => CliError::BadInput(error.to_string()),
        _ => input::bad(&args.mapping, &error.to_string()),
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

async fn play(args: &ConsumerArgs, check: &Check) -> Result<Report, CliError> {
    let answers = args.aws.clone().unwrap_or(Answers::Nobody);
    let recorder = Recorder::start(answers, args.aws_port).map_err(|error| {
        CliError::CouldNotRun(format!("loopback cannot be listened on: {error}; is the port taken?"))
    })?;
    let named = match &args.handler {
        Named::Program(program) => {
            let mut program =
                program.clone().root(Path::new(&args.code)).variable("ESMERALDA_SINK", &recorder.sink());
            if args.aws.is_some() {
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
    let mut surrounded = Surrounded::new(function, recorder).reset_by(args.reset.clone());
    let found = check.run(&mut surrounded).await;
    surrounded.inner().close().await;
    found.map_err(could_not)
}
