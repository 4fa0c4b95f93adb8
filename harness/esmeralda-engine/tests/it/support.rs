//! An endpoint in memory, an engine in front of it, and a function behind both.

pub(crate) use crate::client::{Client, PATIENCE, until};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esm_model::reference::{Fault, Policy};
use esmeralda::stop::Stop;
use esmeralda_engine::{Config, Server, Upstream};
use esmeralda_wire::Double;
use serde_json::Value as Json;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

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

/// The failure records that come to a queue within so many seconds.
pub(crate) fn failure_records(client: &Client, queue: &str, wait_s: u32) -> Vec<Json> {
    let json = |(_, body): (String, String)| serde_json::from_str(&body).expect("JSON");
    client.receive(queue, wait_s).into_iter().map(json).collect()
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
