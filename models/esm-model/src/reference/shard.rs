//! The state of one shard: what was read of it, what is left of the batch in hand, and the call under way.

use crate::event::RequestId;
use crate::reference::exchange::{Held, Position, Request, Write};
use crate::when::Ms;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// The state of one shard.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Shard {
    /// Where reading goes on.
    pub(super) position: Position,
    /// Whether the stream may hold more than was read.
    pub(super) more: bool,
    /// Whether a read is under way.
    pub(super) fetching: bool,
    /// Records read and not resolved.
    pub(super) hand: Vec<Held>,
    /// How many of them belong to the batch in hand.
    pub(super) taken: usize,
    /// What is left of the batch in hand, next part last.
    pub(super) parts: SmallVec<[Part; 4]>,
    pub(super) flight: Option<Flight>,
    pub(super) not_before: Ms,
    /// When the batching window opened.
    pub(super) window: Option<Ms>,
    /// When the last invocation was completed; the creation at first.
    pub(super) completed: Ms,
    /// When the last invocation was begun.
    pub(super) begun: Ms,
    /// Failure records that wait for a later moment (AMB-18) or for their neighbours (AMB-3).
    pub(super) late: Vec<Write>,
    pub(super) merging: Vec<(usize, Write)>,
    /// Settings of the batch in hand.
    pub(super) version: u16,
    pub(super) stopped: bool,
    pub(super) batch_limit: Option<u32>,
    pub(super) again: Option<(usize, usize)>,
}

/// A contiguous run of the batch in hand that is tried as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) lo: usize,
    pub(super) hi: usize,
    pub(super) attempts: u32,
    pub(super) before: u32,
    /// Calls that never reached the function.
    pub(super) unreached: u32,
    /// Those of them that a fault counts as attempts.
    pub(super) miscounted: u32,
    pub(super) request: Option<RequestId>,
    /// It came out of a split.
    pub(super) half: bool,
    /// It is a remainder that may be filled up.
    pub(super) refill: bool,
    /// Delivered once more after its success; the answer does not matter.
    pub(super) ghost: bool,
    /// First record of the batch that it comes from (PBR-7).
    pub(super) origin: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flight {
    pub(super) request: Request,
    pub(super) part: usize,
    /// When a client that gives up early would call again.
    pub(super) gives_up: Ms,
}

impl Shard {
    pub(super) fn new(position: Position, now: Ms) -> Shard {
        Shard {
            position,
            more: true,
            fetching: false,
            hand: Vec::new(),
            taken: 0,
            parts: SmallVec::new(),
            flight: None,
            not_before: Ms::MIN,
            window: None,
            completed: now,
            begun: now,
            late: Vec::new(),
            merging: Vec::new(),
            version: 0,
            stopped: false,
            batch_limit: None,
            again: None,
        }
    }
}

impl Part {
    pub(super) fn fresh(lo: usize, hi: usize) -> Part {
        Part {
            lo,
            hi,
            attempts: 0,
            before: 0,
            unreached: 0,
            miscounted: 0,
            request: None,
            half: false,
            refill: false,
            ghost: false,
            origin: lo,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.hi - self.lo
    }
}
