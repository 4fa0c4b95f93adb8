//! What a campaign found, added up: counts, what was exercised, and one failure for each kind.
//!
//! Adding is associative and goes by blocks in order, so that threads change nothing. Memory does not grow with the
//! number of cases.

use super::Phase;
use crate::confirm::meant;
use crate::outcome::{Outcome, Standing, Trial};
use esm_model::rule::{RuleId, RuleSet};
use esm_model::verdict::{Judgement, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;

/// Most kinds of failure that are told apart; further ones are counted and not kept.
pub const MAX_KINDS: usize = 32;

/// A kind of failure. Cases that fail alike are one finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A violation with this blame.
    Violation(Vec<RuleId>),
    /// A red that did not show whenever its case ran again, or could not be tried often enough. What was seen violates all the same; what was only missing
    /// is held against nobody.
    Flaky(Vec<RuleId>),
    /// A case that could not be told.
    Undecided,
    /// A case that could not run.
    CouldNotRun,
    /// No failure: a rule was broken that is only warned about. Kept so that there is something to look at.
    Warning(RuleId),
}

/// Where a case comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The phase of the campaign.
    pub phase: Phase,
    /// Its index within the phase.
    pub index: u64,
    /// Its name: the index as text for a generated one.
    pub name: String,
}

/// A case that failed in a way not seen before.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Where it comes from.
    pub origin: Origin,
    /// What ran and what became of it.
    pub trial: Trial,
    /// The kinds of failure that it is the first of.
    pub kinds: Vec<Kind>,
}

/// Counts over many cases.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Cases that ran or should have run, without those that were not selected.
    pub cases: u64,
    /// Cases that were left out because they exercise none of the rules asked for.
    pub unselected: u64,
    /// Events observed.
    pub events: u64,
    /// Cases that conform.
    pub conforms: u64,
    /// Cases that violate.
    pub violates: u64,
    /// Cases that could not be told.
    pub undecided: u64,
    /// Cases, among those that violate or are undecided, with a red that did not show in every run.
    pub flaky: u64,
    /// Cases that the target does not support.
    pub unsupported: u64,
    /// Cases that could not run.
    pub could_not_run: u64,
    /// Warnings, over all cases.
    pub warnings: u64,
    /// In how many cases each rule was warned about.
    pub warned: BTreeMap<RuleId, u64>,
    /// Rules that some case exercised.
    pub exercised: RuleSet,
    /// Variants of ambiguities that some case took: three bits for each.
    pub took: u128,
    /// Most states that one shard could be in at a time.
    pub widest: usize,
    /// In how many cases each kind of failure showed.
    pub kinds: BTreeMap<Kind, u64>,
    /// Failures of kinds beyond [`MAX_KINDS`].
    pub further: u64,
}

impl Tally {
    /// Adds one case, and returns the kinds of failure that are new.
    pub(super) fn add(&mut self, trial: &Trial) -> Vec<Kind> {
        self.cases += 1;
        self.events += trial.events.len() as u64;
        self.flaky += u64::from(trial.flaky().next().is_some());
        let mut fresh = kinds(trial);
        fresh.retain(|kind| self.count(kind.clone(), 1));
        match &trial.outcome {
            Outcome::Judged(judgement) => self.add_judgement(judgement, &mut fresh),
            Outcome::Unsupported(_) => self.unsupported += 1,
            Outcome::CouldNotRun(_) => self.could_not_run += 1,
        }
        fresh
    }

    fn add_judgement(&mut self, judgement: &Judgement, fresh: &mut Vec<Kind>) {
        match judgement.verdict {
            Verdict::Conforms => self.conforms += 1,
            Verdict::Violates(_) => self.violates += 1,
            Verdict::Undecided(_) => self.undecided += 1,
        }
        self.warnings += judgement.warnings.len() as u64;
        let mut before = None;
        for warning in &judgement.warnings {
            // Sorted by rule: a rule counts once for each case.
            if before.replace(warning.rule) != Some(warning.rule) && self.warn(warning.rule, 1) {
                fresh.push(Kind::Warning(warning.rule));
            }
        }
        self.exercised.union(&judgement.exercised);
        self.took |= judgement.took;
        self.widest = self.widest.max(judgement.widest);
    }

    /// Counts warnings about a rule; whether they are the first. There are no more kinds of them than rules.
    fn warn(&mut self, rule: RuleId, times: u64) -> bool {
        let count = self.warned.entry(rule).or_default();
        *count += times;
        *count == times
    }

    /// Counts a kind of failure; whether it is new and kept.
    fn count(&mut self, kind: Kind, times: u64) -> bool {
        if let Some(count) = self.kinds.get_mut(&kind) {
            *count += times;
            return false;
        }
        if self.kinds.len() >= MAX_KINDS {
            self.further += times;
            return false;
        }
        self.kinds.insert(kind, times);
        true
    }

    /// Adds the tally of the next block, and returns the kinds of failure that are new.
    pub(super) fn merge(&mut self, block: Tally) -> Vec<Kind> {
        self.cases += block.cases;
        self.unselected += block.unselected;
        self.events += block.events;
        self.conforms += block.conforms;
        self.violates += block.violates;
        self.undecided += block.undecided;
        self.flaky += block.flaky;
        self.unsupported += block.unsupported;
        self.could_not_run += block.could_not_run;
        self.warnings += block.warnings;
        let warned = block.warned.into_iter().filter(|(rule, count)| self.warn(*rule, *count));
        let mut fresh: Vec<Kind> = warned.map(|(rule, _)| Kind::Warning(rule)).collect();
        self.exercised.union(&block.exercised);
        self.took |= block.took;
        self.widest = self.widest.max(block.widest);
        self.further += block.further;
        let failed = block.kinds.into_iter().filter(|(kind, count)| self.count(kind.clone(), *count));
        fresh.extend(failed.map(|(kind, _)| kind));
        fresh
    }

    /// The whole campaign in one word. Where nothing was judged, nothing was told.
    pub fn standing(&self) -> Standing {
        let holds = [
            (self.violates > 0, Standing::Violates),
            (self.could_not_run > 0, Standing::CouldNotRun),
            (self.undecided > 0 || self.flaky > 0 || self.conforms == 0, Standing::Undecided),
        ];
        holds.into_iter().find(|(is, _)| *is).map_or(Standing::Conforms, |(_, standing)| standing)
    }
}

/// How a case failed: by each violation that it is counted by; and what was flaky.
fn kinds(trial: &Trial) -> Vec<Kind> {
    let judgement = match &trial.outcome {
        Outcome::Judged(judgement) => judgement,
        Outcome::Unsupported(_) => return Vec::new(),
        Outcome::CouldNotRun(_) => return vec![Kind::CouldNotRun],
    };
    let mut kinds: Vec<Kind> = trial.flaky().map(|repeat| Kind::Flaky(repeat.blame.clone())).collect();
    match &judgement.verdict {
        Verdict::Conforms => {}
        Verdict::Undecided(_) if !kinds.is_empty() => {}
        Verdict::Undecided(_) => kinds.push(Kind::Undecided),
        Verdict::Violates(violations) => {
            let is_flaky = |blame: &[RuleId]| trial.flaky().any(|repeat| repeat.blame == blame);
            let plain = meant(violations).filter(|violation| !is_flaky(&violation.blame));
            kinds.extend(plain.map(|violation| Kind::Violation(violation.blame.clone())));
        }
    }
    kinds.sort();
    kinds.dedup();
    kinds
}
