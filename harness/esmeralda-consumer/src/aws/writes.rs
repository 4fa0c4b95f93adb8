//! Out of a request to an AWS service and its answer: what was written.
//!
//! A write is what the service took: a request that failed wrote nothing, and of a batch only the entries count that did
//! not fail. No list of operations: names that begin like those of writes are writes, also of services that nobody
//! thought of here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esmeralda_wire::http::{Answer, Request};
use esmeralda_wire::query::Form;
use esmeralda_wire::s3::content;
use serde_json::Value as Json;

/// How names of operations begin that change something.
const VERBS: [&str; 14] = [
    "Put",
    "Send",
    "Publish",
    "Update",
    "Delete",
    "BatchWrite",
    "BatchExecute",
    "TransactWrite",
    "Execute",
    "Start",
    "Invoke",
    "Write",
    "Create",
    "Upload",
];
/// What is written to, by the members that name it.
const TARGETS: [&str; 9] = [
    "TableName",
    "StreamName",
    "StreamARN",
    "QueueUrl",
    "TopicArn",
    "DeliveryStreamName",
    "EventBusName",
    "stateMachineArn",
    "TargetArn",
];
/// Members whose texts are base64.
const ENCODED: [&str; 4] = ["Data", "Blob", "B", "Payload"];

/// Something that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Service, operation and what was written to, such as `dynamodb PutItem orders`.
    pub kind: String,
    /// The kind, and everything that was written, decoded: patterns are matched with this.
    pub text: String,
    /// Whether the same write again changes nothing: it replaces what it has written.
    pub replaces: bool,
}

/// Service and operation of a request.
pub(super) fn operation(request: &Request) -> String {
    if let Some(target) = request.header("x-amz-target") {
        let (service, operation) = target.split_once('.').unwrap_or((target, ""));
        return format!("{} {operation}", service_name(service));
    }
    let form = Form::read(request);
    let service = request.signed_for().unwrap_or("aws").to_owned();
    match form.get("Action") {
        Some(action) => format!("{service} {action}"),
        None if service == "s3" && request.method == hyper::Method::PUT => "s3 PutObject".to_owned(),
        None if service == "s3" && request.method == hyper::Method::DELETE => "s3 DeleteObject".to_owned(),
        None if service == "lambda" && request.path.ends_with("/invocations") => "lambda Invoke".to_owned(),
        None => format!("{service} {} {}", request.method, request.path),
    }
}

fn service_name(target: &str) -> String {
    let known = [
        ("Kinesis_", "kinesis"),
        ("DynamoDB_", "dynamodb"),
        ("AmazonSQS", "sqs"),
        ("Firehose_", "firehose"),
        ("AWSEvents", "events"),
        ("AWSStepFunctions", "states"),
    ];
    let found = known.into_iter().find(|(prefix, _)| target.starts_with(prefix));
    found.map_or_else(|| target.to_ascii_lowercase(), |(_, name)| name.to_owned())
}

