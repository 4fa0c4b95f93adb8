//! What `simulate` tells about typical mappings, as somebody would read it.

use esm_model::script::How;
use esmeralda::simulate::{Kind, Options, SimulateError, Simulation, args, simulate};
use std::collections::BTreeSet;

const SQS: &str =
    r#""DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:123456789012:failures"}}"#;
const S3: &str = r#""DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::failures"}}"#;
const STREAM: &str = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";

/// What the service answers for a mapping with these settings beside the defaults.
fn answer(stream: &str, settings: &str) -> String {
    let mut value = serde_json::json!({
        "UUID": "14e0db71-5d35-4eb5-b481-8945cf9d10c2",
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "EventSourceArn": stream,
        "EventSourceMappingArn":
            "arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:14e0db71-5d35-4eb5-b481-8945cf9d10c2",
        "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:handle-orders",
        "LastModified": "2026-01-05T10:00:00.000000+00:00",
        "LastProcessingResult": "No records processed",
        "State": "Enabled",
        "StateTransitionReason": "User action",
        "DestinationConfig": {"OnFailure": {}},
        "MaximumRecordAgeInSeconds": -1,
        "BisectBatchOnFunctionError": false,
        "MaximumRetryAttempts": -1,
        "TumblingWindowInSeconds": 0,
        "FunctionResponseTypes": []
    });
    let own: serde_json::Value =
        serde_json::from_str(&format!("{{{settings}}}")).expect("test settings are JSON");
    for (name, setting) in own.as_object().expect("test settings are an object") {
        value[name] = setting.clone();
    }
    serde_json::to_string_pretty(&value).expect("a value is JSON")
}

fn check(name: &str, options: &Options) {
    let text = simulate(options).expect("test mappings are simulated").to_text();
    esm_snapshots::settings("simulate").bind(|| insta::assert_snapshot!(name, text));
}

fn of(settings: &str) -> Options {
    Options::of(answer(STREAM, settings))
}

#[test]
fn defaults() {
    check("defaults", &of(""));
}

#[test]
fn split_and_reports_to_a_queue() {
    let settings = format!(
        r#""BatchSize": 8, "MaximumRetryAttempts": 2, "BisectBatchOnFunctionError": true,
           "FunctionResponseTypes": ["ReportBatchItemFailures"], {SQS}"#
    );
    let options = of(&settings);
    check("split-and-raise", &options);
    check("split-and-report", &Options { behaviour: How::Report, ..options });
}

#[test]
fn reports_without_splitting() {
    let settings = format!(
        r#""BatchSize": 4, "MaximumRetryAttempts": 4,
           "FunctionResponseTypes": ["ReportBatchItemFailures"], {SQS}"#
    );
    check("report", &Options { behaviour: How::Report, poison: vec![2, 3], ..of(&settings) });
}

