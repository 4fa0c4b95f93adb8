//! The control plane against the recorded texts and the ranges of the documents.

use super::*;
use crate::mapping::{Mapping, SourceKind, StartingPosition, Timestamp};
use crate::rule::{RuleId, Section};
use serde_json::{Value, json};

mod configuration;
mod shape;
mod world;

const STREAM: &str = "arn:aws:kinesis:eu-central-1:111111111111:stream/orders";
const CONSUMER: &str = "arn:aws:kinesis:eu-central-1:111111111111:stream/orders/consumer/fast:1700000000";
const TABLE: &str = "arn:aws:dynamodb:eu-central-1:111111111111:table/t/stream/2025-02-22T03:03:25.490";
const QUEUE: &str = "arn:aws:sqs:eu-central-1:111111111111:dlq";
const UUID: &str = "0b3c1f3e-6a7d-4a5e-9b1c-1d2e3f405162";

/// A valid create request with some members replaced; `null` removes one.
fn create(changes: Value) -> CreateRequest {
    let mut request =
        json!({"EventSourceArn": STREAM, "FunctionName": "work", "StartingPosition": "TRIM_HORIZON"});
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => request.as_object_mut().unwrap().remove(name),
            value => request.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    CreateRequest::from_value(&request).unwrap()
}

fn update(members: Value) -> UpdateRequest {
    UpdateRequest::from_value(&members).unwrap()
}

fn world() -> World {
    let stream = |arn: &str, kind| Stream { arn: arn.to_owned(), kind };
    World {
        partition: "aws".to_owned(),
        region: "eu-central-1".to_owned(),
        account: "111111111111".to_owned(),
        streams: vec![
            stream(STREAM, SourceKind::Kinesis),
            stream(CONSUMER, SourceKind::Kinesis),
            stream(TABLE, SourceKind::DynamoDb),
        ],
        functions: vec![Function {
            name: "work".to_owned(),
            qualifiers: vec!["1".to_owned(), "live".to_owned(), "next".to_owned()],
        }],
        mappings: Vec::new(),
    }
}

const INVALID: &str = "InvalidParameterValueException";
const VALIDATION: &str = "ValidationException";

#[track_caller]
fn refused<T: std::fmt::Debug>(
    answer: Result<T, ServiceError>,
    rule: (Section, u8),
    error_type: &str,
    recorded: bool,
    message: &str,
) {
    let error = answer.unwrap_err();
    assert_eq!(error.message, message);
    assert_eq!((error.error_type, error.recorded), (error_type, recorded), "{error}");
    assert_eq!(error.rule, RuleId::new(rule.0, rule.1));
    let status = match error.error_type {
        "ResourceConflictException" => 409,
        "ResourceNotFoundException" => 404,
        _ => 400,
    };
    assert_eq!(error.status, status);
}

#[test]
fn every_edge_of_every_range() {
    let captured =
        ["batchSize", "parallelizationFactor", "maximumBatchingWindowInSeconds", "tumblingWindowInSeconds"];
    for (member, min, max) in [
        ("BatchSize", 1, 10_000),
        ("MaximumBatchingWindowInSeconds", 0, 300),
        ("MaximumRetryAttempts", -1, 10_000),
        ("MaximumRecordAgeInSeconds", -1, 604_800),
        ("ParallelizationFactor", 1, 10),
        ("TumblingWindowInSeconds", 0, 900),
    ] {
        let camel = member[..1].to_lowercase() + &member[1..];
        for (value, word, bound) in [
            (min - 1, "greater", min),
            (max + 1, "less", max),
            (i64::MIN, "greater", min),
            (i64::MAX, "less", max),
        ] {
            let text = format!(
                "1 validation error detected: Value '{value}' at '{camel}' failed to satisfy constraint: \
                 Member must have value {word} than or equal to {bound}"
            );
            let recorded = word == "less" && captured.contains(&camel.as_str());
            refused(
                validate(&create(json!({member: value}))),
                (Section::Api, 28),
                VALIDATION,
                recorded,
                &text,
            );
            let changed =
                validate_update(&update(json!({member: value})), &Mapping::default(), SourceKind::DynamoDb);
            refused(changed, (Section::Api, 28), VALIDATION, recorded, &text);
        }
        for value in [min, max] {
            let created = validate(&create(json!({member: value}))).unwrap();
            let shown =
                echo(&created, &identity(), State::Creating, NO_RECORDS_PROCESSED, Timestamp { ms: 0 });
            assert_eq!(shown.to_json()[member], value, "{member}");
            let changed = update(json!({member: value}));
            let updated = validate_update(&changed, &Mapping::default(), SourceKind::Kinesis).unwrap();
            assert_eq!(updated, created);
            assert_eq!(apply(&changed, &Mapping::default()).unwrap(), created);
        }
    }
}

