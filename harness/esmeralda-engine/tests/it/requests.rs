//! What is passed through, what is refused, and in whose manner.

use crate::support::{Client, Function, failure_records, pair};
use serde_json::{Value as Json, json};

const MAPPINGS: &str = "/2015-03-31/event-source-mappings";

#[test]
fn everything_else_is_passed_through() {
    let (double, engine) = pair(None);
    let (behind, front) = (Client::new(double.url()), Client::new(engine.url()));
    front.stream("s", 2);
    assert_eq!(behind.call("Kinesis_20131202.ListStreams", json!({}))["StreamNames"], json!(["s"]));
    assert_eq!(front.send("PUT", "/bucket", &[], b"").0, 200);
    // Larger than what is read of a request for a mapping.
    let large = vec![b'x'; 5 * 1024 * 1024];
    assert_eq!(front.send("PUT", "/bucket/a%20key", &[("content-type", "text/plain")], &large).0, 200);
    let got = |client: &Client| client.send("GET", "/bucket/a%20key", &[], b"").2;
    assert_eq!(got(&front), got(&behind));
    assert_eq!(got(&front).len(), large.len());
    let (status, kind, text) = front.send("GET", "/2015-03-31/functions/none", &[], b"");
    assert_eq!((status, kind.as_str()), (404, "ResourceNotFoundException"), "{text}");
}

#[test]
fn an_upstream_that_is_down_is_told() {
    let engine = crate::support::serve(crate::support::config("http://127.0.0.1:9"));
    let front = Client::new(engine.url());
    let (status, kind, text) = front.send("GET", "/bucket/key", &[], b"");
    assert_eq!((status, kind.as_str()), (502, "ServiceUnavailable"));
    assert!(text.contains("no answer from the upstream"), "{text}");
    let body = json!({
        "EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s", "FunctionName": "f",
        "StartingPosition": "LATEST",
    });
    let (status, kind, text) = front.send("POST", MAPPINGS, &[], body.to_string().as_bytes());
    assert_eq!((status, kind.as_str()), (500, "ServiceException"), "{text}");
    assert_eq!(front.rest("GET", MAPPINGS, Json::Null), json!({"EventSourceMappings": []}));
}

