//! What a target can do, and how long it takes: tiny cases run side by side, and the times read off their traces.
//!
//! Judges nothing. What is proposed from the times is careful: bounds that are too long cost time, and bounds that are
//! too short would make a red of something slow.

mod width;

use crate::bench::Bench;
use crate::outcome::{MAX_SIDE_BY_SIDE, Outcome, Trial, try_case, try_case_until};
use crate::stop::Stop;
use esm_model::bounds::{MIN_SETTLE_MS, SETTLE_TIMES, STALL_MS};
use esm_model::case::Case;
use esm_model::event::Event;
use esm_model::mapping::MINIMUM_FINITE_RECORD_AGE;
use esm_model::spec::{AGE_SLACK_MS, Reading};
use esm_model::when::Ms;
use futures_util::future::join_all;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

pub use width::{ROUNDS, Width, borne, widest};

/// By how much more than the slowest seen a change of a mapping may take.
const UPDATE_TIMES: Ms = 3;
/// By then it shows that the smallest age is ignored. A stall shows earlier.
const SHOWS_MS: Ms = MINIMUM_FINITE_RECORD_AGE * 1_000 + AGE_SLACK_MS;
const _: () = assert!(SHOWS_MS > STALL_MS);
/// Beyond that, what is due is waited for so many times as long as the slowest delivery that was seen,
const DELIVERY_TIMES: Ms = 10;
/// or the slowest retry, whose waits may grow,
const RETRY_TIMES: Ms = 3;
/// and at least so long.
const MIN_DUE_MS: Ms = 15_000;
/// Times are proposed in whole seconds.
const STEP_MS: Ms = 1_000;

/// What a capability turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Support {
    /// It showed.
    Yes,
    /// It did not show, or the target says that it cannot.
    No(String),
    /// What was seen says neither.
    CouldNotTell(String),
    /// It could not be tried.
    CouldNotRun(String),
}

/// What the course of a probe says of its capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It has it.
    Yes,
    /// It had the occasion, and nothing came.
    No,
    /// There was no occasion, and this is why.
    NoOccasion(&'static str),
}

impl From<bool> for Shown {
    fn from(shows: bool) -> Shown {
        if shows { Shown::Yes } else { Shown::No }
    }
}

/// The slowest that was seen of each kind, in milliseconds; `None` where it was not seen at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Latencies {
    /// From a put to the call with its records.
    pub delivery_ms: Option<Ms>,
    /// From a failure to the next call.
    pub retry_ms: Option<Ms>,
    /// From the last answer to the failure record.
    pub failure_record_ms: Option<Ms>,
    /// From the request that creates a mapping to its answer.
    pub create_ms: Option<Ms>,
    /// From a request that changes a mapping to its answer.
    pub update_ms: Option<Ms>,
}

/// Bounds as a preset holds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// After this time a missing failure record is missing: at least 30 s, and ten times the slowest seen.
    pub settle_ms: Ms,
    /// When to stop waiting after the last stimulus: the time in which an ignored age and a stall show, and ten times
    /// the slowest delivery or three times the slowest retry seen.
    pub deadline_ms: Ms,
    /// How long a change of a mapping takes until it is in force.
    pub update_settle_ms: Ms,
    /// How many sessions may go at once; `None` where that was not seen.
    pub sessions: Option<u16>,
    /// What shows or does not.
    pub capabilities: BTreeMap<String, bool>,
}

/// Runs the cases side by side on one thread, or one after another where the bench does not go wide. Those that `stop`
/// ended could not run.
pub fn run<B: Bench>(bench: &B, cases: Vec<Case>, reading: &Reading, stop: &Stop) -> Vec<Trial> {
    assert!(cases.len() <= MAX_SIDE_BY_SIDE, "{} probes are too many", cases.len());
    let target = bench.target(true);
    if bench.wide().is_none() {
        let one = |case| bench.wait(try_case(&target, case, reading, Vec::new()));
        return cases.into_iter().map(one).collect();
    }
    let one = |case: Case| async {
        let stopped = Outcome::CouldNotRun("interrupted".to_owned());
        let trial = try_case_until(&target, case.clone(), reading, stop).await;
        trial.unwrap_or_else(|| Trial::without_trace(case, stopped))
    };
    bench.wait(join_all(cases.into_iter().map(one)))
}