#[test]
fn the_hole_in_the_record_age() {
    let text = "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)";
    for age in [0, 1, 59] {
        let request = create(json!({"MaximumRecordAgeInSeconds": age}));
        refused(validate(&request), (Section::Api, 25), INVALID, true, text);
        let request = update(json!({"MaximumRecordAgeInSeconds": age}));
        let answer = validate_update(&request, &Mapping::default(), SourceKind::Kinesis);
        refused(answer, (Section::Api, 25), INVALID, true, text);
    }
    let age = |age: i64| {
        validate(&create(json!({"MaximumRecordAgeInSeconds": age}))).unwrap().maximum_record_age_in_seconds
    };
    assert_eq!([age(-1), age(60), age(61)], [None, Some(60), Some(61)]);
}

#[test]
fn several_constraints_are_one_answer() {
    let request = create(json!({"BatchSize": 10_001, "StartingPosition": "invalid"}));
    let text = "2 validation errors detected: Value '10001' at 'batchSize' failed to satisfy constraint: Member \
                must have value less than or equal to 10000; Value 'invalid' at 'startingPosition' failed to \
                satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]";
    refused(validate(&request), (Section::Api, 28), VALIDATION, false, text);
}

#[test]
fn recorded_texts_of_single_requests() {
    let cases = [
        (
            json!({"EventSourceArn": null, "FunctionName": "none", "StartingPosition": null}),
            9,
            INVALID,
            "Unrecognized event source.",
        ),
        (
            json!({"DestinationConfig": {"OnSuccess": {"Destination": QUEUE}}}),
            11,
            INVALID,
            "OnSuccess configuration is not supported for event source mappings.",
        ),
        (
            json!({"EventSourceArn": QUEUE, "FunctionName": "none", "StartingPosition": null,
                "DestinationConfig": {"OnSuccess": {"Destination": QUEUE}}}),
            11,
            INVALID,
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        ),
        (
            json!({"StartingPosition": null}),
            12,
            INVALID,
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member \
             must not be null.",
        ),
        (
            json!({"StartingPosition": "invalid"}),
            13,
            VALIDATION,
            "1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy constraint: \
             Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
        ),
        (
            json!({"EventSourceArn": TABLE, "StartingPosition": "AT_TIMESTAMP",
                "StartingPositionTimestamp": 1_700_000_000}),
            14,
            INVALID,
            "Unsupported starting position for arn type: \
             arn:aws:dynamodb:eu-central-1:111111111111:table/t/stream/2025-02-22T03:03:25.490",
        ),
        (json!({"StartingPosition": "AT_TIMESTAMP"}), 15, INVALID, "Need to specify a timestamp"),
        (
            json!({"StartingPositionTimestamp": 1_700_000_000}),
            16,
            INVALID,
            "Timestamp only valid with StartingPosition AT_TIMESTAMP",
        ),
        (
            json!({"StartingPosition": "LATEST", "StartingPositionTimestamp": 1_700_000_000}),
            16,
            INVALID,
            "Timestamp only valid with StartingPosition AT_TIMESTAMP",
        ),
        (
            json!({"FilterCriteria": {"Filters": [{"Pattern": "single-string"}]}}),
            24,
            INVALID,
            "Invalid filter pattern definition.",
        ),
        (
            json!({"FilterCriteria": {"Filters": [{"Pattern": "[{\"eventName\": [\"INSERT\"=123}]"}]}}),
            24,
            INVALID,
            "Invalid filter pattern definition.",
        ),
        (
            json!({"FunctionResponseTypes": ["Bad"]}),
            29,
            VALIDATION,
            "1 validation error detected: Value '[Bad]' at 'functionResponseTypes' failed to satisfy constraint: \
             Member must satisfy constraint: [Member must satisfy enum value set: [ReportBatchItemFailures], \
             Member must not be null]",
        ),
        (
            json!({"ParallelizationFactor": 2, "TumblingWindowInSeconds": 30}),
            30,
            INVALID,
            "Parallelization factor must be equal to 1 when tumbling window period is configured",
        ),
        (
            json!({"ScalingConfig": {"MaximumConcurrency": 5}}),
            31,
            INVALID,
            "Unsupported ScalingConfig parameter for given event source mapping type.",
        ),
    ];
    for (changes, number, error_type, text) in cases {
        let request = create(changes);
        refused(validate(&request), (Section::Api, number), error_type, true, text);
        // None of these needs a function or a stream.
        refused(admit(&request, &world(), 0), (Section::Api, number), error_type, true, text);
    }
}

