//! Mappings at work: records in, calls and failure records out, on a wall clock.

use crate::function::{Does, Function};
use crate::support::{Endpoint, context};
use esm_model::mapping::SourceKind;
use esm_model::wire::{read_event, read_s3, read_sns, read_sqs};
use esmeralda_wire::Config;
use serde_json::{Value as Json, json};

/// An endpoint with a stream of one shard and a picky function.
fn set_up(config: Config) -> (Endpoint, Function, String) {
    let endpoint = Endpoint::new(config);
    let stream = endpoint.stream("s", 1);
    let function = Function::picky();
    endpoint.function("orders", &function.url, 3);
    (endpoint, function, stream)
}

fn to(destination: &str) -> Json {
    json!({"MaximumRetryAttempts": 1, "DestinationConfig": {"OnFailure": {"Destination": destination}}})
}

#[test]
fn a_bad_record_is_retried_and_its_failure_record_reaches_the_queue() {
    let (endpoint, function, stream) = set_up(Config::default());
    let (url, arn) = endpoint.queue("q");
    endpoint.mapping(&stream, "orders", to(&arn));
    let number = endpoint.put(&stream, "bad", false);
    let (first, second) = (function.next(), function.next());
    assert_eq!(first, second, "the same batch with the same request ID");
    let seen = read_event(&first.event.to_string(), &context(SourceKind::Kinesis, &stream));
    assert_eq!(seen.complaints, []);
    let body = &endpoint.receive(&url, 20)[0].1;
    let read = read_sqs(body, SourceKind::Kinesis);
    assert_eq!(read.complaints, [], "{body}");
    let body: Json = serde_json::from_str(body).unwrap();
    assert_eq!(body["requestContext"]["requestId"], first.request.as_str());
    assert_eq!(body["requestContext"]["approximateInvokeCount"], 2);
    assert_eq!(body["KinesisBatchInfo"]["startSequenceNumber"], number.as_str());
    assert_eq!(body["KinesisBatchInfo"]["streamArn"], stream.as_str());
    endpoint.put(&stream, "good", false);
    assert_eq!(function.next().data(), ["good"]);
}

#[test]
fn failure_records_reach_a_topic() {
    let (endpoint, _function, stream) = set_up(Config::default());
    let (url, arn) = endpoint.queue("q");
    let topic = "arn:aws:sns:us-east-1:000000000000:t";
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for action in
        ["CreateTopic&Name=t".to_owned(), format!("Subscribe&TopicArn={topic}&Protocol=sqs&Endpoint={arn}")]
    {
        let body = format!("Version=2010-03-31&Action={action}");
        assert_eq!(endpoint.send("POST", "/", &form, body.as_bytes()).0, 200);
    }
    endpoint.mapping(&stream, "orders", to(topic));
    endpoint.put(&stream, "bad", false);
    let body = &endpoint.receive(&url, 20)[0].1;
    assert_eq!(read_sns(body, SourceKind::Kinesis).complaints, [], "{body}");
}

