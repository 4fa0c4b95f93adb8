//! `smoke` and `next`: what a new target meets first.

use crate::support::{Desk, same};

const MUTANT: &str = "mutant:never-retries";

#[test]
fn basics_that_are_fine() {
    let desk = Desk::new("smoke-fine");
    let done = desk.run(&["smoke"]);
    assert_eq!(done.code, 0, "{}", done.err);
    same("smoke-reference", &done.shown());
    same("smoke-reference-json", &desk.run(&["smoke", "--only", "*-record", "--format", "json"]).shown());
}

#[test]
fn basics_that_are_not() {
    let desk = Desk::new("smoke-wrong");
    let done = desk.run(&["smoke", MUTANT]);
    assert_eq!(done.code, 1, "{}", done.err);
    same("smoke-mutant", &done.shown());
    let args = ["smoke", MUTANT, "--only", "retries-*", "--out", "kept", "--format", "json"];
    same("smoke-mutant-json", &desk.run(&args).shown());
    assert_eq!(desk.run(&["replay", "kept/retries-end.json", MUTANT]).code, 1);
    assert_eq!(desk.run(&["recheck", "kept/retries-end.jsonl"]).code, 1);
}

#[test]
fn nothing_to_mend() {
    let desk = Desk::new("next-nothing");
    let done = desk.run(&["next", "--cases", "100"]);
    assert_eq!(done.code, 0, "{}", done.err);
    same("next-reference", &done.shown());
    same("next-reference-json", &desk.run(&["next", "--cases", "100", "--format", "json"]).shown());
    assert!(!desk.path("runs").exists(), "nothing is left behind where nothing is red");
    // Nobody is failed for these, so there is nothing to mend.
    let done = desk.run(&["next", "mutant:halves-keep-request-id", "--cases", "200"]);
    assert_eq!(done.code, 0, "{}", done.out);
    assert!(done.out.contains("Only warned about: BISECT-9."), "{}", done.out);
}

#[test]
fn what_to_mend_first() {
    let desk = Desk::new("next-mutant");
    let done = desk.run(&["next", MUTANT, "--cases", "500", "--reading", "aws"]);
    assert_eq!(done.code, 1, "{}", done.err);
    same("next-mutant", &done.shown());
    let replay = done.out.lines().last().unwrap_or_default().trim();
    let words: Vec<&str> = replay.split(' ').skip(1).collect();
    assert_eq!(desk.run(&words).code, 1, "the command that comes last shows it again: {replay}");
    let again = desk.run(&["next", MUTANT, "--cases", "500", "--reading", "aws", "--format", "json"]);
    same("next-mutant-json", &again.shown());
    assert_eq!(again.json()["next"]["rule"], "RETRY-2");
}

#[test]
fn the_same_whatever_the_threads() {
    let desk = Desk::new("next-jobs");
    let run = |jobs: &str| {
        let args = ["next", "mutant:bisect-ignored", "--cases", "600", "--jobs", jobs, "--format", "json"];
        desk.run(&args).shown()
    };
    assert_eq!(run("1"), run("3"));
}
