//! Good documents of every kind, and the means to spoil them; the tests themselves are in the files below.

mod complaints;
mod events;
mod forms;
mod fuzz;
mod responses;
mod round_trip;

use super::*;
use crate::rule::RuleId;
use serde_json::Value;

/// 2026-03-04T05:06:07.089Z.
const AT: i64 = 1_772_600_767_089;
const MAPPING: &str = "0b4d1f0e-6a52-5e0f-9c3d-7e1a2b3c4d5e";
const OBJECT: &str = "7d0c9b8a-1f2e-4a3b-8c4d-5e6f708192a3";
const BOTH: [SourceKind; 2] = [SourceKind::Kinesis, SourceKind::DynamoDb];

fn context(source: SourceKind) -> EventContext {
    let (shard_id, stream_arn) = match source {
        SourceKind::Kinesis => {
            ("shardId-000000000003", "arn:aws:kinesis:eu-west-3:444455556666:stream/orders")
        }
        SourceKind::DynamoDb => (
            "shardId-00000001772600000000-1a2b3c4d",
            "arn:aws:dynamodb:eu-west-3:444455556666:table/orders/stream/2026-03-04T00:00:00.000",
        ),
    };
    EventContext {
        source,
        shard_id: shard_id.to_owned(),
        stream_arn: stream_arn.to_owned(),
        region: "eu-west-3".to_owned(),
        role_arn: "arn:aws:iam::444455556666:role/orders-worker".to_owned(),
    }
}

fn records() -> Vec<EventRecord> {
    let record = |number: u8, data: &[u8]| EventRecord {
        sequence: format!("496600000000000000000000000000000000000000000000000000{number:02}")
            .parse()
            .unwrap(),
        data: data.to_vec(),
        partition_key: format!("customer-{number}"),
        arrival_ms: 1_772_600_700_000 + 1_250 * i64::from(number),
    };
    vec![record(11, b"{\"n\":11}"), record(12, &[0xff, 0x00, 0x80]), record(13, b"")]
}

/// The failure record of the three records; arrivals are in whole seconds where the source has no finer ones.
fn good(source: SourceKind) -> FailureRecord {
    let (context, records) = (context(source), records());
    let arrival = |index: usize| match source {
        SourceKind::Kinesis => records[index].arrival_ms,
        SourceKind::DynamoDb => records[index].arrival_ms / 1000 * 1000,
    };
    FailureRecord {
        request_id: "c2d3e4f5-0617-4829-9a3b-4c5d6e7f8091".to_owned(),
        function_arn: "arn:aws:lambda:eu-west-3:444455556666:function:orders:live".to_owned(),
        condition: Condition::RetryAttemptsExhausted,
        approximate_invoke_count: 5,
        response: Some(ResponseContext {
            status_code: 200,
            executed_version: "17".to_owned(),
            function_error: Some("Unhandled".to_owned()),
        }),
        version: "1.0".to_owned(),
        timestamp_ms: AT,
        batch: BatchInfo {
            shard_id: context.shard_id.clone(),
            start: records[0].sequence.clone(),
            end: records[2].sequence.clone(),
            first_arrival_ms: arrival(0),
            last_arrival_ms: arrival(2),
            batch_size: 3,
            stream_arn: context.stream_arn.clone(),
        },
        payload: None,
    }
}

fn aged(source: SourceKind) -> FailureRecord {
    FailureRecord { condition: Condition::RecordAgeExceeded, response: None, ..good(source) }
}

fn single(source: SourceKind) -> FailureRecord {
    let mut record = good(source);
    record.batch.end = record.batch.start.clone();
    record.batch.last_arrival_ms = record.batch.first_arrival_ms;
    record.batch.batch_size = 1;
    record
}

fn with_payload(source: SourceKind) -> FailureRecord {
    FailureRecord { payload: Some(event_text(&context(source), &records())), ..good(source) }
}

fn key(source: SourceKind) -> String {
    s3_key(MAPPING, &context(source).shard_id, AT, OBJECT)
}

fn envelope(source: SourceKind) -> String {
    let topic = "arn:aws:sns:eu-west-3:444455556666:failures";
    sns_notification(topic, OBJECT, &good(source).to_sns_message(source), AT + 12)
}

fn in_bucket(text: &str, source: SourceKind) -> Read {
    read_s3(&key(source), text, Some("application/octet-stream"), source)
}

/// One change of a JSON document.
#[derive(Debug, Clone)]
enum Edit {
    Delete,
    Set(Value),
    Rename(&'static str),
}

/// `text` with the node at the JSON pointer changed; members keep their places.
fn edit(text: &str, pointer: &str, change: &Edit) -> String {
    let mut document: Value = serde_json::from_str(text).unwrap();
    if let Edit::Set(value) = change
        && let Some(node) = document.pointer_mut(pointer)
    {
        *node = value.clone();
        return document.to_string();
    }
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match (document.pointer_mut(parent).unwrap(), change) {
        (Value::Object(members), Edit::Delete) => drop(members.shift_remove(name).unwrap()),
        (Value::Object(members), Edit::Set(value)) => drop(members.insert(name.to_owned(), value.clone())),
        (Value::Object(members), Edit::Rename(new)) => {
            *members = std::mem::take(members)
                .into_iter()
                .map(|(key, value)| (if key == name { (*new).to_owned() } else { key }, value))
                .collect();
        }
        (Value::Array(list), Edit::Delete) => drop(list.remove(name.parse().unwrap())),
        other => panic!("no edit of {other:?}"),
    }
    document.to_string()
}

/// The complaints as `rule path`, warnings marked with a question mark.
fn brief(complaints: &[Complaint]) -> Vec<String> {
    let mark = |complaint: &Complaint| if complaint.warning { "?" } else { "" };
    complaints.iter().map(|c| format!("{}{} {}", c.rule, mark(c), c.path)).collect()
}

/// Requires exactly one complaint.
fn only(complaints: &[Complaint], rule: RuleId, path: &str, what: &str) {
    let rules: Vec<(RuleId, &str)> = complaints.iter().map(|c| (c.rule, c.path.as_str())).collect();
    assert_eq!(rules, [(rule, path)], "after {what}: {:?}", brief(complaints));
}
