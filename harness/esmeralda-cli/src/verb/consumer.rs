//! `consumer`: somebody's own function under the reference, and what to change about it.

use crate::consumer_args::{ConsumerArgs, Repeats};
use crate::error::{CliError, Exit};
use crate::{input, report};
use esmeralda_consumer::check::CheckError;
use esmeralda_consumer::export::export;
use esmeralda_consumer::runtime::Process;
use esmeralda_consumer::{Check, HandlerError, Report, Verdict};

/// Checks a function.
pub(crate) fn run(args: &ConsumerArgs) -> Result<Exit, CliError> {
    let mapping = input::text(&args.mapping)?;
    let good = input::text(&args.good)?;
    let bad = args.bad.as_deref().map(input::text).transpose()?.unwrap_or_default();
    let refused = |error: CheckError| {
        let path = if matches!(error, CheckError::Samples(_)) { &args.good } else { &args.mapping };
        input::bad(path, &error.to_string())
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
    let found = play(args, &check).map_err(|error| CliError::CouldNotRun(error.to_string()))?;
    if let Some(dir) = &args.export_events {
        export(&found, dir).map_err(|error| {
            CliError::CouldNotRun(format!(
                "cannot write below {}: {error}; name another directory",
                dir.display()
            ))
        })?;
    }
    report::emit(args.output.format, &found, || found.to_text())?;
    Ok(match found.verdict {
        Verdict::Conforms => Exit::Conforms,
        Verdict::Violates => Exit::Violates,
    })
}

fn play(args: &ConsumerArgs, check: &Check) -> Result<Report, HandlerError> {
    let mut program = args.handler.clone().root(&args.code);
    for (name, value) in &args.env {
        program = program.variable(name, value);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| HandlerError::Surroundings(error.to_string()))?;
    runtime.block_on(async {
        let mut process = Process::new(program, args.timeout);
        let found = check.run(&mut process).await;
        process.close().await;
        found
    })
}