#[test]
fn an_age_limit() {
    let settings = format!(r#""BatchSize": 4, "MaximumRecordAgeInSeconds": 60, {SQS}"#);
    check("age-limit", &of(&settings));
    let settings = format!(
        r#""BatchSize": 8, "MaximumRecordAgeInSeconds": 120, "BisectBatchOnFunctionError": true, {SQS}"#
    );
    check("split-and-age-limit", &Options { poison: vec![2, 7], ..of(&settings) });
    let settings = r#""BatchSize": 4, "MaximumRecordAgeInSeconds": 604800, "MaximumRetryAttempts": 10000"#;
    check("both-limits", &of(settings));
}

#[test]
fn a_throttle() {
    let settings = format!(r#""BatchSize": 4, "MaximumRetryAttempts": 1, {SQS}"#);
    check("throttle", &Options { throttle: Some((10_000, 40_000)), ..of(&settings) });
    let settings = format!(r#""BatchSize": 10, "MaximumRecordAgeInSeconds": 60, {SQS}"#);
    check(
        "throttle-beyond-the-age-limit",
        &Options { throttle: Some((0, 300_000)), poison: vec![], ..of(&settings) },
    );
}

#[test]
fn settings_that_are_not_modelled() {
    let settings = r#""ParallelizationFactor": 2, "FilterCriteria": {"Filters": [{"Pattern": "{}"}]},
        "EventSourceArn": "arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/fast:1700000000",
        "StartingPosition": "LATEST", "State": "Disabled", "MaximumRetryAttempts": 0, "BatchSize": 2,
        "MaximumBatchingWindowInSeconds": 5, "NewMember": 1"#;
    check("not-modelled", &Options { records: 7, ..of(settings) });
}

#[test]
fn a_bucket() {
    let settings =
        format!(r#""BatchSize": 3, "MaximumRetryAttempts": 0, "BisectBatchOnFunctionError": true, {S3}"#);
    check("bucket", &Options { behaviour: How::TimeOut, records: 4, poison: vec![2], ..of(&settings) });
}

#[test]
fn a_table_and_two_shards() {
    let stream = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-05T10:00:00.000";
    let json = answer(stream, r#""BatchSize": 2"#);
    check("table-and-two-shards", &Options { shards: 2, records: 6, poison: vec![1], ..Options::of(json) });
}

#[test]
fn the_input_of_create() {
    let json = format!(
        r#"{{"EventSourceArn": "{STREAM}", "FunctionName": "handle-orders", "StartingPosition": "LATEST",
             "MaximumRetryAttempts": 3, "BatchSize": 10, "DestinationConfig": {{"OnFailure": {{"Destination":
             "arn:aws:sns:eu-west-1:123456789012:failures"}}}}}}"#
    );
    check(
        "input-of-create",
        &Options { records: 3, poison: vec![3], behaviour: How::ReturnStatusCode, ..Options::of(json) },
    );
}

#[test]
fn as_json() {
    let settings = format!(r#""BatchSize": 1, "MaximumRetryAttempts": 1, {SQS}"#);
    let simulation = simulate(&Options { records: 2, poison: vec![1], ..of(&settings) }).unwrap();
    esm_snapshots::settings("simulate").bind(|| insta::assert_json_snapshot!("as-json", simulation));
}

#[test]
fn inputs_that_are_no_mapping() {
    let inputs = [
        "",
        "{\"UUID\": \"14e0db71",
        "[]",
        "{}",
        r#"{"EventSourceMappings": []}"#,
        r#"{"EventSourceArn": "arn:aws:sqs:eu-west-1:123456789012:queue", "UUID": "1", "BatchSize": 10}"#,
        r#"{"BatchSize": "ten"}"#,
        r#"{"BatchSize": 20000}"#,
        r#"{"UUID": "1", "MaximumRecordAgeInSeconds": 30}"#,
        r#"{"UUID": "1", "DestinationConfig": {"OnFailure": {"Destination": "nowhere"}}}"#,
        r#"{"FunctionName": "f", "BatchSiez": 3}"#,
    ];
    let mut text = String::new();
    for input in inputs {
        let error = simulate(&Options::of(input)).unwrap_err();
        text += &format!("{input}\n  {error}\n");
    }
    let mapping = answer(STREAM, "");
    for options in [
        Options { records: 0, ..Options::of(mapping.clone()) },
        Options { poison: vec![9], ..Options::of(mapping.clone()) },
        Options { shards: 9, ..Options::of(mapping.clone()) },
        Options { throttle: Some((5, 5)), ..Options::of(mapping.clone()) },
    ] {
        let error = simulate(&options).unwrap_err();
        assert!(matches!(error, SimulateError::Option { .. }));
        text += &format!("{error}\n");
    }
    for argument in ["10", "10s-40s", "40s..10s", "ten..20s", "99999999999999999999s..1h"] {
        text += &format!("{}\n", args::parse_throttle(argument).unwrap_err());
    }
    text += &format!("{}\n", args::parse_poison("1,zero").unwrap_err());
    text += &format!("{}\n", args::parse_behaviour("explode").unwrap_err());
    text += &format!("{}\n", args::parse_policy("aws+split=never").unwrap_err());
    esm_snapshots::settings("simulate").bind(|| insta::assert_snapshot!("not-a-mapping", text));
}

#[test]
fn arguments() {
    assert_eq!(args::parse_throttle("10s..40s"), Ok((10_000, 40_000)));
    assert_eq!(args::parse_throttle("500ms..2m"), Ok((500, 120_000)));
    assert_eq!(args::parse_poison("2, 5"), Ok(vec![2, 5]));
    assert_eq!(args::parse_poison(""), Ok(vec![]));
    assert_eq!(args::parse_behaviour("time-out"), Ok(How::TimeOut));
    assert!(args::parse_policy("plain+split=ceil").is_ok());
}

/// Every behaviour, policy and combination of settings has a simulation, and none of them panics or says "cut here"
/// where it comes to an end by itself.
#[test]
fn every_combination() {
    let policies = [
        "aws",
        "plain",
        "aws+split=ceil+remainder=split+merge=merged",
        "plain+partly_expired=whole-batch+expired=run",
        "aws+bisect_zero=discard+odd_response=failure+mixed=checkpoint+write=late",
        "aws+duplicates=redelivery",
    ];
    let mut count = 0;
    for policy_name in policies {
        let policy = args::parse_policy(policy_name).unwrap();
        for behaviour in How::ALL {
            for bits in 0..64_u32 {
                let on = |bit: u32| bits & (1 << bit) != 0;
                let settings = format!(
                    r#""BatchSize": {}, "MaximumRetryAttempts": {}, "MaximumRecordAgeInSeconds": {},
                       "BisectBatchOnFunctionError": {}, "FunctionResponseTypes": [{}] {}"#,
                    if on(0) { 3 } else { 8 },
                    if on(1) { -1 } else { 2 },
                    if on(2) { 60 } else { -1 },
                    on(3),
                    if on(4) { "\"ReportBatchItemFailures\"" } else { "" },
                    if on(5) { format!(", {SQS}") } else { String::new() },
                );
                let options = Options {
                    poison: vec![2, 7],
                    behaviour: *behaviour,
                    policy,
                    policy_name: policy_name.to_owned(),
                    throttle: (bits % 3 == 0).then_some((1_000, 90_000)),
                    ..of(&settings)
                };
                let simulation = simulate(&options).unwrap();
                let text = simulation.to_text();
                let limited = bits & 0b110 != 0b010;
                assert!(!limited || accounts_for_all(&simulation, on(5)), "{policy_name} {settings}\n{text}");
                assert!(!text.contains("cut here"), "{policy_name} {behaviour:?} {settings}\n{text}");
                count += 1;
            }
        }
    }
    assert_eq!(count, policies.len() * How::ALL.len() * 64);
}

/// Whether every record succeeds, is done, or is discarded, none both, and whether the failure records cover exactly
/// what is discarded.
fn accounts_for_all(simulation: &Simulation, destination: bool) -> bool {
    let (mut done, mut discarded, mut told) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (index, entry) in simulation.timeline.iter().enumerate() {
        let records = entry.records.iter().copied();
        match entry.kind {
            Kind::Success => done.extend(records),
            Kind::Discard => discarded.extend(records),
            Kind::FailureRecord => told.extend(records),
            Kind::Progress => {
                let before = &simulation.timeline[index - 1].records;
                done.extend(before.iter().copied().filter(|record| !entry.records.contains(record)));
            }
            _ => {}
        }
    }
    done.is_disjoint(&discarded)
        && done.union(&discarded).copied().eq(1..=8)
        && told == if destination { discarded } else { BTreeSet::new() }
}
