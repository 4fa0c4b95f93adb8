//! What became of one case on one target, and how the outcomes of many add up.
//!
//! A target that cannot do what a case needs, and a run that broke down, are answers of their own: never a pass and
//! never a failure.

use crate::bench::Bench;
use crate::confirm::{Confirming, Known, Repeat, rests_on_absence};
use crate::ports::Judge;
use crate::run::{Recorded, run_case, run_case_until};
use crate::stop::Stop;
use crate::target::{Target, TargetError};
use esm_model::case::Case;
use esm_model::event::Event;
use esm_model::setup::Setup;
use esm_model::spec::Reading;
use esm_model::trace::TraceRef;
use esm_model::verdict::{Judgement, Verdict, judge};
use futures_util::FutureExt;
use futures_util::future::join_all;
use serde::Serialize;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// Most cases that are run side by side where nobody bounds them otherwise.
pub const MAX_SIDE_BY_SIDE: usize = 64;

/// What became of one case on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It ran, and the trace was judged.
    Judged(Judgement),
    /// The target does not do what the case needs.
    Unsupported(String),
    /// There is no trace, or none that fits the case: nothing is said about the target.
    CouldNotRun(String),
}

/// An outcome in one word, in the order in which outcomes add up: of several, the greatest stands for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Everything that was judged conforms.
    Conforms,
    /// Something could not be told.
    Undecided,
    /// Something could not run.
    CouldNotRun,
    /// Something violates.
    Violates,
}

impl Outcome {
    /// The outcome in one word. A case that the target does not support says nothing about it.
    pub fn standing(&self) -> Standing {
        match self {
            Outcome::Judged(judgement) => match judgement.verdict {
                Verdict::Conforms => Standing::Conforms,
                Verdict::Violates(_) => Standing::Violates,
                Verdict::Undecided(_) => Standing::Undecided,
            },
            Outcome::Unsupported(_) => Standing::Conforms,
            Outcome::CouldNotRun(_) => Standing::CouldNotRun,
        }
    }
}

/// A case, what was observed, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// What ran.
    pub case: Case,
    /// The names it ran under, where there are texts.
    pub setup: Option<Setup>,
    /// What was observed; empty if the run broke down.
    pub events: Vec<Event>,
    /// What became of it.
    pub outcome: Outcome,
    /// How often each red showed, where it was tried again.
    pub repeats: Vec<Repeat>,
}

impl Trial {
    /// A case of which nothing was observed.
    pub fn without_trace(case: Case, outcome: Outcome) -> Trial {
        Trial { case, setup: None, events: Vec::new(), outcome, repeats: Vec::new() }
    }

    /// The reds that are not known to show in every run.
    pub fn flaky(&self) -> impl Iterator<Item = &Repeat> {
        self.repeats.iter().filter(|repeat| !repeat.is_sure())
    }

    /// The trace by reference, as the judge takes it.
    pub fn trace(&self) -> TraceRef<'_> {
        TraceRef { case: &self.case, setup: self.setup.as_ref(), events: &self.events }
    }
}

/// Runs a case on a target once and judges the trace. `buffer` is the memory for the events.
pub async fn try_case<T: Target>(target: &T, case: Case, reading: &Reading, buffer: Vec<Event>) -> Trial {
    let setup = target.profile().texts.then(|| Rc::new(Setup::in_tree(&case)));
    let case = Rc::new(case);
    let ran = run_case(target, &case, setup.as_ref(), true, buffer).await;
    judged(case, setup, ran, reading)
}

/// The same for a target that keeps the harness waiting; `None` if `stop` was told before its end.
pub async fn try_case_until<T: Target>(
    target: &T,
    case: Case,
    reading: &Reading,
    stop: &Stop,
) -> Option<Trial> {
    let setup = target.profile().texts.then(|| Rc::new(Setup::in_tree(&case)));
    let case = Rc::new(case);
    let trying = run_case_until(target, &case, setup.as_ref(), meanwhile(reading), stop);
    let ran = match AssertUnwindSafe(trying).catch_unwind().await {
        Ok(ran) => ran.transpose()?,
        Err(panic) => Err(TargetError::CouldNotRun(format!("panicked: {}", panic_text(&*panic)))),
    };
    Some(judged(case, setup, ran, reading))
}

