//! An engine that stops and starts again: with `--state` it goes on where it was.

use crate::support::{Client, Function, config, failure_records, file, serve, upstream};
use esmeralda_engine::Config;
use serde_json::{Value as Json, json};

/// Within this time nothing more comes, if nothing is wrong.
const LULL_MS: u64 = 3_000;

#[test]
fn an_engine_that_is_stopped_goes_on_in_the_middle_of_a_batch() {
    let double = upstream();
    let with_state = || Config { state: Some(file_kept()), ..config(&double.url()) };
    let _ = file("graceful.json");
    let behind = Client::new(double.url());
    let stream = behind.stream("s", 2);
    let function = Function::picky();
    behind.function("orders", &function.url, 3);
    let (queue, arn) = behind.queue("q");
    let engine = serve(with_state());
    let front = Client::new(engine.url());
    behind.put(&stream, "good", true);
    behind.put(&stream, "bad", false);
    let uuid = front.mapping(
        &stream,
        "orders",
        json!({"MaximumRetryAttempts": 9, "DestinationConfig": {"OnFailure": {"Destination": arn}}}),
    );
    let mut seen = vec![function.next(), function.next(), function.next()];
    drop(engine);
    let engine = serve(with_state());
    while let Some(call) = function.within(LULL_MS) {
        seen.push(call);
    }
    let count = |data: &str| seen.iter().filter(|call| call[0] == data).count();
    assert_eq!((count("bad"), count("good")), (10, 1), "no try is lost, and none is made twice: {seen:?}");
    let records = failure_records(&behind, &queue, 10);
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["requestContext"]["approximateInvokeCount"], 10);
    let front = Client::new(engine.url());
    let shown = front.state(&uuid, "Enabled");
    assert_eq!(shown["MaximumRetryAttempts"], 9);
    behind.put(&stream, "later", false);
    assert_eq!(function.next(), ["later"]);
}

fn file_kept() -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("engine").join("graceful.json")
}

#[test]
fn after_a_crash_nothing_is_missing() {
    let double = upstream();
    let behind = Client::new(double.url());
    let stream = behind.stream("s", 1);
    let function = Function::picky();
    behind.function("orders", &function.url, 3);
    let (now, before) = (file("crash.json"), file("crash-before.json"));
    let engine = serve(Config { state: Some(now.clone()), ..config(&double.url()) });
    let front = Client::new(engine.url());
    front.mapping(&stream, "orders", json!({"BatchSize": 1}));
    behind.put(&stream, "1", false);
    assert_eq!(function.next(), ["1"]);
    crate::support::until("a checkpoint is written", || {
        let state: Json = serde_json::from_str(&std::fs::read_to_string(&now).ok()?).ok()?;
        state["mappings"][0]["shards"][0]["done"].is_string().then_some(())
    });
    // What is on disk at the moment of a crash: an older state than that of an engine that was stopped.
    std::fs::copy(&now, &before).expect("the state can be copied");
    for data in ["2", "3"] {
        behind.put(&stream, data, false);
        assert_eq!(function.next(), [data]);
    }
    drop(engine);
    let _engine = serve(Config { state: Some(before), ..config(&double.url()) });
    assert_eq!(function.next(), ["2"], "from the checkpoint on, once more");
    assert_eq!(function.next(), ["3"]);
    behind.put(&stream, "4", false);
    assert_eq!(function.next(), ["4"]);
}

#[test]
fn after_a_crash_attempts_still_count() {
    let double = upstream();
    let behind = Client::new(double.url());
    let stream = behind.stream("s", 1);
    let function = Function::picky();
    behind.function("orders", &function.url, 3);
    let (queue, arn) = behind.queue("q");
    let (now, before) = (file("attempts.json"), file("attempts-before.json"));
    let engine = serve(Config { state: Some(now.clone()), ..config(&double.url()) });
    let front = Client::new(engine.url());
    front.mapping(
        &stream,
        "orders",
        json!({"MaximumRetryAttempts": 19, "DestinationConfig": {"OnFailure": {"Destination": arn}}}),
    );
    behind.put(&stream, "bad", false);
    // What is on disk at the moment of a crash.
    let attempts = crate::support::until("attempts are written", || {
        std::fs::copy(&now, &before).ok()?;
        let state: Json = serde_json::from_str(&std::fs::read_to_string(&before).ok()?).ok()?;
        state["mappings"][0]["machine"]["shards"][0]["parts"][0]["attempts"]
            .as_u64()
            .filter(|count| *count > 2)
    });
    drop(engine);
    while function.within(0).is_some() {}
    let _engine = serve(Config { state: Some(before), ..config(&double.url()) });
    let mut calls = 0;
    while function.within(LULL_MS).is_some() {
        calls += 1;
    }
    assert_eq!(attempts + calls, 20, "{attempts} attempts were written");
    let records = failure_records(&behind, &queue, 10);
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["requestContext"]["approximateInvokeCount"], 20);
}

#[test]
fn a_file_that_is_no_state_is_refused() {
    let path = file("damaged.json");
    std::fs::write(&path, "{\"format\": 99, \"mappings\": []}").expect("a file can be written");
    let engine = serve(Config { state: Some(path), ..config("http://127.0.0.1:9") });
    let error = engine.wait().expect_err("it must not be overwritten").to_string();
    assert!(error.contains("its format is 99"), "{error}");
}
