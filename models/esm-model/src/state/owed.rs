//! What became of records: how each was resolved, and the failure records that are to come for those discarded.

use crate::event::{Condition, ResponseFact};
use crate::state::{Fail, Pos};
use crate::when::When;
use smallvec::SmallVec;

/// How a record was resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// Before the starting position, or in a gap of LATEST.
    NotStarted,
    Success,
    /// Success by a response that reports failures, without ReportBatchItemFailures (PBR-1).
    Unread,
    /// Success by one of the shapes of PBR-2.
    Shaped,
    /// Success of a half (BISECT-7).
    Half,
    /// Before the checkpoint of a partial response (PBR-4).
    Checkpoint,
    Exhausted,
    Aged,
    /// Gone from the stream.
    Expired,
    /// Skipped, by a waived rule.
    Skipped,
}

/// A failure record to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owed {
    pub(crate) lo: Pos,
    pub(crate) hi: Pos,
    pub(crate) why: Why,
    /// Invocation counts that it may state; any if empty.
    pub(crate) counts: Counts,
    /// First record of the original batch.
    pub(crate) root: Pos,
    /// Whether it came out of a split, and so may be merged (AMB-3).
    pub(crate) half: bool,
    pub(crate) last: Option<u32>,
    /// Destinations that it may go to, as bits.
    pub(crate) destinations: u16,
    /// It need not come.
    pub(crate) optional: bool,
    /// The discard happened in this time.
    pub(crate) since: When,
}

/// Invocation counts; at most two scopes in two forms (AMB-2, AMB-32).
pub(crate) type Counts = SmallVec<[u32; 4]>;

/// Why records were discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Exhausted(Fail),
    TooLarge,
    Aged,
    /// Discarded for a reason that a waived rule stands for: nothing is known of its document.
    Unknown,
}

impl Owed {
    /// A destination as one of the bits.
    pub(crate) fn bit(destination: u8) -> u16 {
        1 << destination.min(15)
    }

    pub(crate) fn overlaps(&self, lo: Pos, hi: Pos) -> bool {
        self.lo < hi && lo < self.hi
    }
}

impl Why {
    /// What the failure record names as its condition (REC-1, AGE-2).
    pub(crate) fn condition(self) -> Option<Condition> {
        match self {
            Why::Exhausted(_) | Why::TooLarge => Some(Condition::RetryAttemptsExhausted),
            Why::Aged => Some(Condition::RecordAgeExceeded),
            Why::Unknown => None,
        }
    }

    /// Whether the failure record may say so of the function's response (REC-4, REC-5, AGE-3, AMB-20).
    pub(crate) fn admits(self, fact: ResponseFact) -> bool {
        use ResponseFact::{Absent, NoError, OtherError, Unhandled};
        match self {
            Why::Exhausted(Fail::Raised) => fact == Unhandled,
            Why::Exhausted(Fail::Broken) => matches!(fact, Unhandled | OtherError),
            Why::Exhausted(Fail::Malformed | Fail::NoProgress) => fact == NoError,
            Why::TooLarge | Why::Aged => fact == Absent,
            Why::Unknown => true,
        }
    }
}
