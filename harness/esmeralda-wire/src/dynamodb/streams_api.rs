//! The JSON of the streams of tables: one function for each operation.

use super::store::{Table, TableStream};
use super::{GET_RECORDS, RETENTION_MS};
use crate::http::{ApiError, text};
use crate::kinesis::start;
use crate::log::{Cursor, Entry};
use crate::manners::ReadFate;
use crate::world::World;
use esm_model::mapping::{SourceKind, Timestamp};
use esm_model::wire::{EventContext, EventRecord, build_event};
use serde_json::{Value as Json, json};

/// Answers an operation: its output.
///
/// # Errors
/// What the service refuses.
pub fn answer(world: &World, operation: &str, body: &Json) -> Result<Json, ApiError> {
    let now = world.clock.epoch_ms();
    let tables = world.tables.borrow();
    let found = |arn: &str| {
        tables.by_stream(arn).ok_or_else(|| {
            let message = format!("Requested resource not found: Stream: {arn} not found");
            ApiError::new(400, "ResourceNotFoundException", message)
        })
    };
    match operation {
        "ListStreams" => {
            let wanted = body["TableName"].as_str();
            let named = tables.iter().filter(|table| wanted.is_none_or(|name| table.name == name));
            let stream = |(table, stream): (&Table, &TableStream)| json!({"StreamArn": stream.arn, "StreamLabel": stream.label, "TableName": table.name});
            let streams: Vec<Json> =
                named.filter_map(|table| Some((table, table.stream.as_ref()?))).map(stream).collect();
            Ok(json!({"Streams": streams}))
        }
        "DescribeStream" => {
            let (table, stream) = found(text(body, "StreamArn")?)?;
            Ok(json!({"StreamDescription": description(table, stream)}))
        }
        "GetShardIterator" => {
            let (_, stream) = found(text(body, "StreamArn")?)?;
            let id = text(body, "ShardId")?;
            if id != stream.shard_id() {
                let message = format!("Requested resource not found: Shard does not exist: {id}");
                return Err(ApiError::new(400, "ResourceNotFoundException", message));
            }
            if body["ShardIteratorType"] == "AT_TIMESTAMP" {
                let message = "1 validation error detected: Value 'AT_TIMESTAMP' at 'shardIteratorType' failed to \
                               satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, \
                               LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON]";
                return Err(ApiError::new(400, "ValidationException", message));
            }
            let index = start(&stream.log, 0, body)?;
            if body["SequenceNumber"].is_string() && index < stream.log.oldest(0, now, RETENTION_MS) {
                return Err(trimmed());
            }
            Ok(json!({"ShardIterator": Cursor { stream: stream.arn.clone(), shard: 0, index }.token(now)}))
        }
        "GetRecords" => {
            let cursor = Cursor::read(text(body, "ShardIterator")?, now)?;
            let (_, stream) = found(&cursor.stream)?;
            let limit =
                body["Limit"].as_u64().unwrap_or(GET_RECORDS as u64).clamp(1, GET_RECORDS as u64) as usize;
            let limit = match world.read_fate() {
                ReadFate::Page(most) => limit.min(most),
                ReadFate::Expired => return Err(Cursor::expired()),
                ReadFate::Refused => {
                    return Err(ApiError::new(400, "LimitExceededException", "Rate exceeded for a shard."));
                }
            };
            let index = cursor.index.max(stream.log.oldest(0, now, RETENTION_MS));
            let rest = stream.log.from(0, index);
            let shown = &rest[..rest.len().min(limit)];
            let next = Cursor { index: index + shown.len(), ..cursor.clone() };
            let records: Vec<Json> = shown.iter().map(|entry| record(world, entry)).collect();
            Ok(json!({"NextShardIterator": next.token(now), "Records": records}))
        }
        other => Err(ApiError::new(400, "UnknownOperationException", format!("unknown operation {other}"))),
    }
}

/// What a client is told that asks for a record which is gone.
fn trimmed() -> ApiError {
    let message = "The operation attempted to read past the oldest stream record in a shard.";
    ApiError::new(400, "TrimmedDataAccessException", message)
}

fn description(table: &Table, stream: &TableStream) -> Json {
    let first = stream.log.from(0, 0).first().map(|entry| entry.sequence.to_string());
    json!({
        "CreationRequestDateTime": Timestamp { ms: table.created_ms }.to_value(),
        "KeySchema": table.shown.get("KeySchema"),
        "Shards": [{
            // An empty shard has one too, below all that will come.
            "SequenceNumberRange": {"StartingSequenceNumber": first.unwrap_or_else(|| "0".to_owned())},
            "ShardId": stream.shard_id(),
        }],
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": "ENABLED",
        "StreamViewType": stream.view,
        "TableName": table.name,
    })
}

/// A record as readers get it: that of an event (DDB-7), without the stream's ARN.
fn record(world: &World, entry: &Entry) -> Json {
    let context = EventContext {
        source: SourceKind::DynamoDb,
        shard_id: String::new(),
        stream_arn: String::new(),
        region: world.config.account.region.clone(),
        role_arn: String::new(),
    };
    let bare = EventRecord {
        sequence: entry.sequence.clone(),
        data: Vec::new(),
        partition_key: String::new(),
        arrival_ms: entry.arrival_ms,
    };
    let mut event = build_event(&context, &[bare]);
    let mut record = event["Records"][0].take();
    if let Some(members) = record.as_object_mut() {
        members.shift_remove("eventSourceARN");
        for (member, value) in entry.change.as_ref().and_then(Json::as_object).into_iter().flatten() {
            members.insert(member.clone(), value.clone());
        }
    }
    record
}
