//! What happens to a mapping, for whoever writes it down. Not a trace: nothing is judged by it.

use esm_model::event::RequestId;
use esm_model::mapping::Destination;
use esm_model::reference::{FunctionResult, Held, Write};
use esm_model::sequence::SequenceNumber;

/// Records of one shard that are handled together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The first one.
    pub first: SequenceNumber,
    /// The last one.
    pub last: SequenceNumber,
    /// How many.
    pub records: usize,
}

impl Span {
    /// The span of some records; `None` if there are none.
    pub fn of(records: &[Held]) -> Option<Span> {
        let (first, last) = (records.first()?, records.last()?);
        Some(Span { first: first.sequence.clone(), last: last.sequence.clone(), records: records.len() })
    }

    /// Whether some record lies in both.
    pub fn meets(&self, other: &Span) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Whether a record lies in it.
    pub fn holds(&self, sequence: &SequenceNumber) -> bool {
        self.first <= *sequence && *sequence <= self.last
    }
}

/// Something that happened.
#[derive(Debug)]
pub enum Note<'n> {
    /// A batch goes to the function.
    Called {
        /// The shard's index.
        shard: u8,
        /// The machine's name for the call.
        request: RequestId,
        /// The records.
        span: Span,
    },
    /// The call has come to something.
    Answered {
        /// The shard's index.
        shard: u8,
        /// The machine's name for the call.
        request: RequestId,
        /// The records of the call.
        span: Span,
        /// What it came to.
        result: &'n FunctionResult,
        /// What is tried next of these records, in order; empty if they are done or discarded.
        next: Vec<Span>,
        /// How long that waits, in milliseconds.
        wait_ms: i64,
    },
    /// Records are discarded and a failure record is on its way.
    Discarded {
        /// The failure record.
        write: &'n Write,
        /// Where it goes.
        destination: &'n Destination,
    },
    /// The destination took a failure record, or refused it.
    Written {
        /// The shard's index.
        shard: u8,
        /// The records that were discarded.
        span: Span,
        /// Whether it was taken.
        accepted: bool,
    },
    /// Everything of a shard up to this record is done, and its failure records are written.
    Done {
        /// The shard's index.
        shard: u8,
        /// The record.
        sequence: &'n SequenceNumber,
    },
    /// A shard cannot be read.
    Unreadable {
        /// The shard's index.
        shard: u8,
        /// Why.
        why: String,
    },
    /// A shard has ended and is done: what follows on it is read now.
    Ended {
        /// The shard's index.
        shard: u8,
    },
    /// A shard is read from now on.
    Opened {
        /// The shard's index.
        shard: u8,
        /// Its ID.
        id: &'n str,
    },
    /// A shard is not read, because the mapping has as many as it can have.
    TooManyShards {
        /// Its ID.
        id: &'n str,
    },
}
