//! Not vacuous: every rule is put to the test, every admitted answer to an open question is given, features meet.

use crate::support::{Run, sampled};
use esm_model::case::Case;
use esm_model::catalogue::{self, AmbiguityId, Kind, Requirement};
use esm_model::reference::{FIELDS, Policy};
use esm_model::spec::Reading;
use esm_model::verdict::Verdict;
use esm_suite::coverage::Coverage;
use esmeralda::machine::MachineTarget;
use std::fmt::Write;
use std::rc::Rc;

const CASES: u64 = 3_000;
/// Every so many cases the run writes texts.
const TEXTS: u64 = 8;
/// How many of the policies that combine deviations are run beside the presets.
const COMBINED: usize = 8;
/// Variants that sampled cases seldom show: one record of a batch grows too old between two tries, and one does not.
/// By policy; the second record succeeds or fails.
const RARE: [(&str, &str); 2] = [
    ("aws+partly_expired=whole-batch", ""),
    ("aws+age_attempts=reset", r#", "behaviour": {"how": "raise"}"#),
];

/// The case for them.
fn partly_expired(second: &str) -> String {
    format!(
        r#"{{"format": 1, "horizon_ms": 3600000,
    "mappings": [{{"settings": {{"BatchSize": 10, "MaximumBatchingWindowInSeconds": 40,
        "MaximumRecordAgeInSeconds": 60, "MaximumRetryAttempts": 5,
        "DestinationConfig": {{"OnFailure": {{"Destination": "arn:aws:sqs:eu-west-1:123456789012:failures"}}}}}}}}],
    "records": [{{"at": 0, "behaviour": {{"how": "raise"}}}}, {{"at": 30000{second}}}],
    "actions": [{{"at": 40100, "action": {{"throttle": {{"mapping": 0, "for_ms": 30000}}}}}}],
    "closing_at": 200000}}"#
    )
}

/// The presets, some combinations, and the one that repeats deliveries.
fn policies() -> Vec<Policy> {
    let set = Policy::covering_set();
    let presets = set.iter().take(2);
    let combined = set.iter().filter(|(name, _)| name.starts_with("plain+")).take(COMBINED);
    let repeats = Policy::parse("aws+duplicates=redelivery").expect("a policy");
    presets.chain(combined).map(|(_, policy)| *policy).chain([repeats]).collect()
}

/// What all runs of a policy reach.
fn reached(policy: Policy, cases: u64) -> Coverage {
    let values = MachineTarget::reference(policy);
    let texts = values.clone().with_texts(true);
    let reading = Reading::documented().with_duplicates(true);
    let mut coverage = Coverage::new();
    let mut buffer = Vec::new();
    for index in 0..cases {
        let target = if index % TEXTS == 0 { &texts } else { &values };
        let run = Run::of(target, sampled(21, index), std::mem::take(&mut buffer));
        let judged = run.judge(&reading).expect("a trace");
        assert_eq!(judged.verdict, Verdict::Conforms, "case {index}\n{}", run.told(&reading));
        coverage.add(&judged, &run.case);
        coverage.add_policy(&judged, &policy);
        buffer = run.events;
    }
    coverage
}

/// How a rule is put to the test.
fn exercised(rule: &Requirement, coverage: &Coverage) -> String {
    match (rule.kind, rule.status.reason()) {
        (_, Some(_)) => format!("not checked, {}", rule.status),
        (Kind::Restates(other), _) => format!("by {other}"),
        (Kind::Api, _) => "by control scenarios".to_owned(),
        (Kind::Consumer, _) => "by functions alone".to_owned(),
        _ if coverage.exercised(rule.id) => "yes".to_owned(),
        _ => "no".to_owned(),
    }
}

#[test]
fn nothing_is_vacuous() {
    let mut coverage = Coverage::new();
    for policy in policies() {
        coverage.merge(&reached(policy, CASES));
    }
    let reading = Reading::documented();
    for (policy, second) in RARE {
        let case = Rc::new(Case::from_json(&partly_expired(second)).unwrap());
        let policy = Policy::parse(policy).unwrap();
        let run = Run::of(&MachineTarget::reference(policy), case, Vec::new());
        let judged = run.judge(&reading).unwrap();
        assert_eq!(judged.verdict, Verdict::Conforms);
        coverage.add(&judged, &run.case);
    }
    let mut text = String::new();
    for rule in catalogue::all() {
        let id = rule.id.to_string();
        writeln!(text, "{id:<11}{}", exercised(rule, &coverage)).unwrap();
    }
    text.push_str("\nVariants taken\n");
    for (number, field, variants) in FIELDS {
        let all = variants.iter().enumerate().map(|(index, name)| {
            if coverage.took(*number, index) { (*name).to_owned() } else { format!("NOT {name}") }
        });
        let (id, all) = (AmbiguityId::new(*number).to_string(), all.collect::<Vec<_>>().join(", "));
        writeln!(text, "{id:<8}{field}: {all}").unwrap();
    }
    text.push_str("\nFeatures seen together\n");
    for (a, b, count) in coverage.pairs() {
        let seen = if count > 0 { "yes" } else { "no" };
        writeln!(text, "{a} x {b}: {seen}").unwrap();
        println!("{a} x {b}: {count} of {}", coverage.runs());
    }
    esm_snapshots::settings("checker").bind(|| insta::assert_snapshot!("coverage", text));
    assert_eq!(coverage.not_exercised(), []);
    assert_eq!(coverage.not_taken(), []);
    assert!(coverage.pairs().all(|(.., count)| count > 0));
}

#[test]
fn what_two_halves_reach_is_what_the_whole_reaches() {
    let whole = reached(Policy::AWS, 200);
    let mut halves = reached(Policy::AWS, 100);
    assert_eq!((whole.runs(), halves.runs()), (200, 100));
    assert!(!Coverage::new().not_exercised().is_empty());
    halves.merge(&Coverage::new());
    halves.merge(&whole);
    assert_eq!(halves.runs(), 300);
    assert_eq!(halves.not_exercised(), whole.not_exercised());
    assert_eq!(halves.not_taken(), whole.not_taken());
}
