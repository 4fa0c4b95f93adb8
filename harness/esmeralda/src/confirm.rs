//! Where time passes by itself, a red is tried again before it counts as a plain one: does it always come, or now and
//! then?
//!
//! What does not show in every run is *flaky*: told with its numbers, never dropped. What rests on absence may only
//! have been late, so that a flaky one is held against nobody. What came although nothing allows it was seen: one
//! sighting is proof, and a flaky one still violates.
//!
//! Another run takes another course, and one fault may be blamed on more rules there, or on fewer: what explains it in all
//! of them is what is to blame.

use crate::outcome::{Outcome, Trial};
use esm_model::event::Event;
use esm_model::rule::RuleId;
use esm_model::verdict::{Judgement, Verdict, Violation};
use serde::Serialize;
use std::collections::BTreeSet;

/// Runs that must fail alike, the first one included.
pub const RUNS: u32 = 3;

/// How often a red showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repeat {
    /// What it was blamed on in every run that showed it.
    pub blame: Vec<RuleId>,
    /// What it was blamed on in the first one.
    #[serde(skip)]
    pub first: Vec<RuleId>,
    /// Whether each of these rules explains it alone.
    #[serde(skip)]
    pub certain: bool,
    /// In how many runs it showed.
    pub shown: u32,
    /// Of how many.
    pub runs: u32,
    /// Whether it rests on absence.
    pub absent: bool,
    /// Why a further run is not among them: it broke down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broke: Option<String>,
}

impl Repeat {
    /// A red that showed in the first run.
    fn new(violation: &Violation, absent: bool) -> Repeat {
        let Violation { blame, certain, .. } = violation;
        let first = blame.clone();
        Repeat { blame: blame.clone(), first, certain: *certain, shown: 1, runs: 1, absent, broke: None }
    }

    /// How often something of this blame showed that was looked for again.
    pub fn counted(blame: Vec<RuleId>, shown: u32, runs: u32, absent: bool) -> Repeat {
        Repeat { first: blame.clone(), blame, certain: true, shown, runs, absent, broke: None }
    }

    /// Counts a further run.
    fn add(&mut self, again: &Trial) {
        self.runs += 1;
        let rules = |violation: &Violation| -> Vec<RuleId> {
            self.blame.iter().copied().filter(|rule| violation.blame.contains(rule)).collect()
        };
        let shows = |violation: &&Violation| match self.certain && violation.certain {
            // Each rule that both are blamed on explains both.
            true => !rules(violation).is_empty(),
            false => !violation.blame.is_empty() && rules(violation).len() == violation.blame.len(),
        };
        let found = meant(violations(again)).filter(shows).map(rules).max_by_key(Vec::len);
        if let Some(found) = found {
            self.shown += 1;
            // Of rules that explain it only together each is needed.
            if self.certain {
                self.blame = found;
            }
        }
    }

    /// Whether it showed in every run, and there were enough of them.
    pub fn is_sure(&self) -> bool {
        self.shown >= RUNS && self.shown == self.runs
    }

    /// Whether no run was without it, and there were too few: the campaign ended before, or they broke down.
    pub fn is_unconfirmed(&self) -> bool {
        self.shown == self.runs && !self.is_sure()
    }

    /// The numbers in words, and what follows from them.
    pub fn told(&self) -> String {
        let Repeat { shown, runs, absent, .. } = self;
        let few = if self.is_unconfirmed() { ", too few to know whether it always does" } else { "" };
        let broke = self.broke.as_ref().map(|why| format!(" A further run broke down: {why}."));
        let broke = broke.unwrap_or_default();
        let numbers = format!("It showed in {shown} of {runs} runs of this case{few}.{broke}");
        match (self.is_sure(), absent) {
            (true, _) => numbers,
            (false, true) => format!("{numbers} What is missing may be late: held against nobody."),
            (false, false) => {
                format!("{numbers} It was seen, and nothing allows it: it violates all the same.")
            }
        }
    }
}

/// Whether a violation rests on absence: something had not come when the run ended.
pub fn rests_on_absence(events: &[Event], violation: &Violation) -> bool {
    matches!(events.get(violation.event), Some(Event::Settled { .. }))
}

/// The violations that a case is counted by: those whose blame is certain, or all of them if none is.
pub fn meant(violations: &[Violation]) -> impl Iterator<Item = &Violation> {
    let sure = violations.iter().any(|violation| violation.certain);
    violations.iter().filter(move |violation| violation.certain || !sure)
}