#[test]
fn failure_records_reach_a_bucket_with_the_whole_event() {
    let (endpoint, function, stream) = set_up(Config::default());
    assert_eq!(endpoint.send("PUT", "/bucket", &[], b"").0, 200);
    endpoint.mapping(&stream, "orders", to("arn:aws:s3:::bucket"));
    endpoint.put(&stream, "bad", false);
    let event = function.next().event;
    let key = crate::support::until("an object", || {
        let list = endpoint.send("GET", "/bucket?list-type=2", &[], b"").2;
        let (_, rest) = list.split_once("<Key>")?;
        Some(rest.split_once("</Key>")?.0.to_owned())
    });
    let body = endpoint.send("GET", &format!("/bucket/{key}"), &[], b"").2;
    let read = read_s3(&key, &body, Some("application/octet-stream"), SourceKind::Kinesis);
    assert_eq!(read.complaints, [], "{body}");
    let body: Json = serde_json::from_str(&body).unwrap();
    let payload: Json = serde_json::from_str(body["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload, event);
}

#[test]
fn a_time_out_is_a_failure() {
    let endpoint = Endpoint::new(Config::default());
    let stream = endpoint.stream("s", 1);
    let function = Function::start(|_| Does::Hangs);
    endpoint.function("orders", &function.url, 1);
    let (url, arn) = endpoint.queue("q");
    endpoint.mapping(&stream, "orders", to(&arn));
    endpoint.put(&stream, "x", false);
    let body: Json = serde_json::from_str(&endpoint.receive(&url, 20)[0].1).unwrap();
    assert_eq!(body["requestContext"]["approximateInvokeCount"], 2);
    assert_eq!(body["requestContext"]["condition"], "RetryAttemptsExhausted");
}

#[test]
fn reported_records_are_tried_again_from_the_first_one_on() {
    let endpoint = Endpoint::new(Config::default());
    let stream = endpoint.stream("s", 1);
    let numbers: Vec<String> =
        ["a", "b", "c"].iter().map(|data| endpoint.put(&stream, data, false)).collect();
    let body = format!(r#"{{"batchItemFailures": [{{"itemIdentifier": "{}"}}]}}"#, numbers[1]);
    let body: &'static str = Box::leak(body.into_boxed_str());
    let function = Function::start(move |_| Does::Says(200, body));
    endpoint.function("orders", &function.url, 3);
    let (url, arn) = endpoint.queue("q");
    let mut settings = to(&arn);
    settings["FunctionResponseTypes"] = json!(["ReportBatchItemFailures"]);
    endpoint.mapping(&stream, "orders", settings);
    assert_eq!(function.next().data(), ["a", "b", "c"]);
    assert_eq!(function.next().data(), ["b", "c"]);
    assert_eq!(function.next().data(), ["b", "c"]);
    let body: Json = serde_json::from_str(&endpoint.receive(&url, 20)[0].1).unwrap();
    assert_eq!(body["KinesisBatchInfo"]["batchSize"], 2);
    assert_eq!(body["responseContext"]["functionError"], Json::Null);
}

#[test]
fn a_throttled_function_is_called_later_and_loses_no_retry() {
    let (endpoint, function, stream) = set_up(Config::default());
    let (url, arn) = endpoint.queue("q");
    let concurrency = "/2017-10-31/functions/orders/concurrency";
    endpoint.rest("PUT", concurrency, json!({"ReservedConcurrentExecutions": 0}));
    endpoint.mapping(&stream, "orders", to(&arn));
    endpoint.put(&stream, "bad", false);
    assert_eq!(endpoint.receive(&url, 3), [], "nothing was called, nothing is discarded");
    assert!(function.calls.try_recv().is_err());
    endpoint.rest("DELETE", concurrency, Json::Null);
    let body: Json = serde_json::from_str(&endpoint.receive(&url, 20)[0].1).unwrap();
    assert_eq!(body["requestContext"]["approximateInvokeCount"], 2);
}

#[test]
fn shards_do_not_wait_for_each_other() {
    let endpoint = Endpoint::new(Config::default());
    let stream = endpoint.stream("s", 2);
    let function = Function::picky();
    endpoint.function("orders", &function.url, 3);
    endpoint.mapping(&stream, "orders", json!({"BatchSize": 1}));
    endpoint.put(&stream, "bad", false);
    assert_eq!(function.next().data(), ["bad"]);
    endpoint.put(&stream, "good", true);
    crate::support::until("the other shard goes on", || (function.next().data() == ["good"]).then_some(()));
}

#[test]
fn a_disabled_mapping_goes_on_where_it_was() {
    let (endpoint, function, stream) = set_up(Config::default());
    let uuid = endpoint.mapping(&stream, "orders", json!({}));
    endpoint.put(&stream, "1", false);
    assert_eq!(function.next().data(), ["1"]);
    let path = format!("/2015-03-31/event-source-mappings/{uuid}");
    endpoint.rest("PUT", &path, json!({"Enabled": false}));
    endpoint.state(&uuid, "Disabled");
    endpoint.put(&stream, "2", false);
    endpoint.rest("PUT", &path, json!({"Enabled": true}));
    assert_eq!(function.next().data(), ["2"]);
    let shown = endpoint.state(&uuid, "Enabled");
    assert_eq!(shown["LastProcessingResult"], "OK");
}
