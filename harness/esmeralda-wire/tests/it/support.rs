//! An endpoint, a client for it, and a transcript of what they say to each other.

pub(crate) use crate::client::{Client, PATIENCE, until};
use esm_model::mapping::SourceKind;
use esm_model::wire::EventContext;
use esm_model::wire::s3_key::is_uuid;
use esmeralda_wire::{Config, Double};
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::ops::Deref;

/// An endpoint and what was said.
pub(crate) struct Endpoint {
    double: Double,
    client: Client,
    pub(crate) transcript: String,
}

impl Endpoint {
    pub(crate) fn new(config: Config) -> Endpoint {
        let double = Double::start(([127, 0, 0, 1], 0).into(), config).unwrap();
        let client = Client::new(double.url());
        Endpoint { double, client, transcript: String::new() }
    }

    pub(crate) fn url(&self) -> String {
        self.double.url()
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

    /// Creates a mapping and waits until it is enabled: its UUID.
    pub(crate) fn mapping(&self, stream: &str, function: &str, settings: Json) -> String {
        let uuid = self.client.mapping(stream, function, settings);
        self.state(&uuid, "Enabled");
        uuid
    }
}

impl Deref for Endpoint {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
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
