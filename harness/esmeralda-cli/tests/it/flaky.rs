//! Where time passes by itself: what shows now and then is told with its numbers, wherever reds are told.

use crate::support::Desk;

/// Delivers each record once, and in the first of three sessions twice.
const NOW_AND_THEN: &str = include_str!("flaky/now_and_then.py");

const CASE: &str = r#"{"format": 1, "mappings": [{"settings": {"StartingPosition": "TRIM_HORIZON"}}],
    "records": [{"at": 0}], "closing_at": 100, "horizon_ms": 2000}"#;

/// The target, at a desk of its own.
fn desk(test: &str) -> (Desk, &'static str) {
    let desk = Desk::new(test);
    desk.write("now_and_then.py", NOW_AND_THEN);
    (desk, "command:python3 now_and_then.py")
}

#[test]
fn a_replay_tells_the_numbers() {
    let (desk, target) = desk("flaky-replay");
    desk.write("case.json", CASE);
    let done = desk.run(&["replay", "case.json", target]);
    let told = "It showed in 1 of 3 runs of this case. It was seen, and nothing allows it: it violates all the same.";
    assert!(done.code == 1 && done.out.contains(told), "{}{}", done.out, done.err);
    let json = desk.run(&["replay", "case.json", target, "--format", "json"]).json();
    assert_eq!((&json["repeats"][0]["shown"], &json["repeats"][0]["runs"]), (&1.into(), &3.into()), "{json}");
}

#[test]
fn a_run_keeps_what_is_flaky_apart_and_loses_nothing() {
    let (desk, target) = desk("flaky-run");
    let done = desk.run(&["run", target, "--cases", "0", "--jobs", "1", "--out", "out", "--format", "json"]);
    let json = done.json();
    assert_eq!((done.code, &json["verdict"]), (1, &"violates".into()), "{json}");
    assert_eq!((&json["violates"], &json["flaky_cases"]), (&1.into(), &1.into()), "{json}");
    assert_eq!(json["violations"], serde_json::json!([]), "{json}");
    let flaky = &json["flaky"][0];
    let numbers = serde_json::json!({"blame": flaky["blame"], "shown": 1, "runs": 3, "absent": false});
    assert_eq!(flaky["repeats"], serde_json::json!([numbers]), "{json}");
    let story = flaky["explanation"].as_str().unwrap_or_default();
    assert!(
        story.contains("That is the last acceptable moment.") && story.contains("1 of 3 runs"),
        "{story}"
    );
    assert!(desk.read("out/run.jsonl").contains(r#""kinds":[{"flaky":["#));
}
