//! The key of a failure record in a bucket:
//! `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>`.
//!
//! Judged here by itself (S3-1); whether its time is the body's (S3-2) is seen where both are at hand.

use super::judge::{Judge, seen};
use super::timestamp;
use crate::catalogue as rules;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The parts of a key, as far as they could be understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Key {
    /// The mapping's UUID.
    pub mapping: Option<String>,
    /// The shard ID.
    pub shard_id: Option<String>,
    /// The time in the file name, in milliseconds since the epoch, whole seconds.
    pub time_ms: Option<i64>,
}

/// The key of S3-1. `timestamp_ms` is the body's timestamp (S3-2); `object_uuid` is a fresh UUID in lower
/// case.
pub fn s3_key(mapping_uuid: &str, shard_id: &str, timestamp_ms: i64, object_uuid: &str) -> String {
    let time = timestamp::date_and_time(timestamp_ms);
    let folders = time.get(..10).unwrap_or_default().replace('-', "/");
    let name = time.replace(':', ".");
    format!("aws/lambda/{mapping_uuid}/{shard_id}/{folders}/{name}-{object_uuid}")
}

/// Reads a key; any departure is one complaint, S3-1.
pub(super) fn read_key(judge: &mut Judge, key: &str) -> S3Key {
    let parts: Vec<&str> = key.split('/').collect();
    // The name is taken from the end, so that a wrong number of folders does not hide the time.
    let name = parts.last().copied().unwrap_or_default();
    let owned = |part: &&str| (!part.is_empty()).then(|| (*part).to_owned());
    let (mapping, shard_id) = match parts.as_slice() {
        ["aws", "lambda", mapping, shard, _, ..] => (owned(mapping), owned(shard)),
        _ => (None, None),
    };
    let found = S3Key { mapping, shard_id, time_ms: time_of(name) };
    if let Some(fault) = fault(&parts, name, found.time_ms) {
        let wanted = "aws/lambda/<mapping UUID>/<shard ID>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<lower-case UUID>";
        let seen = seen(Some(&Value::from(key)));
        judge.complain(rules::S3_1, "key", &format!("{seen}: {fault}"), wanted);
    }
    found
}

/// The time in the first 19 characters of a file name, with dots or, leniently, colons or dashes.
fn time_of(name: &str) -> Option<i64> {
    let (date, time) = name.get(..19)?.split_once(['T', 't', '_', ' '])?;
    let time: String = time.chars().map(|c| if matches!(c, '.' | '-' | '_') { ':' } else { c }).collect();
    timestamp::parse_seconds(&format!("{date}T{time}Z"))
}

fn fault(parts: &[&str], name: &str, time_ms: Option<i64>) -> Option<&'static str> {
    let [aws, lambda, mapping, shard, year, month, day, _] = parts else {
        return Some("not eight parts");
    };
    if [*aws, *lambda] != ["aws", "lambda"] {
        return Some("the prefix is not aws/lambda");
    }
    if !is_uuid(mapping) {
        return Some("the third part is no UUID");
    }
    if shard.is_empty() {
        return Some("the shard ID is empty");
    }
    let Some(time_ms) = time_ms else { return Some("the file name does not start with a time") };
    let time = timestamp::date_and_time(time_ms);
    if name.get(..19) != Some(time.replace(':', ".").as_str()) {
        return Some("the time is not written YYYY-MM-DDTHH.MM.SS");
    }
    if time.get(..10) != Some(format!("{year}-{month}-{day}").as_str()) {
        return Some("the folders are not the UTC date of the file name");
    }
    let rest = name.get(19..).unwrap_or_default();
    match rest.strip_prefix('-') {
        Some(uuid) if is_uuid(uuid) && !uuid.bytes().any(|b| b.is_ascii_uppercase()) => None,
        Some(uuid) if is_uuid(uuid) => Some("the UUID is not in lower case"),
        Some(uuid) if uuid.get(..36).is_some_and(is_uuid) => Some("something follows the UUID"),
        _ => Some("the time is not followed by a dash and a UUID"),
    }
}

/// Whether `text` has the form of a UUID, 8-4-4-4-12 hexadecimal digits in either case.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
