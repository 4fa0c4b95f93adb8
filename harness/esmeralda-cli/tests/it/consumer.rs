//! `esmeralda consumer`, as a user types it. Needs the feature of that name, and python3.

use crate::support::Desk;
use std::path::Path;

/// The examples of the crate, and options that every command here has.
fn typed(handler: &str) -> Vec<String> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../esmeralda-consumer/examples");
    let file = |name: &str| examples.join(name).display().to_string();
    let words = ["consumer", "--handler", handler, "--histories", "4"];
    let files =
        ["--mapping", &file("mapping.json"), "--good", &file("good.jsonl"), "--code", &file("python")];
    words.iter().chain(&files).map(|word| (*word).to_owned()).collect()
}

fn run(desk: &Desk, handler: &str, more: &[&str]) -> crate::support::Done {
    let typed = typed(handler);
    let words: Vec<&str> = typed.iter().map(String::as_str).chain(more.iter().copied()).collect();
    desk.run(&words)
}

#[test]
fn a_red_with_its_advice_and_its_events() {
    let desk = Desk::new("consumer-red");
    desk.write("bad.jsonl", "{\"id\": \"{{label}}\"}\n");
    let more =
        ["--bad", "bad.jsonl", "--timeout", "20s", "--effect", r"stored (\S+)", "--export-events", "events"];
    let done = run(&desk, "exec:python3 runtime.py reports_last.handler", &more);
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    assert!(done.out.contains("violates CONS-4") && done.out.contains("change    code:"), "{}", done.out);
    assert!(desk.read("events/CONS-4/01-event.json").contains("\"aws:kinesis\""));

    let more = ["--bad", "bad.jsonl", "--timeout", "20s", "--effect", r"stored (\S+)", "--format", "json"];
    let done = run(&desk, "exec:python3 runtime.py reports_last.handler", &more);
    assert_eq!(done.json()["findings"][0]["rule"], "CONS-4", "{}", done.out);
    let done = run(&desk, "exec:python3 runtime.py reports_last.mended", &more);
    assert_eq!((done.code, done.json()["verdict"].as_str()), (0, Some("conforms")), "{}", done.out);
}

#[test]
fn what_cannot_be_tried() {
    let desk = Desk::new("consumer-bad");
    desk.write("empty.jsonl", "\n");
    for (handler, more, code, part) in [
        ("ruby:app.handler", &[] as &[&str], 2, "is no handler"),
        ("exec:x", &["--effect", "("], 2, "is no regular expression"),
        ("exec:x", &["--aws", "ftp://aws.example"], 2, "expected stub, or the URL"),
        ("exec:x", &["--bad-from", "echo no samples today >&2; exit 3"], 2, "no samples today"),
        ("http:app", &[], 2, "does not begin with http://"),
        ("exec:x", &["--bad-means", "forgotten"], 2, "expected reported, dropped or diverted:PATTERN"),
        ("exec:x", &["--timeout", "16m"], 2, "longest timeout is 15m"),
        ("exec:x", &["--failure-records", "fax"], 2, "expected one of sqs, sns"),
        ("exec:x", &["--failure-records", "sqs"], 2, "cannot be used with"),
        ("exec:x", &["--gone", "lost"], 2, "cannot be used with '--gone"),
        ("exec:x", &["--source", "dynamodb"], 2, "cannot be used with '--source"),
        ("exec:x", &["--env", "NAME"], 2, "expected NAME=VALUE"),
        ("exec:x", &["--bad", "no-such-file"], 2, "cannot be read"),
        ("exec:./no-such-program", &[], 3, "cannot start"),
        ("exec:./no-such-program", &["--reset", "exit 4"], 3, "\"exit 4\" failed"),
        ("http://127.0.0.1:9/", &[], 3, "cannot be reached"),
        ("exec:python3 runtime.py fails_to_start.handler", &[], 3, "no such table"),
    ] {
        let done = run(&desk, handler, more);
        assert!(done.code == code && done.err.contains(part), "{part}: {} {}", done.code, done.err);
        assert!(done.out.is_empty(), "{}", done.out);
    }
}

/// Handlers of a stream take failure records for records of the stream.
#[test]
fn consumers_of_failure_records() {
    let desk = Desk::new("consumer-redrive");
    let code = Path::new(env!("CARGO_MANIFEST_DIR")).join("../esmeralda-consumer/examples/python");
    let run = |handler: &str, more: &[&str]| {
        let handler = format!("exec:python3 runtime.py {handler}");
        let words = ["consumer", "--handler", &handler, "--code", code.to_str().unwrap(), "--histories", "2"];
        desk.run(&[&words as &[&str], &["--timeout", "20s", "--failure-records", "sqs"], more].concat())
    };
    let done = run("parses_first.handler", &["--junit", "report.xml"]);
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    assert!(done.out.contains("violates REDRIVE-1") && done.out.contains("KeyError"), "{}", done.out);
    assert!(desk.read("report.xml").contains("REDRIVE-13"));
    let done = run("swallows.handler", &["--format", "json"]);
    assert_eq!((done.code, done.json()["verdict"].as_str()), (3, Some("could-not-run")), "{}", done.out);
    let told = done.json()["broke_off"].as_str().unwrap().to_owned();
    assert!(told.contains("nothing that the function does with records was seen"), "{told}");
}
