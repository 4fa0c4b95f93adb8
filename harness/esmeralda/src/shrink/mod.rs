//! Makes a failing case small: the same blame, fewer and simpler things.
//!
//! A candidate counts only if it is blamed for nothing else than the case it comes from; other failures are noted and
//! not chased. Bounded by executions: out of them, the best so far is the result.

mod candidates;
mod edit;
mod jump;
mod slow;
mod walk;

pub use slow::{
    AT_ONCE, Count, Limits, MAX_SLOW_EXECUTIONS, MAX_SLOW_TIME, SlowlyShrunk, Wish, shrink_several,
    shrink_slowly,
};
pub use walk::Walk;

use crate::outcome::{Outcome, Trial, try_case};
use crate::target::Target;
use esm_model::case::Case;
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_model::verdict::{Judgement, Verdict, Violation};
use std::collections::BTreeSet;

/// Most executions of one shrinking, unless the caller asks for another number.
pub const MAX_EXECUTIONS: u32 = 5_000;
/// Most other failures that are noted.
const MAX_ALSO_FOUND: usize = 16;

/// What a smaller case must still show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A violation with a blame that is a part of this one, and not empty.
    Blame(Vec<RuleId>),
    /// The same, with this rule in it.
    Rule(RuleId, Vec<RuleId>),
    /// A warning about this rule.
    Warning(RuleId),
}

/// A case made small.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// The smallest case that was found, what was observed and what became of it.
    pub trial: Trial,
    /// How many cases were run.
    pub executions: u32,
    /// How many of them became the new best.
    pub steps: u32,
    /// Whether the executions ran out before the end.
    pub cut: bool,
    /// Blames of other failures on the way.
    pub also_found: Vec<Vec<RuleId>>,
}

impl Wanted {
    /// Whether the outcome shows it.
    pub fn is_shown(&self, outcome: &Outcome) -> bool {
        let Outcome::Judged(judgement) = outcome else { return false };
        match self {
            Wanted::Blame(_) | Wanted::Rule(..) => self.violation(judgement).is_some(),
            Wanted::Warning(rule) => judgement.warnings.iter().any(|warning| warning.rule == *rule),
        }
    }

    /// The violation that shows it, if it is one.
    pub fn violation<'j>(&self, judgement: &'j Judgement) -> Option<&'j Violation> {
        let Verdict::Violates(violations) = &judgement.verdict else { return None };
        let within = self.within()?;
        let is_meant = |blame: &[RuleId]| match self {
            Wanted::Rule(rule, _) => blame.contains(rule),
            _ => !blame.is_empty(),
        };
        let is_part = |blame: &[RuleId]| blame.iter().all(|rule| within.contains(rule));
        violations.iter().find(|violation| is_meant(&violation.blame) && is_part(&violation.blame))
    }

    /// The rules that it is about.
    pub fn blame(&self) -> Vec<RuleId> {
        match self {
            Wanted::Blame(blame) | Wanted::Rule(_, blame) => blame.clone(),
            Wanted::Warning(rule) => vec![*rule],
        }
    }

    /// The rules of which the blame may consist.
    fn within(&self) -> Option<&[RuleId]> {
        match self {
            Wanted::Blame(within) | Wanted::Rule(_, within) => Some(within),
            Wanted::Warning(_) => None,
        }
    }

    /// The blames that an outcome shows beside it.
    fn others(&self, outcome: &Outcome) -> Vec<Vec<RuleId>> {
        let Outcome::Judged(Judgement { verdict: Verdict::Violates(violations), .. }) = outcome else {
            return Vec::new();
        };
        let Some(within) = self.within() else { return Vec::new() };
        let other = violations.iter().filter(|v| v.blame.iter().any(|rule| !within.contains(rule)));
        other.map(|v| v.blame.clone()).collect()
    }
}

/// Shrinks a case that shows what is wanted on this target. `None` if it does not.
pub async fn shrink<T: Target>(
    target: &T,
    case: Case,
    reading: &Reading,
    wanted: &Wanted,
    max_executions: u32,
) -> Option<Shrunk> {
    let first = try_case(target, case, reading, Vec::new()).await;
    if !wanted.is_shown(&first.outcome) {
        return None;
    }
    let mut search = Search {
        target,
        reading,
        wanted,
        best: first,
        executions: 1,
        steps: 0,
        max_executions,
        also_found: BTreeSet::new(),
    };
    for candidate in jump::jumps(&search.best, wanted) {
        search.attempt(candidate).await;
    }
    let mut walk = Walk::new(search.best.case.clone());
    let mut cut = false;
    while let Some(candidate) = walk.propose() {
        if search.executions >= max_executions {
            cut = true;
            break;
        }
        if search.attempt(candidate).await {
            walk.accept(search.best.case.clone());
        }
    }
    let Search { best, executions, steps, also_found, .. } = search;
    Some(Shrunk { trial: best, executions, steps, cut, also_found: also_found.into_iter().collect() })
}

struct Search<'s, T: Target> {
    target: &'s T,
    reading: &'s Reading,
    wanted: &'s Wanted,
    best: Trial,
    executions: u32,
    steps: u32,
    max_executions: u32,
    also_found: BTreeSet<Vec<RuleId>>,
}

impl<T: Target> Search<'_, T> {
    /// Runs a candidate; whether it is the new best.
    async fn attempt(&mut self, candidate: Case) -> bool {
        if self.executions >= self.max_executions {
            return false;
        }
        self.executions += 1;
        let trial = try_case(self.target, candidate, self.reading, Vec::new()).await;
        for blame in self.wanted.others(&trial.outcome) {
            if self.also_found.len() < MAX_ALSO_FOUND {
                self.also_found.insert(blame);
            }
        }
        let shown = self.wanted.is_shown(&trial.outcome);
        if shown {
            self.best = trial;
            self.steps += 1;
        }
        shown
    }
}
