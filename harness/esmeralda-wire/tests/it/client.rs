//! A client of one URL that knows no AWS. The engine's tests use this file, too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Duration;

/// Longest wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(20);

/// A client of one URL.
pub(crate) struct Client {
    url: String,
    agent: ureq::Agent,
}

impl Client {
    pub(crate) fn new(url: String) -> Client {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Client { url, agent }
    }

    /// Sends a request and reads status, kind of error and body.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (u16, String, String) {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_vec()).expect("a request");
        let mut response = self.agent.run(request).expect("an answer");
        let kind =
            response.headers().get("x-amzn-errortype").map(|it| it.to_str().expect("a text").to_owned());
        let text = response.body_mut().read_to_string().expect("a text");
        (response.status().as_u16(), kind.unwrap_or_default(), text)
    }

    /// The first line of what comes back for these bytes.
    pub(crate) fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).expect("a connection");
        // Who is refused need not be heard to the end.
        let _ = stream.write_all(bytes);
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    /// An operation of a service that names it in a header: status, kind of error and body.
    pub(crate) fn target(&self, target: &str, body: &Json) -> (u16, String, String) {
        let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
        self.send("POST", "/", &headers, body.to_string().as_bytes())
    }

    /// The same; its answer must be good.
    pub(crate) fn call(&self, target: &str, body: Json) -> Json {
        let (status, _, text) = self.target(target, &body);
        assert_eq!(status, 200, "{target} {body}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// A REST operation; its answer must be good.
    pub(crate) fn rest(&self, method: &str, path: &str, body: Json) -> Json {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let (status, _, text) =
            self.send(method, path, &[("content-type", "application/json")], text.as_bytes());
        assert!((200..300).contains(&status), "{method} {path} {body}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Json::Null)
    }

    /// A stream of so many shards, ready for use: its ARN.
    pub(crate) fn stream(&self, name: &str, shards: u32) -> String {
        self.call("Kinesis_20131202.CreateStream", json!({"StreamName": name, "ShardCount": shards}));
        until("the stream is active", || {
            let summary = self.call("Kinesis_20131202.DescribeStreamSummary", json!({"StreamName": name}));
            let summary = &summary["StreamDescriptionSummary"];
            (summary["StreamStatus"] == "ACTIVE")
                .then(|| summary["StreamARN"].as_str().expect("a text").to_owned())
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
        let url = made["QueueUrl"].as_str().expect("a text").to_owned();
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
        let text = |value: &Json| value.as_str().expect("a text").to_owned();
        messages.iter().map(|message| (text(&message["MessageId"]), text(&message["Body"]))).collect()
    }

    /// Puts a record, as text, into the shard of a hash key: 0 or the highest.
    pub(crate) fn put(&self, stream: &str, data: &str, high: bool) -> String {
        let key = if high { u128::MAX.to_string() } else { "0".to_owned() };
        let data = STANDARD.encode(data);
        let body = json!({"StreamARN": stream, "Data": data, "PartitionKey": "k", "ExplicitHashKey": key});
        let put = self.call("Kinesis_20131202.PutRecord", body);
        put["SequenceNumber"].as_str().expect("a text").to_owned()
    }

    /// Creates a mapping from the oldest record on: its UUID.
    pub(crate) fn mapping(&self, stream: &str, function: &str, settings: Json) -> String {
        let mut body =
            json!({"EventSourceArn": stream, "FunctionName": function, "StartingPosition": "TRIM_HORIZON"});
        let members = body.as_object_mut().expect("an object");
        members.extend(settings.as_object().expect("an object").clone());
        let made = self.rest("POST", "/2015-03-31/event-source-mappings", body);
        made["UUID"].as_str().expect("a text").to_owned()
    }

    /// Waits until a mapping shows a state.
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
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        if let Some(found) = look() {
            return found;
        }
        let _ = never.recv_timeout(PAUSE);
    }
    panic!("waited {PATIENCE:?} in vain: {what}");
}
