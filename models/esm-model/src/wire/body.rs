//! The members of a failure record outside its batch, judged one by one.
//!
//! Independent of the destination except for the payload and, in a bucket, the order of members.

use super::body_batch::read_batch;
use super::failure_record::Condition;
use super::found::{Found, FoundResponse, Member};
use super::judge::{Judge, Object, lenient_instant, lenient_u64, seen};
use super::payload::read_payload;
use super::s3_key::S3Key;
use super::timestamp::{self, Precision};
use crate::catalogue as rules;
use crate::mapping::SourceKind;
use crate::rule::RuleId;
use serde_json::Value;

/// What brought the record.
pub(super) enum Carrier {
    Sqs,
    Sns,
    S3(S3Key),
}

pub(super) fn read_body(judge: &mut Judge, body: &Object, source: SourceKind, carrier: Carrier) -> Found {
    let mut found =
        Found { window: body.get("timeWindowInfo").is_some_and(Value::is_object), ..Found::default() };
    read_request(judge, body, &mut found);
    read_response(judge, body, &mut found);
    read_version(judge, body, &mut found);
    let millis = (rules::REC_9, Precision::Millis);
    found.timestamp_ms = instant(judge, millis, "timestamp", body.get("timestamp"));

    let key = batch_key(judge, body, source);
    if let Some(batch) = body.get(key).and_then(Value::as_object) {
        found.batch = read_batch(judge, batch, key, source, found.window);
    } else {
        judge.complain(rules::REC_13, source.batch_info_key(), &seen(body.get(key)), "an object");
    }

    let mut known = vec!["requestContext", "responseContext", "version", "payload", "timestamp", key];
    if found.window {
        known.push("timeWindowInfo");
    }
    judge.extras(rules::REC_13, body, "", &known);
    match carrier {
        Carrier::Sqs | Carrier::Sns => {
            if let Some(payload) = body.get("payload") {
                let wanted = "no payload: only S3 gets it";
                judge.complain(rules::DISCARD_8, "payload", &seen(Some(payload)), wanted);
                found.payload = payload.as_str().map(str::to_owned);
            }
        }
        Carrier::S3(s3_key) => {
            found.key = s3_key;
            compare_key(judge, &found);
            read_payload(judge, body.get("payload"), source, &mut found);
            judge_order(
                judge,
                body,
                &["requestContext", "responseContext", "version", "payload", "timestamp", key],
            );
        }
    }
    found
}

/// The key under which the batch stands: the source's own, or with a complaint the other kind's.
fn batch_key(judge: &mut Judge, body: &Object, source: SourceKind) -> &'static str {
    let (own, foreign) = (source.batch_info_key(), source.other().batch_info_key());
    if body.contains_key(own) || !body.contains_key(foreign) {
        return own;
    }
    judge.complain(rules::DDB_1, foreign, "stands where the batch is described", &format!("`{own}`"));
    foreign
}

fn read_request(judge: &mut Judge, body: &Object, found: &mut Found) {
    let path = "requestContext";
    let Some(request) = judge.object(rules::REC_1, body, "", path) else { return };
    // The section 0.6 lets REC-2 warn only, whatever is wrong with the ID.
    found.request_id = request.get("requestId").and_then(Value::as_str).map(str::to_owned);
    if found.request_id.as_ref().is_none_or(String::is_empty) {
        let seen = seen(request.get("requestId"));
        judge.warn(rules::REC_2, "requestContext.requestId", &seen, "the invocation's request ID");
    }
    found.function_arn = judge.arn(rules::REC_3, request, path, "functionArn");
    found.condition =
        request.get("condition").and_then(Value::as_str).map(|text| Condition::from(text.to_owned()));
    let (guess, broken) = match &found.condition {
        Some(condition) => condition.guess(),
        None => (None, Some(rules::REC_1)),
    };
    found.condition_guess = guess;
    if let Some(rule) = broken {
        let seen = seen(request.get("condition"));
        judge.complain(
            rule,
            "requestContext.condition",
            &seen,
            "RetryAttemptsExhausted or RecordAgeExceeded",
        );
    }
    found.approximate_invoke_count = judge.positive(rules::REC_6, request, path, "approximateInvokeCount");
    let known = ["requestId", "functionArn", "condition", "approximateInvokeCount"];
    judge.extras(rules::REC_13, request, path, &known);
}

