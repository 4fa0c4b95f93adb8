//! Everything that crosses the wire as JSON text: failure records, invocation events, function responses.
//!
//! Two directions, never mixed. *Writing* ([`FailureRecord`], [`build_event`], [`Response::to_value`])
//! produces the exact documents of the sources. *Reading* ([`read_sqs`], [`read_sns`], [`read_s3`],
//! [`read_event`]) takes whatever came, understands as much as it can, and lists every departure as a
//! [`Complaint`] naming the rule it breaks.
//!
//! Nothing here knows the mapping, the invocations or the batch: whether a count, a request ID or a range is
//! the *right* one is for the acceptor to say. Only what one document shows by itself is judged.

pub mod complaint;
pub mod event;
pub mod failure_record;
pub mod found;
pub mod read;
pub mod response;
pub mod s3_key;
pub mod timestamp;

mod body;
mod body_batch;
mod event_dynamodb;
mod event_kinesis;
mod event_read;
mod judge;
mod payload;
#[cfg(test)]
mod tests;

pub use complaint::Complaint;
pub use event::{
    EventContext, EventRecord, ReadEvent, SeenRecord, build_event, entry_text, event_of, event_text,
};
pub use event_read::read_event;
pub use failure_record::{BatchInfo, Condition, FailureRecord, ResponseContext, sns_notification};
pub use found::{Found, FoundBatch, FoundResponse, Member, Read};
pub use read::{read_s3, read_sns, read_sqs};
pub use response::{Identifier, Response, read_response};
pub use s3_key::{S3Key, s3_key};
pub use timestamp::Precision;

use crate::mapping::SourceKind;

impl SourceKind {
    /// The member of a failure record that describes the batch: `KinesisBatchInfo` or `DDBStreamBatchInfo`
    /// (DDB-1).
    pub const fn batch_info_key(self) -> &'static str {
        match self {
            SourceKind::Kinesis => "KinesisBatchInfo",
            SourceKind::DynamoDb => "DDBStreamBatchInfo",
        }
    }

    /// The other kind, whose member names are the likeliest mistake.
    pub(crate) const fn other(self) -> SourceKind {
        match self {
            SourceKind::Kinesis => SourceKind::DynamoDb,
            SourceKind::DynamoDb => SourceKind::Kinesis,
        }
    }
}
