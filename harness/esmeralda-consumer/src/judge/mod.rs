//! What a history says about the function: every breach of a rule `CONS-*`, with what happened and what to change.
//!
//! `answers` looks at each call by itself, `effects` at what was done over the whole history. Both are pure functions of
//! the history and of what was played.

mod answers;
mod effects;
mod words;

use crate::effects::Patterns;
use crate::history::History;
use crate::world::Played;
use esm_model::label::Label;
use esm_model::rule::RuleId;

pub(crate) use words::{capital, shown};
pub use words::{number, numbers};

/// What to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The function.
    Code(String),
    /// A setting of the mapping.
    Mapping(String),
}

/// A rule that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The rule.
    pub rule: RuleId,
    /// The call that shows it, counted from 0, where one does.
    pub call: Option<usize>,
    /// The records that it is about.
    pub records: Vec<Label>,
    /// What happened.
    pub happened: String,
    /// What to change.
    pub change: Change,
}

/// How to read effects.
#[derive(Debug, Clone)]
pub struct Judging {
    /// How effects are found, and what a bad record means.
    pub patterns: Patterns,
    /// Whether the same effect twice does no harm.
    pub repeatable: bool,
}

/// Every breach, in the order of the calls; then what only the whole shows.
pub fn judge(judging: &Judging, history: &History, played: &Played) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for index in 0..played.calls.len() {
        answers::judge(judging, history, played, index, &mut breaches);
    }
    effects::judge(judging, history, played, &mut breaches);
    breaches
}

/// Whether the record is bad.
fn is_bad(history: &History, label: Label) -> bool {
    label.index().and_then(|index| history.marks.get(index)).is_some_and(|mark| mark.bad)
}
