//! Effects: what a function did to the world, as far as its log lines and its writes to AWS tell.
//!
//! A pattern finds lines and writes. Its first group names the record, by its label or by its sequence number; without a
//! group, every name in the line or write counts. Writes are found without a pattern, too: those that carry a name.

use crate::aws::Write;
use crate::sample::BadMeans;
use esm_model::label::Label;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What may name a record: a label, a sequence number, or its data as events have it.
static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"esm-\d+|\d{21,}|[A-Za-z0-9+/]{16,}={0,2}").expect("a regular expression"));

/// What was done about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// It was done.
    Done,
    /// It was put aside.
    Diverted,
}

/// Something that was done about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What.
    pub did: Did,
    /// The record.
    pub label: Label,
    /// By what: service, operation and target of a write. Empty for a line.
    pub by: String,
    /// Whether the same once more changes nothing.
    pub replaces: bool,
}

/// Reads effects from lines and writes.
#[derive(Debug, Clone)]
pub struct Patterns {
    /// What tells of something done.
    pub done: Option<Regex>,
    /// What a bad record means.
    pub means: BadMeans,
    /// Whether writes that carry a record's name are effects, where no pattern says which are.
    pub writes: bool,
}

/// A pattern that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no regular expression: {problem}")]
pub struct PatternError {
    text: String,
    problem: String,
}

/// Reads a pattern.
///
/// # Errors
/// [`PatternError`] if it is none.
pub fn pattern(text: &str) -> Result<Regex, PatternError> {
    Regex::new(text).map_err(|error| PatternError { text: text.to_owned(), problem: error.to_string() })
}

/// What lines and writes tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// The effects, in order: lines first.
    pub effects: Vec<Effect>,
    /// How often a pattern matched and named no record: what was done to which one is not known then.
    pub unnamed: u32,
}

/// What records are called.
type Names = BTreeMap<String, Label>;

impl Patterns {
    /// Whether effects are looked for.
    pub fn sees(&self) -> bool {
        self.done.is_some() || self.writes
    }

    /// Whether lines or writes are looked at at all.
    pub fn look(&self) -> bool {
        self.sees() || matches!(self.means, BadMeans::Diverted(_))
    }

    /// The effects that these tell of. A line may tell of several: those that threads write get mixed.
    pub fn read(&self, lines: &[String], writes: &[Write], names: &Names) -> Read {
        let mut read = Read::default();
        for line in lines {
            if let Some(pattern) = &self.done {
                read.find(pattern, line, names, Did::Done, None);
            }
            if let BadMeans::Diverted(pattern) = &self.means {
                read.find(pattern, line, names, Did::Diverted, None);
            }
        }
        for write in writes {
            match (&self.means, &self.done) {
                (BadMeans::Diverted(pattern), _) if pattern.is_match(&write.text) => {
                    read.find(pattern, &write.text, names, Did::Diverted, Some(write));
                }
                (_, Some(pattern)) => read.find(pattern, &write.text, names, Did::Done, Some(write)),
                (_, None) if self.writes => {
                    let named = named(&write.text, names);
                    read.effects.extend(named.map(|label| effect(Did::Done, label, Some(write))));
                }
                (_, None) => {}
            }
        }
        read
    }
}

fn effect(did: Did, label: Label, write: Option<&Write>) -> Effect {
    let by = write.map(|write| write.kind.clone()).unwrap_or_default();
    Effect { did, label, by, replaces: write.is_some_and(|write| write.replaces) }
}

/// An effect that records had more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// By what, as in [`Effect::by`].
    pub by: String,
    /// The records.
    pub labels: Vec<Label>,
    /// Two calls that had it on the first of them.
    pub calls: (usize, usize),
}

/// How often one call has each effect on one record, by what it is done. Some write more than once for each record, such
/// as an order and its lines: as often as one call does is once.
pub type Usual = BTreeMap<String, usize>;

/// What is usual with these effects, which come with the calls that had them.
pub fn usual<'e>(effects: impl Iterator<Item = (usize, &'e Effect)>) -> Usual {
    let mut usual = Usual::new();
    for ((by, _), calls) in by_record(effects).iter().filter(|((by, _), _)| !by.is_empty()) {
        let most = calls.chunk_by(|one, other| one == other).map(<[usize]>::len).max().unwrap_or(1);
        let usual = usual.entry((*by).to_owned()).or_default();
        *usual = most.max(*usual);
    }
    usual
}

/// The first effect that was had more often than is usual, out of all effects with the calls that had them.
pub fn repeated<'e>(effects: impl Iterator<Item = (usize, &'e Effect)>, usual: &Usual) -> Option<Repeated> {
    let mut calls = by_record(effects);
    calls.retain(|(by, _), calls| calls.len() > usual.get(*by).copied().unwrap_or(1));
    let ((by, _), of_first) = calls.first_key_value()?;
    let labels = calls.keys().filter(|(other, _)| other == by).map(|(_, label)| *label).collect();
    let (one, two) =
        (of_first[0], of_first.iter().copied().find(|call| *call != of_first[0]).unwrap_or(of_first[1]));
    Some(Repeated { by: (*by).to_owned(), labels, calls: (one, two) })
}

/// The calls that had an effect on a record. Of each effect by itself: what writes in two places does each once.
fn by_record<'e>(
    effects: impl Iterator<Item = (usize, &'e Effect)>,
) -> BTreeMap<(&'e str, Label), Vec<usize>> {
    let mut calls: BTreeMap<(&str, Label), Vec<usize>> = BTreeMap::new();
    for (call, effect) in effects.filter(|(_, effect)| !effect.replaces) {
        calls.entry((&effect.by, effect.label)).or_default().push(call);
    }
    calls
}

/// Every record that a text names, once.
fn named(text: &str, names: &Names) -> impl Iterator<Item = Label> {
    let mut seen = Vec::new();
    for label in NAME.find_iter(text).filter_map(|name| names.get(name.as_str())) {
        if !seen.contains(label) {
            seen.push(*label);
        }
    }
    seen.into_iter()
}

impl Read {
    fn find(&mut self, pattern: &Regex, text: &str, names: &Names, did: Did, write: Option<&Write>) {
        for found in pattern.captures_iter(text) {
            let labels: Vec<Label> = match found.get(1) {
                Some(name) => names.get(name.as_str()).copied().into_iter().collect(),
                None => named(text, names).collect(),
            };
            self.unnamed += u32::from(labels.is_empty());
            self.effects.extend(labels.into_iter().map(|label| effect(did, label, write)));
            if pattern.captures_len() < 2 {
                // The whole text was looked at.
                return;
            }
        }
    }
}