fn read_response(judge: &mut Judge, body: &Object, found: &mut Found) {
    let path = "responseContext";
    let value = body.get(path);
    // Where the member must not be at all, its contents are no second fault.
    let aged = found.condition_guess == Some(Condition::RecordAgeExceeded);
    if aged && value.is_some() {
        judge.complain(rules::AGE_3, path, &seen(value), "no such member with RecordAgeExceeded");
    }
    let unheard = &mut Judge::default();
    let judge = if aged { unheard } else { judge };
    found.response = match value {
        None => return,
        Some(Value::Object(response)) => Member::Found(read_context(judge, response, path)),
        other => {
            judge.complain(rules::REC_4, path, &seen(other), "an object");
            if other.is_some_and(Value::is_null) { Member::Null } else { Member::WrongType }
        }
    };
}

fn read_context(judge: &mut Judge, response: &Object, path: &str) -> FoundResponse {
    let mut found = FoundResponse::default();
    let status = response.get("statusCode");
    if status.and_then(Value::as_u64) != Some(200) {
        judge.complain(rules::REC_4, "responseContext.statusCode", &seen(status), "the number 200");
    }
    found.status_code = status.and_then(lenient_u64).and_then(|code| u16::try_from(code).ok());

    let version = response.get("executedVersion");
    let text = version.and_then(Value::as_str);
    if !text.is_some_and(|text| text == "$LATEST" || is_version(text)) {
        let wanted = "\"$LATEST\" or a version number as a string";
        judge.complain(rules::REC_4, "responseContext.executedVersion", &seen(version), wanted);
    }
    found.executed_version =
        text.map(str::to_owned).or_else(|| version.and_then(lenient_u64).map(|number| number.to_string()));

    let error = response.get("functionError");
    found.function_error = match error {
        Some(Value::String(text)) => Member::Found(text.clone()),
        Some(Value::Null) => Member::Null,
        other => {
            judge.complain(rules::REC_4, "responseContext.functionError", &seen(other), "a string or null");
            if other.is_none() { Member::Absent } else { Member::WrongType }
        }
    };
    judge.extras(rules::REC_13, response, path, &["statusCode", "executedVersion", "functionError"]);
    found
}

/// The number of a published version, from 1.
fn is_version(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn read_version(judge: &mut Judge, body: &Object, found: &mut Found) {
    judge.constant(rules::REC_12, body, "", "version", "1.0");
    found.version = match body.get("version") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
}

/// An instant that must be written in one exact form; leniently in any form, or as a number since the epoch.
pub(super) fn instant(
    judge: &mut Judge,
    (rule, form): (RuleId, Precision),
    path: &str,
    value: Option<&Value>,
) -> Option<i64> {
    let parsed = value.and_then(Value::as_str).and_then(timestamp::parse);
    if parsed.is_none_or(|(_, precision)| precision != form) {
        let wanted = match form {
            Precision::Seconds => "whole seconds and Z, 2022-07-13T13:48:01Z",
            _ => "three fractional digits and Z, 2022-07-13T13:48:01.000Z",
        };
        judge.complain(rule, path, &seen(value), wanted);
    }
    parsed.map(|(at, _)| at).or_else(|| value.and_then(Value::as_f64).and_then(lenient_instant))
}

/// The key's time must be the body's to the second, and its shard the batch's.
fn compare_key(judge: &mut Judge, found: &Found) {
    if let (Some(key), Some(body)) = (found.key.time_ms, found.timestamp_ms)
        && key != body.div_euclid(1000) * 1000
    {
        let seen = format!("says {}", timestamp::format_seconds(key));
        let wanted = format!("the body's timestamp to the second, {}", timestamp::format_millis(body));
        judge.complain(rules::S3_2, "key", &seen, &wanted);
    }
    if let (Some(key), Some(body)) = (&found.key.shard_id, &found.batch.shard_id)
        && key != body
    {
        let seen = format!("names the shard {:?}", super::judge::shorten(key));
        let wanted = format!("the batch's shard {:?}", super::judge::shorten(body));
        judge.complain(rules::S3_1, "key", &seen, &wanted);
    }
}

fn judge_order(judge: &mut Judge, body: &Object, order: &[&str]) {
    let places: Vec<usize> =
        body.keys().filter_map(|name| order.iter().position(|known| known == name)).collect();
    if !places.is_sorted() {
        let names: Vec<&str> = places.iter().filter_map(|place| order.get(*place).copied()).collect();
        judge.warn(rules::S3_4, "", &format!("has the order {}", names.join(", ")), &order.join(", "));
    }
}
