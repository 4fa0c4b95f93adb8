//! One case on a target, of which an interrupt lets go where the target keeps the harness waiting.

use crate::error::CliError;
use crate::interrupt;
use esm_model::case::Case;
use esm_model::spec::Reading;
use esmeralda::bench::Bench;
use esmeralda::outcome::{Trial, attempt, attempt_wide};

/// Tries a case, and confirms what it shows where time passes by itself.
///
/// # Errors
/// [`CliError::CouldNotRun`], if it was interrupted.
pub(super) fn one<B: Bench>(bench: &B, case: &Case, reading: &Reading) -> Result<Trial, CliError> {
    let mut target = bench.target(true);
    if bench.wide().is_none() {
        return Ok(attempt(bench, &mut target, || case.clone(), reading, Vec::new()));
    }
    let group = vec![vec![case.clone()]];
    let trials = bench.wait(attempt_wide(&target, group, reading, &interrupt::stop()));
    let trial = trials.into_iter().flatten().flatten().next();
    trial.ok_or_else(|| CliError::CouldNotRun("interrupted before the case came to its end".to_owned()))
}
