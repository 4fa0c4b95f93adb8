//! Sequence numbers: decimal strings, compared as integers of any length and never as text.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The longest sequence number accepted, in digits. AWS uses at most 56; the bound keeps damaged input cheap.
pub const MAX_DIGITS: usize = 128;

/// A sequence number as its source wrote it. `2 < 10`, whatever the number of digits.
#[derive(Debug, Clone)]
pub struct SequenceNumber(Repr);

#[derive(Debug, Clone)]
enum Repr {
    Small(u64),
    /// Too large for 64 bits, or written with leading zeros: the text is kept as it came.
    Text(Box<str>),
}

/// A text that is not a decimal integer of 1 to [`MAX_DIGITS`] digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a sequence number: expected 1 to {MAX_DIGITS} decimal digits")]
pub struct NotASequenceNumber(pub String);

impl SequenceNumber {
    /// The number itself, if it fits into 64 bits and is written without leading zeros.
    pub fn small(&self) -> Option<u64> {
        match self.0 {
            Repr::Small(number) => Some(number),
            Repr::Text(_) => None,
        }
    }

    fn significant(text: &str) -> &str {
        text.trim_start_matches('0')
    }
}

impl From<u64> for SequenceNumber {
    fn from(number: u64) -> SequenceNumber {
        SequenceNumber(Repr::Small(number))
    }
}

impl FromStr for SequenceNumber {
    type Err = NotASequenceNumber;

    fn from_str(text: &str) -> Result<SequenceNumber, NotASequenceNumber> {
        if text.is_empty() || text.len() > MAX_DIGITS || !text.bytes().all(|b| b.is_ascii_digit()) {
            let shown: String = text.chars().take(80).collect();
            return Err(NotASequenceNumber(shown));
        }
        match text.parse::<u64>() {
            Ok(number) if !text.starts_with('0') || text == "0" => Ok(SequenceNumber(Repr::Small(number))),
            _ => Ok(SequenceNumber(Repr::Text(text.into()))),
        }
    }
}

impl Ord for SequenceNumber {
    fn cmp(&self, other: &SequenceNumber) -> Ordering {
        let by_digits = |a: &str, b: &str| {
            let (a, b) = (Self::significant(a), Self::significant(b));
            a.len().cmp(&b.len()).then_with(|| a.cmp(b))
        };
        match (&self.0, &other.0) {
            (Repr::Small(a), Repr::Small(b)) => a.cmp(b),
            (Repr::Text(a), Repr::Text(b)) => by_digits(a, b),
            (Repr::Small(a), Repr::Text(b)) => by_digits(&a.to_string(), b),
            (Repr::Text(a), Repr::Small(b)) => by_digits(a, &b.to_string()),
        }
    }
}

impl PartialOrd for SequenceNumber {
    fn partial_cmp(&self, other: &SequenceNumber) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SequenceNumber {
    fn eq(&self, other: &SequenceNumber) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for SequenceNumber {}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Small(number) => write!(f, "{number}"),
            Repr::Text(text) => f.write_str(text),
        }
    }
}

impl Serialize for SequenceNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SequenceNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<SequenceNumber, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
