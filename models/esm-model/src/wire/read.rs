//! Reads failure records from the three kinds of destination: parsed leniently, judged strictly.
//!
//! One entry point per destination. The members themselves are judged in `body.rs` and `body_batch.rs`, alike
//! for all three; here is what differs: the envelope, the key, the content type. Oversized or non-UTF-8 input
//! is the caller's; nesting is bounded by the parser.

use super::body::{Carrier, read_body};
use super::found::Read;
use super::judge::{Judge, Object, at, seen};
use super::s3_key::read_key;
use crate::catalogue as rules;
use crate::mapping::SourceKind;
use crate::rule::RuleId;
use serde_json::Value;

/// Reads the body of an SQS message. Text that is no JSON object breaks DISCARD-8.
pub fn read_sqs(text: &str, source: SourceKind) -> Read {
    let mut judge = Judge::default();
    let record = parse(&mut judge, rules::DISCARD_8, "", text)
        .map(|body| read_body(&mut judge, &body, source, Carrier::Sqs));
    Read { record, complaints: judge.finish() }
}

/// Reads an SNS notification, envelope and all (DISCARD-9). A bare failure record, as raw message delivery
/// would send it, is understood with a complaint.
pub fn read_sns(text: &str, source: SourceKind) -> Read {
    let mut judge = Judge::default();
    let body = parse(&mut judge, rules::DISCARD_9, "", text).and_then(|envelope| open(&mut judge, envelope));
    let record = body.map(|body| read_body(&mut judge, &body, source, Carrier::Sns));
    Read { record, complaints: judge.finish() }
}

/// Reads an S3 object. `content_type` is nothing where the target does not tell it. Text that is no JSON
/// object breaks S3-3.
pub fn read_s3(key: &str, text: &str, content_type: Option<&str>, source: SourceKind) -> Read {
    let mut judge = Judge::default();
    let key = read_key(&mut judge, key);
    if let Some(other) = content_type.filter(|text| *text != OCTETS) {
        judge.warn(rules::S3_5, "Content-Type", &seen(Some(&Value::from(other))), OCTETS);
    }
    let record = parse(&mut judge, rules::S3_3, "", text)
        .map(|body| read_body(&mut judge, &body, source, Carrier::S3(key)));
    Read { record, complaints: judge.finish() }
}

const OCTETS: &str = "application/octet-stream";

/// The text as a JSON object.
fn parse(judge: &mut Judge, rule: RuleId, path: &str, text: &str) -> Option<Object> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => return Some(object),
        Ok(other) => judge.complain(rule, path, &seen(Some(&other)), "a JSON object"),
        Err(error) => judge.complain(rule, path, &format!("is not JSON ({error})"), "a JSON object"),
    }
    None
}

/// Judges the envelope and takes the failure record out of it.
fn open(judge: &mut Judge, mut envelope: Object) -> Option<Object> {
    if envelope.contains_key("requestContext") && !envelope.contains_key("Message") {
        judge.complain(
            rules::DISCARD_9,
            "",
            "is a failure record without an envelope",
            "an SNS Notification",
        );
        return Some(envelope);
    }
    judge.constant(rules::DISCARD_9, &envelope, "", "Type", "Notification");
    for name in ENVELOPE {
        let well =
            envelope.get(name).is_some_and(|value| value.as_str().is_some_and(|text| !text.is_empty()));
        if !well {
            // The envelope is the topic's work, not the mapping's.
            judge.warn(rules::DISCARD_9, &at("", name), &seen(envelope.get(name)), "a string");
        }
    }
    match envelope.remove("Message") {
        Some(Value::String(text)) => parse(judge, rules::DISCARD_9, "Message", &text),
        Some(Value::Object(body)) => {
            judge.complain(rules::DISCARD_9, "Message", "is an object", "a JSON string");
            Some(body)
        }
        other => {
            judge.complain(rules::DISCARD_9, "Message", &seen(other.as_ref()), "a JSON string");
            None
        }
    }
}

/// The members of an ordinary notification besides `Type` and `Message`; `Subject` and `MessageAttributes`
/// may follow.
const ENVELOPE: [&str; 7] = [
    "MessageId",
    "TopicArn",
    "Timestamp",
    "SignatureVersion",
    "Signature",
    "SigningCertURL",
    "UnsubscribeURL",
];