#[test]
fn bad_requests_get_the_services_error() {
    let (_double, engine) = pair(None);
    let front = Client::new(engine.url());
    let unknown = format!("{MAPPINGS}/00000000-0000-4000-8000-000000000000");
    // More than any socket takes before somebody reads.
    let huge = vec![b' '; 8 * 1024 * 1024];
    for (method, path, body, status, kind) in [
        ("POST", MAPPINGS, b"nope".as_slice(), 400, "SerializationException"),
        ("POST", MAPPINGS, b"[]", 400, "SerializationException"),
        ("POST", MAPPINGS, b"{\"BatchSize\": \"many\"}", 400, "SerializationException"),
        ("POST", MAPPINGS, b"\xff\xfe", 400, "SerializationException"),
        ("POST", MAPPINGS, b"{}", 400, "ValidationException"),
        ("POST", MAPPINGS, b"{\"FunctionName\": \"f\"}", 400, "InvalidParameterValueException"),
        ("PATCH", MAPPINGS, b"", 404, "UnknownOperationException"),
        ("DELETE", MAPPINGS, b"", 404, "UnknownOperationException"),
        ("POST", &unknown, b"{}", 404, "UnknownOperationException"),
        ("GET", &unknown, b"", 404, "ResourceNotFoundException"),
        ("PUT", &unknown, b"{}", 404, "ResourceNotFoundException"),
        ("DELETE", &unknown, b"", 404, "ResourceNotFoundException"),
        ("GET", "/_esmeralda/mappings/none/timeline", b"", 404, "ResourceNotFoundException"),
        ("POST", MAPPINGS, huge.as_slice(), 413, "RequestEntityTooLargeException"),
    ] {
        let (got, named, text) = front.send(method, path, &[], body);
        assert_eq!((got, named.as_str()), (status, kind), "{method} {path}: {text}");
        let text: Json = serde_json::from_str(&text).expect("the service's errors are JSON");
        assert!(text["message"].is_string() || text["Message"].is_string(), "{text}");
    }
    let flood: String = (0..500).map(|index| format!("x-{index}: 1\r\n")).collect();
    let head = format!("GET {MAPPINGS} HTTP/1.1\r\nhost: x\r\n{flood}\r\n");
    assert_eq!(front.raw(head.as_bytes()), "HTTP/1.1 431 Request Header Fields Too Large");
    let long = format!("GET {MAPPINGS} HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(200_000));
    assert_eq!(front.raw(long.as_bytes()), "HTTP/1.1 431 Request Header Fields Too Large");
    assert_eq!(front.raw(b"GARBAGE\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    // It lives on.
    let health = front.rest("GET", "/_esmeralda/health", Json::Null);
    assert_eq!(health["service"], "esmeralda-engine");
}

#[test]
fn a_mapping_lives_and_its_records_have_a_story() {
    let (_double, engine) = pair(None);
    let front = Client::new(engine.url());
    let stream = front.stream("s", 1);
    let function = Function::picky();
    front.function("orders", &function.url, 3);
    let (queue, arn) = front.queue("q");
    let numbers: Vec<String> = ["good", "bad"].iter().map(|data| front.put(&stream, data, false)).collect();
    let uuid = front.mapping(
        &stream,
        "orders",
        json!({
            "MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": true,
            "DestinationConfig": {"OnFailure": {"Destination": arn}}, "Tags": {"team": "orders"},
        }),
    );
    for wanted in [&["good", "bad"][..], &["good"], &["bad"], &["bad"]] {
        assert_eq!(function.next(), wanted);
    }
    let record = &failure_records(&front, &queue, 20)[0];
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 2);
    assert_eq!(record["KinesisBatchInfo"]["startSequenceNumber"], numbers[1].as_str());
    let path = format!("/_esmeralda/mappings/{uuid}/timeline");
    let told = crate::support::until("the failure record is written", || {
        let timeline = front.rest("GET", &path, Json::Null);
        let of_bad =
            timeline["records"].as_array()?.iter().find(|it| it["sequenceNumber"] == numbers[1].as_str())?;
        let told: Vec<String> =
            of_bad["happened"].as_array()?.iter().map(|it| it["what"].as_str().unwrap().to_owned()).collect();
        (told.len() >= 8).then_some(told)
    });
    assert_eq!(
        told,
        [
            "delivered",
            "failed",
            "delivered",
            "failed",
            "delivered",
            "failed",
            "discarded",
            "failure record written"
        ]
    );
    let shown = front.state(&uuid, "Enabled");
    assert_eq!(shown["LastProcessingResult"], "PROBLEM: Function call failed");
    let tags =
        format!("/2017-03-31/tags/{}", shown["EventSourceMappingArn"].as_str().unwrap().replace(':', "%3A"));
    assert_eq!(front.rest("GET", &tags, Json::Null)["Tags"], json!({"team": "orders"}));
    front.rest(
        "PUT",
        &format!("{MAPPINGS}/{uuid}"),
        json!({"DestinationConfig": {"OnFailure": {"Destination": ""}}}),
    );
    let shown = front.state(&uuid, "Enabled");
    assert_eq!(shown["DestinationConfig"], json!({"OnFailure": {}}));
    front.rest("DELETE", &format!("{MAPPINGS}/{uuid}"), Json::Null);
}

#[test]
fn a_mapping_that_begins_at_the_end_sees_what_comes_and_nothing_before() {
    let (_double, engine) = pair(None);
    let front = Client::new(engine.url());
    let stream = front.stream("s", 1);
    let function = Function::picky();
    front.function("orders", &function.url, 3);
    front.put(&stream, "old", false);
    let uuid = front.mapping(&stream, "orders", json!({"StartingPosition": "LATEST"}));
    front.put(&stream, "new", false);
    assert_eq!(function.next(), ["new"]);
    front.state(&uuid, "Enabled");
}
