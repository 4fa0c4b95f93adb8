//! An endpoint, a client for it, and a transcript of what they say to each other.

use esm_model::mapping::SourceKind;
use esm_model::wire::EventContext;
use esm_model::wire::s3_key::is_uuid;
use esmeralda_wire::{Config, Double};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use std::sync::mpsc;
use std::time::Duration;

/// Longest wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(20);

/// An endpoint and what was said.
pub(crate) struct Endpoint {
    double: Double,
    agent: ureq::Agent,
    pub(crate) transcript: String,
}

impl Endpoint {
    pub(crate) fn new(config: Config) -> Endpoint {
        let double = Double::start(([127, 0, 0, 1], 0).into(), config).unwrap();
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Endpoint { double, agent, transcript: String::new() }
    }

    pub(crate) fn url(&self) -> String {
        self.double.url()
    }

    /// Sends a request and reads status, headers of interest and body.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (u16, String, String) {
        let mut request = ureq::http::Request::builder().method(method).uri(self.url() + path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_vec()).unwrap();
        let mut response = self.agent.run(request).unwrap();
        let kind = response.headers().get("x-amzn-errortype").map(|v| v.to_str().unwrap().to_owned());
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), kind.unwrap_or_default(), text)
    }

    /// An operation of a service that names it in a header; its answer must be good.
    pub(crate) fn call(&self, target: &str, body: Json) -> Json {
        let (status, _, text) = self.target(target, &body);
        assert_eq!(status, 200, "{target} {body}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn target(&self, target: &str, body: &Json) -> (u16, String, String) {
        let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
        self.send("POST", "/", &headers, body.to_string().as_bytes())
    }

    /// A REST operation; its answer must be good.
    pub(crate) fn rest(&self, method: &str, path: &str, body: Json) -> Json {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let (status, _, text) =
            self.send(method, path, &[("content-type", "application/json")], text.as_bytes());
        assert!((200..300).contains(&status), "{method} {path} {body}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Json::Null)
    }

    /// Says an operation and writes down what came back.
    pub(crate) fn say(&mut self, target: &str, body: Json) -> Json {
        let (status, kind, text) = self.target(target, &body);
        self.note(&format!("{target} {body}"), status, &kind, &text);
        serde_json::from_str(&text).unwrap_or(Json::Null)
    }

    /// Says a REST operation and writes down what came back.
    pub(crate) fn say_rest(&mut self, method: &str, path: &str, body: Json) -> Json {
        let sent = if body.is_null() { String::new() } else { body.to_string() };
        let (status, kind, text) =
            self.send(method, path, &[("content-type", "application/json")], sent.as_bytes());
        self.note(&format!("{method} {path} {sent}"), status, &kind, &text);
        serde_json::from_str(&text).unwrap_or(Json::Null)
    }

    /// Writes an exchange down, without what differs from run to run.
    pub(crate) fn note(&mut self, request: &str, status: u16, kind: &str, text: &str) {
        let shown = match serde_json::from_str::<Json>(text) {
            Ok(mut value) => {
                scrub(&mut value);
                serde_json::to_string_pretty(&value).unwrap()
            }
            Err(_) => scrub_xml(text),
        };
        let (url, kind) = (self.url(), if kind.is_empty() { "" } else { kind });
        let line = format!("> {}\n< {status} {kind}\n{shown}\n\n", request.trim_end());
        let line = line.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        write!(self.transcript, "{}\n\n", line.trim_end().replace(&url, "http://ENDPOINT")).unwrap();
    }

    /// A stream of so many shards, ready for use: its ARN.
    pub(crate) fn stream(&self, name: &str, shards: u32) -> String {
        self.call("Kinesis_20131202.CreateStream", json!({"StreamName": name, "ShardCount": shards}));
        until("the stream is active", || {
            let summary = self.call("Kinesis_20131202.DescribeStreamSummary", json!({"StreamName": name}));
            let summary = &summary["StreamDescriptionSummary"];
            (summary["StreamStatus"] == "ACTIVE").then(|| summary["StreamARN"].as_str().unwrap().to_owned())
        })
    }

    /// A function behind a URL.
    pub(crate) fn function(&self, name: &str, url: &str, timeout_s: u32) -> Json {
        self.rest(
            "POST",
            "/2015-03-31/functions",
            json!({
                "FunctionName": name, "Runtime": "python3.12", "Handler": "index.handler",
                "Role": "arn:aws:iam::000000000000:role/r", "Code": {"ZipFile": "UEs="}, "Timeout": timeout_s,
                "Environment": {"Variables": {"MINISTACK_LAMBDA_PROXY_URL": url}},
            }),
        )
    }

    /// A queue: its URL and ARN.
    pub(crate) fn queue(&self, name: &str) -> (String, String) {
        let made = self.call("AmazonSQS.CreateQueue", json!({"QueueName": name}));
        let url = made["QueueUrl"].as_str().unwrap().to_owned();
        (url, format!("arn:aws:sqs:us-east-1:000000000000:{name}"))
    }

    /// The messages that come within so many seconds, each deleted: ID and body.
    pub(crate) fn receive(&self, queue: &str, wait_s: u32) -> Vec<(String, String)> {
        let body = json!({"QueueUrl": queue, "WaitTimeSeconds": wait_s, "MaxNumberOfMessages": 10});
        let got = self.call("AmazonSQS.ReceiveMessage", body);
        let messages = got["Messages"].as_array().cloned().unwrap_or_default();
        for message in &messages {
            let handle = json!({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]});
            self.call("AmazonSQS.DeleteMessage", handle);
        }
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        messages.iter().map(|message| (text(&message["MessageId"]), text(&message["Body"]))).collect()
    }

    /// Puts a record, as text, into the shard of a hash key: 0 or the highest.
    pub(crate) fn put(&self, stream: &str, data: &str, high: bool) -> String {
        use base64::Engine as _;
        let data = base64::engine::general_purpose::STANDARD.encode(data);
        let key = if high { u128::MAX.to_string() } else { "0".to_owned() };
        let body = json!({"StreamARN": stream, "Data": data, "PartitionKey": "k", "ExplicitHashKey": key});
        let put = self.call("Kinesis_20131202.PutRecord", body);
        put["SequenceNumber"].as_str().unwrap().to_owned()
    }

    /// Creates a mapping and waits until it is enabled: its UUID.
    pub(crate) fn mapping(&self, stream: &str, function: &str, settings: Json) -> String {
        let mut body = json!({
            "EventSourceArn": stream, "FunctionName": function, "StartingPosition": "TRIM_HORIZON",
        });
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let made = self.rest("POST", "/2015-03-31/event-source-mappings", body);
        let uuid = made["UUID"].as_str().unwrap().to_owned();
        self.state(&uuid, "Enabled");
        uuid
    }

    /// Waits until a mapping shows a state, and returns what it shows.
    pub(crate) fn state(&self, uuid: &str, state: &str) -> Json {
        let path = format!("/2015-03-31/event-source-mappings/{uuid}");
        until(&format!("the mapping is {state}"), || {
            let shown = self.rest("GET", &path, Json::Null);
            (shown["State"] == state).then_some(shown)
        })
    }
}

