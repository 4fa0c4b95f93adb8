//! The document sent to a destination when a batch is discarded, as a typed value, and its exact text per
//! destination.
//!
//! Not for what targets send: that may be anything, see [`super::read`].

use super::timestamp::{format_millis, format_seconds};
use crate::catalogue as rules;
use crate::mapping::SourceKind;
use crate::rule::RuleId;
use crate::sequence::SequenceNumber;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::fmt;

/// Why a batch was discarded (REC-1, AGE-2). In JSON the bare string.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Condition {
    /// The retry quota is used up: `RetryAttemptsExhausted`.
    RetryAttemptsExhausted,
    /// The records are too old: `RecordAgeExceeded`.
    RecordAgeExceeded,
    /// A string that no stream mapping is known to send.
    Other(String),
}

impl Condition {
    /// The string on the wire.
    pub fn text(&self) -> &str {
        match self {
            Condition::RetryAttemptsExhausted => "RetryAttemptsExhausted",
            Condition::RecordAgeExceeded => "RecordAgeExceeded",
            Condition::Other(text) => text,
        }
    }

    /// Which of the two a misspelling was meant to be, and the rule it breaks: AGE-2 for an age condition,
    /// else REC-1. The two themselves are returned as they are, with no rule.
    pub fn guess(&self) -> (Option<Condition>, Option<RuleId>) {
        let Condition::Other(text) = self else { return (Some(self.clone()), None) };
        let letters: String =
            text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        let has = |parts: &[&str]| parts.iter().any(|part| letters.contains(part));
        // Not "age" alone: that is also the end of "message" and "storage".
        if has(&["ageexceeded", "recordage", "eventage", "maximumage", "maxage", "expired"]) {
            (Some(Condition::RecordAgeExceeded), Some(rules::AGE_2))
        } else if has(&["retr", "attempt", "exhausted"]) {
            (Some(Condition::RetryAttemptsExhausted), Some(rules::REC_1))
        } else {
            (None, Some(rules::REC_1))
        }
    }
}

impl From<String> for Condition {
    fn from(text: String) -> Condition {
        match text.as_str() {
            "RetryAttemptsExhausted" => Condition::RetryAttemptsExhausted,
            "RecordAgeExceeded" => Condition::RecordAgeExceeded,
            _ => Condition::Other(text),
        }
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> String {
        condition.text().to_owned()
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

/// A failure record. Which kind of stream it is about is given when it is written, as when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// The request ID of the last invocation with this batch, or any UUID if there was none (REC-2).
    pub request_id: String,
    /// The mapping's function ARN, with its qualifier if it has one (REC-3).
    pub function_arn: String,
    /// Why the batch was discarded (REC-1).
    pub condition: Condition,
    /// Attempts with this batch, from 1 (REC-6, AGE-6).
    pub approximate_invoke_count: u64,
    /// What the function answered; nothing where the discard does not come from an answer (REC-5, AGE-3).
    pub response: Option<ResponseContext>,
    /// Always `1.0` (REC-12).
    pub version: String,
    /// When the record was written, in milliseconds since the epoch (REC-9).
    pub timestamp_ms: i64,
    /// The discarded batch (REC-13).
    pub batch: BatchInfo,
    /// The text of the invocation event; only S3 gets it (DISCARD-8, S3-3).
    pub payload: Option<String>,
}

/// What the function answered last (REC-4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseContext {
    /// 200, also for failures.
    pub status_code: u16,
    /// `$LATEST` or the number of the version that ran, as text.
    pub executed_version: String,
    /// `Unhandled` for exceptions; nothing (on the wire `null`) for failures that a partial response
    /// reported.
    pub function_error: Option<String>,
}

/// The discarded batch (REC-7, REC-8, REC-10, REC-11, REC-13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchInfo {
    /// The shard all records are from.
    pub shard_id: String,
    /// Sequence number of the first record.
    pub start: SequenceNumber,
    /// Sequence number of the last record.
    pub end: SequenceNumber,
    /// Approximate arrival of the first record, milliseconds since the epoch.
    pub first_arrival_ms: i64,
    /// Approximate arrival of the last record, milliseconds since the epoch.
    pub last_arrival_ms: i64,
    /// Number of records.
    pub batch_size: u64,
    /// The mapping's event source ARN.
    pub stream_arn: String,
}

impl FailureRecord {
    /// The body of the SQS message, in the wire's member order (section 11). Any payload stays out
    /// (DISCARD-8).
    pub fn to_sqs_body(&self, source: SourceKind) -> String {
        let mut body = self.head();
        body.insert("timestamp".into(), format_millis(self.timestamp_ms).into());
        body.insert(source.batch_info_key().into(), self.batch.to_value(source));
        Value::Object(body).to_string()
    }

    /// The `Message` of the SNS notification: the same text as for SQS (DISCARD-8).
    pub fn to_sns_message(&self, source: SourceKind) -> String {
        self.to_sqs_body(source)
    }

    /// The S3 object, in the member order of S3-4. Without a payload the member is left out, which breaks
    /// S3-3.
    pub fn to_s3_body(&self, source: SourceKind) -> String {
        let mut body = self.head();
        if let Some(payload) = &self.payload {
            body.insert("payload".into(), payload.as_str().into());
        }
        body.insert("timestamp".into(), format_millis(self.timestamp_ms).into());
        body.insert(source.batch_info_key().into(), self.batch.to_value(source));
        Value::Object(body).to_string()
    }

    fn head(&self) -> Map<String, Value> {
        let mut head = Map::new();
        let request = json!({
            "requestId": self.request_id,
            "functionArn": self.function_arn,
            "condition": self.condition.text(),
            "approximateInvokeCount": self.approximate_invoke_count,
        });
        head.insert("requestContext".into(), request);
        if let Some(response) = &self.response {
            let response = json!({
                "statusCode": response.status_code,
                "executedVersion": response.executed_version,
                "functionError": response.function_error,
            });
            head.insert("responseContext".into(), response);
        }
        head.insert("version".into(), self.version.as_str().into());
        head
    }
}

impl BatchInfo {
    fn to_value(&self, source: SourceKind) -> Value {
        let arrival = match source {
            SourceKind::Kinesis => format_millis,
            SourceKind::DynamoDb => format_seconds,
        };
        json!({
            "shardId": self.shard_id,
            "startSequenceNumber": self.start,
            "endSequenceNumber": self.end,
            "approximateArrivalOfFirstRecord": arrival(self.first_arrival_ms),
            "approximateArrivalOfLastRecord": arrival(self.last_arrival_ms),
            "batchSize": self.batch_size,
            "streamArn": self.stream_arn,
        })
    }
}

/// An ordinary SNS notification around `message` (DISCARD-9). The signature is no signature: nobody here can
/// sign.
pub fn sns_notification(topic_arn: &str, message_id: &str, message: &str, timestamp_ms: i64) -> String {
    let region = topic_arn.split(':').nth(3).unwrap_or_default();
    let host = format!("https://sns.{region}.amazonaws.com");
    json!({
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": topic_arn,
        "Message": message,
        "Timestamp": format_millis(timestamp_ms),
        "SignatureVersion": "1",
        "Signature": "bm90IHNpZ25lZA==",
        "SigningCertURL": format!("{host}/SimpleNotificationService-none.pem"),
        "UnsubscribeURL": format!("{host}/?Action=Unsubscribe&SubscriptionArn={topic_arn}:{message_id}"),
    })
    .to_string()
}
