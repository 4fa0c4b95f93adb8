//! What clients send that is no good request: every service answers in its own manner, and nothing ends the endpoint.

use crate::support::Endpoint;
use esmeralda_wire::Config;
use serde_json::json;

#[test]
fn what_is_no_http_is_refused() {
    let endpoint = Endpoint::new(Config::default());
    assert_eq!(endpoint.raw(b"GARBAGE\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    let flood: String = (0..500).map(|index| format!("x-{index}: 1\r\n")).collect();
    let head = format!("GET / HTTP/1.1\r\nhost: x\r\n{flood}\r\n");
    assert_eq!(endpoint.raw(head.as_bytes()), "HTTP/1.1 431 Request Header Fields Too Large");
    // The endpoint lives on.
    assert_eq!(endpoint.call("Kinesis_20131202.ListStreams", json!({}))["StreamNames"], json!([]));
}

#[test]
fn each_service_says_in_its_own_manner_what_it_does_not_know() {
    let endpoint = Endpoint::new(Config::default());
    let refused = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let (status, _, text) = endpoint.send(method, path, headers, body.as_bytes());
        assert!((400..500).contains(&status), "{status} {text}");
        text
    };
    let target = |target| refused("POST", "/", &[("x-amz-target", target)], "{}");
    for unknown in
        ["Kinesis_20131202.X", "AmazonSQS.X", "DynamoDB_20120810.X", "DynamoDBStreams_20120810.X", "X"]
    {
        assert!(target(unknown).contains("UnknownOperationException"), "{unknown}");
    }
    let not_json = refused("POST", "/", &[("x-amz-target", "Kinesis_20131202.CreateStream")], "nope");
    assert!(not_json.contains("SerializationException"), "{not_json}");
    let rest = refused("PUT", "/2015-03-31/nothing", &[], "");
    assert!(rest.contains("Unknown Operation"), "{rest}");
    let list = refused("PUT", "/2015-03-31/event-source-mappings/x", &[], "[]");
    assert!(list.contains("expected an object"), "{list}");
    let bucket = refused("PATCH", "/bucket/key", &[], "");
    assert!(bucket.contains("<Code>MethodNotAllowed</Code>"), "{bucket}");
}

#[test]
fn it_tells_that_it_is_up() {
    let endpoint = Endpoint::new(Config::default());
    for path in ["/_esmeralda/health", "/_ministack/health"] {
        let (status, _, text) = endpoint.send("GET", path, &[], b"");
        assert!(status == 200 && text.contains("kinesis"), "{status} {text}");
    }
}
