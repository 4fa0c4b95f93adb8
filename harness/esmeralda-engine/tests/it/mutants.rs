//! Planted bugs of the engine are found over the wire, with the true rule in the blame.

use crate::judged::{at_engine, lines, read, verdict};
use esm_model::reference::find_mutant;
use esm_model::spec::Reading;
use esm_model::verdict::Verdict;
use std::sync::Mutex;

/// Two shards, bisection, one retry and a queue: one record that is bad for good, among good ones.
const BISECT: &str = r#"{"format":1,"shards":2,"mappings":[{"settings":{"StartingPosition":"TRIM_HORIZON","BatchSize":4,
    "MaximumRetryAttempts":1,"BisectBatchOnFunctionError":true,"DestinationConfig":{"OnFailure":{"Destination":
    "arn:aws:sqs:eu-west-1:123456789012:failures"}}}}],"records":[{"at":0},{"at":0,"behaviour":{"how":"raise"}},{"at":0},
    {"at":0},{"at":0,"shard":1},{"at":300},{"at":600,"shard":1}],"closing_at":1000,"horizon_ms":9000}"#;
/// The same without bisection.
const WHOLE: &str = r#"{"format":1,"shards":2,"mappings":[{"settings":{"StartingPosition":"TRIM_HORIZON","BatchSize":3,
    "MaximumRetryAttempts":1,"DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:eu-west-1:123456789012:failures"
    }}}}],"records":[{"at":0},{"at":0,"behaviour":{"how":"raise"}},{"at":0},{"at":0,"shard":1},{"at":300}],
    "closing_at":1000,"horizon_ms":9000}"#;
/// One record that reports itself, in the middle of a batch.
const REPORT: &str = r#"{"format":1,"mappings":[{"settings":{"StartingPosition":"TRIM_HORIZON","BatchSize":4,
    "MaximumRetryAttempts":1,"FunctionResponseTypes":["ReportBatchItemFailures"],"DestinationConfig":{"OnFailure":{
    "Destination":"arn:aws:sqs:eu-west-1:123456789012:failures"}}}}],"records":[{"at":0},{"at":0},{"at":0,"behaviour":
    {"how":"report"}},{"at":0}],"closing_at":1000,"horizon_ms":9000}"#;
/// More records than fit into one batch.
const MANY: &str = r#"{"format":1,"mappings":[{"settings":{"StartingPosition":"TRIM_HORIZON","BatchSize":2}}],"records":[
    {"at":0},{"at":0},{"at":0},{"at":0},{"at":0}],"closing_at":1000,"horizon_ms":9000}"#;
/// A shard that fails for more than a minute, in more than ten calls, and another one that must not wait for it: less
/// is no stall.
const STALL: &str = r#"{"format":1,"shards":2,"function":{"timeout_ms":10000},"mappings":[{"settings":{"StartingPosition":
    "TRIM_HORIZON","BatchSize":1}}],"records":[{"at":0,"duration_ms":4500,"behaviour":{"how":"raise","times":17}},{"at":6000,
    "shard":1}],"closing_at":85000,"horizon_ms":100000}"#;
/// A bucket as the destination.
const BUCKET: &str = r#"{"format":1,"mappings":[{"settings":{"StartingPosition":"TRIM_HORIZON","BatchSize":2,
    "MaximumRetryAttempts":0,"DestinationConfig":{"OnFailure":{"Destination":"arn:aws:s3:::failures"}}}}],"records":[
    {"at":0,"behaviour":{"how":"raise"}},{"at":0}],"closing_at":1000,"horizon_ms":9000}"#;

/// The bugs, each with a case that brings it out.
const PLANTED: &[(&str, &str)] = &[
    ("shard-stalls-others", STALL),
    ("one-retry-too-many", WHOLE),
    ("one-retry-too-few", WHOLE),
    ("never-retries", WHOLE),
    ("record-lost", WHOLE),
    ("record-twice", WHOLE),
    ("record-per-record", WHOLE),
    ("raise-is-success", WHOLE),
    ("status-code-500", WHOLE),
    ("stream-arn-is-name", WHOLE),
    ("version-is-number", WHOLE),
    ("count-is-retries", WHOLE),
    ("discards-only-first", WHOLE),
    ("batch-size-configured", BISECT),
    ("bisect-ignored", BISECT),
    ("bisect-drops-right", BISECT),
    ("right-half-first", BISECT),
    ("bisect-eats-quota", BISECT),
    ("half-delivered-again", BISECT),
    ("batch-size-plus-one", MANY),
    ("batch-reversed", BISECT),
    ("only-reported-retried", REPORT),
    ("progress-keeps-quota", REPORT),
    ("key-with-colons", BUCKET),
    ("payload-is-object", BUCKET),
    ("payload-absent", BUCKET),
];

/// So many engines at once: each case is mostly waiting.
const SIDE_BY_SIDE: usize = 9;

/// What is wrong with the judgement of a planted bug, if anything is.
fn missed(name: &str, case: &str) -> Option<String> {
    let mutant = find_mutant(name).unwrap_or_else(|| panic!("no mutant {name}"));
    let trial = at_engine(&format!("mutant-{name}"), Some(mutant.fault), &read(case), &Reading::aws());
    let blamed = match verdict(&trial) {
        Verdict::Violates(violations) => violations.iter().any(|it| it.blame.contains(&mutant.rule)),
        _ => false,
    };
    (!blamed).then(|| format!("{name} ({}): {:?}\n{}", mutant.rule, verdict(&trial), lines(&trial)))
}

#[test]
fn every_planted_bug_is_found_and_rightly_blamed() {
    // The longest one is the first of the list: the others pass it by.
    let next = Mutex::new(PLANTED.iter());
    let work = || {
        let mut all = Vec::new();
        loop {
            let taken = next.lock().expect("nobody panics with it").next();
            let Some((name, case)) = taken else { return all };
            all.extend(missed(name, case));
        }
    };
    let all: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(work)).collect();
        running.into_iter().flat_map(|it| it.join().expect("a judgement")).collect()
    });
    assert!(all.is_empty(), "{}", all.join("\n\n"));
    assert!(PLANTED.len() >= 20);
}
