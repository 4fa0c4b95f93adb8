//! The identity of a requirement: `RETRY-3` is `RuleId { section: Retry, number: 3 }`.
//!
//! What the requirement says is in [`crate::catalogue`]; here is only the name, its order and its text form.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! sections {
    ($($(#[$doc:meta])* $variant:ident = $text:literal room $room:literal),* $(,)?) => {
        /// A section of the catalogue: the part of a rule's ID before the dash, in the order of the catalogue.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Section { $($(#[$doc])* $variant),* }

        impl Section {
            /// Every section, in catalogue order.
            pub const ALL: &[Section] = &[$(Section::$variant),*];

            /// The text before the dash.
            pub const fn text(self) -> &'static str {
                match self { $(Section::$variant => $text),* }
            }
        }

        /// How many numbers there is room for in each section, 0 included, which is none.
        const ROOM: [usize; Section::ALL.len()] = [$($room),*];
    };
}

sections! {
    /// Synchronous answers of the control plane.
    Api = "API" room 40,
    /// Parameters: range and default.
    Param = "PARAM" room 24,
    /// Lifecycle and position.
    State = "STATE" room 16,
    /// How batches are formed.
    Batch = "BATCH" room 16,
    /// Order, concurrency, delivery guarantee.
    Order = "ORDER" room 16,
    /// Errors and retries.
    Retry = "RETRY" room 20,
    /// Splitting failed batches.
    Bisect = "BISECT" room 20,
    /// Partial batch responses.
    Pbr = "PBR" room 20,
    /// Record age.
    Age = "AGE" room 20,
    /// Discards and destinations.
    Discard = "DISCARD" room 16,
    /// The failure record.
    Rec = "REC" room 20,
    /// The failure record as an S3 object.
    S3 = "S3" room 12,
    /// Permissions and ownership of destinations.
    Sec = "SEC" room 12,
    /// Filters.
    Filter = "FILTER" room 12,
    /// Tumbling windows.
    Window = "WINDOW" room 16,
    /// Metrics.
    Metric = "METRIC" room 8,
    /// What differs for DynamoDB Streams.
    Ddb = "DDB" room 12,
    /// What the function behind a mapping must do.
    Cons = "CONS" room 20,
    /// What code must do that reads failure records.
    Redrive = "REDRIVE" room 20,
}

/// The ID of one requirement, written `RETRY-3`. Owned by the specification; never renumbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId {
    /// The section.
    pub section: Section,
    /// The number within the section, from 1.
    pub number: u8,
}

impl RuleId {
    /// The ID `section-number`. Whether a requirement of that name exists is the catalogue's to say.
    pub const fn new(section: Section, number: u8) -> RuleId {
        RuleId { section, number }
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `pad` so that `{:<10}` aligns tables.
        f.pad(&format!("{}-{}", self.section.text(), self.number))
    }
}

/// A text that is not of the form `SECTION-NUMBER` with a known section.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a rule ID: expected a section and a number, such as RETRY-3")]
pub struct NotARule(pub String);

impl FromStr for RuleId {
    type Err = NotARule;

    fn from_str(text: &str) -> Result<RuleId, NotARule> {
        let bad = || NotARule(text.to_owned());
        let (head, tail) = text.split_once('-').ok_or_else(bad)?;
        let section =
            Section::ALL.iter().copied().find(|s| s.text().eq_ignore_ascii_case(head)).ok_or_else(bad)?;
        let number =
            tail.parse::<u8>().ok().filter(|n| *n > 0 && !tail.starts_with(['+', '0'])).ok_or_else(bad)?;
        Ok(RuleId { section, number })
    }
}

impl Serialize for RuleId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RuleId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<RuleId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where the rules of each section begin in a set.
const STARTS: [usize; Section::ALL.len() + 1] = {
    let mut starts = [0; Section::ALL.len() + 1];
    let mut section = 0;
    while section < ROOM.len() {
        starts[section + 1] = starts[section] + ROOM[section];
        section += 1;
    }
    starts
};
const WORDS: usize = STARTS[Section::ALL.len()].div_ceil(64);

/// A set of rules. Small, copyable and ordered like the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleSet([u64; WORDS]);

/// Where a rule stands in a set. A number for which there is no room, which no rule has, stands for none.
#[inline]
const fn place(rule: RuleId) -> (usize, u64) {
    let section = rule.section as usize;
    let number = if (rule.number as usize) < ROOM[section] { rule.number as usize } else { 0 };
    let bit = STARTS[section] + number;
    (bit / 64, 1 << (bit % 64))
}

impl RuleSet {
    /// Adds a rule.
    pub fn insert(&mut self, rule: RuleId) {
        self.insert_if(rule, true);
    }

    /// Adds a rule if the condition holds; without a branch, for this is done a hundred times for each call.
    #[inline]
    pub(crate) fn insert_if(&mut self, rule: RuleId, holds: bool) {
        let (word, bit) = place(rule);
        self.0[word] |= u64::from(holds) * bit;
    }

    /// Whether the rule is in the set.
    pub fn contains(&self, rule: RuleId) -> bool {
        let (word, bit) = place(rule);
        self.0[word] & bit != 0
    }

    /// Adds all rules of another set.
    pub fn union(&mut self, other: &RuleSet) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine |= theirs);
    }

    /// The rules, in catalogue order.
    pub fn iter(&self) -> impl Iterator<Item = RuleId> {
        let of = |(section, room): (&'static Section, usize)| {
            (1..room as u8).map(move |number| RuleId::new(*section, number))
        };
        Section::ALL.iter().zip(ROOM).flat_map(of).filter(|rule| self.contains(*rule))
    }
}
