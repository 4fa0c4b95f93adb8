//! The JSON of Kinesis: one function for each operation.

use super::store::{Stream, Streams};
use super::{GET_BYTES, GET_RECORDS, MAX_RECORD_KIB, PUT_BYTES, PUT_RECORDS};
use crate::http::{ApiError, text};
use crate::log::{Cursor, Entry};
use crate::manners::ReadFate;
use crate::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use esm_model::mapping::Timestamp;
use serde_json::{Value as Json, json};

/// Answers an operation: its output.
///
/// # Errors
/// What the service refuses.
pub fn answer(world: &World, operation: &str, body: &Json) -> Result<Json, ApiError> {
    let now = world.clock.epoch_ms();
    let mut streams = world.streams.borrow_mut();
    match operation {
        "CreateStream" => create(&mut streams, world, body, now),
        "DeleteStream" => {
            let name = name(world, body)?;
            known(&streams, world, &name)?;
            streams.remove(&name);
            Ok(json!({}))
        }
        "ListStreams" => list_streams(&streams, body, now),
        "DescribeStream" => {
            let stream = known(&streams, world, &name(world, body)?)?;
            Ok(json!({"StreamDescription": description(stream, now, true)}))
        }
        "DescribeStreamSummary" => {
            let stream = known(&streams, world, &name(world, body)?)?;
            Ok(json!({"StreamDescriptionSummary": description(stream, now, false)}))
        }
        "ListShards" => {
            let stream = known(&streams, world, &name(world, body)?)?;
            Ok(
                json!({"Shards": (0..stream.log.shards()).map(|index| shard(stream, index)).collect::<Vec<_>>()}),
            )
        }
        "PutRecord" => put_record(&mut streams, world, body, now),
        "PutRecords" => put_records(&mut streams, world, body, now),
        "GetShardIterator" => get_shard_iterator(&streams, world, body, now),
        "GetRecords" => get_records(&streams, world, body, now),
        "IncreaseStreamRetentionPeriod" | "DecreaseStreamRetentionPeriod" => {
            let hours = body["RetentionPeriodHours"].as_i64().unwrap_or(0);
            if !(24..=8_760).contains(&hours) {
                return Err(invalid(format!("RetentionPeriodHours {hours} is not between 24 and 8760")));
            }
            active_mut(&mut streams, world, body, now)?.retention_hours = hours;
            Ok(json!({}))
        }
        "UpdateMaxRecordSize" => {
            let kib = body["MaxRecordSizeInKiB"].as_u64().unwrap_or(0);
            active_mut(&mut streams, world, body, now)?.record_bytes = record_bytes(kib)?;
            Ok(json!({}))
        }
        other => Err(ApiError::new(400, "UnknownOperationException", format!("unknown operation {other}"))),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "InvalidArgumentException", message)
}

/// The stream that a request names, by name or by ARN.
fn name(world: &World, body: &Json) -> Result<String, ApiError> {
    if let Some(arn) = body.get("StreamARN").and_then(Json::as_str) {
        let of_account = world.config.account.arn("kinesis", "stream/");
        return arn.strip_prefix(&of_account).map(str::to_owned).ok_or_else(|| {
            let message = format!("Stream {arn} not found.");
            ApiError::new(400, "ResourceNotFoundException", message)
        });
    }
    text(body, "StreamName").map(str::to_owned)
}

fn not_found(world: &World, name: &str) -> ApiError {
    let message = format!("Stream {name} under account {} not found.", world.config.account.id);
    ApiError::new(400, "ResourceNotFoundException", message)
}

fn known<'s>(streams: &'s Streams, world: &World, name: &str) -> Result<&'s Stream, ApiError> {
    streams.get(name).ok_or_else(|| not_found(world, name))
}

fn active_mut<'s>(
    streams: &'s mut Streams,
    world: &World,
    body: &Json,
    now: i64,
) -> Result<&'s mut Stream, ApiError> {
    let name = name(world, body)?;
    let stream = streams.get_mut(&name).ok_or_else(|| not_found(world, &name))?;
    match stream.status(now) {
        "ACTIVE" => Ok(stream),
        status => {
            let message = format!("Stream {name} under account {} is {status}.", world.config.account.id);
            Err(ApiError::new(400, "ResourceInUseException", message))
        }
    }
}

fn create(streams: &mut Streams, world: &World, body: &Json, now: i64) -> Result<Json, ApiError> {
    let name = text(body, "StreamName")?;
    let shards = body["ShardCount"].as_u64();
    let on_demand = body["StreamModeDetails"]["StreamMode"] == "ON_DEMAND";
    // A stream on demand starts with four shards.
    let shards = shards.unwrap_or(if on_demand { 4 } else { 0 });
    let limit = body["MaxRecordSizeInKiB"].as_u64().map(record_bytes).transpose()?;
    let stream = streams.create(&world.config.account, name, shards, world.config.numbering, now)?;
    stream.record_bytes = limit.unwrap_or(stream.record_bytes);
    Ok(json!({}))
}

