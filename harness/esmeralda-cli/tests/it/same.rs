//! Equal runs say and leave the same bytes, whatever the number of threads.

use crate::support::{Desk, untimed};
use std::collections::BTreeMap;
use std::fs;

/// Every file of a directory, without timings.
fn files(desk: &Desk, dir: &str) -> BTreeMap<String, String> {
    let entries = fs::read_dir(desk.path(dir)).expect("a run directory can be read");
    entries
        .map(|entry| {
            let path = entry.expect("an entry can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("a file can be read");
            (name, text.lines().map(|line| untimed(line).replace("\"[timing]\"", "")).collect())
        })
        .collect()
}

#[test]
fn jobs_change_nothing() {
    let desk = Desk::new("same-jobs");
    for target in ["reference:plain", "mutant:bisect-eats-quota", "mutant:sns-without-envelope"] {
        let mut seen = Vec::new();
        for jobs in ["1", "2", "2", "3"] {
            let args = [
                "run", target, "--cases", "1500", "--seed", "7", "--jobs", jobs, "--out", "out", "--format",
                "json",
            ];
            let done = desk.run(&args);
            seen.push((done.code, untimed(done.out.trim()), files(&desk, "out")));
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{target}");
    }
}

#[test]
fn mutants_in_threads() {
    let desk = Desk::new("same-mutants");
    let run = |jobs| desk.run(&["mutants", "--only", "AGE-*", "--cases", "800", "--jobs", jobs]).out;
    let one = run("1");
    assert_eq!(one, run("2"));
    assert_eq!(one, run("1"));
}

#[test]
fn seeds_differ() {
    let desk = Desk::new("same-seeds");
    let events = |seed| {
        desk.run(&["run", "--cases", "300", "--seed", seed, "--format", "json"]).json()["events"].clone()
    };
    assert_ne!(events("1"), events("2"));
}
