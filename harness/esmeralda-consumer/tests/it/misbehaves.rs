//! Handlers that hang, die, talk too much or do not start: bounded, named, and no process is left.

use crate::support::{GOOD, MAPPING, STORED, check, examples, local, python, run, run_with, violated};
use esm_model::catalogue as c;
use esm_model::event::RequestId;
use esmeralda_consumer::effects::pattern;
use esmeralda_consumer::runtime::{MAX_KEPT, Process, Program};
use esmeralda_consumer::{Check, Given, Handler, HandlerError, Raw, Report};
use std::time::Duration;

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

const WITHOUT_RETRIES: &str =
    r#"{"FunctionName": "f", "StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": 0}"#;

/// Few calls: each of them is a process of its own, or long.
fn few() -> Check {
    Check::new(WITHOUT_RETRIES, GOOD, "").expect("a check").drawn(0)
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

/// Little of it is kept, and nothing is missed that was not seen.
#[test]
fn a_gigabyte_of_output() {
    let some =
        Check::new(WITHOUT_RETRIES, GOOD, "").expect("a check").drawn(0).effects(pattern(STORED).unwrap());
    let mut process = Process::new(python("misbehaves.talks_for_good"), Duration::from_secs(60));
    let given = local(process.call("{}", RequestId(1))).expect("an answer");
    assert!(
        given.forgot && given.lines.iter().map(String::len).sum::<usize>() <= MAX_KEPT,
        "{:?}",
        given.raw
    );
    let mut forgets = Forgets;
    let report = run_with(&some, &mut forgets).unwrap();
    violated(&report, &[]);
    assert!(report.to_text().contains("wrote more than is kept"), "{}", report.to_text());
}

/// Stores nothing that anybody sees, and has written too much.
struct Forgets;

impl Handler for Forgets {
    async fn call(&mut self, _: &str, _: RequestId) -> Result<Given, HandlerError> {
        Ok(Given { forgot: true, ..Given::new(Raw::Returned("null".to_owned())) })
    }
}

#[test]
fn a_process_that_left_its_group() {
    let report = run(few(), python("misbehaves.leaves"), 20_000).unwrap();
    first(&report, "exit code 0");
    assert!(!alive("sleep 601"), "what the handler started is alive");
}

/// Talks no HTTP to the Runtime API, once it has its event.
#[test]
fn a_runtime_that_talks_http_badly() {
    let script = r#"
import os, socket
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
api = socket.create_connection((host, int(port)))
api.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: x\r\n\r\n")
api.recv(65536)
api.sendall(b"\x00\xff no HTTP at all\r\n\r\n" * 100)
while api.recv(65536):
    pass
print("hung up on", flush=True)
os._exit(9)
"#;
    let program = format!("exec:python3 -c {}", shell_words::quote(script)).parse::<Program>().unwrap();
    first(&run(few(), program, 20_000).unwrap(), "exit code 9");
}

#[test]
fn a_handler_that_does_not_start() {
    let starts = |text: &str| text.parse::<Program>().unwrap().root(&examples("python"));
    for (program, part) in [
        (python("fails_to_start.handler"), "no such table"),
        (python("exits.handler"), "exit code 3"),
        (starts("exec:./no-such-program"), "cannot start"),
        (starts("exec:python3 -c 'print(\"what now\")'"), "what now"),
        (starts("node:no-such-module.handler"), "there is no"),
    ] {
        let error = run(check(MAPPING), program, 20_000).unwrap_err();
        assert!(matches!(&error, HandlerError::Start(text) if text.contains(part)), "{part}: {error}");
    }
}
