//! Effects: what a function did to the world, as far as its log lines tell.
//!
//! A pattern finds the lines, and its first group names the record: by its label or by its sequence number.

use crate::sample::BadMeans;
use esm_model::label::Label;
use regex::Regex;
use std::collections::BTreeMap;

/// What was done about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It was done.
    Done(Label),
    /// It was put aside.
    Diverted(Label),
}

/// Reads effects from lines.
#[derive(Debug, Clone)]
pub struct Patterns {
    /// Lines that tell of something done.
    pub done: Option<Regex>,
    /// What a bad record means.
    pub means: BadMeans,
}

/// A pattern that names no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is no regular expression.
    #[error("{text:?} is no regular expression: {problem}")]
    NotOne {
        /// The text.
        text: String,
        /// What is wrong.
        problem: String,
    },
    /// It has no group.
    #[error("{0:?} has no group that names the record: write it like 'stored ([^ ]+)'")]
    NoGroup(String),
}

/// Reads a pattern with at least one group.
///
/// # Errors
/// [`PatternError`] if it is none.
pub fn pattern(text: &str) -> Result<Regex, PatternError> {
    let pattern = Regex::new(text)
        .map_err(|error| PatternError::NotOne { text: text.to_owned(), problem: error.to_string() })?;
    if pattern.captures_len() < 2 { Err(PatternError::NoGroup(text.to_owned())) } else { Ok(pattern) }
}

/// What lines tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// The effects, in order.
    pub effects: Vec<Effect>,
    /// How often a pattern matched and named no record: what was done to which one is not known then.
    pub unnamed: u32,
}

impl Patterns {
    /// The effects that these lines tell of. `names` are the labels and sequence numbers of the records. A line may tell
    /// of several: those that threads write get mixed.
    pub fn read(&self, lines: &[String], names: &BTreeMap<String, Label>) -> Read {
        let mut read = Read::default();
        for line in lines {
            if let Some(pattern) = &self.done {
                read.find(pattern, line, names, Effect::Done);
            }
            if let BadMeans::Diverted(pattern) = &self.means {
                read.find(pattern, line, names, Effect::Diverted);
            }
        }
        read
    }
}

impl Read {
    fn find(
        &mut self,
        pattern: &Regex,
        line: &str,
        names: &BTreeMap<String, Label>,
        effect: fn(Label) -> Effect,
    ) {
        for found in pattern.captures_iter(line) {
            match found.get(1).and_then(|name| names.get(name.as_str())) {
                Some(label) => self.effects.push(effect(*label)),
                None => self.unnamed += 1,
            }
        }
    }
}
