//! Where time passes by itself: what shows now and then is told with its numbers, wherever reds are told.

use crate::support::Desk;
use serde_json::Value;

/// Delivers each record once, and in the first of three sessions twice.
const NOW_AND_THEN: &str = include_str!("flaky/now_and_then.py");

const CASE: &str = r#"{"format": 1, "mappings": [{"settings": {"StartingPosition": "TRIM_HORIZON"}}],
    "records": [{"at": 0}], "closing_at": 100, "horizon_ms": 30000}"#;

/// The target, at a desk of its own.
fn desk(test: &str) -> (Desk, &'static str) {
    let desk = Desk::new(test);
    desk.write("now_and_then.py", NOW_AND_THEN);
    (desk, "command:python3 now_and_then.py")
}

/// So often a command is tried whose sessions did not all run: a busy machine may break one, and what broke is not counted.
const TRIES: usize = 3;

/// What the command says when each of the three runs of the case that is flaky came to its end.
fn run_whole(desk: &Desk, args: &[&str], numbers: &str) -> Value {
    let mut said = Value::Null;
    for _ in 0..TRIES {
        // The next session is the first one again.
        desk.remove(&["sessions", "out"]);
        said = desk.run(args).json();
        if said.pointer(numbers).is_some_and(|numbers| numbers["runs"] == 3) {
            break;
        }
    }
    said
}

#[test]
fn a_replay_tells_the_numbers() {
    let (desk, target) = desk("flaky-replay");
    desk.write("case.json", CASE);
    let json = run_whole(&desk, &["replay", "case.json", target, "--format", "json"], "/repeats/0");
    assert_eq!((&json["repeats"][0]["shown"], &json["repeats"][0]["runs"]), (&1.into(), &3.into()), "{json}");
    desk.remove(&["sessions"]);
    let done = desk.run(&["replay", "case.json", target]);
    assert!(done.code == 1 && done.out.contains("It showed in 1 of "), "{}{}", done.out, done.err);
    let told = "runs of this case. It was seen, and nothing allows it: it violates all the same.";
    assert!(done.out.contains(told), "{}{}", done.out, done.err);
}

#[test]
fn a_run_keeps_what_is_flaky_apart_and_loses_nothing() {
    let (desk, target) = desk("flaky-run");
    let args = ["run", target, "--cases", "0", "--jobs", "1", "--out", "out", "--format", "json"];
    let json = run_whole(&desk, &args, "/flaky/0/repeats/0");
    assert_eq!(json["verdict"], "violates", "{json}");
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
