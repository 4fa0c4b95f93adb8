//! Kinesis: what a mapping reads of a stream.

use super::{Begin, Client, Failed, Listed, MAX_PAGES, Page, Place, iterator_in, records_in, text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esm_model::mapping::Timestamp;
use esmeralda_wire::upstream::Record;
use serde_json::{Value as Json, json};

/// How long streams keep records where nothing is said.
pub const RETENTION_MS: i64 = 24 * 3_600_000;

async fn call(client: &Client, place: &Place, operation: &str, body: Json) -> Result<Json, Failed> {
    client.target(place, "kinesis", "1.1", &format!("Kinesis_20131202.{operation}"), body).await
}

/// How long a stream keeps its records, in milliseconds.
///
/// # Errors
/// There is no such stream, or no answer.
pub async fn retention_ms(client: &Client, place: &Place, arn: &str) -> Result<i64, Failed> {
    let body = json!({"StreamARN": stream(arn), "StreamName": name(arn)});
    let summary = match call(client, place, "DescribeStreamSummary", body.clone()).await {
        // Older emulators have the older operation only.
        Err(error) if error.is("Unknown") || error.is("NotImplemented") => {
            call(client, place, "DescribeStream", body).await?
        }
        other => other?,
    };
    let described = ["StreamDescriptionSummary", "StreamDescription"].map(|member| &summary[member]);
    let hours = described.into_iter().find_map(|it| it["RetentionPeriodHours"].as_i64());
    Ok(hours.map_or(RETENTION_MS, |hours| hours * 3_600_000))
}

/// Whether there is such a consumer.
///
/// # Errors
/// There is none, or no answer.
pub async fn consumer(client: &Client, place: &Place, arn: &str) -> Result<(), Failed> {
    call(client, place, "DescribeStreamConsumer", json!({"ConsumerARN": arn})).await.map(drop)
}

/// The stream of a consumer, or the stream itself: a consumer's records are read like everybody's.
fn stream(arn: &str) -> &str {
    arn.split_once("/consumer/").map_or(arn, |(stream, _)| stream)
}

/// Older emulators want the name beside the ARN.
fn name(arn: &str) -> &str {
    arn.split_once(":stream/").map_or(arn, |(_, rest)| rest.split('/').next().unwrap_or(rest))
}

/// The shards of a stream, in its order.
///
/// # Errors
/// There is no such stream, or no answer.
pub async fn shards(client: &Client, place: &Place, arn: &str) -> Result<Vec<Listed>, Failed> {
    let mut all = Vec::new();
    let mut body = json!({"StreamARN": stream(arn), "StreamName": name(arn)});
    for _ in 0..MAX_PAGES {
        let page = call(client, place, "ListShards", body).await?;
        for shard in page["Shards"].as_array().into_iter().flatten() {
            let Some(id) = text(shard, "ShardId") else { continue };
            let parents = ["ParentShardId", "AdjacentParentShardId"].map(|member| text(shard, member));
            all.push(Listed { id, parents: parents.into_iter().flatten().collect() });
        }
        let Some(token) = text(&page, "NextToken") else { break };
        body = json!({"NextToken": token});
    }
    Ok(all)
}

/// An iterator.
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
    let mut body = json!({"StreamARN": stream(arn), "StreamName": name(arn), "ShardId": shard});
    match begin {
        Begin::TrimHorizon => body["ShardIteratorType"] = "TRIM_HORIZON".into(),
        Begin::Latest => body["ShardIteratorType"] = "LATEST".into(),
        Begin::At(epoch_ms) => {
            body["ShardIteratorType"] = "AT_TIMESTAMP".into();
            body["Timestamp"] = Timestamp { ms: *epoch_ms }.to_value();
        }
        Begin::After(sequence) => {
            body["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER".into();
            body["StartingSequenceNumber"] = sequence.as_str().into();
        }
    }
    iterator_in(&call(client, place, "GetShardIterator", body).await?)
}

/// Reads up to so many records.
///
/// # Errors
/// The iterator has expired, the stream is too busy, or there is no answer.
pub async fn records(
    client: &Client,
    place: &Place,
    arn: &str,
    iterator: &str,
    limit: u32,
) -> Result<Page, Failed> {
    let body = json!({"StreamARN": stream(arn), "ShardIterator": iterator, "Limit": limit.clamp(1, 10_000)});
    let answer = call(client, place, "GetRecords", body).await?;
    let records = records_in(&answer, record)?;
    let behind = answer["MillisBehindLatest"].as_i64().unwrap_or(0) > 0;
    Ok(Page { records, next: text(&answer, "NextShardIterator"), behind })
}

fn record(shown: &Json) -> Option<Record> {
    Some(Record {
        sequence: shown["SequenceNumber"].as_str()?.parse().ok()?,
        arrival_ms: Timestamp::of(&shown["ApproximateArrivalTimestamp"])?.ms,
        partition_key: text(shown, "PartitionKey")?,
        data: STANDARD.decode(shown["Data"].as_str()?).ok()?.into(),
        change: None,
    })
}
