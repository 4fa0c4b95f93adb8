//! An endpoint in memory, an engine in front of it, and a client for both.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esm_model::reference::{Fault, Policy};
use esmeralda::stop::Stop;
use esmeralda_engine::{Config, Server, Upstream};
use esmeralda_wire::Double;
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

/// Longest wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(20);

/// An engine in front of a URL.
pub(crate) fn config(upstream: &str) -> Config {
    Config {
        upstream: Upstream::new(upstream, None).expect("a URL"),
        policy: Policy::AWS,
        fault: None,
        state: None,
        region: "us-east-1".to_owned(),
    }
}

/// Starts an engine.
pub(crate) fn serve(config: Config) -> Server {
    Server::start(([127, 0, 0, 1], 0).into(), config, Stop::default()).expect("loopback can be bound")
}

/// An endpoint in memory.
pub(crate) fn upstream() -> Double {
    Double::start(([127, 0, 0, 1], 0).into(), esmeralda_wire::Config::default())
        .expect("loopback can be bound")
}

/// An endpoint and an engine in front of it.
pub(crate) fn pair(fault: Option<Fault>) -> (Double, Server) {
    let double = upstream();
    let engine = serve(Config { fault, ..config(&double.url()) });
    (double, engine)
}

/// A file of its own for a test.
pub(crate) fn file(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("engine");
    std::fs::create_dir_all(&dir).expect("a test directory can be made");
    let path = dir.join(name);
    // Left by an earlier run.
    let _ = std::fs::remove_file(&path);
    path
}

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

    /// An operation of a service that names it in a header; its answer must be good.
    pub(crate) fn call(&self, target: &str, body: Json) -> Json {
        let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
        let (status, _, text) = self.send("POST", "/", &headers, body.to_string().as_bytes());
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
    pub(crate) fn function(&self, name: &str, url: &str) {
        self.rest(
            "POST",
            "/2015-03-31/functions",
            json!({
                "FunctionName": name, "Runtime": "python3.12", "Handler": "index.handler",
                "Role": "arn:aws:iam::000000000000:role/r", "Code": {"ZipFile": "UEs="}, "Timeout": 3,
                "Environment": {"Variables": {"MINISTACK_LAMBDA_PROXY_URL": url}},
            }),
        );
    }

    /// A queue: its URL and ARN.
    pub(crate) fn queue(&self, name: &str) -> (String, String) {
        let made = self.call("AmazonSQS.CreateQueue", json!({"QueueName": name}));
        let url = made["QueueUrl"].as_str().expect("a text").to_owned();
        (url, format!("arn:aws:sqs:us-east-1:000000000000:{name}"))
    }

    /// The bodies of the messages that come within so many seconds, each deleted.
    pub(crate) fn receive(&self, queue: &str, wait_s: u32) -> Vec<Json> {
        let body = json!({"QueueUrl": queue, "WaitTimeSeconds": wait_s, "MaxNumberOfMessages": 10});
        let got = self.call("AmazonSQS.ReceiveMessage", body);
        let messages = got["Messages"].as_array().cloned().unwrap_or_default();
        for message in &messages {
            let handle = json!({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]});
            self.call("AmazonSQS.DeleteMessage", handle);
        }
        let body =
            |message: &Json| serde_json::from_str(message["Body"].as_str().expect("a text")).expect("JSON");
        messages.iter().map(body).collect()
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

/// A function that is an HTTP endpoint: it fails for records whose data begins with `bad`, and tells what it got.
pub(crate) struct Function {
    pub(crate) url: String,
    calls: mpsc::Receiver<Vec<String>>,
}

impl Function {
    /// Starts one. Its thread ends with the test's process.
    pub(crate) fn picky() -> Function {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback can be bound");
        let url = format!("http://{}/fn", listener.local_addr().expect("an address"));
        let (sender, calls) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.expect("a connection"), &sender);
            }
        });
        Function { url, calls }
    }

    /// The data of the next call, if there is one within so many milliseconds.
    pub(crate) fn within(&self, ms: u64) -> Option<Vec<String>> {
        self.calls.recv_timeout(Duration::from_millis(ms)).ok()
    }

    /// The data of the next call.
    pub(crate) fn next(&self) -> Vec<String> {
        self.calls.recv_timeout(PATIENCE).expect("the function is called")
    }
}

fn answer(mut stream: std::net::TcpStream, sender: &mpsc::Sender<Vec<String>>) {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().expect("a number");
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let event: Json = serde_json::from_slice(&body).expect("JSON");
    let data = |record: &Json| {
        let bytes = STANDARD.decode(record["kinesis"]["data"].as_str().expect("a text")).expect("base64");
        String::from_utf8(bytes).expect("a text")
    };
    let data: Vec<String> = event["Records"].as_array().into_iter().flatten().map(data).collect();
    let (status, text) = match data.iter().any(|data| data.starts_with("bad")) {
        true => (500, r#"{"errorMessage": "no", "errorType": "Refusal"}"#),
        false => (200, "null"),
    };
    // A test that has seen enough does not listen any more.
    let _ = sender.send(data);
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", text.len());
    // Nor does an engine that was stopped.
    let _ = stream.write_all(format!("{head}{text}").as_bytes());
}
