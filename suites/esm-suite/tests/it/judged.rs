//! The quick part of the other tests: each of their questions on few cases, and what a choice of a policy changes.
//!
//! It takes seconds, so that a tool can change the judge or the reference in a thousand ways and ask after each
//! whether somebody notices. It finds no case that the long tests would not find.

use crate::edit::{Edit, edits, said};
use crate::support::{Run, pinned_otherwise, sampled};
use esm_model::event::Event;
use esm_model::reference::{Duplicates, Policy};
use esm_model::spec::Reading;
use esm_model::verdict::Verdict;
use esm_suite::scenario::history;
use esm_suite::small_scope::for_each;
use esmeralda::machine::MachineTarget;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Cases for each policy.
const CASES: u64 = 60;
/// Every so many cases the run writes texts.
const TEXTS: u64 = 8;
/// Cases in which the difference that a choice makes is looked for.
const SHOWN: u64 = 1_500;
/// Cases whose traces are edited, and the longest trace that is.
const EDITED: u64 = 60;
const LONGEST: usize = 40;
/// One small case in so many is run.
const SMALL: usize = 97;

#[test]
fn policies_conform() {
    for (name, policy) in Policy::covering_set() {
        check(&name, policy, &[Reading::documented(), Reading::aws(), Reading::aws().with_duplicates(true)]);
    }
    let name = "aws+duplicates=redelivery";
    let allowed = [Reading::documented().with_duplicates(true), Reading::aws().with_duplicates(true)];
    check(name, Policy::parse(name).expect("a policy"), &allowed);
}

fn check(name: &str, policy: Policy, readings: &[Reading]) {
    let values = MachineTarget::reference(policy);
    let texts = values.clone().with_texts(true);
    let repeats = policy.duplicates != Duplicates::None;
    for index in 0..CASES {
        let run = Run::of(if index % TEXTS == 0 { &texts } else { &values }, sampled(41, index), Vec::new());
        for reading in readings.iter().filter(|reading| !pinned_otherwise(&policy, reading)) {
            let judged = run.judge(reading).unwrap_or_else(|error| panic!("{name}, case {index}: {error}"));
            // Repetitions are warned about where they are allowed.
            let well = judged.verdict == Verdict::Conforms && (repeats || judged.warnings.is_empty());
            assert!(well, "{name}, case {index}\n{}", run.told(reading));
        }
    }
}

/// What each choice changes, on the first case that shows it.
#[test]
fn choices_of_a_policy() {
    let told = |policy: Policy, index: u64| {
        let run = Run::of(&MachineTarget::reference(policy), sampled(42, index), Vec::new());
        history(run.trace())
    };
    let aws: Vec<String> = (0..SHOWN).map(|index| told(Policy::AWS, index)).collect();
    let mut text = String::new();
    for (name, policy) in Policy::covering_set().iter().filter(|(name, _)| name.starts_with("aws+")) {
        let other = (0..SHOWN).zip(&aws).find_map(|(index, aws)| {
            let other = told(*policy, index);
            (other != *aws).then_some((index, other))
        });
        match other {
            Some((index, other)) => writeln!(text, "{name}\n{}\ninstead of\n{}", other, aws[index as usize]),
            None => writeln!(text, "{name}\nshows in times alone, or is rare\n"),
        }
        .unwrap();
    }
    esm_snapshots::settings("checker").bind(|| insta::assert_snapshot!("policies", text));
}

/// What the judge says of good traces with one observation too few or too many.
#[test]
fn edited_traces() {
    let readings = [
        ("documented", Reading::documented()),
        ("aws", Reading::aws()),
        ("aws, duplicates allowed", Reading::aws().with_duplicates(true)),
    ];
    let mut seen: BTreeMap<(&str, Edit, &str), usize> = BTreeMap::new();
    for policy in [Policy::AWS, Policy::PLAIN] {
        let target = MachineTarget::reference(policy);
        for index in 0..EDITED {
            let run = Run::quick(&target, sampled(43, index), Vec::new());
            if run.events.len() > LONGEST {
                continue;
            }
            for (edit, _, events) in edits(&run.events) {
                for (name, reading) in &readings {
                    let said = said(&run.case, &events, reading);
                    *seen.entry((name, edit, said.text())).or_default() += 1;
                }
            }
        }
    }
    let mut text = String::new();
    for ((reading, edit, said), count) in &seen {
        writeln!(text, "{reading}: {}: {said} {count}", edit.text()).unwrap();
    }
    esm_snapshots::settings("checker").bind(|| insta::assert_snapshot!("edits-quick", text));
}

#[test]
fn small_cases_conform() {
    let reading = Reading::documented();
    let mut buffer: Vec<Event> = Vec::new();
    let mut runs = 0;
    for_each(0, SMALL, |case, policy| {
        let run = Run::quick(&MachineTarget::reference(*policy), case.clone(), std::mem::take(&mut buffer));
        let judged = run.judge(&reading).expect("a trace");
        let well = judged.verdict == Verdict::Conforms && judged.warnings.is_empty();
        assert!(well, "{policy:?}\n{}", run.told(&reading));
        runs += 1;
        buffer = run.events;
    });
    assert!(runs > 10_000, "{runs}");
}
