//! Which rules a judged case exercised.

use esm_model::rule::RuleId;
use esm_model::verdict::Judgement;
use std::collections::BTreeSet;

/// A set of rules.
pub type RuleSet = BTreeSet<RuleId>;

/// The rules that the judge looked at while a breach was possible.
pub fn exercised(_judgement: &Judgement) -> RuleSet {
    RuleSet::new()
}