fn record_bytes(kib: u64) -> Result<usize, ApiError> {
    match (1_024..=MAX_RECORD_KIB).contains(&kib) {
        true => Ok(kib as usize * 1_024),
        false => Err(invalid(format!("MaxRecordSizeInKiB {kib} is not between 1024 and {MAX_RECORD_KIB}"))),
    }
}

fn list_streams(streams: &Streams, body: &Json, now: i64) -> Result<Json, ApiError> {
    let after = body["ExclusiveStartStreamName"].as_str().or(body["NextToken"].as_str()).unwrap_or_default();
    let limit = body["Limit"].as_u64().unwrap_or(100) as usize;
    let rest: Vec<&Stream> = streams.iter().filter(|stream| stream.name.as_str() > after).collect();
    let shown = &rest[..rest.len().min(limit)];
    let more = rest.len() > shown.len();
    let mut answer = json!({
        "HasMoreStreams": more,
        "StreamNames": shown.iter().map(|stream| &stream.name).collect::<Vec<_>>(),
        "StreamSummaries": shown.iter().map(|stream| json!({
            "StreamARN": stream.arn,
            "StreamCreationTimestamp": seconds(stream.created_ms),
            "StreamModeDetails": {"StreamMode": "PROVISIONED"},
            "StreamName": stream.name,
            "StreamStatus": stream.status(now),
        })).collect::<Vec<_>>(),
    });
    if let Some(last) = shown.last().filter(|_| more) {
        answer["NextToken"] = last.name.as_str().into();
    }
    Ok(answer)
}

fn description(stream: &Stream, now: i64, shards: bool) -> Json {
    let mut description = json!({
        "EncryptionType": "NONE",
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "RetentionPeriodHours": stream.retention_hours,
        "StreamARN": stream.arn,
        "StreamCreationTimestamp": seconds(stream.created_ms),
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "StreamName": stream.name,
        "StreamStatus": stream.status(now),
    });
    if shards {
        description["HasMoreShards"] = false.into();
        description["Shards"] = (0..stream.log.shards()).map(|index| shard(stream, index)).collect();
    } else {
        description["ConsumerCount"] = 0.into();
        description["MaxRecordSizeInKiB"] = (stream.record_bytes / 1_024).into();
        description["OpenShardCount"] = stream.log.shards().into();
    }
    description
}

fn shard(stream: &Stream, index: usize) -> Json {
    let (from, to) = stream.hash_range(index);
    let first = stream.log.from(index, 0).first().map(|entry| entry.sequence.to_string());
    json!({
        "HashKeyRange": {"EndingHashKey": to.to_string(), "StartingHashKey": from.to_string()},
        // An empty shard has one too, below all that will come.
        "SequenceNumberRange": {"StartingSequenceNumber": first.unwrap_or_else(|| "0".to_owned())},
        "ShardId": Stream::shard_id(index),
    })
}

/// Seconds since 1970 with milliseconds, as JSON 1.1 has times.
fn seconds(epoch_ms: i64) -> Json {
    Timestamp { ms: epoch_ms }.to_value()
}

/// Data, partition key and explicit hash key of an entry to be put.
fn record(body: &Json) -> Result<(Bytes, &str, Option<u128>), ApiError> {
    let data = STANDARD.decode(text(body, "Data")?).map_err(|error| {
        ApiError::new(400, "SerializationException", format!("Data is not base64: {error}"))
    })?;
    let key = text(body, "PartitionKey")?;
    if key.is_empty() || key.chars().count() > 256 {
        let message = "1 validation error detected: Value at 'partitionKey' failed to satisfy constraint: Member \
                       must have length between 1 and 256";
        return Err(ApiError::new(400, "ValidationException", message));
    }
    let explicit = body.get("ExplicitHashKey").and_then(Json::as_str).filter(|text| !text.is_empty());
    let explicit =
        explicit.map(|text| text.parse().map_err(|_| invalid("Invalid ExplicitHashKey."))).transpose()?;
    Ok((data.into(), key, explicit))
}

fn put_record(streams: &mut Streams, world: &World, body: &Json, now: i64) -> Result<Json, ApiError> {
    let (data, key, explicit) = record(body)?;
    let (shard, sequence) = active_mut(streams, world, body, now)?.put(now, key, explicit, data)?;
    Ok(json!({"SequenceNumber": sequence, "ShardId": Stream::shard_id(shard)}))
}

