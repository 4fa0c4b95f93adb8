//! What the reference does where limits meet, on cases that chance seldom draws: two limits of age, and how attempts
//! are counted over them. That the judge accepts each run is asked, too.

use crate::support::Run;
use esm_model::case::Case;
use esm_model::reference::Policy;
use esm_model::spec::Reading;
use esm_model::verdict::Verdict;
use esm_suite::scenario::history;
use esmeralda::machine::MachineTarget;
use std::fmt::Write;
use std::rc::Rc;

/// A question, the case that asks it, and the policies whose answers are shown.
struct Edge {
    asks: &'static str,
    case: &'static str,
    policies: &'static [&'static str],
}

const EDGES: &[Edge] = &[
    Edge {
        asks: "Between two tries one record of a batch grew too old and one did not (AMB-12, AMB-31).",
        case: r#"{"format": 1, "horizon_ms": 3600000,
            "mappings": [{"settings": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 40,
                "MaximumRecordAgeInSeconds": 60, "MaximumRetryAttempts": 2,
                "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:123456789012:failures"}}}}],
            "records": [{"at": 0, "behaviour": {"how": "raise"}}, {"at": 30000, "behaviour": {"how": "raise"}}],
            "actions": [{"at": 40100, "action": {"throttle": {"mapping": 0, "for_ms": 30000}}}],
            "closing_at": 200000}"#,
        policies: &["aws", "aws+partly_expired=whole-batch", "aws+age_attempts=reset"],
    },
    Edge {
        asks: "A remainder grows too old after progress: do earlier invocations count (AMB-32)?",
        case: r#"{"format": 1, "horizon_ms": 3600000,
            "mappings": [{"settings": {"BatchSize": 3, "MaximumRecordAgeInSeconds": 60, "MaximumRetryAttempts": 5,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:123456789012:failures"}}}}],
            "records": [{"at": 0, "duration_ms": 10},
                {"at": 0, "duration_ms": 10, "behaviour": {"how": "report", "times": 1}},
                {"at": 0, "duration_ms": 10, "behaviour": {"how": "report"}}],
            "actions": [{"at": 35, "action": {"throttle": {"mapping": 0, "for_ms": 70000}}}],
            "closing_at": 200000}"#,
        policies: &["aws", "aws+count_scope=with-ancestors"],
    },
    Edge {
        asks: "A record as old as the stream's retention is still there (RETRY-11).",
        case: r#"{"format": 1, "horizon_ms": 3600000, "retention_ms": 60000,
            "mappings": [{"settings": {"BatchSize": 3, "MaximumBatchingWindowInSeconds": 60}}],
            "records": [{"at": 0}, {"at": 30000}], "closing_at": 200000}"#,
        policies: &["aws"],
    },
    Edge {
        asks: "A record that the stream lost takes no place in a batch (RETRY-11).",
        case: r#"{"format": 1, "horizon_ms": 3600000, "retention_ms": 59999,
            "mappings": [{"settings": {"BatchSize": 3, "MaximumBatchingWindowInSeconds": 60,
                "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:123456789012:failures"}}}}],
            "records": [{"at": 0}, {"at": 30000}, {"at": 60000}, {"at": 60000}], "closing_at": 200000}"#,
        policies: &["aws", "aws+retention=written"],
    },
    Edge {
        asks: "Records that fill an event to its last byte go together, and nothing fits beside them (BATCH-1).",
        case: r#"{"format": 1, "horizon_ms": 3600000, "mappings": [{"settings": {"BatchSize": 3}}],
            "records": [{"at": 0, "size": 2358921}, {"at": 0, "size": 2358921}, {"at": 0}], "closing_at": 200000}"#,
        policies: &["aws"],
    },
];

#[test]
fn edges() {
    let mut text = String::new();
    for edge in EDGES {
        let case =
            Rc::new(Case::from_json(edge.case).unwrap_or_else(|error| panic!("{}: {error}", edge.asks)));
        for name in edge.policies {
            let policy = Policy::parse(name).unwrap_or_else(|| panic!("no policy {name}"));
            let run = Run::of(&MachineTarget::reference(policy), case.clone(), Vec::new());
            let judged = run.judge(&Reading::documented()).expect("a trace");
            assert_eq!(judged.verdict, Verdict::Conforms, "{name}\n{}", run.told(&Reading::documented()));
            writeln!(text, "{}\n{name}\n{}", edge.asks, history(run.trace())).unwrap();
        }
    }
    esm_snapshots::settings("checker").bind(|| insta::assert_snapshot!("edges", text));
}
