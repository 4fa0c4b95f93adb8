//! What each verb says, for a person and as JSON.

use crate::support::{Desk, same};

const MUTANT: &str = "mutant:one-retry-too-many";

/// Four records, of which the second always fails: more than it takes to show that bug.
const CASE: &str = r#"{"format": 1, "shards": 2, "mappings": [{"settings": {"BatchSize": 2, "MaximumRetryAttempts": 2}}],
"records": [{"at": 0}, {"at": 10, "shard": 1, "behaviour": {"how": "time-out"}}, {"at": 20, "size": 2000},
{"at": 3000, "behaviour": {"how": "report", "times": 2}}],
"actions": [{"at": 50, "action": {"throttle": {"mapping": 0, "for_ms": 700}}}],
"closing_at": 60000, "horizon_ms": 900000}"#;

#[test]
fn run_that_conforms() {
    let desk = Desk::new("run-conforms");
    let text = desk.run(&["run", "--cases", "2000", "--jobs", "2"]);
    assert_eq!(text.code, 0, "{}", text.err);
    same("run-reference", &text.shown());
    let json = desk.run(&["run", "--cases", "2000", "--jobs", "2", "--format", "json"]);
    same("run-reference-json", &json.shown());
    assert!(!desk.path("runs").exists(), "a run without failures leaves nothing unless asked to");
}

#[test]
fn run_that_violates() {
    let desk = Desk::new("run-violates");
    let done = desk.run(&["run", MUTANT, "--cases", "40", "--out", "out"]);
    same("run-mutant", &done.shown());
    let replay = done.out.lines().last().unwrap_or_default().trim();
    let words: Vec<&str> = replay.split(' ').skip(1).collect();
    assert_eq!(desk.run(&words).code, 1, "the command that comes last shows it again: {replay}");
    let done = desk.run(&["run", MUTANT, "--cases", "40", "--out", "out", "--format", "json"]);
    same("run-mutant-json", &done.shown());
    let log: Vec<String> = desk.read("out/run.jsonl").lines().map(crate::support::untimed).collect();
    let heads: Vec<&str> = log.iter().map(|line| line.split(':').next().unwrap_or_default()).collect();
    same("run-mutant-log", &heads.join("\n"));
}

#[test]
fn replay_recheck_shrink() {
    let desk = Desk::new("replay");
    desk.write("case.json", CASE);
    let done = desk.run(&["replay", "case.json", MUTANT, "--trace", "t.jsonl"]);
    same("replay-mutant", &done.shown());
    same("replay-mutant-trace", &desk.read("t.jsonl"));
    same("replay-reference-json", &desk.run(&["replay", "case.json", "--format", "json"]).shown());
    same("recheck", &desk.run(&["recheck", "t.jsonl"]).shown());
    same("recheck-json", &desk.run(&["recheck", "t.jsonl", "--format", "json"]).shown());
    let waived = desk.run(&["recheck", "t.jsonl", "--waive", "RETRY-3"]);
    assert_eq!(waived.code, 0, "{}", waived.out);
    same("shrink", &desk.run(&["shrink", "case.json", MUTANT]).shown());
    same("shrink-json", &desk.run(&["shrink", "case.json", MUTANT, "--format", "json"]).shown());
    let done = desk.run(&["shrink", "case.json", MUTANT, "--out", "small.json"]);
    same("shrink-out", &done.shown());
    assert_eq!(desk.run(&["replay", "small.json", MUTANT]).code, 1);
    assert_eq!(desk.run(&["shrink", "case.json", "reference"]).code, 0, "nothing to shrink");
}

#[test]
fn mutants() {
    let desk = Desk::new("mutants");
    let done = desk.run(&["mutants", "--only", "RETRY-*", "--cases", "500"]);
    same("mutants-retry", &done.shown());
    assert_eq!(done.code, 0);
    let done =
        desk.run(&["mutants", "--only", "retry-*", "--cases", "500", "--seeds", "2", "--format", "json"]);
    same("mutants-retry-json", &done.shown());
}

#[test]
fn explanations() {
    let desk = Desk::new("explain");
    let asked = [
        "RETRY-3",
        "AMB-5",
        "RecordAgeExceeded",
        "'functionError null'",
        "MaximumRetryAttempts",
        "PROBLEM: Function call failed",
        "AGE-1*",
    ];
    let text: String = asked
        .iter()
        .map(|what| format!("$ esmeralda explain {what}\n{}\n", desk.run(&["explain", what]).shown()))
        .collect();
    same("explain", &text);
    same("explain-json", &desk.run(&["explain", "RETRY-3", "--format", "json"]).shown());
}

#[test]
fn lists() {
    let desk = Desk::new("list");
    for what in ["rules", "ambiguities", "mutants", "policies", "scenarios", "targets"] {
        let entries = desk.run(&["list", what, "--format", "json"]).json();
        let entries = entries.as_array().expect("a list is an array");
        let name = |entry: &serde_json::Value| {
            let name = entry.get("id").or_else(|| entry.get("name")).and_then(|name| name.as_str());
            name.expect("an entry has a name or an id").to_owned()
        };
        let names: Vec<String> = entries.iter().map(name).collect();
        same(&format!("list-{what}"), &names.join("\n"));
        let text = desk.run(&["list", what]);
        assert_eq!((text.code, text.out.lines().count()), (0, names.len() + 1), "{}", text.out);
    }
    same("list-targets-text", &desk.run(&["list", "targets"]).shown());
}
