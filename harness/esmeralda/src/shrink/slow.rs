//! Shrinking on a target that keeps the harness waiting: few runs, the cheap ones first, and numbers for how often a
//! case fails.
//!
//! Where a planted bug fails alike on the case, the case is made small on it, in microseconds, and only the result goes
//! to the target.

use super::{Shrunk, Walk, Wanted, jump, shrink};
use crate::clock::Deadline;
use crate::confirm::RUNS;
use crate::machine::MachineTarget;
use crate::outcome::{Outcome, Trial, try_case, try_case_until};
use crate::predict;
use crate::stop::Stop;
use crate::target::Target;
use crate::virtual_time::ready;
use esm_model::case::Case;
use esm_model::reference::MUTANTS;
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use futures_util::future::join_all;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// Most executions on the target.
pub const MAX_SLOW_EXECUTIONS: u32 = 60;
/// After this time nothing further is tried on the target.
pub const MAX_SLOW_TIME: Duration = Duration::from_secs(600);
/// So many planted bugs are asked for a small case; then the target is tried directly.
const MAX_SURROGATES: usize = 3;
/// Executions on one of them.
const SURROGATE_EXECUTIONS: u32 = super::MAX_EXECUTIONS;

/// How often a case showed what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Count {
    /// In so many runs.
    pub shown: u32,
    /// Of so many.
    pub runs: u32,
}

impl Count {
    /// Whether it showed every time.
    pub fn is_sure(self) -> bool {
        self.runs > 0 && self.shown == self.runs
    }
}

/// A case made small on a slow target.
#[derive(Debug, Clone)]
pub struct SlowlyShrunk {
    /// How often the case failed before anything was changed.
    pub before: Count,
    /// How often the small case fails; none if there is no smaller one.
    pub after: Option<Count>,
    /// The planted bug on which it was made small.
    pub surrogate: Option<&'static str>,
    /// The small case; none if the case does not fail every time, so that nothing can be told from one run.
    pub shrunk: Option<Shrunk>,
}

/// What a slow shrinking may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Executions on the target.
    pub executions: u32,
    /// Time.
    pub time: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { executions: MAX_SLOW_EXECUTIONS, time: Some(MAX_SLOW_TIME) }
    }
}

/// Shrinks the case of a trial that showed what is wanted.
pub async fn shrink_slowly<T: Target>(
    target: &T,
    first: &Trial,
    reading: &Reading,
    wanted: &Wanted,
    limits: Limits,
    stop: &Stop,
) -> SlowlyShrunk {
    let mut search = Search {
        target,
        reading,
        wanted,
        stop,
        deadline: Deadline::after(limits.time),
        best: first.clone(),
        executions: 0,
        steps: 0,
        most: limits.executions,
        cut: false,
        seen: BTreeSet::new(),
        also_found: BTreeSet::new(),
    };
    let (before, _) = search.confirm(&first.case).await;
    if !before.is_sure() {
        return SlowlyShrunk { before, after: None, surrogate: None, shrunk: None };
    }
    let (mut after, mut surrogate) = (None, None);
    for (name, small) in surrogates(&first.case, reading, wanted) {
        let (count, trial) = search.confirm(&small).await;
        if let Some(trial) = trial.filter(|_| count.is_sure()) {
            (after, surrogate) = (Some(count), Some(name));
            search.best = trial;
            search.steps += 1;
            break;
        }
    }
    if surrogate.is_none() {
        search.directly().await;
        if search.best.case != first.case {
            let small = search.best.case.clone();
            let (count, _) = search.confirm(&small).await;
            after = Some(count);
            if !count.is_sure() {
                // One run is no proof of a small case: the case stays as it is, and its numbers say why.
                search.best = first.clone();
            }
        }
    }
    SlowlyShrunk { before, after, surrogate, shrunk: Some(search.end()) }
}

