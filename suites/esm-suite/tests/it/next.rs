//! What is to be mended first: for each planted bug the rule that it breaks, or one that this rule rests on.

use crate::support::listed;
use esm_model::catalogue::level::ONLY_WARN;
use esm_model::catalogue::{RETRY_2, rests_on};
use esm_model::reference::{MUTANTS, Policy};
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_suite::sample;
use esm_suite::scenario::{self, Scenario};
use esmeralda::campaign::{Kind, Named, Nobody, Plan, Tally};
use esmeralda::machine::MachineTarget;
use esmeralda::next::{Red, reds};
use esmeralda::stop::Stop;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Generated cases for each bug, and for those that are rare.
const CASES: [u64; 2] = [400, 2_000];

fn tally(target: &MachineTarget, cases: u64) -> Tally {
    let named = |scenario: Scenario| Named { name: scenario.id.to_owned(), case: scenario.case };
    let scenarios: Vec<Named> = scenario::all().into_iter().map(named).collect();
    let plan = Plan {
        scenarios: &scenarios,
        regressions: &[],
        generated: 0..cases,
        case: &|index| sample::case(1, index),
        reading: &Reading::aws(),
        only: None,
        jobs: 2,
        longest_ms: None,
        time: None,
        stop: &Stop::default(),
    };
    plan.run(target, &mut Nobody).tally
}

#[test]
fn next_is_never_beside_the_point() {
    let mut text = String::new();
    let mut beside = Vec::new();
    for mutant in MUTANTS {
        if ONLY_WARN.contains(&mutant.rule) {
            continue;
        }
        let target = MachineTarget::mutant(mutant.fault);
        let mut looks = CASES.iter().map(|cases| reds(&tally(&target, *cases).kinds));
        let reds = looks.find(|reds| !reds.is_empty()).unwrap_or_default();
        let Some(first) = reds.first() else { panic!("{}: nothing is red", mutant.name) };
        if first.rule != mutant.rule && !rests_on(mutant.rule).contains(first.rule) {
            beside.push(format!("{}: {} and not {}", mutant.name, first.rule, mutant.rule));
        }
        let (fold, stand): (Vec<&Red>, Vec<&Red>) =
            reds[1..].iter().partition(|red| !red.waits_for.is_empty());
        let rules = |reds: &[&Red]| listed(&reds.iter().map(|red| red.rule).collect::<Vec<_>>());
        let (rule, first) = (mutant.rule.to_string(), first.rule.to_string());
        let line = format!(
            "{:<29}{rule:<11}{first:<11}fold: {}; also: {}",
            mutant.name,
            rules(&fold),
            rules(&stand)
        );
        writeln!(text, "{}", line.trim_end()).unwrap();
    }
    assert!(beside.is_empty(), "{beside:#?}");
    esm_snapshots::settings("checker").bind(|| insta::assert_snapshot!("next", text));
}

#[test]
fn nothing_is_red_on_the_reference() {
    assert_eq!(reds(&tally(&MachineTarget::reference(Policy::AWS), CASES[0]).kinds), []);
}

fn seen(kinds: &[(&[&str], u64)]) -> Vec<Red> {
    let rule = |text: &&str| text.parse::<RuleId>().expect("a rule");
    let kind = |(blame, times): &(&[&str], u64)| (Kind::Violation(blame.iter().map(rule).collect()), *times);
    reds(&kinds.iter().map(kind).collect::<BTreeMap<_, _>>())
}

#[track_caller]
fn in_order(kinds: &[(&[&str], u64)], expected: &str) {
    let told =
        |red: &Red| format!("{}:{} {}", red.rule, red.times, listed(&red.waits_for)).trim_end().to_owned();
    assert_eq!(seen(kinds).iter().map(told).collect::<Vec<_>>().join(", "), expected);
}

#[test]
fn what_rests_on_a_red_rule_waits_for_it() {
    in_order(
        &[(&["BISECT-1"], 50), (&["REC-6"], 90), (&["RETRY-2"], 70)],
        "RETRY-2:70, BISECT-1:50 RETRY-2, REC-6:90 RETRY-2",
    );
    let reds = seen(&[(&["RETRY-2"], 1)]);
    assert!(reds[0].holds_up > 30 && reds[0].rule == RETRY_2, "{reds:?}");
}

#[test]
fn what_is_seldom_seen_is_an_echo() {
    in_order(&[(&["BISECT-3"], 109), (&["RETRY-2"], 6)], "BISECT-3:109, RETRY-2:6");
    in_order(&[(&["BISECT-3"], 109), (&["RETRY-2"], 60)], "RETRY-2:60, BISECT-3:109 RETRY-2");
}

#[test]
fn what_explains_most_is_red() {
    // Named first or not: the other one never shows alone.
    in_order(&[(&["RETRY-2", "PBR-3"], 7), (&["DISCARD-2", "PBR-3"], 2)], "PBR-3:9");
    in_order(&[(&["RETRY-2", "PBR-3"], 7), (&["RETRY-2"], 20)], "RETRY-2:27");
    // Both explain as much: what is needed for the other would show without it.
    in_order(&[(&["DISCARD-2", "REC-4"], 40)], "REC-4:40");
    in_order(&[], "");
}

#[test]
fn the_shortest_blame_shows_it_best() {
    let reds = seen(&[(&["PBR-3", "RETRY-2"], 70), (&["PBR-3"], 2), (&["PBR-3", "DISCARD-2"], 9)]);
    assert_eq!(reds[0].kind, Kind::Violation(vec!["PBR-3".parse().unwrap()]));
}
