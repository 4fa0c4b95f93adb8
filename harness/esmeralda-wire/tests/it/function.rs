//! A function that is an HTTP endpoint, on a thread of its own: it answers as it is told to, and tells what it got.

use base64::Engine as _;
use serde_json::Value as Json;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// A call as the function got it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Called {
    pub(crate) request: String,
    pub(crate) event: Json,
}

impl Called {
    /// The data of its records, as texts.
    pub(crate) fn data(&self) -> Vec<String> {
        let records = self.event["Records"].as_array().cloned().unwrap_or_default();
        let decode = |record: &Json| {
            let data = record["kinesis"]["data"].as_str().unwrap();
            let bytes = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        records.iter().map(decode).collect()
    }
}

/// What the function does with a call.
pub(crate) enum Does {
    /// Answers with a status and a body.
    Says(u16, &'static str),
    /// Never answers.
    Hangs,
    /// Ends the connection.
    Dies,
}

/// A running function.
pub(crate) struct Function {
    pub(crate) url: String,
    pub(crate) calls: Receiver<Called>,
    /// Connections that are left without an answer.
    _hanging: Arc<Mutex<Vec<TcpStream>>>,
}

impl Function {
    /// Starts a function. Its thread ends with the test's process.
    pub(crate) fn start(does: impl Fn(&Called) -> Does + Send + 'static) -> Function {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/fn", listener.local_addr().unwrap());
        let (sender, calls) = channel();
        let hanging = Arc::new(Mutex::new(Vec::new()));
        let kept = hanging.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &does, &sender, &kept);
            }
        });
        Function { url, calls, _hanging: hanging }
    }

    /// A function that fails for records whose data begins with `bad`.
    pub(crate) fn picky() -> Function {
        Function::start(|called| match called.data().iter().any(|data| data.starts_with("bad")) {
            true => Does::Says(500, r#"{"errorMessage": "no", "errorType": "Refusal"}"#),
            false => Does::Says(200, "null"),
        })
    }

    /// The next call, within the patience of a test.
    pub(crate) fn next(&self) -> Called {
        self.calls.recv_timeout(crate::support::PATIENCE).expect("the function is called")
    }
}

fn serve(
    mut stream: TcpStream,
    does: &impl Fn(&Called) -> Does,
    sender: &Sender<Called>,
    hanging: &Mutex<Vec<TcpStream>>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut length, mut request) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "x-amzn-lambda-request-id" => request = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let called = Called { request, event: serde_json::from_slice(&body).unwrap_or(Json::Null) };
    let what = does(&called);
    // A test that has seen enough does not listen any more.
    let _ = sender.send(called);
    match what {
        Does::Says(status, text) => {
            let head =
                format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", text.len());
            stream.write_all(format!("{head}{text}").as_bytes()).unwrap();
        }
        Does::Hangs => hanging.lock().unwrap().push(stream),
        Does::Dies => drop(stream),
    }
}
