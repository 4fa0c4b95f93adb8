//! Judges invocation events from a target by BATCH-11 (Kinesis) and DDB-7 (DynamoDB).
//!
//! Each record by itself: that all of a batch are from one shard (BATCH-2), in order and the right ones is
//! for others, who get what was seen.

use super::event::{EventContext, ReadEvent, SeenRecord};
use super::event_dynamodb::dynamodb_record;
use super::event_kinesis::kinesis_record;
use super::judge::{Judge, MOST_SECONDS, Object, at, is_arn, lenient_instant, seen};
use crate::catalogue as rules;
use crate::mapping::SourceKind;
use crate::rule::RuleId;
use crate::sequence::SequenceNumber;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::Value;

/// Reads the event that a function was invoked with. `context` says what all records must agree on.
pub fn read_event(text: &str, context: &EventContext) -> ReadEvent {
    let known = |text: &'_ str| -> Option<String> { (!text.is_empty()).then(|| text.to_owned()) };
    let expected = Expected {
        stream_arn: known(&context.stream_arn),
        region: known(&context.region),
        role_arn: known(&context.role_arn),
        ..Expected::of(context.source)
    };
    let mut judge = Judge::default();
    let records = match serde_json::from_str::<Value>(text) {
        Ok(event) => judge_event(&mut judge, &event, &expected, ""),
        Err(error) => {
            let seen = format!("is not JSON ({error})");
            judge.complain(expected.not_an_event, "", &seen, "an invocation event");
            None
        }
    };
    ReadEvent { records: records.unwrap_or_default(), complaints: judge.finish() }
}

/// What is known of an event beforehand.
pub(super) struct Expected {
    pub(super) source: SourceKind,
    /// The rule on the shape of records.
    pub(super) rule: RuleId,
    /// The rule that something which is no event at all breaks.
    pub(super) not_an_event: RuleId,
    pub(super) stream_arn: Option<String>,
    pub(super) region: Option<String>,
    pub(super) role_arn: Option<String>,
}

impl Expected {
    pub(super) fn of(source: SourceKind) -> Expected {
        let rule = match source {
            SourceKind::Kinesis => rules::BATCH_11,
            SourceKind::DynamoDb => rules::DDB_7,
        };
        Expected { source, rule, not_an_event: rule, stream_arn: None, region: None, role_arn: None }
    }
}

/// The members an event has beside its records when the mapping has a window (WINDOW-1).
const EVENT: [&str; 7] = [
    "Records",
    "window",
    "state",
    "shardId",
    "eventSourceARN",
    "isFinalInvokeForWindow",
    "isWindowTerminatedEarly",
];

/// Judges an event at `path`; nothing if it is none.
pub(super) fn judge_event(
    judge: &mut Judge,
    event: &Value,
    expected: &Expected,
    path: &str,
) -> Option<Vec<SeenRecord>> {
    let Some(members) = event.as_object() else {
        judge.complain(expected.not_an_event, path, &seen(Some(event)), "an invocation event");
        return None;
    };
    let list_path = at(path, "Records");
    let Some(list) = members.get("Records").and_then(Value::as_array) else {
        judge.complain(expected.not_an_event, &list_path, &seen(members.get("Records")), "a list of records");
        return None;
    };
    judge.extras(expected.rule, members, path, &EVENT);
    // Only the last invocation of a window has no records (WINDOW-6).
    let last_of_window = members.get("isFinalInvokeForWindow") == Some(&Value::Bool(true));
    if list.is_empty() && !last_of_window {
        judge.complain(expected.not_an_event, &list_path, "is empty", "at least one record");
    }
    let mut records = Vec::with_capacity(list.len());
    for (index, entry) in list.iter().enumerate() {
        let path = format!("{list_path}[{index}]");
        let Some(record) = entry.as_object() else {
            judge.complain(expected.rule, &path, &seen(Some(entry)), "an object");
            continue;
        };
        records.push(match expected.source {
            SourceKind::Kinesis => kinesis_record(judge, record, expected, &path),
            SourceKind::DynamoDb => dynamodb_record(judge, record, expected, &path),
        });
    }
    Some(records)
}

/// What both kinds of records have.
pub(super) fn common(judge: &mut Judge, record: &Object, expected: &Expected, path: &str) {
    match &expected.region {
        Some(region) => judge.constant(expected.rule, record, path, "awsRegion", region),
        None => {
            judge.text(expected.rule, record, path, "awsRegion", "a region");
        }
    }
    arn(judge, expected.rule, record, path, "eventSourceARN", expected.stream_arn.as_deref());
}

pub(super) fn arn(
    judge: &mut Judge,
    rule: RuleId,
    record: &Object,
    path: &str,
    name: &str,
    expected: Option<&str>,
) {
    let value = record.get(name).and_then(Value::as_str);
    match expected {
        Some(expected) => judge.constant(rule, record, path, name, expected),
        None if value.is_some_and(is_arn) => {}
        None => judge.complain(rule, &at(path, name), &seen(record.get(name)), "an ARN"),
    }
}

pub(super) fn sequence(
    judge: &mut Judge,
    rule: RuleId,
    inner: &Object,
    path: &str,
    name: &str,
) -> Option<SequenceNumber> {
    let value = inner.get(name);
    let parsed = value.and_then(Value::as_str).and_then(|text| text.parse().ok());
    if parsed.is_none() {
        judge.complain(rule, &at(path, name), &seen(value), "a sequence number as a string");
    }
    parsed.or_else(|| value.and_then(Value::as_u64).map(SequenceNumber::from))
}

pub(super) fn base64(judge: &mut Judge, rule: RuleId, value: Option<&Value>, path: &str) -> Option<Vec<u8>> {
    let text = value.and_then(Value::as_str);
    if let Some(bytes) = text.and_then(|text| STANDARD.decode(text).ok()) {
        return Some(bytes);
    }
    judge.complain(rule, path, &seen(value), "standard base64");
    [STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|engine| engine.decode(text?).ok())
}

/// An instant as a number of seconds since the epoch, in milliseconds.
pub(super) fn seconds(
    judge: &mut Judge,
    rule: RuleId,
    inner: &Object,
    path: &str,
    name: &str,
) -> Option<i64> {
    let value = inner.get(name);
    let number = value.and_then(Value::as_f64);
    if !number.is_some_and(|number| (0.0..MOST_SECONDS).contains(&number)) {
        judge.complain(rule, &at(path, name), &seen(value), "a number of seconds since the epoch");
    }
    number
        .or_else(|| value.and_then(Value::as_str).and_then(|text| text.trim().parse().ok()))
        .and_then(lenient_instant)
}
