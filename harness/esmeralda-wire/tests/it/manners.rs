//! Slow, repetitive and flaky endpoints do everything right; troubled ones do not.

use crate::function::Function;
use crate::support::Endpoint;
use esmeralda_wire::Config;
use esmeralda_wire::manners::{Manners, Trouble};
use serde_json::{Value as Json, json};

fn mannered(names: &str) -> Config {
    Config { manners: Manners::parse(names).unwrap(), ..Config::default() }
}

/// Puts bad records, one batch each, and a good one behind them, and waits for that: what lies at the destination then.
fn failure_records(endpoint: &Endpoint, bad: usize) -> (String, Function) {
    let stream = endpoint.stream("s", 1);
    let function = Function::picky();
    endpoint.function("orders", &function.url, 3);
    let (url, arn) = endpoint.queue("q");
    for index in 0..bad {
        endpoint.put(&stream, &format!("bad {index}"), false);
    }
    endpoint.put(&stream, "sentinel", false);
    endpoint.mapping(
        &stream,
        "orders",
        json!({"BatchSize": 1, "MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": arn}}}),
    );
    for index in 0..bad {
        assert_eq!(function.next().data(), [format!("bad {index}")]);
    }
    assert_eq!(function.next().data(), ["sentinel"]);
    (url, function)
}

fn all(endpoint: &Endpoint, url: &str, count: usize) -> Vec<(String, String)> {
    let mut got = Vec::new();
    crate::support::until("the messages come", || {
        got.extend(endpoint.receive(url, 20));
        (got.len() >= count).then_some(())
    });
    got
}

#[test]
fn slow_is_right_all_the_same() {
    let endpoint = Endpoint::new(mannered("slow"));
    let (url, _function) = failure_records(&endpoint, 2);
    assert_eq!(all(&endpoint, &url, 2).len(), 2);
}

#[test]
fn slow_changes_show_as_updating_and_refuse_the_next_one() {
    let endpoint = Endpoint::new(mannered("slow"));
    let stream = endpoint.stream("s", 1);
    endpoint.function("orders", "http://127.0.0.1:1/", 3);
    let uuid = endpoint.mapping(&stream, "orders", json!({}));
    let path = format!("/2015-03-31/event-source-mappings/{uuid}");
    assert_eq!(endpoint.rest("PUT", &path, json!({"BatchSize": 7}))["State"], "Updating");
    let (status, kind, _) = endpoint.send("PUT", &path, &[], br#"{"BatchSize": 8}"#);
    assert_eq!((status, kind.as_str()), (400, "ResourceInUseException"));
    assert_eq!(endpoint.state(&uuid, "Enabled")["BatchSize"], 7);
}

#[test]
fn untidy_queues_repeat_messages_with_their_ids() {
    let endpoint = Endpoint::new(mannered("untidy"));
    let (url, _function) = failure_records(&endpoint, 2);
    let got = all(&endpoint, &url, 3);
    let mut ids: Vec<&String> = got.iter().map(|(id, _)| id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((got.len(), ids.len()), (3, 2), "{got:?}");
}

#[test]
fn flaky_endpoints_say_500_in_each_services_manner() {
    let manners = Manners { fail_every: 1, ..Manners::default() };
    let endpoint = Endpoint::new(Config { manners, ..Config::default() });
    let (status, kind, text) = endpoint.target("Kinesis_20131202.ListStreams", &json!({}));
    assert_eq!((status, kind.as_str()), (500, "InternalFailure"), "{text}");
    let (status, _, text) = endpoint.send("GET", "/2015-03-31/event-source-mappings", &[], b"");
    assert_eq!(
        (status, serde_json::from_str::<Json>(&text).unwrap()["Type"].as_str()),
        (500, Some("Service"))
    );
    let (status, _, text) = endpoint.send("GET", "/bucket", &[], b"");
    assert!(status == 500 && text.starts_with("<?xml"), "{text}");
}

#[test]
fn a_lost_failure_record_is_lost() {
    let trouble = Trouble::parse("lose:2").unwrap();
    let endpoint = Endpoint::new(Config { trouble, ..Config::default() });
    let (url, _function) = failure_records(&endpoint, 3);
    assert_eq!(all(&endpoint, &url, 2).len(), 2);
    assert_eq!(endpoint.receive(&url, 1), [], "the second one of three never comes");
}

#[test]
fn a_stalled_shard_stalls_alone() {
    let trouble = Trouble::parse("stall:0:1").unwrap();
    let endpoint = Endpoint::new(Config { trouble, ..Config::default() });
    let stream = endpoint.stream("s", 2);
    let function = Function::picky();
    endpoint.function("orders", &function.url, 3);
    for data in ["0", "1", "2"] {
        endpoint.put(&stream, data, false);
    }
    endpoint.mapping(&stream, "orders", json!({"BatchSize": 10}));
    assert_eq!(function.next().data(), ["0"]);
    for index in 0..10 {
        endpoint.put(&stream, &format!("other {index}"), true);
        assert_eq!(function.next().data(), [format!("other {index}")]);
    }
}

#[test]
fn manners_and_troubles_by_name() {
    assert_eq!(Manners::parse("prompt"), Some(Manners::default()));
    assert_eq!(Manners::parse("rude"), None);
    let both = Manners::parse("slow+untidy").unwrap();
    assert!(both.reorder && both.write_delay_ms > 0);
    assert!(Manners::PRESETS.iter().all(|(name, _)| Manners::parse(name).is_some()));
    for bad in ["lose", "lose:x", "stall:300", "stall:0:1:2", "break:1"] {
        assert_eq!(Trouble::parse(bad), None, "{bad}");
    }
}