fn put_records(streams: &mut Streams, world: &World, body: &Json, now: i64) -> Result<Json, ApiError> {
    let entries = body["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
    if entries.is_empty() || entries.len() > PUT_RECORDS {
        let message = format!(
            "1 validation error detected: Value at 'records' failed to satisfy constraint: Member must have length \
             between 1 and {PUT_RECORDS}"
        );
        return Err(ApiError::new(400, "ValidationException", message));
    }
    // Everything is read before anything is put.
    let records = entries.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    if records.iter().map(|(data, key, _)| data.len() + key.len()).sum::<usize>() > PUT_BYTES {
        return Err(invalid(format!("Records size exceeds {PUT_BYTES} bytes.")));
    }
    let stream = active_mut(streams, world, body, now)?;
    let (mut put, mut failed) = (Vec::with_capacity(records.len()), 0);
    for (data, key, explicit) in records {
        match stream.put(now, key, explicit, data) {
            Ok((shard, sequence)) => {
                put.push(json!({"SequenceNumber": sequence, "ShardId": Stream::shard_id(shard)}));
            }
            Err(error) if error.kind == "ValidationException" => return Err(error),
            Err(error) => {
                failed += 1;
                put.push(json!({"ErrorCode": error.kind, "ErrorMessage": error.message}));
            }
        }
    }
    Ok(json!({"FailedRecordCount": failed, "Records": put}))
}

fn get_shard_iterator(streams: &Streams, world: &World, body: &Json, now: i64) -> Result<Json, ApiError> {
    let stream = known(streams, world, &name(world, body)?)?;
    let id = text(body, "ShardId")?;
    let shard = stream.shard(id).ok_or_else(|| {
        let message = format!(
            "Shard {id} in stream {} under account {} does not exist",
            stream.name, world.config.account.id
        );
        ApiError::new(400, "ResourceNotFoundException", message)
    })?;
    let index = start(&stream.log, shard, body)?;
    let cursor = Cursor { stream: stream.arn.clone(), shard, index };
    Ok(json!({"ShardIterator": cursor.token(now)}))
}

/// Where an iterator of the type asked for begins; tables' streams have the same types but for times.
pub(crate) fn start(log: &crate::log::Log, shard: usize, body: &Json) -> Result<usize, ApiError> {
    let sequence = || {
        let number = text(body, "StartingSequenceNumber").or_else(|_| text(body, "SequenceNumber"))?;
        number.parse().map_err(|_| invalid(format!("Invalid StartingSequenceNumber {number}.")))
    };
    match text(body, "ShardIteratorType")? {
        "TRIM_HORIZON" => Ok(0),
        "LATEST" => Ok(log.end(shard)),
        "AT_SEQUENCE_NUMBER" => Ok(log.of(shard, &sequence()?)),
        "AFTER_SEQUENCE_NUMBER" => Ok(log.after(shard, &sequence()?)),
        "AT_TIMESTAMP" => {
            let at = Timestamp::of(&body["Timestamp"]);
            at.map(|at| log.at(shard, at.ms)).ok_or_else(|| invalid("Timestamp is missing."))
        }
        other => {
            let message = format!(
                "1 validation error detected: Value '{other}' at 'shardIteratorType' failed to satisfy constraint: \
                 Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, \
                 AT_SEQUENCE_NUMBER, TRIM_HORIZON]"
            );
            Err(ApiError::new(400, "ValidationException", message))
        }
    }
}

fn get_records(streams: &Streams, world: &World, body: &Json, now: i64) -> Result<Json, ApiError> {
    let cursor = Cursor::read(text(body, "ShardIterator")?, now)?;
    let stream = streams.by_arn(&cursor.stream).ok_or_else(|| not_found(world, &cursor.stream))?;
    let limit = body["Limit"].as_u64().unwrap_or(GET_RECORDS as u64).clamp(1, GET_RECORDS as u64) as usize;
    let limit = match world.read_fate() {
        ReadFate::Page(most) => limit.min(most),
        ReadFate::Expired => return Err(Cursor::expired()),
        ReadFate::Refused => {
            let message = format!("Rate exceeded for shard {}.", Stream::shard_id(cursor.shard));
            return Err(ApiError::new(400, "ProvisionedThroughputExceededException", message));
        }
    };
    let oldest = stream.log.oldest(cursor.shard, now, stream.retention_ms());
    let index = cursor.index.max(oldest);
    let rest = stream.log.from(cursor.shard, index);
    let shown = &rest[..fitting(rest, limit)];
    let next = Cursor { index: index + shown.len(), ..cursor };
    let behind = rest.get(shown.len()).map_or(0, |entry| now - entry.arrival_ms);
    let record = |entry: &Entry| {
        json!({
            "ApproximateArrivalTimestamp": seconds(entry.arrival_ms),
            "Data": STANDARD.encode(&entry.data),
            "PartitionKey": entry.partition_key,
            "SequenceNumber": entry.sequence,
        })
    };
    Ok(json!({
        "MillisBehindLatest": behind,
        "NextShardIterator": next.token(now),
        "Records": shown.iter().map(record).collect::<Vec<_>>(),
    }))
}

/// How many records fit into one answer: one always does where any may go.
fn fitting(entries: &[Entry], limit: usize) -> usize {
    let mut bytes = 0;
    let fits = |entry: &&Entry| {
        bytes += entry.data.len();
        bytes <= GET_BYTES
    };
    entries.iter().take(limit).take_while(fits).count().max(limit.min(usize::from(!entries.is_empty())))
}
