//! Kinesis Data Streams: the streams in memory, and the service's JSON.
//!
//! No enhanced fan-out and no resharding: a stream keeps the shards with which it was created.

mod api;
mod store;

pub use api::answer;
pub(crate) use api::start;
pub use store::{Stream, Streams};

/// The prefix of the target header.
pub const TARGET: &str = "Kinesis_20131202";
/// Most shards of a stream: mappings number shards with a byte.
pub const MAX_SHARDS: u64 = 250;
/// Most streams of an endpoint, as an account's quota on demand is raised to.
pub const MAX_STREAMS: usize = 1_000;
/// Most records of one PutRecords.
const PUT_RECORDS: usize = 500;
/// Most bytes of one PutRecords.
const PUT_BYTES: usize = 10 * 1024 * 1024;
/// Most records of one GetRecords.
const GET_RECORDS: usize = 10_000;
/// Most bytes of one GetRecords.
const GET_BYTES: usize = 10 * 1024 * 1024;
/// Most bytes of a record unless the stream says otherwise.
const RECORD_BYTES: usize = 1024 * 1024;
/// Most bytes of a record that a stream can be set to, in KiB.
const MAX_RECORD_KIB: u64 = 10_240;
/// How long a stream is in creation.
const CREATION_MS: i64 = 100;
/// How long records are kept unless the stream says otherwise, in hours.
const RETENTION_HOURS: i64 = 24;
