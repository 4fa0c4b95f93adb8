//! The mistakes that people make, in Python: each is found with the right rule and the right advice, and its mended twin
//! is green.

use crate::support::{MAPPING, WITHOUT_REPORTS, check, python, run, violated};
use esm_model::catalogue as c;
use esm_model::rule::RuleId;

/// Long enough for a handler that does nothing slowly, on a busy machine.
const PATIENT_MS: i64 = 20_000;

#[track_caller]
fn mistake(module: &str, mapping: &str, rules: &[RuleId], advice: &str) {
    let mended = run(check(mapping), python(&format!("{module}.mended")), PATIENT_MS);
    violated(&mended.expect("a report"), &[]);
    let report = run(check(mapping), python(&format!("{module}.handler")), PATIENT_MS).expect("a report");
    violated(&report, rules);
    for finding in report.findings.iter().filter(|finding| finding.violates) {
        assert!(finding.advice.contains(advice) && !finding.records.is_empty(), "{}", report.to_text());
    }
}

#[test]
fn swallows_exceptions() {
    mistake(
        "swallows",
        MAPPING,
        &[c::CONS_5],
        "add the sequence number of each failed record to batchItemFailures",
    );
}

#[test]
fn takes_identifiers_of_messages() {
    mistake("sqs_identifiers", MAPPING, &[c::CONS_2], "report record[\"kinesis\"][\"sequenceNumber\"]");
}

#[test]
fn reports_where_in_the_batch() {
    mistake("reports_index", MAPPING, &[c::CONS_2], "report record[\"kinesis\"][\"sequenceNumber\"]");
}

#[test]
fn reports_the_last_failure() {
    mistake("reports_last", MAPPING, &[c::CONS_4], "report every record that failed");
}

#[test]
fn counts_again() {
    mistake("counts_again", MAPPING, &[c::CONS_9], "make the effect idempotent");
}

#[test]
fn parses_before_it_catches() {
    mistake("parses_first", MAPPING, &[c::CONS_7], "parsing included");
}

#[test]
fn takes_the_stream_for_one_shard() {
    mistake("one_shard", MAPPING, &[c::CONS_8], "whatever shard it comes from");
}

#[test]
fn keeps_its_failures() {
    mistake("global_state", MAPPING, &[c::CONS_2], "keep no list of failures from one invocation");
}

#[test]
fn answers_like_an_http_api() {
    mistake("http_answer", MAPPING, &[c::CONS_1], "return {\"batchItemFailures\"");
}

#[test]
fn misspells_the_response() {
    mistake("misspelt", MAPPING, &[c::CONS_1], "spell the member batchItemFailures");
}

#[test]
fn works_side_by_side() {
    mistake("side_by_side", MAPPING, &[c::CONS_10], "one after the other");
}

#[test]
fn reports_to_nobody() {
    mistake("reports_unread", WITHOUT_REPORTS, &[c::CONS_6], "set FunctionResponseTypes");
}

#[test]
fn too_slow_for_a_full_batch() {
    let few = || check(MAPPING).drawn(0).repeatable(true);
    let mended = run(few(), python("too_slow.mended"), PATIENT_MS).unwrap();
    violated(&mended, &[]);
    let report = run(few(), python("too_slow.handler"), 800).unwrap();
    assert!(report.violated().contains(&c::CONS_11), "{}", report.to_text());
    let finding = report.findings.iter().find(|finding| finding.rule == c::CONS_11).unwrap();
    assert!(
        (5..=10).contains(&finding.records.len()) && finding.advice.contains("BatchSize"),
        "{}",
        finding.advice
    );
}
