//! Run directories: what is refused, what is replaced, and what is in them.

use crate::support::{case, mutant};
use esm_model::case::Case;
use esm_model::spec::Reading;
use esm_model::trace::Trace;
use esmeralda::bench::Bench;
use esmeralda::campaign::{Kind, Origin, Phase};
use esmeralda::outcome::{Trial, try_case};
use esmeralda::store::{Store, StoreError, check};
use std::fs;
use std::path::{Path, PathBuf};

fn dir(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("store").join(test);
    if dir.exists() {
        fs::remove_dir_all(&dir).expect("an old test directory can be removed");
    }
    dir
}

fn trial() -> Trial {
    let bench = mutant("one-retry-too-few");
    bench.wait(try_case(&bench, case(0), &Reading::documented(), Vec::new()))
}

fn origin(name: &str) -> Origin {
    Origin { phase: Phase::Generated, index: 3, name: name.to_owned() }
}

#[test]
fn files_can_be_read_again() {
    let dir = dir("read-again");
    let mut store = Store::create(&dir, &"header").expect("a new directory");
    let trial = trial();
    let files = store.failure(&origin("3"), &[Kind::Undecided], &trial).expect("it can be written");
    let again = store.failure(&origin("3"), &[Kind::CouldNotRun], &trial).expect("it can be written");
    assert_ne!(files, again, "nothing is overwritten");
    let odd = store.failure(&origin("../../etc: \u{e9}*"), &[Kind::Undecided], &trial).expect("a safe name");
    assert_eq!(odd.case_file, "case-------etc----.json");
    store.finish(&"footer").expect("it can be written");
    let read = |name: &str| fs::read_to_string(dir.join(name)).expect("it is there");
    assert_eq!(Case::from_json(&read(&files.case_file)), Ok(trial.case.clone()));
    let trace = Trace::from_lines(&read(files.trace_file.as_deref().expect("a trace"))).expect("a trace");
    assert_eq!((&trace.case, &trace.events), (&trial.case, &trial.events));
    let log = read("run.jsonl");
    assert_eq!(log.lines().count(), 5);
    assert!(log.starts_with("{\"run\":{\"format\":1,\"run\":\"header\"}}\n{\"failure\":{"), "{log}");
    assert!(log.ends_with("{\"end\":\"footer\"}\n"), "{log}");
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let dir = dir("not-ours");
    assert!(check(&dir).is_ok(), "not there yet");
    fs::create_dir_all(&dir).expect("it can be made");
    assert!(check(&dir).is_ok(), "empty");
    fs::write(dir.join("thesis.tex"), "years").expect("it can be written");
    assert!(matches!(check(&dir), Err(StoreError::NotOurs(_))));
    assert!(matches!(Store::create(&dir, &()), Err(StoreError::NotOurs(_))));
    fs::write(dir.join("run.jsonl"), "").expect("it can be written");
    fs::write(dir.join("case-1.json"), "").expect("it can be written");
    Store::create(&dir, &()).expect("an earlier run's directory");
    assert!(dir.join("thesis.tex").exists() && !dir.join("case-1.json").exists());
}

#[test]
fn a_file_is_no_directory() {
    let dir = dir("file");
    fs::create_dir_all(&dir).expect("it can be made");
    fs::write(dir.join("file"), "").expect("it can be written");
    assert!(matches!(check(&dir.join("file")), Err(StoreError::NotADirectory(_))));
    assert!(matches!(Store::create(&dir.join("file/below"), &()), Err(StoreError::Io { .. })));
}