/// What is known of reds that were seen, by their blame: one case that shows such a red in every run stands for all, so
/// that the others need not run again. What rests on absence is asked of each case by itself.
#[derive(Debug, Clone, Default)]
pub struct Known {
    sure: BTreeSet<Vec<RuleId>>,
    /// Some case is being asked, and others may wait for it.
    asked: BTreeSet<Vec<RuleId>>,
    /// Some case did not show it every time: from then on each is asked by itself.
    doubted: BTreeSet<Vec<RuleId>>,
}

/// What is to be done with a trial.
#[derive(Debug)]
pub enum Step {
    /// Nothing: it has no red but known ones.
    Done(Box<Trial>),
    /// Others are being asked already.
    Wait(Box<Confirming>),
    /// Its case is to run again.
    Again(Box<Confirming>),
}

impl Known {
    /// What is to be done with a trial after its first run.
    pub fn step(&mut self, trial: Trial) -> Step {
        let confirming = match Confirming::begin(trial, self) {
            Ok(confirming) => Box::new(confirming),
            Err(trial) => return Step::Done(Box::new(trial)),
        };
        let seen = || confirming.repeats.iter().filter(|repeat| !repeat.absent);
        let is_asked = |repeat: &Repeat| self.covers(repeat) || self.asked.contains(&repeat.blame);
        if seen().count() == confirming.repeats.len() && seen().all(is_asked) {
            return Step::Wait(confirming);
        }
        let fresh = seen().map(|repeat| &repeat.blame).filter(|blame| !self.doubted.contains(*blame));
        self.asked.extend(fresh.cloned());
        Step::Again(confirming)
    }

    /// Takes over what came of asking a case.
    pub fn learn(&mut self, trial: &Trial) {
        for repeat in trial.repeats.iter().filter(|repeat| !repeat.absent) {
            self.asked.remove(&repeat.first);
            let known = if repeat.is_sure() { &mut self.sure } else { &mut self.doubted };
            known.insert(repeat.blame.clone());
        }
    }

    /// Whether what is known explains it.
    fn covers(&self, repeat: &Repeat) -> bool {
        let explains = |blame: &Vec<RuleId>| match repeat.certain {
            true => blame.iter().all(|rule| repeat.blame.contains(rule)),
            false => *blame == repeat.blame,
        };
        !repeat.absent && self.sure.iter().any(explains)
    }
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
    /// The trial itself, if it has no red but known ones.
    #[expect(clippy::result_large_err, reason = "the trial goes back to its one caller, and no further")]
    pub fn begin(trial: Trial, known: &Known) -> Result<Confirming, Trial> {
        let mut repeats: Vec<Repeat> = Vec::new();
        for violation in meant(violations(&trial)) {
            let absent = rests_on_absence(&trial.events, violation);
            match repeats.iter_mut().find(|repeat| repeat.blame == violation.blame) {
                Some(repeat) => repeat.absent &= absent,
                None => repeats.push(Repeat::new(violation, absent)),
            }
        }
        if repeats.iter().all(|repeat| known.covers(repeat)) {
            return Err(trial);
        }
        Ok(Confirming { trial, repeats, runs: 1 })
    }

    /// The trial so far.
    pub fn trial(&self) -> &Trial {
        &self.trial
    }

    /// The same, where it need not be confirmed after all.
    pub fn into_trial(self) -> Trial {
        self.trial
    }

    /// How many further runs it takes.
    pub fn wants(&self) -> u32 {
        RUNS.saturating_sub(self.runs)
    }

    /// Adds a further run. One that broke down is not counted, and its reason is told.
    pub fn add(&mut self, again: &Trial) {
        self.runs += 1;
        if let Outcome::CouldNotRun(why) = &again.outcome {
            self.repeats.iter_mut().for_each(|repeat| repeat.broke = Some(why.clone()));
            return;
        }
        self.repeats.iter_mut().for_each(|repeat| repeat.add(again));
    }

    /// The trial with its numbers, and without what is missing and did not stay so.
    pub fn end(self) -> Trial {
        let Confirming { mut trial, repeats, .. } = self;
        let known = |blame: &[RuleId]| repeats.iter().find(|repeat| repeat.first == blame);
        if let Outcome::Judged(judgement) = &mut trial.outcome
            && let Verdict::Violates(violations) = &mut judgement.verdict
        {
            let sure = |blame: &[RuleId]| known(blame).is_some_and(Repeat::is_sure);
            violations.retain(|v| !rests_on_absence(&trial.events, v) || sure(&v.blame));
            for violation in violations.iter_mut() {
                if let Some(repeat) = known(&violation.blame) {
                    violation.blame.clone_from(&repeat.blame);
                }
            }
            if violations.is_empty() {
                judgement.verdict = Verdict::Undecided(told(&repeats));
            }
        }
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
