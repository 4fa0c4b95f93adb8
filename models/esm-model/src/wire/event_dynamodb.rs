//! One record of a DynamoDB event, judged by DDB-7.
//!
//! A record from any table is well formed; only from the harness's own table, with its key and its data
//! attribute, are they understood. What the record shares with Kinesis is in `event_read.rs`.

use super::event::{DATA_ATTRIBUTE, KEY_ATTRIBUTE, SeenRecord};
use super::event_read::{Expected, base64, common, seconds, sequence};
use super::judge::{Judge, Object, at, seen};
use crate::rule::RuleId;
use serde_json::Value;

pub(super) fn dynamodb_record(
    judge: &mut Judge,
    record: &Object,
    expected: &Expected,
    path: &str,
) -> SeenRecord {
    let rule = expected.rule;
    let mut found = SeenRecord::default();
    if let Some(id) = judge.text(rule, record, path, "eventID", "a hexadecimal hash")
        && !id.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        judge.complain(rule, &at(path, "eventID"), &seen(record.get("eventID")), "a hexadecimal hash");
    }
    let name = record.get("eventName").and_then(Value::as_str);
    if !matches!(name, Some("INSERT" | "MODIFY" | "REMOVE")) {
        let wanted = "INSERT, MODIFY or REMOVE";
        judge.complain(rule, &at(path, "eventName"), &seen(record.get("eventName")), wanted);
    }
    judge.constant(rule, record, path, "eventVersion", "1.1");
    judge.constant(rule, record, path, "eventSource", "aws:dynamodb");
    common(judge, record, expected, path);
    if let Some(inner) = judge.object(rule, record, path, "dynamodb") {
        dynamodb_change(judge, rule, inner, &at(path, "dynamodb"), name == Some("REMOVE"), &mut found);
    }
    let known = [
        "eventID",
        "eventName",
        "eventVersion",
        "eventSource",
        "awsRegion",
        "dynamodb",
        "eventSourceARN",
        "userIdentity",
    ];
    judge.extras(rule, record, path, &known);
    found
}

fn dynamodb_change(
    judge: &mut Judge,
    rule: RuleId,
    inner: &Object,
    path: &str,
    removed: bool,
    found: &mut SeenRecord,
) {
    found.arrival_ms = seconds(judge, rule, inner, path, "ApproximateCreationDateTime");
    if let Some(keys) = judge.object(rule, inner, path, "Keys") {
        found.partition_key = match attribute(judge, rule, keys, &at(path, "Keys"), KEY_ATTRIBUTE) {
            Some(Attribute::Text(text)) => Some(text),
            _ => None,
        };
    }
    // A removed item has no new image.
    if !removed && let Some(image) = judge.object(rule, inner, path, "NewImage") {
        found.data =
            attribute(judge, rule, image, &at(path, "NewImage"), DATA_ATTRIBUTE).map(|value| match value {
                Attribute::Text(text) => text.into_bytes(),
                Attribute::Bytes(bytes) => bytes,
            });
        attribute(judge, rule, image, &at(path, "NewImage"), KEY_ATTRIBUTE);
    }
    found.sequence = sequence(judge, rule, inner, path, "SequenceNumber");
    let size = inner.get("SizeBytes");
    // Not `positive`: numbers of these events may be in exponent form (S3-6).
    if !size.and_then(Value::as_f64).is_some_and(|size| size > 0.0) {
        judge.complain(rule, &at(path, "SizeBytes"), &seen(size), "a positive number");
    }
    let view = inner.get("StreamViewType");
    let views = ["NEW_IMAGE", "NEW_AND_OLD_IMAGES", "OLD_IMAGE", "KEYS_ONLY"];
    if !view.and_then(Value::as_str).is_some_and(|view| views.contains(&view)) {
        judge.complain(rule, &at(path, "StreamViewType"), &seen(view), &views.join(", "));
    }
    let known = [
        "ApproximateCreationDateTime",
        "Keys",
        "NewImage",
        "OldImage",
        "SequenceNumber",
        "SizeBytes",
        "StreamViewType",
    ];
    judge.extras(rule, inner, path, &known);
}

enum Attribute {
    Text(String),
    Bytes(Vec<u8>),
}

/// A string or binary attribute of an item. That it is absent or of a third type is no fault of the event: tables other
/// than the harness's have other attributes.
fn attribute(judge: &mut Judge, rule: RuleId, item: &Object, path: &str, name: &str) -> Option<Attribute> {
    let member = item.get(name)?;
    let path = at(path, name);
    let typed = member.as_object().filter(|value| value.len() == 1).and_then(|value| value.iter().next());
    match typed.map(|(kind, value)| (kind.as_str(), value)) {
        Some(("S", Value::String(text))) => return Some(Attribute::Text(text.clone())),
        Some(("B", value)) => {
            return base64(judge, rule, Some(value), &at(&path, "B")).map(Attribute::Bytes);
        }
        Some(("N" | "SS" | "NS" | "BS" | "M" | "L" | "NULL" | "BOOL", _)) => {}
        _ => judge.complain(rule, &path, &seen(Some(member)), "a typed value such as {\"S\": \"…\"}"),
    }
    None
}
