//! What goes into the machine and what comes out of it: values, and nothing that acts.

use crate::event::{Condition, RequestId, ResponseFact};
use crate::mapping::Mapping;
use crate::sequence::SequenceNumber;
use crate::when::Ms;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// A record that the machine holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its sequence number.
    pub sequence: SequenceNumber,
    /// Its approximate arrival.
    pub arrival: Ms,
    /// Bytes that it takes in an event.
    pub size: u64,
}

/// What a function call came to, as the service reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionResult {
    /// The function returned a value.
    Returned(Value),
    /// The function raised an error.
    Raised,
    /// The function timed out.
    TimedOut,
    /// The function's process died.
    Crashed,
    /// The call never reached the function: throttle (RETRY-1).
    Throttled,
    /// The call never reached the function: a service error (RETRY-1).
    ServiceError,
    /// The event is larger than the service takes (REC-14).
    TooLarge,
}

/// A returned value, as far as a mapping looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `""`.
    EmptyString,
    /// `[]`.
    EmptyList,
    /// `{}`.
    EmptyObject,
    /// `{"batchItemFailures": null}`.
    ItemsNull,
    /// `{"batchItemFailures": […]}`: of each entry the identifier.
    Items(SmallVec<[Named; 2]>),
    /// Anything else.
    Other,
}

/// An `itemIdentifier`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A sequence number.
    Sequence(SequenceNumber),
    /// Empty.
    Empty,
    /// Null.
    Null,
    /// Absent.
    Missing,
    /// Not a string, or a string that is no sequence number.
    Wrong,
}

/// What goes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input<'a> {
    /// A shard may have new records.
    Arrived {
        /// Its index.
        shard: u8,
    },
    /// The answer to [`Output::Fetch`].
    Fetched {
        /// The shard.
        shard: u8,
        /// Records after the position asked for, in order.
        records: &'a [Held],
        /// Whether the stream holds more.
        more: bool,
    },
    /// The answer to [`Output::Invoke`].
    Answered {
        /// The shard.
        shard: u8,
        /// The request.
        request: RequestId,
        /// What it came to.
        result: FunctionResult,
    },
    /// The answer to [`Output::Write`].
    Written {
        /// Which write.
        token: u32,
        /// Whether the destination took it.
        accepted: bool,
    },
    /// New settings (STATE-3).
    Configure(Box<Mapping>),
    /// The mapping is enabled or disabled (STATE-3).
    Enable(bool),
    /// Time has passed.
    Tick,
}

impl Input<'_> {
    /// The shard that it is about: shards do not wait for each other (ORDER-2).
    pub(super) fn shard(&self) -> Option<u8> {
        match self {
            Input::Arrived { shard } | Input::Fetched { shard, .. } | Input::Answered { shard, .. } => {
                Some(*shard)
            }
            Input::Written { .. } | Input::Configure(_) | Input::Enable(_) | Input::Tick => None,
        }
    }
}

/// What comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Read records of the shard.
    Fetch {
        /// The shard.
        shard: u8,
        /// From where.
        position: Position,
        /// How many at most.
        limit: u32,
    },
    /// Call the function with [`Machine::batch`](crate::reference::Machine::batch) of the shard.
    Invoke(Request),
    /// Write a failure record.
    Write(Box<Write>),
    /// Nothing to do before this time.
    WakeAt(Ms),
    /// Everything of the shard up to this sequence number is done.
    Checkpoint {
        /// The shard.
        shard: u8,
        /// The last sequence number done.
        sequence: SequenceNumber,
    },
}

/// Where reading goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// At the oldest record that the stream holds (STATE-7).
    TrimHorizon,
    /// At the first record that arrived at or after this time (STATE-8, STATE-9).
    Arrived(Ms),
    /// Behind this record.
    After(SequenceNumber),
}

/// A call of the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The shard.
    pub shard: u8,
    /// The request ID.
    pub id: RequestId,
    /// Bytes of the event.
    pub size: u64,
    pub(super) lo: usize,
    pub(super) hi: usize,
}

/// A failure record to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// Names this write in [`Input::Written`].
    pub token: u32,
    /// The shard.
    pub shard: u8,
    /// Why.
    pub condition: Condition,
    /// `approximateInvokeCount`.
    pub count: u32,
    /// The request ID of the last invocation, or a fresh one.
    pub request: RequestId,
    /// `responseContext`.
    pub response: ResponseFact,
    /// The records discarded, in order.
    pub records: SmallVec<[Held; 4]>,
    /// `startSequenceNumber`.
    pub first: SequenceNumber,
    /// `endSequenceNumber`.
    pub last: SequenceNumber,
    /// `batchSize`.
    pub batch_size: u32,
    /// `approximateArrivalOfFirstRecord`.
    pub first_arrival: Ms,
    /// `approximateArrivalOfLastRecord`.
    pub last_arrival: Ms,
    /// `timestamp`.
    pub timestamp: Ms,
    /// The settings whose destination gets it: index of the version since creation.
    pub version: u16,
    pub(super) tries: u8,
}

impl Request {
    /// How many records it has.
    pub fn records(&self) -> usize {
        self.hi - self.lo
    }
}