/// Small cases by planted bugs that fail alike on this one, in the order of the catalogue.
fn surrogates<'s>(
    case: &'s Case,
    reading: &'s Reading,
    wanted: &'s Wanted,
) -> impl Iterator<Item = (&'static str, Case)> + 's {
    let small = |mutant: &'static esm_model::reference::Mutant| {
        let target = MachineTarget::mutant(mutant.fault);
        let trial = ready(try_case(&target, case.clone(), reading, Vec::new()));
        if !wanted.is_shown(&trial.outcome) {
            return None;
        }
        let shrunk = ready(shrink(&target, case.clone(), reading, wanted, SURROGATE_EXECUTIONS))?;
        (shrunk.trial.case != *case).then_some((mutant.name, shrunk.trial.case))
    };
    MUTANTS.iter().filter_map(small).take(MAX_SURROGATES)
}

struct Search<'s, T: Target> {
    target: &'s T,
    reading: &'s Reading,
    wanted: &'s Wanted,
    stop: &'s Stop,
    deadline: Deadline,
    best: Trial,
    executions: u32,
    steps: u32,
    most: u32,
    cut: bool,
    /// Cases that ran already, in their canonical form.
    seen: BTreeSet<String>,
    also_found: BTreeSet<Vec<RuleId>>,
}

impl<T: Target> Search<'_, T> {
    /// Whether there is enough left for so many runs.
    fn affords(&mut self, runs: u32) -> bool {
        self.cut |= self.stop.is_told() || self.deadline.is_over() || self.executions + runs > self.most;
        !self.cut
    }

    /// Runs the case as often as a red must show, side by side; the first trial that shows it.
    async fn confirm(&mut self, case: &Case) -> (Count, Option<Trial>) {
        if !self.affords(RUNS) {
            return (Count { shown: 0, runs: 0 }, None);
        }
        self.executions += RUNS;
        self.seen.insert(case.to_json());
        let run = |_| try_case_until(self.target, case.clone(), self.reading, self.stop);
        let trials: Vec<Trial> = join_all((0..RUNS).map(run)).await.into_iter().flatten().collect();
        let shows = |trial: &&Trial| self.wanted.is_shown(&trial.outcome);
        let shown = trials.iter().filter(shows).count() as u32;
        let trial = trials.iter().find(shows).cloned();
        (Count { shown, runs: trials.len() as u32 }, trial)
    }

    /// Jumps, then the usual way, with one run for each candidate that is not dearer than the best.
    async fn directly(&mut self) {
        for candidate in jump::jumps(&self.best, self.wanted) {
            self.attempt(candidate).await;
        }
        let mut walk = Walk::new(self.best.case.clone());
        while let Some(candidate) = walk.propose() {
            if self.attempt(candidate).await {
                walk.accept(self.best.case.clone());
            }
            if self.cut {
                return;
            }
        }
    }

    /// Whether the candidate is the new best.
    async fn attempt(&mut self, candidate: Case) -> bool {
        if predict::lasts(&candidate) > predict::lasts(&self.best.case)
            || !self.seen.insert(candidate.to_json())
            // Something must be left to confirm the result.
            || !self.affords(RUNS + 1)
        {
            return false;
        }
        self.executions += 1;
        let Some(trial) = try_case_until(self.target, candidate, self.reading, self.stop).await else {
            return false;
        };
        if matches!(trial.outcome, Outcome::Judged(_)) {
            self.also_found.extend(self.wanted.others(&trial.outcome));
        }
        let shown = self.wanted.is_shown(&trial.outcome);
        if shown {
            self.best = trial;
            self.steps += 1;
        }
        shown
    }

    fn end(self) -> Shrunk {
        let Search { best, executions, steps, cut, also_found, .. } = self;
        let also_found = also_found.into_iter().take(super::MAX_ALSO_FOUND).collect();
        Shrunk { trial: best, executions, steps, cut, also_found }
    }
}