/// Looks again and again until there is something, within the patience of a test.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let (_keep, never) = mpsc::channel::<()>();
    let looks = PATIENCE.as_millis() / PAUSE.as_millis();
    for _ in 0..looks {
        if let Some(found) = look() {
            return found;
        }
        let _ = never.recv_timeout(PAUSE);
    }
    panic!("waited {PATIENCE:?} in vain: {what}");
}

/// What an event of a stream must say.
pub(crate) fn context(source: SourceKind, stream: &str) -> EventContext {
    EventContext {
        source,
        shard_id: "shardId-000000000000".to_owned(),
        stream_arn: stream.to_owned(),
        region: "us-east-1".to_owned(),
        role_arn: "arn:aws:iam::000000000000:role/r".to_owned(),
    }
}

/// Compares a transcript with the reviewed one.
pub(crate) fn check(endpoint: &Endpoint, name: &str) {
    let transcript = number_uuids(&endpoint.transcript);
    esm_snapshots::settings("wire").bind(|| insta::assert_snapshot!(name, transcript));
}

/// UUIDs depend on how often something was asked before; what matters is which ones are the same.
fn number_uuids(text: &str) -> String {
    let mut seen: Vec<&str> = Vec::new();
    let mut numbered = String::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(id) = rest.get(..36).filter(|id| is_uuid(id)) {
            let known = seen.iter().position(|known| *known == id);
            let index = known.unwrap_or_else(|| {
                seen.push(id);
                seen.len() - 1
            });
            write!(numbered, "UUID-{}", index + 1).unwrap();
            at += 36;
        } else {
            let next = rest.chars().next().unwrap();
            numbered.push(next);
            at += next.len_utf8();
        }
    }
    numbered
}

/// Members that differ from run to run.
const CHANGING: [&str; 13] = [
    "LastModified",
    "StreamCreationTimestamp",
    "CreationRequestDateTime",
    "CreationDateTime",
    "ApproximateArrivalTimestamp",
    "ApproximateCreationDateTime",
    "ApproximateFirstReceiveTimestamp",
    "SentTimestamp",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "ShardIterator",
    "NextShardIterator",
    "MillisBehindLatest",
];

fn scrub(value: &mut Json) {
    match value {
        Json::Object(members) => {
            for (name, member) in members.iter_mut() {
                if CHANGING.contains(&name.as_str()) {
                    *member = "…".into();
                }
                scrub(member);
            }
        }
        Json::Array(list) => list.iter_mut().for_each(scrub),
        _ => {}
    }
}

fn scrub_xml(text: &str) -> String {
    let mut shown = text.to_owned();
    for tag in ["LastModified", "CreationDate", "CreateDate"] {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let parts: Vec<String> = shown
            .split(&open)
            .enumerate()
            .map(|(index, part)| match part.split_once(&close) {
                Some((_, rest)) if index > 0 => format!("{open}…{close}{rest}"),
                _ => part.to_owned(),
            })
            .collect();
        shown = parts.concat();
    }
    shown.replace("><", ">\n<")
}
