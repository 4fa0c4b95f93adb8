//! The event with which a function is invoked, built exactly as the sources show it (BATCH-11, DDB-7).
//!
//! Judging events that come from a target is in `event_read.rs`.

use super::complaint::Complaint;
use crate::mapping::SourceKind;
use crate::sequence::SequenceNumber;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The attribute of a DynamoDB item that carries the partition key: the table's hash key.
pub const KEY_ATTRIBUTE: &str = "id";
/// The attribute of a DynamoDB item that carries a record's data.
pub const DATA_ATTRIBUTE: &str = "data";

/// A record to be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Its sequence number.
    pub sequence: SequenceNumber,
    /// Its data, not encoded.
    pub data: Vec<u8>,
    /// Its partition key.
    pub partition_key: String,
    /// Its approximate arrival in milliseconds since the epoch; for DynamoDB only whole seconds reach the
    /// wire.
    pub arrival_ms: i64,
}

/// What all records of an event share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventContext {
    /// The kind of stream.
    pub source: SourceKind,
    /// The shard (BATCH-2). DynamoDB events do not show it.
    pub shard_id: String,
    /// The mapping's event source ARN; with enhanced fan-out the consumer's. Empty when reading: not
    /// compared.
    pub stream_arn: String,
    /// The region. Empty when reading: not compared.
    pub region: String,
    /// The function's execution role. Empty when reading: not compared. DynamoDB events do not show it.
    pub role_arn: String,
}

/// A record as a target delivered it, as far as it could be understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRecord {
    /// Its sequence number.
    pub sequence: Option<SequenceNumber>,
    /// Its data, decoded.
    pub data: Option<Vec<u8>>,
    /// Its partition key.
    pub partition_key: Option<String>,
    /// The shard named by its `eventID`; always nothing for DynamoDB, whose events name none.
    pub shard_id: Option<String>,
    /// Its approximate arrival in milliseconds since the epoch.
    pub arrival_ms: Option<i64>,
}

/// The outcome of reading an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadEvent {
    /// The records in the order of delivery, one for each entry of `Records` that is an object.
    pub records: Vec<SeenRecord>,
    /// Every departure from BATCH-11 or DDB-7, in document order, at most 200.
    pub complaints: Vec<Complaint>,
}

/// The invocation event for `records`.
pub fn build_event(context: &EventContext, records: &[EventRecord]) -> Value {
    let build = match context.source {
        SourceKind::Kinesis => kinesis_record,
        SourceKind::DynamoDb => dynamodb_record,
    };
    json!({ "Records": records.iter().map(|record| build(context, record)).collect::<Vec<_>>() })
}

/// The text of [`build_event`], as a function receives it and as a `payload` holds it (S3-3).
pub fn event_text(context: &EventContext, records: &[EventRecord]) -> String {
    build_event(context, records).to_string()
}

fn kinesis_record(context: &EventContext, record: &EventRecord) -> Value {
    json!({
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key,
            "sequenceNumber": record.sequence,
            "data": STANDARD.encode(&record.data),
            "approximateArrivalTimestamp": record.arrival_ms as f64 / 1000.0,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": format!("{}:{}", context.shard_id, record.sequence),
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": context.role_arn,
        "awsRegion": context.region,
        "eventSourceARN": context.stream_arn,
    })
}

fn dynamodb_record(context: &EventContext, record: &EventRecord) -> Value {
    // A string attribute cannot hold arbitrary bytes; a binary one can, and is what the recordings show for
    // them.
    let data = match std::str::from_utf8(&record.data) {
        Ok(text) => json!({ "S": text }),
        Err(_) => json!({ "B": STANDARD.encode(&record.data) }),
    };
    let key_size = KEY_ATTRIBUTE.len() + record.partition_key.len();
    let data_size = DATA_ATTRIBUTE.len() + record.data.len();
    json!({
        "eventID": event_id(&record.sequence),
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": context.region,
        "dynamodb": {
            "ApproximateCreationDateTime": record.arrival_ms.div_euclid(1000),
            "Keys": { KEY_ATTRIBUTE: { "S": record.partition_key } },
            "NewImage": { DATA_ATTRIBUTE: data, KEY_ATTRIBUTE: { "S": record.partition_key } },
            "SequenceNumber": record.sequence,
            // The recordings count the keys twice: once as keys, once in the image.
            "SizeBytes": 2 * key_size + data_size,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": context.stream_arn,
    })
}

/// 32 hexadecimal digits that differ for different sequence numbers: FNV-1a of 128 bits over the digits. The
/// real hash is not documented; it only has to look like one and be stable.
fn event_id(sequence: &SequenceNumber) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash =
        sequence.to_string().bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    format!("{hash:032x}")
}