#[test]
fn refusals_whose_texts_are_not_recorded() {
    let filters = |n: usize| json!({"Filters": vec![json!({"Pattern": "{}"}); n]});
    for (changes, section, number) in [
        (json!({"TumblingWindowInSeconds": 30, "FilterCriteria": filters(1)}), Section::Param, 16),
        (
            json!({"DestinationConfig": {"OnFailure": {"Destination": format!("{QUEUE}.fifo")}}}),
            Section::Api,
            33,
        ),
        (json!({"DestinationConfig": {"OnFailure": {"Destination": "kafka://t"}}}), Section::Param, 12),
        (json!({"FilterCriteria": filters(6)}), Section::Param, 13),
        (json!({"FilterCriteria": {"Filters": [{"Pattern": "x".repeat(4097)}]}}), Section::Param, 13),
        (
            json!({"FunctionResponseTypes": ["ReportBatchItemFailures", "ReportBatchItemFailures"]}),
            Section::Param,
            9,
        ),
        (json!({"FunctionName": null}), Section::Api, 9),
        (json!({"FunctionName": "a b"}), Section::Api, 9),
        (json!({"EventSourceArn": "orders"}), Section::Api, 9),
        (json!({"EventSourceArn": QUEUE}), Section::Api, 27),
    ] {
        let error = validate(&create(changes)).unwrap_err();
        assert_eq!((error.rule, error.recorded), (RuleId::new(section, number), false), "{error}");
    }
    // Empty criteria go together with a window (PARAM-16), and five filters are allowed (PARAM-13).
    let request = create(json!({"TumblingWindowInSeconds": 30, "FilterCriteria": filters(0)}));
    assert_eq!(validate(&request).unwrap().tumbling_window_in_seconds, 30);
    assert_eq!(validate(&create(json!({"FilterCriteria": filters(5)}))).unwrap().filters.len(), 5);
}

#[test]
fn updates_change_what_they_name() {
    let request = create(json!({
        "BatchSize": 7, "MaximumRetryAttempts": 3, "MaximumRecordAgeInSeconds": 60,
        "DestinationConfig": {"OnFailure": {"Destination": QUEUE}}, "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "FilterCriteria": {"Filters": [{"Pattern": "{}"}]},
        "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1,
    }));
    let mapping = validate(&request).unwrap();
    assert_eq!(mapping.destination.as_ref().unwrap().arn(), QUEUE);
    for nothing in
        [json!({}), json!({"DestinationConfig": {}}), json!({"DestinationConfig": {"OnFailure": {}}})]
    {
        assert_eq!(validate_update(&update(nothing), &mapping, SourceKind::Kinesis).unwrap(), mapping);
    }
    let removed = update(json!({"DestinationConfig": {"OnFailure": {"Destination": ""}}}));
    let without = Mapping { destination: None, ..mapping.clone() };
    assert_eq!(apply(&removed, &mapping).unwrap(), without);
    assert_eq!(validate_update(&removed, &mapping, SourceKind::Kinesis).unwrap(), without);
    let reset = update(json!({
        "Enabled": false, "MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": -1, "FunctionResponseTypes": [],
        "FilterCriteria": {"Filters": []},
    }));
    let changed = apply(&reset, &mapping).unwrap();
    assert_eq!((changed.maximum_retry_attempts, changed.maximum_record_age_in_seconds), (None, None));
    assert!(!changed.report_batch_item_failures && !changed.enabled && changed.filters.is_empty());
    assert_eq!(changed.starting_position, StartingPosition::AtTimestamp(1000));
}

#[test]
fn updates_are_judged_together_with_what_is_there() {
    let text = "Parallelization factor must be equal to 1 when tumbling window period is configured";
    let window = Mapping { tumbling_window_in_seconds: 30, ..Mapping::default() };
    let answer =
        |members, mapping: &Mapping| validate_update(&update(members), mapping, SourceKind::DynamoDb);
    refused(answer(json!({"ParallelizationFactor": 2}), &window), (Section::Api, 30), INVALID, true, text);
    let text = "OnSuccess configuration is not supported for event source mappings.";
    let success = json!({"DestinationConfig": {"OnSuccess": {"Destination": QUEUE}}});
    refused(answer(success, &window), (Section::Api, 11), INVALID, true, text);
    let text = "Unsupported ScalingConfig parameter for given event source mapping type.";
    refused(answer(json!({"ScalingConfig": {}}), &window), (Section::Api, 31), INVALID, true, text);
    let fifo = json!({"DestinationConfig": {"OnFailure": {"Destination": format!("{QUEUE}.fifo")}}});
    assert_eq!(answer(fifo, &window).unwrap_err().rule, RuleId::new(Section::Api, 33));
    // API-32: all stream settings in one update.
    let all = json!({
        "BatchSize": 10_000, "MaximumBatchingWindowInSeconds": 1, "ParallelizationFactor": 10,
        "MaximumRecordAgeInSeconds": 604_800, "MaximumRetryAttempts": 10_000,
        "FunctionResponseTypes": ["ReportBatchItemFailures"], "BisectBatchOnFunctionError": true,
    });
    assert_eq!(answer(all, &Mapping::default()).unwrap().parallelization_factor, 10);
}

fn identity() -> Identity<'static> {
    let function_arn = "arn:aws:lambda:eu-central-1:111111111111:function:work:live";
    Identity { uuid: UUID, event_source_arn: STREAM, function_arn }
}
