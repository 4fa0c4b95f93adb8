//! Out of a request to an AWS service and its answer: what was read of a stream or of a bucket.

use esmeralda_wire::http::{Answer, Request, decode};
use hyper::Method;
use serde_json::Value as Json;

/// Something that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// Records of a stream: their sequence numbers. None where the page was empty or refused.
    Records(Vec<String>),
    /// An object: its bucket, its key, and whether it was there.
    Object {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// Whether it was there.
        found: bool,
    },
}

/// What a request read, given its answer.
pub(super) fn of(request: &Request, answer: &Answer) -> Option<Read> {
    if request.header("x-amz-target").is_some_and(|target| target.ends_with(".GetRecords")) {
        let body: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
        let numbers = body["Records"].as_array().into_iter().flatten();
        // Of a table's stream it stands with the change.
        let number = |record: &Json| {
            let number = record["SequenceNumber"].as_str().or(record["dynamodb"]["SequenceNumber"].as_str());
            number.map(str::to_owned)
        };
        let numbers = numbers.filter_map(number);
        return Some(Read::Records(numbers.collect()));
    }
    if request.method != Method::GET || request.signed_for() != Some("s3") {
        return None;
    }
    let (bucket, key) = request.path.trim_start_matches('/').split_once('/')?;
    let (bucket, key) = (decode(bucket), decode(key));
    (!key.is_empty()).then_some(Read::Object { bucket, key, found: answer.status == 200 })
}
