//! One record of a Kinesis event, judged by BATCH-11.
//!
//! What it shares with DynamoDB is in `event_read.rs`.

use super::event::SeenRecord;
use super::event_read::{Expected, arn, base64, common, seconds, sequence};
use super::judge::{Judge, Object, at, seen};
use crate::sequence::SequenceNumber;

pub(super) fn kinesis_record(
    judge: &mut Judge,
    record: &Object,
    expected: &Expected,
    path: &str,
) -> SeenRecord {
    let rule = expected.rule;
    let mut found = SeenRecord::default();
    if let Some(inner) = judge.object(rule, record, path, "kinesis") {
        let path = at(path, "kinesis");
        judge.constant(rule, inner, &path, "kinesisSchemaVersion", "1.0");
        found.partition_key =
            judge.text(rule, inner, &path, "partitionKey", "a partition key").map(str::to_owned);
        found.sequence = sequence(judge, rule, inner, &path, "sequenceNumber");
        found.data = base64(judge, rule, inner.get("data"), &at(&path, "data"));
        found.arrival_ms = seconds(judge, rule, inner, &path, "approximateArrivalTimestamp");
        let known =
            ["kinesisSchemaVersion", "partitionKey", "sequenceNumber", "data", "approximateArrivalTimestamp"];
        judge.extras(rule, inner, &path, &known);
    }
    judge.constant(rule, record, path, "eventSource", "aws:kinesis");
    judge.constant(rule, record, path, "eventVersion", "1.0");
    judge.constant(rule, record, path, "eventName", "aws:kinesis:record");
    if let Some(id) = judge.text(rule, record, path, "eventID", "<shard ID>:<sequence number>") {
        let parts = id.rsplit_once(':').filter(|(shard, _)| !shard.is_empty());
        found.shard_id = parts.map(|(shard, _)| shard.to_owned());
        let number = parts.and_then(|(_, number)| number.parse::<SequenceNumber>().ok());
        if number.is_none() || (found.sequence.is_some() && number != found.sequence) {
            let wanted = "<shard ID>:<sequence number>";
            judge.complain(rule, &at(path, "eventID"), &seen(record.get("eventID")), wanted);
        }
    }
    arn(judge, rule, record, path, "invokeIdentityArn", expected.role_arn.as_deref());
    common(judge, record, expected, path);
    let known = [
        "kinesis",
        "eventSource",
        "eventVersion",
        "eventID",
        "eventName",
        "invokeIdentityArn",
        "awsRegion",
        "eventSourceARN",
    ];
    judge.extras(rule, record, path, &known);
    found
}
