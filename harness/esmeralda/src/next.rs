//! What to mend first: of everything that a campaign blamed, the rules that are red, and which of them the others
//! wait for.
//!
//! Pure: from the kinds of failure of a tally to an order. What a rule needs is the catalogue's to say.

use crate::campaign::Kind;
use esm_model::catalogue::needs::height;
use esm_model::catalogue::{resting_on, rests_on};
use esm_model::rule::RuleId;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Whoever breaks a rule breaks it at least about as often as what rests on it is seen broken. One that is seen less
/// than a third as often is rather an echo: another fault that happens to look like it.
const ECHO: u64 = 3;

/// A rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Red {
    /// The rule.
    pub rule: RuleId,
    /// How many violations are put down to it.
    pub times: u64,
    /// The red rules that it rests on, in catalogue order: it cannot be judged until they are green. Empty for one that
    /// stands by itself.
    pub waits_for: Vec<RuleId>,
    /// How many rules rest on it, red or not: none of them can be judged until it is green.
    pub holds_up: usize,
    /// The violation that shows it best: the shortest blame with it in it, and of equals the most frequent one.
    #[serde(skip)]
    pub kind: Kind,
}

/// The red rules, the most basic first: those that stand by themselves before those that wait, echoes behind them, and
/// then from the ground upwards.
///
/// A violation that several rules explain is put down to the one of them that explains most.
pub fn reds(kinds: &BTreeMap<Kind, u64>) -> Vec<Red> {
    let found = explained(kinds);
    let most = found.iter().map(|(_, times)| *times).max().unwrap_or(0);
    let mut reds: Vec<Red> = found.iter().map(|(rule, times)| red(kinds, &found, *rule, *times)).collect();
    reds.sort_by_key(|red| {
        let echo = red.times * ECHO <= most;
        (!red.waits_for.is_empty(), echo, height(red.rule), Reverse(red.times), red.rule)
    });
    reds
}

fn red(kinds: &BTreeMap<Kind, u64>, found: &[(RuleId, u64)], rule: RuleId, times: u64) -> Red {
    let below = rests_on(rule);
    let holds = |(other, seen): &&(RuleId, u64)| below.contains(*other) && seen * ECHO > times;
    let mut waits_for: Vec<RuleId> = found.iter().filter(holds).map(|(other, _)| *other).collect();
    waits_for.sort();
    Red { rule, times, waits_for, holds_up: resting_on(rule).count(), kind: shown_by(kinds, rule) }
}

/// The fewest rules that explain every violation, near enough: always the one next that explains most of the rest.
fn explained(kinds: &BTreeMap<Kind, u64>) -> Vec<(RuleId, u64)> {
    let blamed = |(kind, times): (&Kind, &u64)| match kind {
        Kind::Violation(blame) if !blame.is_empty() => Some((blame.clone(), *times)),
        _ => None,
    };
    let mut open: Vec<(Vec<RuleId>, u64)> = kinds.iter().filter_map(blamed).collect();
    let mut found = Vec::new();
    // Ends: each round explains one violation at least.
    while let Some((rule, times)) = explains_most(&open) {
        open.retain(|(blame, _)| !blame.contains(&rule));
        found.push((rule, times));
    }
    found
}

/// The rule that explains most violations, and how many. Of several the one that rests on the others, because they
/// would show without it too; then the one that was named the likeliest.
fn explains_most(open: &[(Vec<RuleId>, u64)]) -> Option<(RuleId, u64)> {
    let mut counts: BTreeMap<RuleId, (u64, u64)> = BTreeMap::new();
    for (blame, times) in open {
        for (place, rule) in (0..).zip(blame) {
            let (explains, behind) = counts.entry(*rule).or_default();
            *explains += times;
            *behind += place * times;
        }
    }
    let most = counts.values().map(|(explains, _)| *explains).max()?;
    counts.retain(|_, (explains, _)| *explains == most);
    let needed = |rule: RuleId| counts.keys().any(|other| rests_on(*other).contains(rule));
    let best =
        counts.iter().filter(|(rule, _)| !needed(**rule)).min_by_key(|(rule, (_, behind))| (*behind, **rule));
    best.map(|(rule, _)| (*rule, most))
}

/// The kind of violation that shows the rule best.
fn shown_by(kinds: &BTreeMap<Kind, u64>, rule: RuleId) -> Kind {
    let showing = kinds.iter().filter_map(|(kind, times)| match kind {
        Kind::Violation(blame) if blame.contains(&rule) => Some((blame.len(), Reverse(*times), kind)),
        _ => None,
    });
    showing.min().map_or(Kind::Violation(vec![rule]), |(_, _, kind)| kind.clone())
}
