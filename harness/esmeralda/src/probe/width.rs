//! How many sessions a target bears at once: one plain case in ever wider rounds, until something breaks or gets slow.
//!
//! Sessions side by side save waiting, and must not cost verdicts: a round counts if its records came about as quickly as
//! those of the narrowest one.

use super::{Latencies, latencies};
use crate::bench::Bench;
use crate::outcome::{Outcome, Trial, try_case_until};
use crate::stop::Stop;
use esm_model::case::Case;
use esm_model::spec::Reading;
use esm_model::when::Ms;
use futures_util::future::join_all;

/// The rounds, by their sessions.
pub const ROUNDS: [u16; 5] = [4, 16, 32, 64, 128];
/// In a wider round the slowest delivery may take so many times what it took in the narrowest one,
const TIMES: Ms = 2;
/// and so much more.
const MORE_MS: Ms = 1_000;

/// A round that the target bore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Width {
    /// How many sessions went at once.
    pub sessions: u16,
    /// The slowest that was seen among them.
    pub latencies: Latencies,
}

/// The widest round that the target bears, of those that ended before `stop` was told. `None` where sessions do not go
/// side by side, or where it does not bear the narrowest round.
pub fn widest<B: Bench>(bench: &B, case: &Case, reading: &Reading, stop: &Stop) -> Option<Width> {
    bench.wide()?;
    let target = bench.target(true);
    let mut widest: Option<Width> = None;
    let mut quick = None;
    for sessions in ROUNDS {
        let all = (0..sessions).map(|_| try_case_until(&target, case.clone(), reading, stop));
        let trials: Option<Vec<Trial>> = bench.wait(join_all(all)).into_iter().collect();
        let Some(latencies) = trials.and_then(|trials| borne(&trials, quick)) else { break };
        quick = quick.or(latencies.delivery_ms);
        widest = Some(Width { sessions, latencies });
    }
    widest
}

/// What was seen in a round, if all of it ran, and was delivered about as quickly as in the narrowest one.
pub fn borne(trials: &[Trial], quick_ms: Option<Ms>) -> Option<Latencies> {
    let ran = trials.iter().all(|trial| matches!(trial.outcome, Outcome::Judged(_)));
    let all = trials.iter().map(|trial| latencies([trial]).delivery_ms).collect::<Option<Vec<Ms>>>()?;
    let slowest = all.into_iter().max()?;
    let quick = quick_ms.is_none_or(|quick| slowest <= quick * TIMES + MORE_MS);
    (ran && quick).then(|| latencies(trials))
}
