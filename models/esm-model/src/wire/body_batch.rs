//! The seven members that describe the discarded batch (REC-7, REC-8, REC-10, REC-11, REC-13).
//!
//! Whether the batch is the one that was discarded is not known here; whether it can be one at all is.

use super::body::instant;
use super::found::FoundBatch;
use super::judge::{Judge, Object, at, lenient_u64, seen};
use super::timestamp::{self, Precision};
use crate::catalogue as rules;
use crate::mapping::SourceKind;
use crate::sequence::SequenceNumber;
use serde_json::Value;

const MEMBERS: [&str; 7] = [
    "shardId",
    "startSequenceNumber",
    "endSequenceNumber",
    "approximateArrivalOfFirstRecord",
    "approximateArrivalOfLastRecord",
    "batchSize",
    "streamArn",
];

/// Judges the batch `path`. With `window` (a `timeWindowInfo` stands beside it) all members but the shard and
/// the stream may be missing together: the record of an empty final window has no more (REC-13, WINDOW-9).
pub(super) fn read_batch(
    judge: &mut Judge,
    batch: &Object,
    path: &str,
    source: SourceKind,
    window: bool,
) -> FoundBatch {
    let empty = window && MEMBERS[1..6].iter().all(|name| !batch.contains_key(*name));
    for name in MEMBERS {
        let excused = empty && name != "shardId" && name != "streamArn";
        if !batch.contains_key(name) && !excused {
            judge.complain(rules::REC_13, &at(path, name), "is absent", "every member is always there");
        }
    }
    judge.extras(rules::REC_13, batch, path, &MEMBERS);

    let mut found = FoundBatch::default();
    if batch.contains_key("shardId") {
        found.shard_id = judge.text(rules::REC_13, batch, path, "shardId", "a shard ID").map(str::to_owned);
    }
    found.start = sequence(judge, batch, path, "startSequenceNumber");
    found.end = sequence(judge, batch, path, "endSequenceNumber");
    let form = match source {
        SourceKind::Kinesis => (rules::REC_10, Precision::Millis),
        SourceKind::DynamoDb => (rules::REC_10, Precision::Seconds),
    };
    let mut arrival = |name: &str| {
        let value = batch.get(name)?;
        instant(judge, form, &at(path, name), Some(value))
    };
    found.first_arrival_ms = arrival("approximateArrivalOfFirstRecord");
    found.last_arrival_ms = arrival("approximateArrivalOfLastRecord");
    if batch.contains_key("batchSize") {
        found.batch_size = judge.positive(rules::REC_7, batch, path, "batchSize");
    }
    if batch.contains_key("streamArn") {
        found.stream_arn = judge.arn(rules::REC_8, batch, path, "streamArn");
    }
    judge_range(judge, &found, path);
    found
}

/// A present member as a sequence number; leniently also as a JSON number that fits 64 bits.
fn sequence(judge: &mut Judge, batch: &Object, path: &str, name: &str) -> Option<SequenceNumber> {
    let value = batch.get(name)?;
    let parsed = value.as_str().and_then(|text| text.parse().ok());
    if parsed.is_none() {
        judge.complain(rules::REC_7, &at(path, name), &seen(Some(value)), "a sequence number as a string");
    }
    parsed.or_else(|| value.as_u64().map(SequenceNumber::from)).or_else(|| match value {
        Value::String(text) => text.trim().parse().ok(),
        other => lenient_u64(other).map(SequenceNumber::from),
    })
}

fn judge_range(judge: &mut Judge, found: &FoundBatch, path: &str) {
    if let (Some(first), Some(last)) = (found.first_arrival_ms, found.last_arrival_ms)
        && first > last
    {
        let seen = format!("is {}, after the last record's", timestamp::format_millis(first));
        let wanted = "the arrival of the first record, not later than that of the last";
        judge.complain(rules::REC_11, &at(path, "approximateArrivalOfFirstRecord"), &seen, wanted);
    }
    let (Some(start), Some(end)) = (&found.start, &found.end) else { return };
    if start > end {
        let seen = format!("is {start}, after the end {end}");
        let wanted = "the first record's sequence number, not above the last one's";
        judge.complain(rules::REC_7, &at(path, "startSequenceNumber"), &seen, wanted);
        return;
    }
    // A size of zero was complained about as no positive integer.
    let Some(size) = found.batch_size.filter(|size| *size > 0) else { return };
    if (size == 1) != (start == end) {
        let ends = if start == end { "equal" } else { "different" };
        let seen = format!("is {size} although start and end are {ends}");
        judge.complain(
            rules::REC_7,
            &at(path, "batchSize"),
            &seen,
            "start and end are equal for one record only",
        );
    }
}