/// Whether a capability showed in a trial.
pub fn support(trial: &Trial, shows: fn(&[Event]) -> Shown) -> Support {
    match &trial.outcome {
        Outcome::Unsupported(why) => Support::No(why.clone()),
        Outcome::CouldNotRun(why) => Support::CouldNotRun(why.clone()),
        Outcome::Judged(_) => match shows(&trial.events) {
            Shown::Yes => Support::Yes,
            Shown::No => Support::No("it did not show".to_owned()),
            Shown::NoOccasion(why) => Support::CouldNotTell(why.to_owned()),
        },
    }
}

impl Latencies {
    /// The slower of both, of each kind.
    #[must_use]
    pub fn slowest(self, other: &Latencies) -> Latencies {
        Latencies {
            delivery_ms: self.delivery_ms.max(other.delivery_ms),
            retry_ms: self.retry_ms.max(other.retry_ms),
            failure_record_ms: self.failure_record_ms.max(other.failure_record_ms),
            create_ms: self.create_ms.max(other.create_ms),
            update_ms: self.update_ms.max(other.update_ms),
        }
    }
}

/// The slowest of everything, over all trials.
pub fn latencies<'t>(trials: impl IntoIterator<Item = &'t Trial>) -> Latencies {
    let mut latencies = Latencies::default();
    for trial in trials {
        // What waits for an action to end says nothing of how long a delivery takes.
        let undisturbed = trial.case.actions.is_empty();
        latencies.add(&trial.events, undisturbed);
    }
    latencies
}

fn slower(known: &mut Option<Ms>, took: Ms) {
    *known = Some(known.map_or(took, |known| known.max(took)).max(0));
}

impl Latencies {
    fn add(&mut self, events: &[Event], undisturbed: bool) {
        let mut put = BTreeMap::new();
        let mut called = BTreeSet::new();
        let mut last_answer = None;
        for event in events {
            match event {
                Event::Put { at, records } => {
                    put.extend(records.iter().map(|bound| (bound.label, at.ended.latest)));
                }
                Event::Invoked { at, records, .. } => {
                    // A call may come before its put has its answer: then it took no time.
                    let fresh = records.iter().filter(|label| called.insert(**label));
                    let fresh: Vec<Ms> =
                        fresh.map(|label| put.get(label).copied().unwrap_or(at.latest)).collect();
                    match (fresh.iter().max(), last_answer) {
                        _ if !undisturbed => {}
                        (Some(put), _) => slower(&mut self.delivery_ms, at.latest - put),
                        (None, Some(answered)) => slower(&mut self.retry_ms, at.latest - answered),
                        (None, None) => {}
                    }
                }
                Event::Answered { at, .. } => last_answer = Some(at.earliest),
                Event::Delivered { at, .. } => {
                    if let Some(answered) = last_answer {
                        slower(&mut self.failure_record_ms, at.latest - answered);
                    }
                }
                Event::Created { at, .. } => slower(&mut self.create_ms, at.ended.latest - at.began.earliest),
                Event::Acted { at, .. } => {
                    // Of a window, the end is its closing.
                    let took = (at.ended.earliest - at.began.earliest).min(STEP_MS);
                    slower(&mut self.update_ms, took);
                }
                Event::Status { .. } | Event::Settled { .. } => {}
            }
        }
    }

    /// Bounds that are safe for a target as slow as this.
    pub fn proposal(&self, capabilities: BTreeMap<String, bool>, sessions: Option<u16>) -> Proposal {
        let slowest = self.failure_record_ms.unwrap_or(0);
        let due = [self.delivery_ms.map(|ms| ms * DELIVERY_TIMES), self.retry_ms.map(|ms| ms * RETRY_TIMES)];
        let due = due.into_iter().flatten().max().unwrap_or(0);
        let change = [self.delivery_ms, self.create_ms, self.update_ms].into_iter().flatten().max();
        let whole = |ms: Ms| ms.div_euclid(STEP_MS) * STEP_MS + if ms % STEP_MS == 0 { 0 } else { STEP_MS };
        Proposal {
            settle_ms: whole((slowest * SETTLE_TIMES).max(MIN_SETTLE_MS)),
            deadline_ms: whole(SHOWS_MS + due.max(MIN_DUE_MS)),
            update_settle_ms: whole(change.unwrap_or(0) * UPDATE_TIMES),
            sessions,
            capabilities,
        }
    }
}