/// What a request wrote, given its answer.
pub(super) fn of(request: &Request, answer: &Answer) -> Vec<Write> {
    if !(200..300).contains(&answer.status) {
        return Vec::new();
    }
    let operation = operation(request);
    let name = operation.split(' ').nth(1).unwrap_or_default();
    if !VERBS.iter().any(|verb| name.starts_with(verb)) && !["POST", "PUT", "PATCH", "DELETE"].contains(&name)
    {
        return Vec::new();
    }
    let whole = |target: &str, text: &str, replaces: bool| Write {
        kind: format!("{operation} {target}"),
        text: format!("{operation} {target} {text}"),
        replaces,
    };
    let path = esmeralda_wire::http::decode(request.path.trim_start_matches('/'));
    if operation.starts_with("s3 ") {
        let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
        if key.is_empty() {
            return Vec::new();
        }
        let body = content(request).unwrap_or_else(|_| request.body.clone());
        return vec![whole(bucket, &format!("{key} {}", String::from_utf8_lossy(&body)), true)];
    }
    let form = Form::read(request);
    if form.get("Action").is_some() {
        let target = form.get("TopicArn").or(form.get("QueueUrl")).unwrap_or_default();
        return form.groups(".member.").into_iter().map(|text| whole(last(target), &text, false)).collect();
    }
    let Ok(body) = request.json() else {
        return vec![whole(&path, &String::from_utf8_lossy(&request.body), false)];
    };
    let result: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
    let mut writes = Vec::new();
    for (table, requests) in body["RequestItems"].as_object().into_iter().flatten() {
        for one in requests.as_array().into_iter().flatten() {
            writes.push(whole(last(table), &decoded(one), true));
        }
    }
    for item in body["TransactItems"].as_array().into_iter().flatten() {
        for (member, one) in
            item.as_object().into_iter().flatten().filter(|(name, _)| *name != "ConditionCheck")
        {
            let target = format!("{} {member}", target(one));
            writes.push(whole(&target, &decoded(one), replaces(member, one)));
        }
    }
    if !writes.is_empty() {
        return writes;
    }
    let target = target(&body);
    let target = if target.is_empty() { path } else { target };
    let list = ["Records", "Entries"].into_iter().find_map(|member| body[member].as_array());
    let Some(list) = list else {
        return vec![whole(&target, &decoded(&body), replaces(name, &body))];
    };
    let failed = |index: usize, entry: &Json| {
        let by_place =
            |member: &str| result[member][index].get("ErrorCode").is_some_and(|code| !code.is_null());
        let by_id = || {
            let failed = result["Failed"].as_array();
            failed.is_some_and(|failed| failed.iter().any(|one| one["Id"] == entry["Id"]))
        };
        by_place("Records") || by_place("Entries") || by_place("RequestResponses") || by_id()
    };
    let taken = list.iter().enumerate().filter(|(index, entry)| !failed(*index, entry));
    taken.map(|(_, entry)| whole(&target, &decoded(entry), deduplicated(entry))).collect()
}

fn last(text: &str) -> &str {
    text.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default()
}

fn target(body: &Json) -> String {
    let named = TARGETS.iter().find_map(|member| body[*member].as_str());
    named.map(|name| last(name).to_owned()).unwrap_or_default()
}

/// Whether the same request once more leaves everything as it is.
fn replaces(operation: &str, body: &Json) -> bool {
    if operation.starts_with("Delete") {
        return true;
    }
    match operation {
        "PutItem" | "Put" => true,
        // What may be a question as well: nobody knows that it does harm.
        "POST" | "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction" => true,
        "UpdateItem" | "Update" => {
            let update = body["UpdateExpression"].as_str().unwrap_or_default();
            let upper = update.to_ascii_uppercase();
            let counts = upper.split_whitespace().any(|word| word == "ADD")
                || update.contains(['+', '-'])
                || update.contains("list_append");
            !counts
        }
        _ => deduplicated(body),
    }
}

/// A FIFO queue or topic drops what has the same deduplication ID.
fn deduplicated(entry: &Json) -> bool {
    entry.get("MessageDeduplicationId").is_some()
}

/// The JSON of a write, with what is base64 in it decoded beside it.
fn decoded(body: &Json) -> String {
    let mut text = body.to_string();
    let mut found = Vec::new();
    collect(body, &mut found, 0);
    for bytes in found {
        text.push(' ');
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    text
}

fn collect(value: &Json, found: &mut Vec<Vec<u8>>, depth: usize) {
    /// No service nests deeper.
    const DEEPEST: usize = 32;
    if depth > DEEPEST {
        return;
    }
    match value {
        Json::Object(members) => {
            for (member, value) in members {
                match value.as_str().filter(|_| ENCODED.contains(&member.as_str())) {
                    Some(text) => found.extend(STANDARD.decode(text).ok()),
                    None => collect(value, found, depth + 1),
                }
            }
        }
        Json::Array(list) => list.iter().for_each(|value| collect(value, found, depth + 1)),
        _ => {}
    }
}
