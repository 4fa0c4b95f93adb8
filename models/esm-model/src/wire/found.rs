//! What could be understood of a failure record that came from outside.
//!
//! Every member may be missing. A value here says nothing about its form being right: that is in the
//! complaints.

use super::complaint::Complaint;
use super::event::SeenRecord;
use super::failure_record::{BatchInfo, Condition, FailureRecord, ResponseContext};
use super::s3_key::S3Key;
use crate::sequence::SequenceNumber;
use serde::{Deserialize, Serialize};

/// The outcome of reading one document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Read {
    /// What was understood; nothing if the text is not a JSON object.
    pub record: Option<Found>,
    /// Every departure from the rules, in document order, at most 200.
    pub complaints: Vec<Complaint>,
}

/// A member whose absence, null and wrong type mean different things.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Member<T> {
    /// There is no such key.
    #[default]
    Absent,
    /// The key is there and holds `null`.
    Null,
    /// The key holds something of another type.
    WrongType,
    /// The value.
    Found(T),
}

impl<T> Member<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Member::Found(value) => Some(value),
            _ => None,
        }
    }
}

/// A failure record as far as it could be understood.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// `requestContext.requestId`.
    pub request_id: Option<String>,
    /// `requestContext.functionArn`, also if it is no ARN.
    pub function_arn: Option<String>,
    /// `requestContext.condition` as written.
    pub condition: Option<Condition>,
    /// The condition that was meant: the one written if known, else the likeliest (see [`Condition::guess`]).
    pub condition_guess: Option<Condition>,
    /// `requestContext.approximateInvokeCount`.
    pub approximate_invoke_count: Option<u64>,
    /// `responseContext`; REC-5 turns on its absence.
    pub response: Member<FoundResponse>,
    /// `version`.
    pub version: Option<String>,
    /// `timestamp`, in milliseconds since the epoch.
    pub timestamp_ms: Option<i64>,
    /// The batch.
    pub batch: FoundBatch,
    /// Whether a `timeWindowInfo` object is there (WINDOW-9): the batch then may be empty (REC-13).
    pub window: bool,
    /// `payload`, the text of the invocation event; if it came as an object, that object's text.
    pub payload: Option<String>,
    /// The records of the payload's event, if it is one.
    pub payload_records: Option<Vec<SeenRecord>>,
    /// The parts of the S3 key; all empty for SQS and SNS.
    pub key: S3Key,
}

/// `responseContext` as far as it could be understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundResponse {
    /// `statusCode`.
    pub status_code: Option<u16>,
    /// `executedVersion`.
    pub executed_version: Option<String>,
    /// `functionError`; null is the proper form for failures that a partial response reported.
    pub function_error: Member<String>,
}

/// `KinesisBatchInfo` or `DDBStreamBatchInfo` as far as it could be understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundBatch {
    /// `shardId`.
    pub shard_id: Option<String>,
    /// `startSequenceNumber`.
    pub start: Option<SequenceNumber>,
    /// `endSequenceNumber`.
    pub end: Option<SequenceNumber>,
    /// `approximateArrivalOfFirstRecord`, in milliseconds since the epoch.
    pub first_arrival_ms: Option<i64>,
    /// `approximateArrivalOfLastRecord`, in milliseconds since the epoch.
    pub last_arrival_ms: Option<i64>,
    /// `batchSize`.
    pub batch_size: Option<u64>,
    /// `streamArn`, also if it is no ARN.
    pub stream_arn: Option<String>,
}

impl Found {
    /// The record as its typed document, with the condition as written; nothing if a member is missing.
    pub fn to_record(&self) -> Option<FailureRecord> {
        let response = match &self.response {
            Member::Absent => None,
            Member::Found(response) => Some(response.to_context()?),
            Member::Null | Member::WrongType => return None,
        };
        Some(FailureRecord {
            request_id: self.request_id.clone()?,
            function_arn: self.function_arn.clone()?,
            condition: self.condition.clone()?,
            approximate_invoke_count: self.approximate_invoke_count?,
            response,
            version: self.version.clone()?,
            timestamp_ms: self.timestamp_ms?,
            batch: self.batch.to_info()?,
            payload: self.payload.clone(),
        })
    }
}

impl FoundResponse {
    fn to_context(&self) -> Option<ResponseContext> {
        let function_error = match &self.function_error {
            Member::Null => None,
            Member::Found(text) => Some(text.clone()),
            Member::Absent | Member::WrongType => return None,
        };
        Some(ResponseContext {
            status_code: self.status_code?,
            executed_version: self.executed_version.clone()?,
            function_error,
        })
    }
}

impl FoundBatch {
    fn to_info(&self) -> Option<BatchInfo> {
        Some(BatchInfo {
            shard_id: self.shard_id.clone()?,
            start: self.start.clone()?,
            end: self.end.clone()?,
            first_arrival_ms: self.first_arrival_ms?,
            last_arrival_ms: self.last_arrival_ms?,
            batch_size: self.batch_size?,
            stream_arn: self.stream_arn.clone()?,
        })
    }
}
