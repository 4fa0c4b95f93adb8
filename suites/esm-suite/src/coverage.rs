//! What a set of runs has reached: rules in whose reach it came, variants that it took, features that it combined.
//!
//! A rule that no run ever puts to the test is green for nothing; so is a pair of features that never meet.

use esm_model::case::{Action, Case};
use esm_model::catalogue::{self, AmbiguityId, Kind};
use esm_model::reference::{FIELDS, Policy};
use esm_model::verdict::{Judgement, Verdict};
use esm_model::{RuleId, RuleSet};
use std::fmt;

/// A feature of a case of which pairs are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Trait {
    /// MaximumRecordAgeInSeconds has a limit.
    Age,
    /// BisectBatchOnFunctionError.
    Bisect,
    /// ReportBatchItemFailures.
    Reports,
    /// The function is throttled for a while.
    Throttle,
    /// Settings are changed.
    Update,
}

impl Trait {
    /// Every feature, in the order in which pairs are listed.
    pub const ALL: [Trait; 5] = [Trait::Age, Trait::Bisect, Trait::Reports, Trait::Throttle, Trait::Update];

    /// Whether some mapping of the case has it from the beginning, or is subjected to it.
    pub fn of(self, case: &Case) -> bool {
        let settings = |has: fn(&esm_model::mapping::Mapping) -> bool| {
            case.mappings.iter().any(|mapping| has(&mapping.settings))
        };
        let acts = |has: fn(&Action) -> bool| case.actions.iter().any(|step| has(&step.action));
        match self {
            Trait::Age => settings(|m| m.maximum_record_age_in_seconds.is_some()),
            Trait::Bisect => settings(|m| m.bisect_batch_on_function_error),
            Trait::Reports => settings(|m| m.report_batch_item_failures),
            Trait::Throttle => acts(|action| matches!(action, Action::Throttle { .. })),
            Trait::Update => acts(|action| matches!(action, Action::Update { .. })),
        }
    }
}

impl fmt::Display for Trait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Trait::Age => "age",
            Trait::Bisect => "bisect",
            Trait::Reports => "reports",
            Trait::Throttle => "throttle",
            Trait::Update => "update",
        })
    }
}

/// Variants that a trace itself shows to have been taken; each of the others is known only of a policy.
const SHOWN: &[(u8, &[usize])] = &[
    (3, &[1]),
    (4, &[1]),
    (5, &[0, 1, 2]),
    (6, &[0, 1]),
    (7, &[1]),
    (9, &[0, 1]),
    (12, &[1]),
    (13, &[0, 1]),
    (14, &[0, 1]),
    (23, &[1]),
    (24, &[1]),
    (31, &[1]),
];

/// What a set of runs has reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    runs: u64,
    rules: RuleSet,
    took: u128,
    pairs: [[u64; Trait::ALL.len()]; Trait::ALL.len()],
}

fn bit(ambiguity: u8, variant: usize) -> u128 {
    1 << (u32::from(ambiguity) * 3 + variant as u32)
}

impl Coverage {
    /// Nothing yet.
    pub fn new() -> Coverage {
        Coverage::default()
    }

    /// Adds what one judged run of a case has reached.
    pub fn add(&mut self, judged: &Judgement, case: &Case) {
        self.runs += 1;
        self.rules.union(&judged.exercised);
        self.took |= judged.took;
        let has = Trait::ALL.map(|feature| feature.of(case));
        for (a, row) in self.pairs.iter_mut().enumerate() {
            for (b, count) in row.iter_mut().enumerate().skip(a + 1) {
                *count += u64::from(has[a] && has[b]);
            }
        }
    }

    /// Adds the variants of a policy that a trace cannot show: those under which the run conformed while a rule that
    /// they concern was in reach.
    pub fn add_policy(&mut self, judged: &Judgement, policy: &Policy) {
        if judged.verdict != Verdict::Conforms {
            return;
        }
        for ((number, ..), variant) in FIELDS.iter().zip(policy.variants()) {
            let shown = SHOWN.iter().any(|(known, all)| known == number && all.contains(&variant));
            let concerned = catalogue::get_ambiguity(AmbiguityId::new(*number)).is_some_and(|ambiguity| {
                ambiguity.rules.iter().any(|rule| judged.exercised.contains(catalogue::canonical(*rule)))
            });
            if !shown && concerned {
                self.took |= bit(*number, variant);
            }
        }
    }

    /// Adds what another set of runs has reached.
    pub fn merge(&mut self, other: &Coverage) {
        self.runs += other.runs;
        self.rules.union(&other.rules);
        self.took |= other.took;
        for (row, theirs) in self.pairs.iter_mut().zip(other.pairs) {
            row.iter_mut().zip(theirs).for_each(|(count, more)| *count += more);
        }
    }

    /// How many runs were added.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// Whether a run came into the reach of the rule.
    pub fn exercised(&self, rule: RuleId) -> bool {
        self.rules.contains(rule)
    }

    /// Rules that are checked on traces, and in whose reach no run came: in the order of the catalogue.
    pub fn not_exercised(&self) -> Vec<RuleId> {
        let on_traces = |rule: &&catalogue::Requirement| {
            rule.is_checked() && rule.is_canonical() && !matches!(rule.kind, Kind::Api | Kind::Consumer)
        };
        catalogue::all().filter(on_traces).map(|rule| rule.id).filter(|rule| !self.exercised(*rule)).collect()
    }

    /// Whether the variant of the ambiguity was taken by some run.
    pub fn took(&self, ambiguity: u8, variant: usize) -> bool {
        self.took & bit(ambiguity, variant) != 0
    }

    /// Variants that the reference can have and that no run took: the ambiguity and the name of the variant.
    pub fn not_taken(&self) -> Vec<(AmbiguityId, &'static str)> {
        let all = FIELDS.iter().flat_map(|(number, _, variants)| {
            variants.iter().enumerate().map(move |(index, name)| (*number, index, *name))
        });
        all.filter(|(number, index, _)| !self.took(*number, *index))
            .map(|(number, _, name)| (AmbiguityId::new(number), name))
            .collect()
    }

    /// How many runs had both features, pair by pair.
    pub fn pairs(&self) -> impl Iterator<Item = (Trait, Trait, u64)> {
        Trait::ALL.into_iter().flat_map(move |a| {
            let behind = Trait::ALL.into_iter().filter(move |b| *b > a);
            behind.map(move |b| (a, b, self.pairs[a as usize][b as usize]))
        })
    }
}
