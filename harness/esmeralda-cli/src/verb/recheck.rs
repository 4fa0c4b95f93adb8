//! `recheck`: judges a recorded trace again, without its target.

use super::verdict::Report;
use crate::args::RecheckArgs;
use crate::error::{CliError, Exit};
use crate::{input, report};
use esm_model::verdict::judge;
use esmeralda::outcome::Outcome;

/// Judges a trace.
pub(crate) fn run(args: &RecheckArgs) -> Result<Exit, CliError> {
    let trace = input::trace(&args.trace)?;
    let judgement = judge(trace.as_ref(), &args.reading.reading()).map_err(|error| {
        // The head takes the first line, and people count from one.
        let line = error.event + 2;
        let what = "not a trace of its case: line";
        input::bad(&args.trace, &format!("{what} {line}: {error}; record it again with replay --trace"))
    })?;
    let result = Report::new(None, trace.as_ref(), &Outcome::Judged(judgement), &args.reading);
    report::emit(args.output.format, &result, || result.text())?;
    Ok(result.verdict.into())
}
