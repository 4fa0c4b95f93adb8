//! What a person reads about a violation: one small case for each kind of fault, on the mutant that has it.

use esm_model::case::Case;
use esm_model::explain::explain;
use esm_model::reference::{Fault, MUTANTS};
use esm_model::setup::Setup;
use esm_model::spec::Reading;
use esm_model::trace::TraceRef;
use esm_model::verdict::{Verdict, judge};
use esmeralda::machine::MachineTarget;
use esmeralda::run::run_case;
use esmeralda::virtual_time::ready;
use std::fmt::Write;
use std::rc::Rc;

const SQS: &str =
    r#""DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:123456789012:failures"}}"#;
const S3: &str = r#""DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::failures"}}"#;

/// A case of one mapping; `rest` are further members of the case, each with a comma in front.
fn case(settings: &str, records: &str, rest: &str) -> Rc<Case> {
    let text = format!(
        r#"{{"format": 1, "mappings": [{{"settings": {{{settings}}}}}], "records": [{records}],
            "horizon_ms": 3600000{rest}}}"#
    );
    Rc::new(Case::from_json(&text).expect("a case of this file is valid"))
}

fn records(all: &[&str]) -> String {
    let record = |text: &&str| {
        let comma = if text.is_empty() { "" } else { ", " };
        if text.contains("\"at\"") { format!("{{{text}}}") } else { format!("{{\"at\": 0{comma}{text}}}") }
    };
    all.iter().map(record).collect::<Vec<_>>().join(", ")
}

const RAISE: &str = r#""behaviour": {"how": "raise"}"#;
const REPORT: &str = r#""behaviour": {"how": "report"}"#;

/// All explanations of what the mutant does with the case.
fn explained(case: &Rc<Case>, fault: Fault, reading: &Reading) -> String {
    let setup = Rc::new(Setup::in_tree(case));
    let target = MachineTarget::mutant(fault);
    let events = ready(run_case(&target, case, Some(&setup), true, Vec::new()))
        .expect("the machine runs every case")
        .events;
    let setup = fault.in_documents().then_some(&*setup);
    let trace = TraceRef { case, setup, events: &events };
    let judged = judge(trace, reading).expect("the trace is one of its case");
    let Verdict::Violates(violations) = judged.verdict else {
        panic!("{fault:?}: {:?}\n{}", judged.verdict, esm_model::trace::to_lines(case, None, &events));
    };
    let mut out = String::new();
    for (index, violation) in violations.iter().enumerate() {
        if index > 0 {
            writeln!(out, "\n--------").expect("a String takes everything");
        }
        let text = explain(trace, reading, violation);
        assert!(text.lines().count() <= 30, "too long:\n{text}");
        out.push_str(&text);
    }
    out
}

fn check(name: &str, case: Rc<Case>, fault: Fault) {
    let text = explained(&case, fault, &Reading::documented());
    esm_snapshots::settings("explanations").bind(|| insta::assert_snapshot!(name, text));
}

