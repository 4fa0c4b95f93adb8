//! Command targets from outside: the adapter, the examples, children that die, and Ctrl-C.

use crate::support::{Desk, same};
use esmeralda::clock::Deadline;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long another process may take until something shows.
const PATIENCE: Duration = Duration::from_secs(60);

const ESMERALDA: &str = env!("CARGO_BIN_EXE_esmeralda");

fn adapters() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../esmeralda/adapters")
}

/// A run of so many cases on `command:…`, as JSON, and its exit code.
fn run(test: &str, command: &[&str], more: &[&str]) -> (Value, i32) {
    let target = format!("command:{}", shell_words::join(command));
    let done = Desk::new(test).run(&[&["run", &target, "--format", "json"], more].concat());
    assert!(!done.out.is_empty(), "{}", done.err);
    (done.json(), done.code)
}

#[track_caller]
fn count(result: &Value, what: &str) -> u64 {
    result[what].as_u64().unwrap_or_else(|| panic!("{what} in {result}"))
}

#[test]
fn the_adapter_of_the_reference_is_green() {
    let (result, code) = run("adapter", &[ESMERALDA, "adapter", "reference"], &["--cases", "300"]);
    assert_eq!((code, count(&result, "conforms")), (0, count(&result, "cases")), "{result}");
}

#[test]
fn the_adapter_of_a_mutant_is_red() {
    for (mutant, rule) in [("one-retry-too-many", "RETRY-3"), ("body-sorted", "S3-4")] {
        let target = format!("mutant:{mutant}");
        let (result, code) = run(mutant, &[ESMERALDA, "adapter", &target], &["--cases", "300"]);
        let blamed = |list: &str| {
            let found = result[list].as_array().into_iter().flatten();
            found
                .flat_map(|finding| finding["blame"].as_array().cloned().unwrap_or_default())
                .any(|r| r == rule)
        };
        assert!(blamed("violations") || blamed("warned"), "{mutant}, exit {code}: {result:#}");
    }
}

#[test]
fn every_line_of_a_run_is_checked() {
    let command = [ESMERALDA, "adapter", "reference"];
    let (result, code) = run("check", &command, &["--cases", "50", "--check-protocol"]);
    assert_eq!((code, count(&result, "conforms")), (0, count(&result, "cases")), "{result}");
}

#[test]
fn a_line_that_the_schema_refuses_is_told() {
    let desk = Desk::new("refused");
    desk.write(
        "child.py",
        "print('{\"opened\": {\"protocol\": 1, \"clock\": \"virtuel\"}}', flush=True)\ninput()\n",
    );
    let args = ["run", "command:python3 child.py", "--cases", "0", "--check-protocol", "--jobs", "1"];
    same("check-protocol-refused", &desk.run(&args).shown());
    let args = ["run", "reference", "--cases", "1", "--check-protocol"];
    same("check-protocol-in-tree", &desk.run(&args).shown());
}

#[test]
fn only_in_tree_targets_are_served() {
    same("adapter-of-a-command", &Desk::new("served").run(&["adapter", "command:cat"]).shown());
}

#[test]
fn a_run_goes_on_when_children_die() {
    let mortal = [
        "import os, subprocess, sys",
        "adapter = subprocess.Popen([sys.argv[1], 'adapter', 'reference'], stdout=subprocess.PIPE)",
        "for number, line in enumerate(adapter.stdout):",
        "    sys.stdout.buffer.write(line)",
        "    sys.stdout.flush()",
        "    if number == 2000: os.abort()",
    ];
    let command = ["python3", "-c", &mortal.join("\n"), ESMERALDA];
    let (result, code) = run("dying", &command, &["--cases", "300", "--jobs", "1"]);
    assert_eq!((code, count(&result, "violates")), (3, 0), "{result:#}");
    assert!(count(&result, "could_not_run") >= 2, "{result:#}");
    assert!(count(&result, "conforms") >= 200, "{result:#}");
    let both = count(&result, "conforms") + count(&result, "could_not_run");
    assert_eq!(both, count(&result, "cases"));
}

#[test]
fn the_naive_examples_run() {
    let adapters = adapters();
    let python = adapters.join("python/naive.py");
    let (result, code) = run("naive-python", &["python3", &python.to_string_lossy()], &["--cases", "200"]);
    assert_eq!((code, count(&result, "could_not_run")), (1, 0), "{result:#}");
    let there = Command::new("node").arg("--version").stdout(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        eprintln!("NOT RUN: adapters/node/naive.mjs, because there is no node on this machine");
        return;
    }
    let node = adapters.join("node/naive.mjs");
    let (result, _) = run("naive-node", &["node", &node.to_string_lossy()], &["--cases", "1000"]);
    assert_eq!(count(&result, "could_not_run"), 0, "{result:#}");
    assert!(count(&result, "conforms") > 0, "{result:#}");
}

#[test]
fn the_finished_example_is_green() {
    let poller = adapters().join("python/poller.py");
    let (result, code) = run("poller", &["python3", &poller.to_string_lossy()], &["--cases", "6000"]);
    assert_eq!((code, count(&result, "warnings")), (0, 0), "{result:#}");
    assert!(count(&result, "conforms") > 2_000, "{result:#}");
}

/// Waits until something holds.
#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Deadline::after(Some(PATIENCE));
    while !holds() {
        assert!(!deadline.is_over(), "{what}");
        std::thread::yield_now();
    }
}

/// Interrupts a run whose child hears no signal: it ends with a report, and no child is left.
#[track_caller]
fn interrupted(name: &str, signals: &[&str]) {
    let desk = Desk::new(name);
    let target = "command:sh -c 'trap \"\" INT TERM HUP; echo $$ > pid; while :; do sleep 4720; done'";
    let mut command = Command::new(ESMERALDA);
    command.args(["run", target, "--cases", "1", "--jobs", "1"]).current_dir(desk.path("."));
    let mut harness =
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the command can be run");
    let child = || std::fs::read_to_string(desk.path("pid")).unwrap_or_default().trim().to_owned();
    until("the child starts", || !child().is_empty());
    // By one shell, so that no time passes between two of them.
    let kills: Vec<String> =
        signals.iter().map(|signal| format!("kill -{signal} {}", harness.id())).collect();
    let signalled = Command::new("sh").args(["-c", &kills.join(" && ")]).status();
    assert!(signalled.expect("sh can be run").success());
    let status = harness.wait().expect("it ends");
    assert_eq!(status.code(), Some(3));
    let alive = || {
        let line = std::fs::read(format!("/proc/{}/cmdline", child()));
        line.is_ok_and(|line| !line.is_empty())
    };
    until("the child is gone", || !alive());
}

#[test]
fn ctrl_c_leaves_no_child_behind() {
    interrupted("interrupted", &["INT"]);
}

#[test]
fn several_signals_at_once_are_one_wish() {
    interrupted("interrupted-twice", &["INT", "TERM"]);
}
