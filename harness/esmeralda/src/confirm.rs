//! A red that rests on absence needs three failing runs of three where time passes by itself: what did not come may
//! still have been on its way.
//!
//! What fails now and then is *flaky*: told with its numbers, held against nobody, and never dropped.

use crate::outcome::{Outcome, Trial};
use crate::shrink::Wanted;
use esm_model::event::Event;
use esm_model::rule::RuleId;
use esm_model::verdict::{Judgement, Verdict, Violation};
use serde::Serialize;

/// Runs that must fail alike, the first one included.
pub const RUNS: u32 = 3;

/// How often a red that rests on absence showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repeat {
    /// What it was blamed on in the first run.
    pub blame: Vec<RuleId>,
    /// In how many runs it showed.
    pub shown: u32,
    /// Of how many.
    pub runs: u32,
}

impl Repeat {
    /// Whether it is a red.
    pub fn is_sure(&self) -> bool {
        self.shown >= RUNS && self.shown == self.runs
    }
}

/// Whether a violation rests on absence: something had not come when the run ended.
pub fn rests_on_absence(events: &[Event], violation: &Violation) -> bool {
    matches!(events.get(violation.event), Some(Event::Settled { .. }))
}

/// A trial whose reds are being confirmed.
#[derive(Debug, Clone)]
pub struct Confirming {
    trial: Trial,
    repeats: Vec<Repeat>,
    runs: u32,
}

impl Confirming {
    /// Begins with a first run.
    ///
    /// # Errors
    /// The trial itself, if no red of it rests on absence.
    #[expect(clippy::result_large_err, reason = "the trial goes back to its one caller, and no further")]
    pub fn begin(trial: Trial) -> Result<Confirming, Trial> {
        let absent = violations(&trial).iter().filter(|v| rests_on_absence(&trial.events, v));
        let repeats: Vec<Repeat> =
            absent.map(|v| Repeat { blame: v.blame.clone(), shown: 1, runs: 1 }).collect();
        if repeats.is_empty() { Err(trial) } else { Ok(Confirming { trial, repeats, runs: 1 }) }
    }

    /// The case to run again.
    pub fn trial(&self) -> &Trial {
        &self.trial
    }

    /// How many further runs it takes.
    pub fn wants(&self) -> u32 {
        RUNS.saturating_sub(self.runs)
    }

    /// Adds a further run. One that broke down did not show it.
    pub fn add(&mut self, again: &Trial) {
        self.runs += 1;
        for repeat in &mut self.repeats {
            let wanted = Wanted::Blame(repeat.blame.clone());
            repeat.runs += 1;
            repeat.shown += u32::from(wanted.is_shown(&again.outcome));
        }
    }

    /// The trial, without the reds that did not show in every run.
    pub fn end(self) -> Trial {
        let Confirming { mut trial, repeats, .. } = self;
        let unsure = |blame: &[RuleId]| repeats.iter().any(|r| r.blame == blame && !r.is_sure());
        let events = std::mem::take(&mut trial.events);
        if let Outcome::Judged(judgement) = &mut trial.outcome
            && let Verdict::Violates(violations) = &mut judgement.verdict
        {
            violations.retain(|v| !rests_on_absence(&events, v) || !unsure(&v.blame));
            if violations.is_empty() {
                judgement.verdict = Verdict::Undecided(told(&repeats));
            }
        }
        trial.events = events;
        trial.repeats = repeats;
        trial
    }
}

fn violations(trial: &Trial) -> &[Violation] {
    match &trial.outcome {
        Outcome::Judged(Judgement { verdict: Verdict::Violates(violations), .. }) => violations,
        _ => &[],
    }
}

fn told(repeats: &[Repeat]) -> String {
    let told = |repeat: &Repeat| {
        let blame: Vec<String> = repeat.blame.iter().map(RuleId::to_string).collect();
        format!("{} in {} of {} runs", blame.join(" or "), repeat.shown, repeat.runs)
    };
    format!("flaky: {}", repeats.iter().map(told).collect::<Vec<_>>().join(", "))
}
