//! One entry of a timeline: what happens to a shard, when as far as that is known, and what is open about it.
//!
//! Values only; [`super::timeline`] fills them.

use esm_model::catalogue::AmbiguityId;
use esm_model::rule::RuleId;
use esm_model::when::Ms;
use serde::Serialize;

/// One thing that happens to a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The shard.
    pub shard: u8,
    /// When.
    pub moment: Moment,
    /// What sort of thing.
    pub kind: Kind,
    /// The records, counted from 1.
    pub records: Vec<usize>,
    /// What happens, in words.
    pub text: String,
    /// The rules that say so.
    pub rules: Vec<RuleId>,
    /// What the sources leave open about it.
    pub open: Vec<AmbiguityId>,
}

/// When something happens, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// So many milliseconds after the beginning.
    At(Ms),
    /// As soon as the records are read.
    WhenRead,
    /// When the batching window of so many seconds is over.
    WindowOver(u32),
    /// Directly after the entry before.
    Next,
    /// After a wait of which AWS says nothing (AMB-17).
    OpenWait,
    /// When the throttle has ended, so many milliseconds after the beginning.
    ThrottleOver(Ms),
    /// When the records have reached the age of so many seconds, or somewhat later (AGE-7).
    AgeReached(u32),
}

/// What sort of thing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Records arrive.
    Arrival,
    /// The function cannot be reached from here on.
    Throttle,
    /// The function is called and succeeds.
    Success,
    /// The function is called and fails, wholly or in part.
    Failure,
    /// More calls like the ones before.
    Repetition,
    /// A batch is cut behind what is done.
    Progress,
    /// A batch is split.
    Split,
    /// Records are discarded.
    Discard,
    /// A failure record is written.
    FailureRecord,
    /// It goes on like that.
    Endless,
}
