//! Protocol version 1: what goes over the line, one JSON object each with one member that names the message.
//!
//! Shapes only: who may say what when is in `PROTOCOL.md`, and kept by `session.rs` and `server.rs`. `schema.json`
//! says the same for other languages.

use esm_model::event::RequestId;
use esm_model::mapping::{Settings, SourceKind};
use esm_model::sequence::SequenceNumber;
use esm_model::setup::Setup;
use esm_model::when::Ms;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The version of the protocol.
pub const PROTOCOL: u32 = 1;

/// A line from the harness to the child.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToChild {
    /// A case begins. Answered by `opened`.
    Open(Box<Open>),
    /// Something is done to the session. Answered by `acted`.
    Act(Box<Act>),
    /// Time goes on: work. A sleep ends by it.
    Run(Run),
    /// The end of a call.
    Reply(Reply),
    /// The case is over. Answered by `closed`.
    Close(Close),
}

/// A line from the child to the harness.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FromChild {
    /// A case has begun.
    Opened(Box<Opened>),
    /// The answer to `act`.
    Acted(Acted),
    /// A call of the function or a write to a destination. Answered by `reply`.
    Call(Box<Call>),
    /// Nothing to do at present. Answered by `run`.
    Sleep(Sleep),
    /// The answer to `close`.
    Closed(Close),
    /// The answer to whatever the child cannot do.
    Unsupported(Unsupported),
}

/// What a case needs to be known of beforehand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// Whether `invoke` should carry the whole event, or the sequence numbers alone.
    pub events: Events,
    /// The instant at which the case begins, in milliseconds since 1970. All other times count from it.
    pub epoch_ms: i64,
    /// The kind of stream.
    pub source: SourceKind,
    /// How many shards it has.
    pub shards: u8,
    /// How long it keeps a record, in milliseconds.
    pub retention_ms: Ms,
    /// The function's timeout, in milliseconds.
    pub timeout_ms: Ms,
    /// The names that events and failure records must use.
    pub names: Setup,
}

/// What `invoke` carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Events {
    /// The event as the function gets it.
    Documents,
    /// Sequence numbers.
    Records,
}

/// One thing that is done to a session: one of the members besides `now` is there.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Act {
    /// The time.
    pub now: Ms,
    /// A mapping is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create: Option<Change>,
    /// Records are put by one call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put: Option<Vec<PutRecord>>,
    /// Settings of a mapping change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<Change>,
    /// A mapping is enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<Which>,
    /// A mapping is disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable: Option<Which>,
    /// The state of a mapping is asked for: only of a child with the capability `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Which>,
}

/// A mapping and its settings, with the members of CreateEventSourceMapping.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Index of the mapping.
    pub mapping: u8,
    /// All of them for a new mapping, else those that change.
    pub settings: Settings,
}

/// A mapping.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Its index.
    pub mapping: u8,
}

/// A record to be put.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutRecord {
    /// Its partition key: the value of the attribute `id` of a table.
    pub key: String,
    /// Its data as text: the value of the attribute `data` of a table.
    pub data: String,
    /// Index of the shard that it goes to.
    pub shard: u8,
    /// How many bytes of data it counts for.
    pub size: u32,
}

/// Time goes on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The time.
    pub now: Ms,
    /// Nothing is done to the session before this time.
    pub until: Ms,
    /// The case's calls are used up: begin nothing new.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stop: bool,
}

/// The end of a call.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Which call.
    pub id: u64,
    /// The time.
    pub now: Ms,
    /// What the function returned; absent where it returned nothing, and for `deliver`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Box<RawValue>>,
    /// Why the call failed; absent if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<CallError>,
    /// The case's calls are used up: begin nothing new.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stop: bool,
}

/// How a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallError {
    /// The function raised: `functionError` is `Unhandled`.
    Raised,
    /// The function ran into its timeout.
    TimedOut,
    /// The function's process ended.
    Crashed,
    /// The call was throttled; the function did not run.
    Throttled,
    /// The service failed; the function did not run.
    ServiceError,
    /// The event is larger than the service takes; the function did not run.
    TooLarge,
    /// The destination refused the write.
    Refused,
}

/// The case is over.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {}

/// What the child is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// The name of the implementation.
    #[serde(default)]
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// What makes time pass.
    #[serde(default)]
    pub clock: Clock,
    /// How many calls it may have open at a time.
    #[serde(default)]
    pub calls: Calls,
    /// What it can do, by name: see `needs.rs`.
    #[serde(default)]
    pub capabilities: Vec<String>,
}

/// What makes time pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// The harness: the child waits by `sleep` and in no other way.
    Virtual,
    /// Nobody.
    #[default]
    Wall,
}

/// How many calls may be open at a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Calls {
    /// One: the child waits for each reply.
    #[default]
    One,
    /// Several: the child says by `sleep` that it waits.
    Many,
}

/// The answer to `act`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Acted {
    /// What became of the records put, in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put: Option<Vec<PutResult>>,
    /// The state of the mapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// What became of a record.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutResult {
    /// Its sequence number.
    pub sequence: SequenceNumber,
    /// Its approximate arrival; absent where the child knows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Ms>,
}

/// What the control plane says of a mapping.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// `State`.
    pub state: String,
    /// `LastProcessingResult`.
    pub result: String,
}

/// A call: one of `invoke` and `deliver` is there.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Names the call in its reply; no two open calls have the same.
    pub id: u64,
    /// The function is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoke: Option<Invoke>,
    /// A failure record is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver: Option<Deliver>,
}

/// A call of the function: one of `records` and `event` is there.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoke {
    /// Index of the mapping.
    pub mapping: u8,
    /// The request ID that the function sees; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// The sequence numbers of the records, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<SequenceNumber>>,
    /// The event as the function gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Box<RawValue>>,
    /// How many bytes the event has as the service sees it; reckoned from the records where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// A failure record as it is sent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deliver {
    /// Index of the mapping.
    pub mapping: u8,
    /// The ARN of the queue, topic or bucket.
    pub destination: String,
    /// The body of the SQS message, the SNS notification, or the S3 object.
    pub body: String,
    /// The object's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The object's content type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

/// Nothing to do at present.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sleep {
    /// Until this time, or for ever if null: then nothing is pending but what the harness knows of.
    pub until: Option<Ms>,
}

/// What the child cannot do.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unsupported {
    /// In words.
    pub what: String,
}
