//! Looking something up in the catalogue by whatever a user types: an ID, a pattern of IDs, or a word.
//!
//! Only finds; how the found entries are shown is the caller's.

use super::terms::{Term, explain_terms};
use super::types::{Ambiguity, AmbiguityId, Requirement};
use super::{all, ambiguities, get, get_ambiguity};
use crate::rule::RuleId;
use serde::Serialize;

/// Something that [`lookup`] found. As JSON `{"requirement": …}`, `{"ambiguity": …}` or `{"term": …}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// A requirement, by ID or pattern.
    Requirement(&'static Requirement),
    /// An ambiguity, by ID or pattern.
    Ambiguity(&'static Ambiguity),
    /// A term, by its text, an alias, or a part of one of them.
    Term(&'static Term),
}

/// Everything that `text` names, in catalogue order; empty if it names nothing. Case does not matter.
///
/// Tried in turn, and the first that finds anything decides:
///
/// 1. an ID, such as `RETRY-3` or `AMB-5`;
/// 2. a pattern of IDs with `*`, such as `BISECT-*`, which finds requirements and then ambiguities;
/// 3. a term or an alias, such as `MaximumRetryAttempts` or `poison pill`, with or without quotes;
/// 4. a part of three characters or more of a term or an alias.
pub fn lookup(text: &str) -> Vec<Found> {
    let text = normal(text);
    by_id(&text)
        .or_else(|| by_pattern(&text))
        .or_else(|| by_term(|term| term == text))
        .or_else(|| by_term(|term| text.chars().count() >= 3 && term.contains(&text)))
        .unwrap_or_default()
}

/// Whether the pattern covers the rule: `*` stands for any text, everything else for itself.
///
/// Case does not matter.
pub fn matches_glob(pattern: &str, rule: RuleId) -> bool {
    covers(pattern, &rule.to_string())
}

fn by_id(text: &str) -> Option<Vec<Found>> {
    let requirement = text.parse().ok().and_then(get).map(Found::Requirement);
    let ambiguity = || text.parse::<AmbiguityId>().ok().and_then(get_ambiguity).map(Found::Ambiguity);
    requirement.or_else(ambiguity).map(|found| vec![found])
}

fn by_pattern(text: &str) -> Option<Vec<Found>> {
    if !text.contains('*') {
        return None;
    }
    let requirements = all().filter(|r| matches_glob(text, r.id)).map(Found::Requirement);
    let ambiguities = ambiguities().iter().filter(|a| covers(text, &a.id.to_string()));
    some(requirements.chain(ambiguities.map(Found::Ambiguity)).collect())
}

fn by_term(is_meant: impl Fn(&str) -> bool) -> Option<Vec<Found>> {
    let names = |term: &Term| {
        std::iter::once(&term.text).chain(term.aliases).any(|name| is_meant(&name.to_ascii_lowercase()))
    };
    some(explain_terms().iter().filter(|term| names(term)).map(Found::Term).collect())
}

fn some(found: Vec<Found>) -> Option<Vec<Found>> {
    (!found.is_empty()).then_some(found)
}

/// Lower case, without quotes around it, and with single spaces.
fn normal(text: &str) -> String {
    let bare = text.trim().trim_matches(['"', '\'', '`']);
    bare.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase()
}

/// Glob matching with `*` only: the first piece is a prefix, the last a suffix, those between come in order.
/// Case does not matter.
pub fn covers(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    let Some((prefix, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(prefix) else { return false };
    let (middle, suffix) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        let Some(at) = left.find(piece) else { return false };
        left = &left[at + piece.len()..];
    }
    left.ends_with(suffix)
}