/// For rules that bind by what was captured on AWS alone.
fn check_by_aws(name: &str, case: Rc<Case>, fault: Fault) {
    let text = explained(&case, fault, &Reading::aws());
    esm_snapshots::settings("explanations").bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_retry_is_missing() {
    let settings = format!(r#""BatchSize": 3, "MaximumRetryAttempts": 2, {SQS}"#);
    check("a-retry-is-missing", case(&settings, &records(&["", RAISE]), ""), Fault::OneRetryTooFew);
}

#[test]
fn a_retry_too_many() {
    let settings = format!(r#""BatchSize": 3, "MaximumRetryAttempts": 1, {SQS}"#);
    check("a-retry-too-many", case(&settings, &records(&["", RAISE, ""]), ""), Fault::OneRetryTooMany);
}

#[test]
fn a_throttle_costs_an_attempt() {
    let settings = format!(r#""BatchSize": 3, "MaximumRetryAttempts": 0, {SQS}"#);
    let rest = r#", "actions": [{"at": 0, "action": {"throttle": {"mapping": 0, "for_ms": 5000}}}], "closing_at": 60000"#;
    check(
        "a-throttle-costs-an-attempt",
        case(&settings, &records(&["\"at\": 1000", "\"at\": 1000"]), rest),
        Fault::ThrottleCounts,
    );
}

#[test]
fn no_split() {
    let settings =
        format!(r#""BatchSize": 4, "MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": true, {SQS}"#);
    check("no-split", case(&settings, &records(&["", "", RAISE]), ""), Fault::BisectIgnored);
}

#[test]
fn a_split_costs_attempts() {
    let settings =
        format!(r#""BatchSize": 2, "MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": true, {SQS}"#);
    check("a-split-costs-attempts", case(&settings, &records(&["", RAISE]), ""), Fault::BisectEatsQuota);
}

#[test]
fn a_bad_identifier_is_ignored() {
    let settings = format!(
        r#""BatchSize": 2, "MaximumRetryAttempts": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"], {SQS}"#
    );
    let bad = r#""behaviour": {"how": "empty-identifier"}"#;
    check(
        "a-bad-identifier-is-ignored",
        case(&settings, &records(&["", bad, "\"at\": 5000"]), ""),
        Fault::EmptyIdentifierIgnored,
    );
}

#[test]
fn the_highest_report_decides() {
    let settings = format!(
        r#""BatchSize": 5, "MaximumRetryAttempts": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"], {SQS}"#
    );
    check(
        "the-highest-report-decides",
        case(&settings, &records(&["", REPORT, "", REPORT, ""]), ""),
        Fault::HighestIdentifier,
    );
}

#[test]
fn an_old_record_is_delivered() {
    let settings = format!(r#""BatchSize": 1, "MaximumRecordAgeInSeconds": 60, {SQS}"#);
    let rest = r#", "actions": [{"at": 0, "action": {"disable": {"mapping": 0}}}, {"at": 120000, "action": {"enable": {"mapping": 0}}}]"#;
    check(
        "an-old-record-is-delivered",
        case(&settings, &records(&["\"at\": 10000"]), rest),
        Fault::AgeIgnored,
    );
}

#[test]
fn discarded_too_young() {
    let settings = format!(r#""BatchSize": 10, "MaximumRecordAgeInSeconds": 60, {SQS}"#);
    let rest = r#", "max_invocations": 1000"#;
    check_by_aws(
        "discarded-too-young",
        case(&settings, &records(&[RAISE, "\"at\": 30000"]), rest),
        Fault::AgeEarly,
    );
}

#[test]
fn a_failure_record_is_missing() {
    let settings = format!(r#""BatchSize": 2, "MaximumRetryAttempts": 0, {SQS}"#);
    check("a-failure-record-is-missing", case(&settings, &records(&["", RAISE]), ""), Fault::RecordLost);
}

#[test]
fn a_shard_waits_for_another() {
    let settings = r#""BatchSize": 1"#;
    let rest = r#", "shards": 2, "max_invocations": 10, "function": {"timeout_ms": 200000}"#;
    let slow = format!(r#""duration_ms": 100000, {RAISE}"#);
    let text = records(&[&slow, "\"at\": 150000, \"shard\": 1"]);
    check("a-shard-waits-for-another", case(settings, &text, rest), Fault::ShardStallsOthers);
}

#[test]
fn a_later_record_overtakes() {
    let settings = format!(r#""BatchSize": 2, "MaximumRetryAttempts": 2, {SQS}"#);
    let bad = r#""behaviour": {"how": "raise", "times": 1}"#;
    check(
        "a-later-record-overtakes",
        case(&settings, &records(&["", bad, ""]), ""),
        Fault::SkipsFailingBatch,
    );
}

#[test]
fn two_calls_at_a_time() {
    let slow = r#""duration_ms": 2500"#;
    check("two-calls-at-a-time", case(r#""BatchSize": 2"#, &records(&[slow, ""]), ""), Fault::GivesUpEarly);
}

#[test]
fn enabled_again_elsewhere() {
    let rest = r#", "actions": [{"at": 10000, "action": {"disable": {"mapping": 0}}}, {"at": 60000, "action": {"enable": {"mapping": 0}}}], "closing_at": 90000"#;
    let text = records(&["", "\"at\": 30000", "\"at\": 40000", "\"at\": 70000"]);
    check("enabled-again-elsewhere", case(r#""BatchSize": 10"#, &text, rest), Fault::EnableSkips);
}

#[test]
fn a_wrong_count() {
    let settings = format!(r#""BatchSize": 2, "MaximumRetryAttempts": 2, {SQS}"#);
    check("a-wrong-count", case(&settings, &records(&["", RAISE]), ""), Fault::CountIsRetries);
}

#[test]
fn the_payload_is_an_object() {
    let settings = format!(r#""BatchSize": 2, "MaximumRetryAttempts": 0, {S3}"#);
    check("the-payload-is-an-object", case(&settings, &records(&["", RAISE]), ""), Fault::PayloadIsObject);
}

#[test]
fn delivered_again() {
    let settings = format!(r#""BatchSize": 2, "MaximumRetryAttempts": 2, {SQS}"#);
    let bad = r#""behaviour": {"how": "raise", "times": 1}"#;
    check("delivered-again", case(&settings, &records(&["", bad]), ""), Fault::SuccessRetriedOnce);
}

#[test]
fn a_retry_with_newer_records_by_aws() {
    let settings = format!(r#""BatchSize": 3, "MaximumRetryAttempts": 2, {SQS}"#);
    check_by_aws(
        "a-retry-with-newer-records",
        case(&settings, &records(&[RAISE, "\"at\": 100"]), ""),
        Fault::RetryEnlarged,
    );
}

/// Whatever a mutant does to whatever case: there is an explanation, it is not long, and it names the blame.
#[test]
fn every_mutant_is_explained() {
    let mut longest = 0;
    for mutant in MUTANTS {
        for index in 0..60 {
            let case = Rc::new(esm_suite::sample::case(11, index));
            let setup = Rc::new(Setup::in_tree(&case));
            let target = MachineTarget::mutant(mutant.fault);
            let events = ready(run_case(&target, &case, Some(&setup), true, Vec::new())).unwrap().events;
            let setup = mutant.fault.in_documents().then_some(&*setup);
            let trace = TraceRef { case: &case, setup, events: &events };
            let Verdict::Violates(violations) = judge(trace, &Reading::aws()).unwrap().verdict else {
                continue;
            };
            for violation in violations {
                let text = explain(trace, &Reading::aws(), &violation);
                longest = longest.max(text.lines().count());
                assert!(violation.blame.iter().all(|rule| text.contains(&format!("\n{rule}: "))), "{text}");
            }
            break;
        }
    }
    assert!(longest <= 60, "an explanation has {longest} lines");
}
