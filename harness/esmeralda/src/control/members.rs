//! The members of a request: names in the place of texts that begin with `$`, and what every create has.
//!
//! Not what may be answered: that is the model's.

use super::{Facts, Group};
use crate::target::TargetError;
use serde_json::{Map, Value};

/// The members of a request, with names for texts that begin with `$`.
pub(super) fn request(
    members: &Value,
    create: bool,
    facts: &Facts,
    now_ms: i64,
) -> Result<Value, TargetError> {
    let mut all = Map::new();
    if create {
        all.insert("EventSourceArn".to_owned(), facts.stream_arn.as_str().into());
        all.insert("FunctionName".to_owned(), facts.function_name.as_str().into());
        all.insert("StartingPosition".to_owned(), "TRIM_HORIZON".into());
    }
    for (name, value) in members.as_object().cloned().unwrap_or_default() {
        match value {
            Value::Null => all.shift_remove(&name),
            value => all.insert(name, substituted(&value, facts, now_ms)?),
        };
    }
    Ok(Value::Object(all))
}

fn substituted(value: &Value, facts: &Facts, now_ms: i64) -> Result<Value, TargetError> {
    let known = |name: &str| match name {
        "STREAM" => Some(facts.stream_arn.clone()),
        "NO_STREAM" => Some(format!("{}-missing", facts.stream_arn)),
        "FUNCTION" => Some(facts.function_name.clone()),
        "QUEUE" => Some(facts.queue_arn.clone()),
        "TOPIC" => Some(facts.topic_arn.clone()),
        "BUCKET" => Some(facts.bucket_arn.clone()),
        _ => None,
    };
    Ok(match value {
        Value::String(text) => match text.strip_prefix('$') {
            None => value.clone(),
            Some(rest) => match rest.strip_prefix("NOW").and_then(|seconds| seconds.parse::<i64>().ok()) {
                Some(seconds) => Value::from(now_ms / 1_000 + seconds),
                None => {
                    // A suffix, such as a qualifier, follows the name.
                    let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(rest.len());
                    let (name, suffix) = rest.split_at(end);
                    let text = known(name).filter(|text| !text.is_empty());
                    let text = text.ok_or_else(|| TargetError::Unsupported(format!("a {name} to name")))?;
                    Value::from(text + suffix)
                }
            },
        },
        Value::Array(items) => {
            let items: Result<_, _> = items.iter().map(|item| substituted(item, facts, now_ms)).collect();
            Value::Array(items?)
        }
        Value::Object(members) => {
            let mut object = Map::new();
            for (name, value) in members {
                object.insert(name.clone(), substituted(value, facts, now_ms)?);
            }
            Value::Object(object)
        }
        _ => value.clone(),
    })
}

pub(super) fn bad_group(group: &Group, error: &dyn std::fmt::Display) -> TargetError {
    TargetError::CouldNotRun(format!("the group {} is not a valid one: {error}", group.name))
}
