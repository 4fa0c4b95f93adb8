//! Mappings of other sources than streams stay the upstream's. The endpoint in memory has none, so a small one has.

use crate::support::{Client, config, serve};
use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";

/// An upstream that has one function, and one mapping of a queue: its URL.
fn upstream() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut length) = (String::new(), 0);
            reader.read_line(&mut first).unwrap();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let line = line.trim_end().to_ascii_lowercase();
                if let Some(value) = line.strip_prefix("content-length: ") {
                    length = value.parse().unwrap();
                }
                if line.is_empty() {
                    break;
                }
            }
            std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).unwrap();
            let mapping = json!({"UUID": "theirs", "EventSourceArn": QUEUE});
            let stream_of_theirs =
                json!({"UUID": "x", "EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"});
            let (status, body) = match first.split(' ').collect::<Vec<_>>()[..2] {
                ["GET", path] if path.starts_with("/2015-03-31/functions/") => {
                    (200, json!({"Version": "$LATEST"}))
                }
                ["GET", "/2015-03-31/event-source-mappings"] => {
                    (200, json!({"EventSourceMappings": [mapping, stream_of_theirs]}))
                }
                ["POST", "/2015-03-31/event-source-mappings"] => (202, mapping),
                [_, "/2015-03-31/event-source-mappings/theirs"] => (200, mapping),
                _ => (404, json!({"Message": "what?"})),
            };
            let body = body.to_string();
            let head =
                format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    url
}

#[test]
fn queues_stay_with_the_upstream() {
    let engine = serve(config(&upstream()));
    let front = Client::new(engine.url());
    let path = "/2015-03-31/event-source-mappings";
    let made = front.rest("POST", path, json!({"EventSourceArn": QUEUE, "FunctionName": "f"}));
    assert_eq!(made["UUID"], "theirs");
    let list = front.rest("GET", path, Json::Null);
    assert_eq!(list["EventSourceMappings"], json!([{"UUID": "theirs", "EventSourceArn": QUEUE}]));
    for method in ["GET", "PUT", "DELETE"] {
        assert_eq!(front.rest(method, &format!("{path}/theirs"), json!({}))["UUID"], "theirs", "{method}");
    }
    let (status, _, text) = front.send("GET", &format!("{path}/nobodys"), &[], b"");
    assert!(status == 404 && text.contains("The resource you requested does not exist."), "{text}");
    // What is wrong with a request is told here, in the service's words.
    let body = json!({"EventSourceArn": QUEUE});
    let (status, _, text) = front.send("POST", path, &[], body.to_string().as_bytes());
    assert!(status == 400 && text.contains("functionName"), "{text}");
}
