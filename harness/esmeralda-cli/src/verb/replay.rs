//! `replay`: runs one case from a file on a target, through texts, and judges it.

use super::one::one;
use super::verdict::Report;
use crate::args::ReplayArgs;
use crate::error::{CliError, Exit};
use crate::target::with_bench;
use crate::{input, report};
use esm_model::trace::to_lines;

/// Replays a case.
pub(crate) fn run(args: &ReplayArgs) -> Result<Exit, CliError> {
    let case = input::case(&args.case)?;
    let reading = args.reading.reading();
    let target = args.target.clone();
    let target = if args.check_protocol { target.checked()? } else { target };
    let trial = with_bench!(&target, bench => one(bench, &case, &reading))?;
    let mut result = Report::new(Some(args.target.name()), trial.trace(), &trial.outcome, &args.reading);
    result.repeats.clone_from(&trial.repeats);
    if let Some(path) = &args.trace {
        let lines = to_lines(&trial.case, trial.setup.as_ref(), &trial.events);
        super::write(path, &lines)?;
        result.trace_file = Some(path.display().to_string());
    }
    report::emit(args.output.format, &result, || result.text())?;
    Ok(result.verdict.into())
}
