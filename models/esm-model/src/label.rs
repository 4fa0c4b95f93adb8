//! Symbolic record names: `r0`, `r1`, … for the records of a case, `s0`, `s1`, … for its closing sentinels.
//!
//! Cases speak in labels, so that they survive shrinking and mean the same on every target; sequence numbers are
//! bound to them by the put.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const SENTINEL: u16 = 0x8000;

/// The name of a record within its case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(u16);

impl Label {
    /// The label of the `index`-th record of a case, `index` below 32,768.
    pub const fn record(index: usize) -> Label {
        Label(index as u16 & !SENTINEL)
    }

    /// The label of the sentinel that closes the shard.
    pub const fn sentinel(shard: u8) -> Label {
        Label(SENTINEL | shard as u16)
    }

    /// The index among the records of the case, or `None` for a sentinel.
    pub const fn index(self) -> Option<usize> {
        if self.is_sentinel() { None } else { Some(self.0 as usize) }
    }

    /// Whether this is a closing sentinel.
    pub const fn is_sentinel(self) -> bool {
        self.0 & SENTINEL != 0
    }

    /// The shard that a sentinel closes.
    pub const fn sentinel_shard(self) -> Option<u8> {
        if self.is_sentinel() { Some(self.0 as u8) } else { None }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.is_sentinel() { 's' } else { 'r' };
        write!(f, "{prefix}{}", self.0 & !SENTINEL)
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a record label: expected r0…r32767 or s0…s255")]
pub struct NotALabel(pub String);

impl FromStr for Label {
    type Err = NotALabel;

    fn from_str(text: &str) -> Result<Label, NotALabel> {
        let bad = || NotALabel(text.chars().take(40).collect());
        let number =
            |digits: &str| digits.parse::<u16>().ok().filter(|n| n.to_string() == digits).ok_or_else(bad);
        if let Some(digits) = text.strip_prefix('r') {
            return number(digits)?.lt(&SENTINEL).then(|| Label(number(digits).unwrap_or(0))).ok_or_else(bad);
        }
        let digits = text.strip_prefix('s').ok_or_else(bad)?;
        u8::try_from(number(digits)?).map(Label::sentinel).map_err(|_| bad())
    }
}

impl Serialize for Label {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Label, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
