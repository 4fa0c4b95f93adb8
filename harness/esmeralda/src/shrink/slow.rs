//! Shrinking on a target that keeps the harness waiting: few runs, the cheap ones first, several at once, and numbers
//! for how often a case fails.
//!
//! Where a planted bug fails alike on the case, the case is made small on it, in microseconds, and only the result goes
//! to the target.

use super::{Shrunk, Walk, Wanted, jump, shrink};
use crate::clock::Deadline;
use crate::confirm::RUNS;
use crate::machine::MachineTarget;
use crate::outcome::{Trial, try_case, try_case_until};
use crate::predict;
use crate::stop::Stop;
use crate::target::Target;
use crate::virtual_time::ready;
use esm_model::case::Case;
use esm_model::reference::MUTANTS;
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use futures_util::future::join_all;
use futures_util::stream::{StreamExt, iter};
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
/// So many candidates of one case are tried at once: the first that shows it is taken, as if they had been tried in turn.
pub const AT_ONCE: u32 = 6;

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

/// A trial that showed what is wanted, and the small cases that planted bugs suggest. Made beforehand, because it takes
/// the processor for a while, and nothing that is measured by a clock should go on meanwhile.
#[derive(Debug, Clone)]
pub struct Wish {
    first: Trial,
    wanted: Wanted,
    suggested: Vec<(&'static str, Case)>,
}

impl Wish {
    /// The wish to make this case small, with this still shown.
    pub fn new(first: &Trial, reading: &Reading, wanted: &Wanted) -> Wish {
        let suggested = surrogates(&first.case, reading, wanted).collect();
        Wish { first: first.clone(), wanted: wanted.clone(), suggested }
    }

    /// How often the case is known to have shown it, if it ran often enough.
    fn confirmed(&self) -> Option<Count> {
        let blame = self.wanted.blame();
        let repeat = self.first.repeats.iter().find(|repeat| repeat.is_sure() && repeat.blame == blame)?;
        Some(Count { shown: repeat.shown, runs: repeat.runs })
    }
}

/// Grants several wishes side by side, so many at a time, within one time for all; in their order. Each has its share of
/// the time, so that none keeps the others waiting.
pub async fn shrink_several<T: Target>(
    target: &T,
    wishes: &[Wish],
    reading: &Reading,
    limits: Limits,
    stop: &Stop,
    at_a_time: usize,
) -> Vec<SlowlyShrunk> {
    let deadline = Deadline::after(limits.time);
    let one = |(index, wish): (usize, _)| async move {
        let rounds = (wishes.len() - index).div_ceil(at_a_time) as u32;
        let time = limits.time.map(|_| deadline.left() / rounds);
        shrink_slowly(target, wish, reading, Limits { time, ..limits }, stop).await
    };
    iter(wishes.iter().enumerate()).map(one).buffered(at_a_time).collect().await
}

/// Shrinks the case of a trial that showed what is wanted.
pub async fn shrink_slowly<T: Target>(
    target: &T,
    wish: &Wish,
    reading: &Reading,
    limits: Limits,
    stop: &Stop,
) -> SlowlyShrunk {
    let Wish { first, wanted, suggested } = wish;
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
    let before = match wish.confirmed() {
        _ if search.is_over() => Count { shown: 0, runs: 0 },
        Some(count) => count,
        None => search.confirm(&first.case).await.0,
    };
    if !before.is_sure() {
        return SlowlyShrunk { before, after: None, surrogate: None, shrunk: None };
    }
    let (mut after, mut surrogate) = (None, None);
    for (name, small) in suggested {
        if search.is_over() {
            break;
        }
        let (count, trial) = search.confirm(small).await;
        if let Some(trial) = trial.filter(|_| count.is_sure()) {
            (after, surrogate) = (Some(count), Some(*name));
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
    /// Whether nothing further may be tried.
    fn is_over(&mut self) -> bool {
        self.cut |= self.stop.is_told() || self.deadline.is_over();
        self.cut
    }

    /// Runs the case as often as a red must show, side by side; the first trial that shows it. What was found in time is
    /// confirmed beyond it.
    async fn confirm(&mut self, case: &Case) -> (Count, Option<Trial>) {
        if self.stop.is_told() || self.executions + RUNS > self.most {
            self.cut = true;
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
        // The boldest first: where it shows, the others need not.
        let jumps = jump::jumps(&self.best, self.wanted).into_iter().rev();
        let jumps = jumps.filter(|case| self.seen.insert(case.to_json())).collect();
        self.attempt(jumps).await;
        let mut walk = Walk::new(self.best.case.clone());
        loop {
            let (mut candidates, mut places) = (Vec::new(), Vec::new());
            while candidates.len() < AT_ONCE as usize
                && let Some(candidate) = walk.propose()
            {
                if self.is_worth_a_try(&candidate) {
                    candidates.push(candidate);
                    places.push(walk.clone());
                }
            }
            if candidates.is_empty() {
                return;
            }
            if let Some(shown) = self.attempt(candidates).await {
                // What was proposed behind it was of a case that is gone.
                walk = places.swap_remove(shown);
                walk.accept(self.best.case.clone());
            }
            if self.cut {
                return;
            }
        }
    }

    /// Whether a candidate is no dearer than the best, and did not run before.
    fn is_worth_a_try(&mut self, candidate: &Case) -> bool {
        predict::lasts(candidate) <= predict::lasts(&self.best.case) && self.seen.insert(candidate.to_json())
    }

    /// Tries candidates at once. The first that shows it is the new best; its index.
    async fn attempt(&mut self, mut candidates: Vec<Case>) -> Option<usize> {
        // Something must be left to confirm the result.
        let left = self.most.saturating_sub(self.executions + RUNS);
        if candidates.len() > left as usize {
            candidates.truncate(left as usize);
            self.cut = true;
        }
        if candidates.is_empty() || self.is_over() {
            return None;
        }
        self.executions += candidates.len() as u32;
        let run = |case: Case| try_case_until(self.target, case, self.reading, self.stop);
        let mut trials = join_all(candidates.into_iter().map(run)).await;
        for trial in trials.iter().flatten() {
            self.also_found.extend(self.wanted.others(&trial.outcome));
        }
        let shows = |trial: &Option<Trial>| trial.as_ref().is_some_and(|t| self.wanted.is_shown(&t.outcome));
        let shown = trials.iter().position(shows)?;
        self.best = trials.swap_remove(shown)?;
        self.steps += 1;
        Some(shown)
    }

    fn end(self) -> Shrunk {
        let Search { best, executions, steps, cut, also_found, .. } = self;
        let also_found = also_found.into_iter().take(super::MAX_ALSO_FOUND).collect();
        Shrunk { trial: best, executions, steps, cut, also_found }
    }
}
