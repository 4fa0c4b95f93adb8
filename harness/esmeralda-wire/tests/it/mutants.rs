//! Planted bugs of the reference, seen over the wire.

use crate::function::Function;
use crate::support::Endpoint;
use esm_model::reference::find_mutant;
use esmeralda_wire::Config;
use serde_json::{Value as Json, json};

/// What a mutant does with `bad` and then `good` in one batch, 1 retry and a queue: the calls up to the one with the
/// sentinel, and the failure records there are then.
fn course(mutant: &str, settings: Json) -> (Vec<Vec<String>>, Vec<Json>) {
    let fault = (!mutant.is_empty()).then(|| find_mutant(mutant).expect("a mutant of that name").fault);
    let endpoint = Endpoint::new(Config { fault, ..Config::default() });
    let stream = endpoint.stream("s", 1);
    let function = Function::picky();
    endpoint.function("orders", &function.url, 3);
    let (url, arn) = endpoint.queue("q");
    endpoint.put(&stream, "good", false);
    endpoint.put(&stream, "bad", false);
    let mut all =
        json!({"MaximumRetryAttempts": 1, "DestinationConfig": {"OnFailure": {"Destination": arn}}});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    endpoint.mapping(&stream, "orders", all);
    endpoint.put(&stream, "sentinel", false);
    let mut calls = Vec::new();
    while calls.last().is_none_or(|call: &Vec<String>| call[0] != "sentinel") {
        calls.push(function.next().data());
    }
    let messages = endpoint.receive(&url, 2);
    (calls, messages.iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect())
}

fn calls(all: &[&[&str]]) -> Vec<Vec<String>> {
    all.iter().map(|call| call.iter().map(|data| (*data).to_owned()).collect()).collect()
}

#[test]
fn the_reference_does_it_right() {
    let (seen, records) = course("", json!({}));
    assert_eq!(seen, calls(&[&["good", "bad"], &["good", "bad"], &["sentinel"]]));
    assert_eq!(records.len(), 1);
    let (seen, records) = course("", json!({"BisectBatchOnFunctionError": true}));
    assert_eq!(seen, calls(&[&["good", "bad"], &["good"], &["bad"], &["bad"], &["sentinel"]]));
    assert_eq!(records[0]["KinesisBatchInfo"]["batchSize"], 1);
}

#[test]
fn a_mutant_retries_too_seldom() {
    let (seen, records) = course("one-retry-too-few", json!({}));
    assert_eq!(seen, calls(&[&["good", "bad"], &["sentinel"]]));
    assert_eq!(records.len(), 1);
}

#[test]
fn a_mutant_does_not_split() {
    let (seen, _) = course("bisect-ignored", json!({"BisectBatchOnFunctionError": true}));
    assert_eq!(seen, calls(&[&["good", "bad"], &["good", "bad"], &["sentinel"]]));
}

#[test]
fn a_mutant_loses_the_failure_record() {
    assert_eq!(course("record-lost", json!({})).1, Vec::<Json>::new());
}

#[test]
fn a_mutant_writes_each_failure_record_twice() {
    assert_eq!(course("record-twice", json!({})).1.len(), 2);
}

#[test]
fn a_mutant_writes_a_wrong_document() {
    let (_, records) = course("status-code-500", json!({}));
    assert_eq!(records[0]["responseContext"]["statusCode"], 500);
}

#[test]
fn mappings_of_a_mutant_share_their_position() {
    let fault = find_mutant("mappings-share-position").map(|mutant| mutant.fault);
    let endpoint = Endpoint::new(Config { fault, ..Config::default() });
    let stream = endpoint.stream("s", 1);
    let (first, second) = (Function::picky(), Function::picky());
    endpoint.function("first", &first.url, 3);
    endpoint.function("second", &second.url, 3);
    endpoint.mapping(&stream, "first", json!({}));
    endpoint.put(&stream, "1", false);
    assert_eq!(first.next().data(), ["1"]);
    endpoint.put(&stream, "2", false);
    assert_eq!(first.next().data(), ["2"]);
    endpoint.mapping(&stream, "second", json!({}));
    endpoint.put(&stream, "3", false);
    let seen = second.next().data();
    assert!(!seen.contains(&"1".to_owned()), "the first record is skipped: {seen:?}");
}