/// Who is asked while a case is running, for its course alone: what is missing may still come, and is no red yet; a wrong
/// form of an event or a document says nothing of what follows.
fn meanwhile(reading: &Reading) -> Judge {
    let reading = reading.clone();
    Rc::new(move |trace| match judge(trace, &reading) {
        Ok(Judgement { verdict: Verdict::Violates(violations), .. }) => {
            violations.iter().any(|v| v.lane.is_some() && !rests_on_absence(trace.events, v))
        }
        _ => false,
    })
}

fn judged(
    case: Rc<Case>,
    setup: Option<Rc<Setup>>,
    ran: Result<Recorded, TargetError>,
    reading: &Reading,
) -> Trial {
    // The session is gone, and with it every other hold on them.
    let (case, setup) = (Rc::unwrap_or_clone(case), setup.map(Rc::unwrap_or_clone));
    let mut trial = Trial::without_trace(case, Outcome::Unsupported(String::new()));
    trial.setup = setup;
    trial.outcome = match ran {
        Ok(recorded) => {
            trial.events = recorded.events;
            trial.setup = recorded.names.or(trial.setup);
            match judge(trial.trace(), reading) {
                Ok(judgement) => Outcome::Judged(judgement),
                Err(error) => Outcome::CouldNotRun(format!("what was recorded is not a trace: {error}")),
            }
        }
        Err(TargetError::Unsupported(what)) => Outcome::Unsupported(what),
        Err(TargetError::CouldNotRun(why)) => Outcome::CouldNotRun(why),
    };
    trial
}

/// Tries groups of cases side by side on a target that goes by a wall clock, those of a group one after another, and
/// confirms reds. `None` for a group that `stop` ended.
pub async fn attempt_wide<T: Target>(
    target: &T,
    groups: Vec<Vec<Case>>,
    reading: &Reading,
    stop: &Stop,
) -> Vec<Option<Vec<Trial>>> {
    assert!(groups.len() <= MAX_SIDE_BY_SIDE, "{} groups are too many", groups.len());
    let one = |group: Vec<Case>| async move {
        let mut trials = Vec::new();
        for case in group {
            trials.push(confirmed(target, case, reading, stop).await?);
        }
        Some(trials)
    };
    join_all(groups.into_iter().map(one)).await
}

async fn confirmed<T: Target>(target: &T, case: Case, reading: &Reading, stop: &Stop) -> Option<Trial> {
    let first = try_case_until(target, case.clone(), reading, stop).await?;
    let mut confirming = match Confirming::begin(first, &Known::default()) {
        Ok(confirming) => confirming,
        Err(trial) => return Some(trial),
    };
    let again = (0..confirming.wants()).map(|_| try_case_until(target, case.clone(), reading, stop));
    join_all(again).await.iter().flatten().for_each(|again| confirming.add(again));
    Some(confirming.end())
}

/// Tries a case where a panic of the target is an outcome like any other and ends nothing. What the panic left behind
/// is not used again: `target` is a fresh one afterwards. A red is confirmed where the target goes by a wall clock.
pub fn attempt<B: Bench>(
    bench: &B,
    target: &mut B::Target,
    case: impl Fn() -> Case,
    reading: &Reading,
    buffer: Vec<Event>,
) -> Trial {
    attempt_knowing(bench, target, case, reading, buffer, &mut Known::default())
}

/// The same with what earlier cases showed; what this one shows every time is added.
pub(crate) fn attempt_knowing<B: Bench>(
    bench: &B,
    target: &mut B::Target,
    case: impl Fn() -> Case,
    reading: &Reading,
    buffer: Vec<Event>,
    known: &mut Known,
) -> Trial {
    let first = attempt_once(bench, target, &case, reading, buffer);
    if !target.profile().wall {
        return first;
    }
    let mut confirming = match Confirming::begin(first, known) {
        Ok(confirming) => confirming,
        Err(trial) => return trial,
    };
    while confirming.wants() > 0 {
        confirming.add(&attempt_once(bench, target, &case, reading, Vec::new()));
    }
    let trial = confirming.end();
    known.learn(&trial);
    trial
}

fn attempt_once<B: Bench>(
    bench: &B,
    target: &mut B::Target,
    case: impl Fn() -> Case,
    reading: &Reading,
    buffer: Vec<Event>,
) -> Trial {
    let trying = || bench.wait(try_case(&*target, case(), reading, buffer));
    catch_unwind(AssertUnwindSafe(trying)).unwrap_or_else(|panic| {
        let outcome = Outcome::CouldNotRun(format!("panicked: {}", panic_text(&*panic)));
        *target = bench.target(target.profile().texts);
        Trial::without_trace(case(), outcome)
    })
}

/// What a panic said.
fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
