//! What a driver needs of the world: a stream to read, a function to call, a place for failure records.
//!
//! The services of this crate's endpoint are one such world; real services behind a URL are another.

use crate::driver::Note;
use bytes::Bytes;
use esm_model::event::{Document, RequestId};
use esm_model::mapping::Destination;
use esm_model::reference::{FunctionResult, Position};
use esm_model::sequence::SequenceNumber;
use serde_json::Value as Json;
use std::future::Future;

/// A record as it was read.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its sequence number.
    pub sequence: SequenceNumber,
    /// Its approximate arrival, milliseconds since 1970.
    pub arrival_ms: i64,
    /// Its partition key.
    pub partition_key: String,
    /// Its data, not encoded.
    pub data: Bytes,
    /// The change of an item, where the stream is a table's.
    pub change: Option<Json>,
}

/// A call of the function.
#[derive(Debug, Clone)]
pub struct Call {
    /// The function's ARN, with the qualifier that the mapping names.
    pub function_arn: String,
    /// The request ID that the function is to see.
    pub request: RequestId,
    /// The event.
    pub event: Bytes,
}

/// What a read came to.
#[derive(Debug, Clone, Default)]
pub struct Read {
    /// The records, in order.
    pub records: Vec<Record>,
    /// Whether the stream holds more.
    pub more: bool,
    /// Whether the shard is closed and these were its last records.
    pub ended: bool,
}

/// What a call came to.
#[derive(Debug, Clone)]
pub struct Reply {
    /// As the machine takes it.
    pub result: FunctionResult,
    /// The request ID that the function saw, where it is not the one that was asked for.
    pub request: Option<RequestId>,
}

impl From<FunctionResult> for Reply {
    fn from(result: FunctionResult) -> Reply {
        Reply { result, request: None }
    }
}

/// A shard that follows on others: they were split or merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Successor {
    /// Its ID.
    pub shard_id: String,
    /// The IDs of those before it.
    pub parents: Vec<String>,
}

/// A read that failed, and may be tried again.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the stream cannot be read: {0}")]
pub struct ReadError(pub String);

/// The world of one mapping.
pub trait Upstream {
    /// Reads up to `limit` records of a shard from a position on.
    ///
    /// # Errors
    /// The stream did not answer, or refused; the driver asks again.
    fn fetch(
        &self,
        shard: u8,
        position: Position,
        limit: u32,
    ) -> impl Future<Output = Result<Read, ReadError>>;

    /// The shards that follow on one that has ended.
    ///
    /// # Errors
    /// The stream did not answer, or refused; the driver asks again.
    fn successors(&self, _shard: u8) -> impl Future<Output = Result<Vec<Successor>, ReadError>> {
        std::future::ready(Ok(Vec::new()))
    }

    /// Ends when it is worth the while to read again what had no more records.
    fn news(&self) -> impl Future<Output = ()>;

    /// Calls the function.
    fn invoke(&self, call: Call) -> impl Future<Output = Reply>;

    /// Writes a failure record. False if the destination refuses it.
    fn write(&self, destination: Destination, document: Document) -> impl Future<Output = bool>;

    /// Everything of the shard up to this record is done, and its failure records are written.
    fn checkpoint(&self, shard: u8, sequence: &SequenceNumber);

    /// Something happened.
    fn note(&self, _note: Note<'_>) {}
}

/// The message in a notification, where a topic puts an envelope of its own around it. `None` if there is no envelope.
pub fn message_of(text: &str) -> Option<String> {
    let envelope: Json = serde_json::from_str(text).ok()?;
    (envelope["Type"] == "Notification").then(|| envelope["Message"].as_str().map(str::to_owned))?
}
