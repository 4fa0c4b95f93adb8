//! What can be wrong with the shape of JSON, and the path to the place where it is.
//!
//! Not the reading itself: see [`super::member`].

use serde_json::Value;
use std::fmt;

/// JSON that does not have the shape of the thing to be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// The text is not JSON at all.
    #[error("not JSON: {detail}")]
    NotJson {
        /// What the parser said, with line and column.
        detail: String,
    },
    /// A value of the wrong type.
    #[error("{path}: expected {expected}, found {found}")]
    WrongType {
        /// Where, such as `CreateEventSourceMapping.FilterCriteria.Filters[0].Pattern`.
        path: String,
        /// What belongs there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A member that the thing does not have.
    #[error("{path}: unknown member {member:?}; {help}")]
    UnknownMember {
        /// The object in which it stands.
        path: String,
        /// Its name.
        member: String,
        /// What to do about it.
        help: String,
    },
}

/// What to do with members that are not known.
#[derive(Debug)]
pub(crate) enum Unknown {
    /// They are errors. So is `null`, which requests do not use.
    Refuse,
    /// They are noted, one sentence each. `null` is the same as absent.
    Note(Vec<String>),
}

/// Where in a document the reader is; written out only when something is wrong there.
#[derive(Debug)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Debug)]
enum Step<'a> {
    Member(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    pub(crate) fn root(name: &'a str) -> Path<'a> {
        Path { parent: None, step: Step::Member(name) }
    }

    pub(crate) fn member(&'a self, name: &'a str) -> Path<'a> {
        Path { parent: Some(self), step: Step::Member(name) }
    }

    pub(crate) fn index(&'a self, index: usize) -> Path<'a> {
        Path { parent: Some(self), step: Step::Index(index) }
    }

    pub(crate) fn wrong(&self, found: &Value, expected: &'static str) -> ShapeError {
        let found = match found {
            Value::Null => "null (leave the member out instead)".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => format!("the number {number}"),
            Value::String(text) => format!("the string {:?}", text.chars().take(80).collect::<String>()),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        };
        ShapeError::WrongType { path: self.to_string(), expected, found }
    }

    /// Refuses or notes the member `name`, which is none of `known` (each with the reason, if it is known but
    /// not possible here).
    pub(crate) fn unknown(
        &self,
        name: &str,
        known: &[&str],
        impossible: &[(&str, &str)],
        unknown: &mut Unknown,
    ) -> Result<(), ShapeError> {
        let help = match impossible.iter().find(|(member, _)| *member == name) {
            Some((_, why)) => (*why).to_owned(),
            None => match nearest(name, known) {
                Some(nearest) => format!("did you mean {nearest:?}?"),
                None => format!("the members are {}", known.join(", ")),
            },
        };
        let member: String = name.chars().take(80).collect();
        let error = ShapeError::UnknownMember { path: self.to_string(), member, help };
        match unknown {
            Unknown::Refuse => Err(error),
            Unknown::Note(notes) => {
                notes.push(error.to_string());
                Ok(())
            }
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.parent, &self.step) {
            (None, Step::Member(name)) => f.write_str(name),
            (Some(parent), Step::Member(name)) => write!(f, "{parent}.{name}"),
            (None, Step::Index(index)) => write!(f, "[{index}]"),
            (Some(parent), Step::Index(index)) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The known name that a misspelt one most probably stands for, if any is near.
fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    // No name of the API is longer; the bound keeps damaged input cheap.
    let name: Vec<char> = name.chars().take(48).flat_map(char::to_lowercase).collect();
    let distance = |candidate: &str| {
        let mut row: Vec<usize> = (0..=name.len()).collect();
        for (i, c) in candidate.chars().flat_map(char::to_lowercase).enumerate() {
            let mut diagonal = std::mem::replace(&mut row[0], i + 1);
            for (j, n) in name.iter().enumerate() {
                let replaced = diagonal + usize::from(c != *n);
                diagonal = row[j + 1];
                row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
            }
        }
        row[name.len()]
    };
    let (distance, best) = known.iter().map(|k| (distance(k), *k)).min_by_key(|(d, _)| *d)?;
    // Beyond half of the name a suggestion misleads.
    (distance <= best.len() / 2).then_some(best)
}
