//! Handlers that hang, die, talk too much or do not start: bounded, named, and no process is left.

use crate::support::{GOOD, MAPPING, STORED, check, examples, python, run};
use esm_model::catalogue as c;
use esmeralda_consumer::effects::pattern;
use esmeralda_consumer::runtime::Program;
use esmeralda_consumer::{Check, HandlerError, Report};

#[track_caller]
fn first(report: &Report, part: &str) {
    let text = report.to_text();
    assert!(report.findings.iter().any(|finding| finding.happened.contains(part)), "{part}: {text}");
}

/// Whether a process of that command line is alive.
fn alive(command: &str) -> bool {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .any(|line| String::from_utf8_lossy(&line).replace('\0', " ").trim() == command)
}

/// Few calls: each of them is a process of its own, or long.
fn few() -> Check {
    let mapping = r#"{"FunctionName": "f", "StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": 0}"#;
    Check::new(mapping, GOOD, "").expect("a check").drawn(0)
}

#[test]
fn a_handler_that_dies() {
    let report = run(few(), python("misbehaves.dies"), 20_000).unwrap();
    first(&report, "exit code 7");
    assert!(report.violated().contains(&c::CONS_3), "{}", report.to_text());
}

#[test]
fn a_handler_that_hangs_leaves_nothing_behind() {
    let report = run(few(), python("misbehaves.hangs"), 300);
    first(&report.unwrap(), "does not end before its timeout");
    assert!(!alive("sleep 600"), "what the handler started is alive");
}

#[test]
fn an_answer_of_seven_megabytes() {
    let report = run(few(), python("misbehaves.answers"), 60_000).unwrap();
    first(&report, "more than 6291556 bytes");
}

#[test]
fn a_handler_that_writes_without_end() {
    let some = few().effects(pattern(STORED).unwrap());
    let report = run(some, python("misbehaves.talks"), 60_000).unwrap();
    // It did nothing, and that is seen in spite of all that it said.
    assert!(report.violated().contains(&c::CONS_8), "{}", report.to_text());
}

#[test]
fn a_handler_that_does_not_start() {
    let starts = |text: &str| text.parse::<Program>().unwrap().root(&examples("python"));
    for (program, part) in [
        (python("fails_to_start.handler"), "no such table"),
        (starts("exec:./no-such-program"), "cannot start"),
        (starts("exec:python3 -c 'print(\"what now\")'"), "what now"),
        (starts("node:no-such-module.handler"), "there is no"),
    ] {
        let error = run(check(MAPPING), program, 20_000).unwrap_err();
        assert!(matches!(&error, HandlerError::Start(text) if text.contains(part)), "{part}: {error}");
    }
}
