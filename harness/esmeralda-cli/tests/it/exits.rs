//! Exit codes, and refusals before any work.

use crate::support::{Desk, same};

#[test]
fn bad_usage() {
    let desk = Desk::new("usage");
    std::fs::create_dir(desk.path("full")).expect("a directory can be made");
    desk.write("full/other.txt", "something");
    desk.write("file", "something");
    let wrong: &[&[&str]] = &[
        &[],
        &["walk"],
        #[cfg(not(feature = "engine"))]
        &["serve", "--upstream", "http://127.0.0.1:4566"],
        #[cfg(not(feature = "consumer"))]
        &["consumer", "--help"],
        &["run", "nobody"],
        &["run", "reference:unknown"],
        &["run", "reference:aws+split=thirds"],
        &["run", "mutant:one-retry-too-few-or-so"],
        &["run", "mutant"],
        #[cfg(not(feature = "endpoint"))]
        &["run", "endpoint:http://127.0.0.1:4566,preset=localstack"],
        &["run", "--cases", "many"],
        &["run", "--cases", "-1"],
        &["run", "--seed", "99999999999999999999999"],
        &["run", "--time", "30"],
        &["run", "--time", "0s"],
        &["run", "--time", "99999999999999999999h"],
        &["run", "--only", "NOTHING-*"],
        &["run", "--waive", "RETRY-99"],
        &["run", "--waive", "RETRY"],
        &["run", "--jobs", "0"],
        &["run", "--longest", "75s"],
        &["run", "--out", "full"],
        &["run", "--out", "file"],
        &["run", "--reading", "tea-leaves"],
        &["smoke", "--only", "nothing-*"],
        &["smoke", "nobody"],
        &["next", "--time", "0s"],
        &["next", "--out", "full"],
        &["mutants", "--only", "nothing-*"],
        &["mutants", "--seeds", "0"],
        &["replay"],
        &["replay", "missing.json"],
        &["replay", "full"],
        &["shrink", "missing.json"],
        &["shrink", "missing.json", "reference"],
        &["recheck", "missing.jsonl"],
        &["explain"],
        &["explain", "the weather"],
        &["list", "weather"],
    ];
    let mut text = String::new();
    for args in wrong {
        let done = desk.run(args);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{args:?}: {}", done.err);
        text.push_str(&format!("$ esmeralda {}\n{}\n", args.join(" "), done.err.trim_end()));
    }
    same("bad-usage", &text);
}

#[test]
fn nothing_tried_is_nothing_told() {
    let desk = Desk::new("nothing");
    // Nothing that a case can do exercises an answer of the control plane.
    let done = desk.run(&["run", "--cases", "50", "--only", "API-1", "--format", "json"]);
    assert_eq!((done.code, &done.json()["cases"]), (4, &0.into()), "{}", done.out);
}

#[test]
fn a_survivor_fails() {
    let desk = Desk::new("survivor");
    // Nothing in one case shows this bug.
    let done = desk.run(&["mutants", "--only", "throttle-splits", "--cases", "1", "--format", "json"]);
    let json = done.json();
    assert_eq!((done.code, &json["survivors"][0]), (1, &"throttle-splits".into()), "{}", done.out);
}

#[test]
fn time_ends_a_run() {
    let desk = Desk::new("time");
    let done = desk.run(&["run", "--time", "300ms", "--format", "json"]);
    assert_eq!((done.code, &done.json()["cut"]), (0, &true.into()));
}

#[test]
fn an_earlier_run_is_replaced() {
    let desk = Desk::new("replaced");
    let run = |target: &str| desk.run(&["run", target, "--cases", "50", "--out", "out"]).code;
    assert_eq!(run("mutant:one-retry-too-many"), 1);
    let cases = || {
        let entries = std::fs::read_dir(desk.path("out")).expect("a run directory can be read");
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect::<Vec<_>>()
    };
    assert!(cases().len() > 2, "{:?}", cases());
    assert_eq!(run("reference"), 0);
    assert_eq!(cases(), ["run.jsonl"]);
}

#[test]
fn only_selects_cases_and_judges_every_rule() {
    let desk = Desk::new("only");
    let run = |target: &str, only: &str| {
        desk.run(&["run", target, "--cases", "600", "--only", only, "--out", "out", "--format", "json"])
            .json()
    };
    let json = run("reference", "BISECT-*");
    let count = |name: &str| json[name].as_u64().unwrap_or(0);
    assert!(count("cases") > 50 && count("not_selected") > 50, "{json}");
    assert_eq!(count("cases"), count("conforms"));
    let json = run("mutant:one-retry-too-many", "bisect-*");
    assert_eq!(json["verdict"], "violates", "a rule of another section is judged all the same");
}
