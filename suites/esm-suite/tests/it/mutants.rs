//! Not too lax: every planted bug is found, soon, and the rule that it breaks is named.

use crate::support::{Run, blames, listed, sampled};
use esm_model::catalogue::level::ONLY_WARN;
use esm_model::catalogue::{self, Kind};
use esm_model::reference::{MUTANTS, Mutant};
use esm_model::spec::Reading;
use esm_model::verdict::{Judgement, Verdict};
use esmeralda::machine::MachineTarget;
use std::fmt::Write;

/// Cases after which a bug counts as not found.
const LIMIT: u64 = 1_000;
/// Half of the bugs are found within so many cases.
const MEDIAN: u64 = 50;
const SEEDS: [u64; 3] = [1, 2, 3];

/// The first case, from 0, that names the right rule, and what it says.
fn first_right_kill(mutant: &Mutant, seed: u64, reading: &Reading) -> Option<(u64, Judgement)> {
    let target = MachineTarget::mutant(mutant.fault);
    let mut buffer = Vec::new();
    (0..LIMIT).find_map(|index| {
        let run = Run::of(&target, sampled(seed, index), std::mem::take(&mut buffer));
        let judged = judged(mutant, &run, reading);
        let right = if ONLY_WARN.contains(&mutant.rule) {
            judged.warnings.iter().any(|warning| warning.rule == mutant.rule)
        } else {
            blames(&judged.verdict).iter().any(|blame| blame.contains(&mutant.rule))
        };
        buffer = run.events;
        right.then_some((index, judged))
    })
}

fn judged(mutant: &Mutant, run: &Run, reading: &Reading) -> Judgement {
    run.judge(reading).unwrap_or_else(|error| panic!("{}: {error}\n{}", mutant.name, run.told(reading)))
}

/// The blame, violation by violation; of a rule that only warns, the warning.
fn said(mutant: &Mutant, judged: &Judgement) -> String {
    match &judged.verdict {
        Verdict::Violates(_) => {
            let each: Vec<String> = blames(&judged.verdict).into_iter().map(listed).collect();
            each.join(", ")
        }
        _ => format!("warns {}", mutant.rule),
    }
}

/// Finds every mutant under these seeds: the matrix, and half of the bugs soon.
fn check(seeds: &[u64]) -> String {
    let reading = Reading::aws();
    let mut matrix = String::new();
    let mut alive = Vec::new();
    let mut needed = Vec::new();
    for mutant in MUTANTS {
        for &seed in seeds {
            let Some((index, judged)) = first_right_kill(mutant, seed, &reading) else {
                alive.push(format!("{} on seed {seed}", mutant.name));
                continue;
            };
            needed.push((index + 1, mutant.name));
            let rule = mutant.rule.to_string();
            writeln!(matrix, "{:<29}{rule:<11}{}", mutant.name, said(mutant, &judged))
                .expect("a text takes everything");
        }
    }
    needed.sort_unstable();
    let median = needed.get(needed.len() / 2).map_or(LIMIT, |(cases, _)| *cases);
    let slowest: Vec<_> = needed.iter().rev().take(8).collect();
    println!("{} mutants; median {median} cases; slowest {slowest:?}", MUTANTS.len());
    assert!(alive.is_empty(), "not found within {LIMIT} cases: {alive:#?}");
    assert!(median < MEDIAN, "the median is {median} cases");
    matrix
}

#[test]
fn every_mutant_is_killed_for_the_right_reason() {
    let matrix = check(&SEEDS[..1]);
    esm_snapshots::settings("checker").bind(|| insta::assert_snapshot!("mutants", matrix));
}

#[test]
fn every_mutant_is_killed_under_other_seeds() {
    check(&SEEDS[1..]);
}

/// Bugs that the documents alone do not forbid: what is known of them was captured on AWS, or is only a warning.
#[test]
fn mutants_that_the_documents_admit() {
    let reading = Reading::documented();
    let mut text = String::new();
    for mutant in MUTANTS {
        let target = MachineTarget::mutant(mutant.fault);
        let mut warned = false;
        let mut buffer = Vec::new();
        let killed = (0..LIMIT).any(|index| {
            let run = Run::of(&target, sampled(SEEDS[0], index), std::mem::take(&mut buffer));
            let judged = judged(mutant, &run, &reading);
            warned |= judged.warnings.iter().any(|warning| warning.rule == mutant.rule);
            buffer = run.events;
            matches!(judged.verdict, Verdict::Violates(_))
        });
        if !killed {
            let how = if warned { "warned about" } else { "not noticed" };
            let level = reading.level(mutant.rule);
            let certainty = catalogue::get(mutant.rule).unwrap().certainty;
            let rule = mutant.rule.to_string();
            writeln!(text, "{:<29}{rule:<11}{how:<14}{certainty}, {level}", mutant.name).unwrap();
        }
    }
    esm_snapshots::settings("checker").bind(|| insta::assert_snapshot!("mutants-documented", text));
}

#[test]
fn every_rule_that_can_be_broken_is_broken_by_a_mutant() {
    let breakable = |rule: &&catalogue::Requirement| {
        rule.is_checked() && matches!(rule.kind, Kind::Prohibition | Kind::Obligation)
    };
    let unbroken: Vec<String> = catalogue::all()
        .filter(breakable)
        .filter(|rule| MUTANTS.iter().all(|mutant| mutant.rule != rule.id))
        .map(|rule| format!("{}: {}", rule.id, rule.sentence))
        .collect();
    assert!(unbroken.is_empty(), "{unbroken:#?}");
}

#[test]
fn mutants_break_rules_under_their_one_name() {
    for mutant in MUTANTS {
        let rule = catalogue::get(mutant.rule).unwrap();
        assert!(rule.is_checked() && rule.is_canonical(), "{}: {}", mutant.name, rule.id);
    }
}
