//! What is left of a batch in hand: parts, and how their last invocation failed.

use crate::state::Pos;
use crate::when::Ms;

/// A contiguous run of records that is tried as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) lo: Pos,
    pub(crate) hi: Pos,
    /// Failed invocations of exactly this part.
    pub(crate) attempts: u16,
    /// Failed invocations that were forgotten when the mapping was disabled (AMB-23) or records expired (AMB-12).
    pub(crate) forgotten: u16,
    /// Some of its records expired since its last invocation.
    pub(crate) cut: bool,
    /// Invocations of the batches it comes from.
    pub(crate) before: u16,
    /// How its last invocation failed.
    pub(crate) failed: Option<Fail>,
    /// Whether it is to be split before it is tried.
    pub(crate) split: Split,
    pub(crate) origin: Origin,
    /// A top-level remainder may be filled up with newer records (AMB-9).
    pub(crate) refill: bool,
    /// First record of the batch that it comes from.
    pub(crate) root: Pos,
    /// When that batch began: older settings may still count for it (AMB-22).
    pub(crate) began: Ms,
    /// Since when it could have been tried.
    pub(crate) due: Ms,
    /// Its last invocation.
    pub(crate) last: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split {
    No,
    /// AMB-6: a remainder may be split at once.
    May,
    Must,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Fresh,
    Remainder,
    Half,
}

/// How an invocation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fail {
    Raised,
    /// Timed out or crashed (RETRY-6).
    Broken,
    /// A complete-failure response (PBR-3).
    Malformed,
    /// A report of the first record (RETRY-9).
    NoProgress,
}

impl Part {
    /// A new batch.
    pub(crate) fn fresh(lo: Pos, hi: Pos, began: Ms) -> Part {
        Part {
            lo,
            hi,
            attempts: 0,
            forgotten: 0,
            cut: false,
            before: 0,
            failed: None,
            split: Split::No,
            origin: Origin::Fresh,
            refill: false,
            root: lo,
            began,
            due: began,
            last: None,
        }
    }

    /// What comes out of a batch that was invoked `before` times: a part with attempts of its own.
    pub(crate) fn out_of(&self, lo: Pos, hi: Pos, origin: Origin, before: u16) -> Part {
        let (root, due) = (self.root, self.due);
        Part { origin, before, root, due, ..Part::fresh(lo, hi, self.began) }
    }

    pub(crate) fn len(&self) -> u16 {
        self.hi - self.lo
    }

    /// Failed invocations of the part and of the batches it comes from.
    pub(crate) fn tried(&self) -> u16 {
        self.before + self.forgotten + self.attempts
    }
}
