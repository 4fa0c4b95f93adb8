//! The event with which a function is invoked, built exactly as the sources show it (BATCH-11, DDB-7).
//!
//! Judging events that come from a target is in `event_read.rs`.

use super::complaint::Complaint;
use crate::mapping::SourceKind;
use crate::sequence::SequenceNumber;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    serde_json::to_value(Event::of(context, records)).expect("an event is JSON")
}

/// The text of [`build_event`], as a function receives it and as a `payload` holds it (S3-3).
pub fn event_text(context: &EventContext, records: &[EventRecord]) -> String {
    serde_json::to_string(&Event::of(context, records)).expect("an event is JSON")
}

/// One record as [`event_text`] shows it; with a change, that of a table's stream: its members in place of those that a
/// record of [`KEY_ATTRIBUTE`] and [`DATA_ATTRIBUTE`] has.
pub fn entry_text(context: &EventContext, record: &EventRecord, change: Option<&Value>) -> String {
    let entry = Entry::of(context, record);
    let Some(change) = change else { return serde_json::to_string(&entry).expect("an entry is JSON") };
    let mut entry = serde_json::to_value(&entry).expect("an entry is JSON");
    for (member, value) in change.as_object().into_iter().flatten() {
        entry[member] = value.clone();
    }
    entry.to_string()
}

/// The event of these entries.
pub fn event_of<'e>(entries: impl IntoIterator<Item = &'e str>) -> String {
    let mut text = String::from("{\"Records\":[");
    for (index, entry) in entries.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(entry);
    }
    text.push_str("]}");
    text
}

/// An event, its members in the order in which the service writes them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Event<'a> {
    records: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry<'a> {
    Kinesis(KinesisEntry<'a>),
    DynamoDb(DynamoDbEntry<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KinesisEntry<'a> {
    kinesis: KinesisData<'a>,
    event_source: &'static str,
    event_version: &'static str,
    #[serde(rename = "eventID")]
    event_id: String,
    event_name: &'static str,
    invoke_identity_arn: &'a str,
    aws_region: &'a str,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KinesisData<'a> {
    kinesis_schema_version: &'static str,
    partition_key: &'a str,
    sequence_number: &'a SequenceNumber,
    data: String,
    approximate_arrival_timestamp: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DynamoDbEntry<'a> {
    #[serde(rename = "eventID")]
    event_id: String,
    event_name: &'static str,
    event_version: &'static str,
    event_source: &'static str,
    aws_region: &'a str,
    dynamodb: DynamoDbData<'a>,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DynamoDbData<'a> {
    approximate_creation_date_time: i64,
    keys: Keys<'a>,
    new_image: NewImage<'a>,
    sequence_number: &'a SequenceNumber,
    size_bytes: usize,
    stream_view_type: &'static str,
}

/// An item with nothing but [`KEY_ATTRIBUTE`].
#[derive(Serialize)]
struct Keys<'a> {
    id: Attribute<'a>,
}

/// An item with [`DATA_ATTRIBUTE`] and [`KEY_ATTRIBUTE`].
#[derive(Serialize)]
struct NewImage<'a> {
    data: Attribute<'a>,
    id: Attribute<'a>,
}

#[derive(Serialize)]
enum Attribute<'a> {
    S(&'a str),
    B(String),
}

impl<'a> Event<'a> {
    fn of(context: &'a EventContext, records: &'a [EventRecord]) -> Event<'a> {
        Event { records: records.iter().map(|record| Entry::of(context, record)).collect() }
    }
}

impl<'a> Entry<'a> {
    fn of(context: &'a EventContext, record: &'a EventRecord) -> Entry<'a> {
        match context.source {
            SourceKind::Kinesis => Entry::Kinesis(kinesis_entry(context, record)),
            SourceKind::DynamoDb => Entry::DynamoDb(dynamodb_entry(context, record)),
        }
    }
}

fn kinesis_entry<'a>(context: &'a EventContext, record: &'a EventRecord) -> KinesisEntry<'a> {
    KinesisEntry {
        kinesis: KinesisData {
            kinesis_schema_version: "1.0",
            partition_key: &record.partition_key,
            sequence_number: &record.sequence,
            data: STANDARD.encode(&record.data),
            approximate_arrival_timestamp: record.arrival_ms as f64 / 1000.0,
        },
        event_source: "aws:kinesis",
        event_version: "1.0",
        event_id: format!("{}:{}", context.shard_id, record.sequence),
        event_name: "aws:kinesis:record",
        invoke_identity_arn: &context.role_arn,
        aws_region: &context.region,
        event_source_arn: &context.stream_arn,
    }
}

fn dynamodb_entry<'a>(context: &'a EventContext, record: &'a EventRecord) -> DynamoDbEntry<'a> {
    // A string attribute cannot hold arbitrary bytes; a binary one can, and is what the recordings show for
    // them.
    let data = match std::str::from_utf8(&record.data) {
        Ok(text) => Attribute::S(text),
        Err(_) => Attribute::B(STANDARD.encode(&record.data)),
    };
    let key = || Attribute::S(&record.partition_key);
    let key_size = KEY_ATTRIBUTE.len() + record.partition_key.len();
    let data_size = DATA_ATTRIBUTE.len() + record.data.len();
    DynamoDbEntry {
        event_id: event_id(&record.sequence),
        event_name: "INSERT",
        event_version: "1.1",
        event_source: "aws:dynamodb",
        aws_region: &context.region,
        dynamodb: DynamoDbData {
            approximate_creation_date_time: record.arrival_ms.div_euclid(1000),
            keys: Keys { id: key() },
            new_image: NewImage { data, id: key() },
            sequence_number: &record.sequence,
            // The recordings count the keys twice: once as keys, once in the image.
            size_bytes: 2 * key_size + data_size,
            stream_view_type: "NEW_IMAGE",
        },
        event_source_arn: &context.stream_arn,
    }
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
