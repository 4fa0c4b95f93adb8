//! What a driver needs of the world: a stream to read, a function to call, a place for failure records.
//!
//! The services of this crate's endpoint are one such world; real services behind a URL are another.

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

/// A read that failed, and may be tried again.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the stream cannot be read: {0}")]
pub struct ReadError(pub String);

/// The world of one mapping.
pub trait Upstream {
    /// Reads up to `limit` records of a shard from a position on, and tells whether the stream holds more.
    ///
    /// # Errors
    /// The stream did not answer, or refused; the driver asks again.
    fn fetch(
        &self,
        shard: u8,
        position: Position,
        limit: u32,
    ) -> impl Future<Output = Result<(Vec<Record>, bool), ReadError>>;

    /// Ends when it is worth the while to read again what had no more records.
    fn news(&self) -> impl Future<Output = ()>;

    /// Calls the function.
    fn invoke(&self, call: Call) -> impl Future<Output = FunctionResult>;

    /// Writes a failure record. False if the destination refuses it.
    fn write(&self, destination: Destination, document: Document) -> impl Future<Output = bool>;

    /// Everything of the shard up to this record is done.
    fn checkpoint(&self, shard: u8, sequence: &SequenceNumber);
}
