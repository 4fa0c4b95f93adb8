//! What was observed: events in the order in which the harness saw them, with the interval in which each happened.
//!
//! Throttled calls and refused writes are no events: the implementation alone knows of them. Nothing here says who
//! was observed.

use crate::answer::Answer;
use crate::label::Label;
use crate::sequence::SequenceNumber;
use crate::when::{Ms, Span, When};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::fmt;

/// The records of an invocation, in the order in which the function got them.
pub type Batch = SmallVec<[Label; 8]>;

/// One observation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// A mapping was created.
    Created {
        /// Index of the mapping in the case.
        mapping: u8,
        /// From the request to its answer.
        at: Span,
    },
    /// Records were put by one call.
    Put {
        /// From the request to its answer.
        at: Span,
        /// The sequence number that each got.
        records: Vec<Bound>,
    },
    /// A step of the timeline was carried out.
    Acted {
        /// Index of the step in the case.
        step: u16,
        /// Begin and end; of a window (throttle, errors, refusals) its opening and its closing.
        at: Span,
    },
    /// The function was called.
    Invoked {
        /// Counts the invocations of the trace from 0.
        id: u32,
        /// Index of the mapping.
        mapping: u8,
        /// When the call came in.
        at: When,
        /// The request ID that the function saw.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// The records delivered.
        records: Batch,
        /// The event as text, where there was a text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Box<str>>,
    },
    /// The function's answer went back.
    Answered {
        /// Which invocation.
        id: u32,
        /// When it went back.
        at: When,
        /// What it was.
        answer: Answer,
        /// The returned value as text, where there was a text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Box<str>>,
    },
    /// A document arrived at the mapping's destination.
    Delivered {
        /// Index of the mapping.
        mapping: u8,
        /// When.
        at: When,
        /// The destination that it arrived at: 0 for the first one of the mapping, 1 for the next that an update
        /// names, and so on.
        #[serde(default)]
        destination: u8,
        /// The failure record.
        document: Document,
    },
    /// The mapping's configuration was read.
    Status {
        /// Index of the mapping.
        mapping: u8,
        /// When.
        at: When,
        /// `State`.
        state: MappingState,
        /// `LastProcessingResult`.
        result: ProcessingResult,
    },
    /// The run ended.
    Settled {
        /// When.
        at: When,
        /// Why.
        how: Settled,
    },
}

impl Event {
    /// When it was seen; of what takes time, when it was begun or, for a put, when its answer came.
    pub fn at(&self) -> When {
        match self {
            Event::Created { at, .. } | Event::Acted { at, .. } => at.began,
            Event::Put { at, .. } => at.ended,
            Event::Invoked { at, .. }
            | Event::Answered { at, .. }
            | Event::Delivered { at, .. }
            | Event::Status { at, .. }
            | Event::Settled { at, .. } => *at,
        }
    }
}

impl Event {
    /// Every instant at which it may have happened: of what takes time, from its begin to its end.
    pub(crate) fn during(&self) -> When {
        match self {
            Event::Created { at, .. } | Event::Acted { at, .. } | Event::Put { at, .. } => {
                When { earliest: at.began.earliest, latest: at.ended.latest }
            }
            _ => self.at(),
        }
    }
}

/// A record and what the source made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// The record.
    pub label: Label,
    /// Its sequence number.
    pub sequence: SequenceNumber,
    /// Its approximate arrival.
    pub arrival: When,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Settled {
    /// Nothing is pending.
    Quiet,
    /// The case's time, or its invocations, are used up.
    Horizon,
    /// The wall clock ran out.
    Deadline,
}

/// `State` of a mapping (STATE-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MappingState {
    /// Being created.
    Creating,
    /// Being enabled.
    Enabling,
    /// Polling.
    Enabled,
    /// Being disabled.
    Disabling,
    /// Not polling.
    Disabled,
    /// Being updated.
    Updating,
    /// Being deleted.
    Deleting,
    /// A text that is no state.
    Unknown,
}

/// `LastProcessingResult` of a mapping (STATE-10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProcessingResult {
    /// `No records processed`.
    #[serde(rename = "No records processed")]
    None,
    /// `OK`.
    #[serde(rename = "OK")]
    Ok,
    /// `PROBLEM: Function call failed`.
    #[serde(rename = "PROBLEM: Function call failed")]
    CallFailed,
    /// Any other text.
    #[serde(rename = "unknown")]
    Unknown,
}

/// A failure record: as a value in bulk runs, as the text that came wherever there was a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Document {
    /// The facts, without a document around them.
    Typed(Box<Discard>),
    /// The body of an SQS message.
    Sqs(Box<str>),
    /// The SNS notification around the document.
    Sns(Box<str>),
    /// An S3 object.
    S3(Box<Object>),
}

/// An object in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// Its text.
    pub body: String,
    /// Its content type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

/// The facts of one failure record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discard {
    /// `requestContext.condition`.
    pub condition: Condition,
    /// `requestContext.approximateInvokeCount`.
    pub count: u32,
    /// `requestContext.requestId`.
    pub request: RequestId,
    /// `responseContext`: `functionError` in it, or none at all.
    pub response: ResponseFact,
    /// Index of the shard that `shardId` names; `None` if it names none of the stream's.
    pub shard: Option<u8>,
    /// The record that `startSequenceNumber` names; `None` if it names none.
    pub first: Option<Label>,
    /// The record that `endSequenceNumber` names; `None` if it names none.
    pub last: Option<Label>,
    /// `batchSize`.
    pub batch_size: u32,
    /// `approximateArrivalOfFirstRecord`.
    pub first_arrival: Ms,
    /// `approximateArrivalOfLastRecord`.
    pub last_arrival: Ms,
    /// `timestamp`.
    pub timestamp: Ms,
}

/// Why records were discarded (REC-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// The retry quota was used up.
    RetryAttemptsExhausted,
    /// The records were too old (AGE-2).
    RecordAgeExceeded,
}

/// `responseContext` and its `functionError` (REC-4, REC-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResponseFact {
    /// There is no `responseContext`.
    Absent,
    /// `functionError` is null.
    NoError,
    /// `functionError` is `Unhandled`.
    Unhandled,
    /// `functionError` is another text (AMB-20).
    OtherError,
}

/// A request ID: the 128 bits of a UUID.
// Aligned like its halves: else everything that may hold one grows, and needs 16 bytes to tell its variants apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(Rust, packed(8))]
pub struct RequestId(pub u128);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", { self.0 });
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

impl RequestId {
    /// Reads the usual form with dashes. `None` if the text is not a UUID.
    pub fn parse(text: &str) -> Option<RequestId> {
        let dashes = [8, 13, 18, 23].iter().all(|&at| text.as_bytes().get(at) == Some(&b'-'));
        let hex: String = text.chars().filter(|c| *c != '-').collect();
        if !dashes || text.len() != 36 || hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(&hex, 16).ok().map(RequestId)
    }
}

impl Serialize for RequestId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<RequestId, D::Error> {
        let text = String::deserialize(deserializer)?;
        RequestId::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a UUID")))
    }
}
