//! DynamoDB Streams: what a mapping reads of a table's stream.

use super::{Begin, Client, Failed, Listed, MAX_PAGES, Page, Place, iterator_in, records_in, text};
use bytes::Bytes;
use esm_model::mapping::Timestamp;
use esmeralda_wire::upstream::Record;
use serde_json::{Value as Json, json};

/// Tables' streams keep records for a day (DDB-4).
pub const RETENTION_MS: i64 = 24 * 3_600_000;

async fn call(client: &Client, place: &Place, operation: &str, body: Json) -> Result<Json, Failed> {
    client.target(place, "dynamodb", "1.0", &format!("DynamoDBStreams_20120810.{operation}"), body).await
}

/// The shards of a stream, in its order, and whether it is on.
///
/// # Errors
/// There is no such stream, or no answer.
pub async fn shards(client: &Client, place: &Place, arn: &str) -> Result<(Vec<Listed>, bool), Failed> {
    let (mut all, mut enabled) = (Vec::new(), true);
    let mut body = json!({"StreamArn": arn});
    for _ in 0..MAX_PAGES {
        let page = call(client, place, "DescribeStream", body).await?;
        let page = &page["StreamDescription"];
        enabled = page["StreamStatus"] != "DISABLED";
        for shard in page["Shards"].as_array().into_iter().flatten() {
            let Some(id) = text(shard, "ShardId") else { continue };
            all.push(Listed { id, parents: text(shard, "ParentShardId").into_iter().collect() });
        }
        let Some(last) = text(page, "LastEvaluatedShardId") else { break };
        body = json!({"StreamArn": arn, "ExclusiveStartShardId": last});
    }
    Ok((all, enabled))
}

/// An iterator. There is none by time (DDB-3): it begins at the oldest record, and the reader skips.
///
/// # Errors
/// There is no such stream or shard, or no answer.
pub async fn iterator(
    client: &Client,
    place: &Place,
    arn: &str,
    shard: &str,
    begin: &Begin,
) -> Result<String, Failed> {
    let mut body = json!({"StreamArn": arn, "ShardId": shard});
    match begin {
        Begin::TrimHorizon | Begin::At(_) => body["ShardIteratorType"] = "TRIM_HORIZON".into(),
        Begin::Latest => body["ShardIteratorType"] = "LATEST".into(),
        Begin::After(sequence) => {
            body["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER".into();
            body["SequenceNumber"] = sequence.as_str().into();
        }
    }
    iterator_in(&call(client, place, "GetShardIterator", body).await?)
}

/// Reads up to so many records.
///
/// # Errors
/// The iterator has expired, or there is no answer.
pub async fn records(client: &Client, place: &Place, iterator: &str, limit: u32) -> Result<Page, Failed> {
    let body = json!({"ShardIterator": iterator, "Limit": limit.clamp(1, 1_000)});
    let answer = call(client, place, "GetRecords", body).await?;
    let records = records_in(&answer, record)?;
    Ok(Page { records, next: text(&answer, "NextShardIterator"), behind: false })
}

/// Bytes of the names and values of an item, which is about how the service counts them.
fn size(value: &Json) -> usize {
    match value {
        Json::Object(members) => members.iter().map(|(name, value)| name.len() + size(value)).sum(),
        Json::Array(values) => values.iter().map(size).sum(),
        Json::String(text) => text.len(),
        _ => 1,
    }
}

/// The event shows the change as the stream does, but for what some emulators leave out or give in another form: the
/// size, and a name for the event that is a hexadecimal digest (DDB-7).
fn record(shown: &Json) -> Option<Record> {
    let change = &shown["dynamodb"];
    let mut event = shown.clone();
    if let Some(id) = shown["eventID"].as_str().filter(|id| !id.bytes().all(|b| b.is_ascii_hexdigit())) {
        // Some emulators give UUIDs.
        event["eventID"] = id.chars().filter(char::is_ascii_hexdigit).collect::<String>().into();
    }
    if change["SizeBytes"].as_f64().is_none_or(|size| size <= 0.0) {
        let size: usize = ["Keys", "NewImage", "OldImage"].iter().map(|member| size(&change[*member])).sum();
        event["dynamodb"]["SizeBytes"] = size.into();
    }
    Some(Record {
        sequence: change["SequenceNumber"].as_str()?.parse().ok()?,
        arrival_ms: Timestamp::of(&change["ApproximateCreationDateTime"])?.ms,
        partition_key: String::new(),
        data: Bytes::new(),
        change: Some(event),
    })
}
