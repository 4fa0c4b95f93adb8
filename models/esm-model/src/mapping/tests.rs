//! The JSON form of mappings, and the forms of ARNs.

use super::*;
use serde_json::json;

#[test]
fn case_files_hold_what_differs() {
    assert_eq!(Mapping::default().to_json(), json!({"StartingPosition": "TRIM_HORIZON"}));
    assert_eq!(serde_json::from_str::<Mapping>("{}").unwrap(), Mapping::default());
    let full = json!({
        "Enabled": false, "BatchSize": 10, "FilterCriteria": {"Filters": [{"Pattern": "{}"}]},
        "MaximumBatchingWindowInSeconds": 5, "ParallelizationFactor": 2, "StartingPosition": "AT_TIMESTAMP",
        "StartingPositionTimestamp": 1.5,
        "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:111111111111:q"}},
        "MaximumRecordAgeInSeconds": 60, "BisectBatchOnFunctionError": true, "MaximumRetryAttempts": 0,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    });
    let mapping = Mapping::from_value(&full).unwrap();
    assert_eq!(mapping.maximum_retry_attempts, Some(0));
    assert_eq!(serde_json::to_string(&mapping).unwrap(), full.to_string());
    let forever =
        json!({"MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": -1, "StartingPosition": "LATEST"});
    let mapping = Mapping::from_value(&forever).unwrap();
    assert_eq!((mapping.maximum_retry_attempts, mapping.maximum_record_age_in_seconds), (None, None));
    assert_eq!(mapping.to_json(), json!({"StartingPosition": "LATEST"}));
}

#[test]
fn case_files_outside_the_domain_are_refused() {
    for (text, message) in [
        (r#"{"BatchSize": 0}"#, "BatchSize is 0: it must be from 1 to 10000"),
        (r#"{"BatchSize": 5000000000}"#, "BatchSize is 5000000000: it must be from 1 to 10000"),
        (r#"{"MaximumRetryAttempts": -2}"#, "MaximumRetryAttempts is -2: it must be from -1 to 10000"),
        (
            r#"{"MaximumRecordAgeInSeconds": 59}"#,
            "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive), but is 59",
        ),
        (
            r#"{"StartingPosition": "END"}"#,
            "StartingPosition is \"END\": it must be TRIM_HORIZON, LATEST or AT_TIMESTAMP",
        ),
        (
            r#"{"StartingPosition": "LATEST", "StartingPositionTimestamp": 1}"#,
            "StartingPositionTimestamp must be given with StartingPosition AT_TIMESTAMP, and only with it",
        ),
        (
            r#"{"TumblingWindowInSeconds": 1, "ParallelizationFactor": 2}"#,
            "TumblingWindowInSeconds excludes ParallelizationFactor above 1; drop one of the two",
        ),
        (
            r#"{"FunctionName": "work"}"#,
            "Mapping: unknown member \"FunctionName\"; the members are Enabled, BatchSize, FilterCriteria, \
             MaximumBatchingWindowInSeconds, ParallelizationFactor, StartingPosition, StartingPositionTimestamp, \
             DestinationConfig, MaximumRecordAgeInSeconds, BisectBatchOnFunctionError, MaximumRetryAttempts, \
             TumblingWindowInSeconds, FunctionResponseTypes",
        ),
    ] {
        assert_eq!(serde_json::from_str::<Mapping>(text).unwrap_err().to_string(), message);
    }
}

#[test]
fn destinations_of_every_partition() {
    for partition in PARTITIONS {
        for (rest, kind) in [
            ("sqs:eu-west-1:111111111111:q", DestinationKind::Sqs),
            ("sns:cn-north-1:111111111111:t", DestinationKind::Sns),
            ("s3:::b.fifo", DestinationKind::S3),
        ] {
            let text = format!("arn:{partition}:{rest}");
            let destination: Destination = text.parse().unwrap();
            assert_eq!((destination.kind(), destination.arn()), (kind, text.as_str()));
            assert!(!destination.is_fifo());
        }
    }
    let fifo: Destination = "arn:aws:sqs:eu-west-1:111111111111:q.fifo".parse().unwrap();
    assert!(fifo.is_fifo());
    assert_eq!(fifo.name(), "q.fifo");
    for text in [
        "",
        "arn:aws:sqs:eu-west-1:111111111111:",
        "arn:aws:sqs::111111111111:q",
        "arn:aws:sqs:eu-west-1:1111:q",
        "arn:aws-iso:sqs:eu-west-1:111111111111:q",
        "arn:aws:s3:eu-west-1:111111111111:b",
        "arn:aws:s3:::b/key",
        "arn:aws:sns:eu-west-1:111111111111:t:subscription",
        "arn:aws:lambda:eu-west-1:111111111111:function:f",
        "kafka://topic",
        "https://sqs.eu-west-1.amazonaws.com/111111111111/q",
        "arn:aws:sqs:eu-west-1:111111111111:q ",
    ] {
        assert!(text.parse::<Destination>().is_err(), "{text:?}");
    }
}

#[test]
fn kinds_of_source() {
    let stream = "arn:aws:kinesis:us-east-1:111111111111:stream/s";
    assert_eq!(source_kind(stream), Some(SourceKind::Kinesis));
    let consumer = format!("{stream}/consumer/c:1700000000");
    assert_eq!(source_kind(&consumer), Some(SourceKind::Kinesis));
    assert!(is_consumer(&consumer) && !is_consumer(stream));
    let table = "arn:aws-us-gov:dynamodb:us-gov-west-1:111111111111:table/t/stream/2025-02-22T03:03:25.490";
    assert_eq!(source_kind(table), Some(SourceKind::DynamoDb));
    for arn in [
        "",
        "arn:aws:kinesis:us-east-1:111111111111:stream/",
        "arn:aws:kinesis:us-east-1:111111111111:stream/s/consumer/c",
        "arn:aws:kinesis:us-east-1:111111111111:stream/s/consumer",
        "arn:aws:kinesis:us-east-1:111111111111:stream/s/consumer/c:1/x",
        "arn:aws:dynamodb:us-east-1:111111111111:table/t",
        "arn:aws:dynamodb:us-east-1:111111111111:table/t/stream/",
        "arn:aws:sqs:us-east-1:111111111111:q",
    ] {
        assert_eq!(source_kind(arn), None, "{arn:?}");
    }
    assert_eq!(serde_json::to_string(&SourceKind::DynamoDb).unwrap(), "\"dynamodb\"");
}

#[test]
fn times_of_every_form() {
    for (value, ms) in [
        (json!(1_541_139_109), 1_541_139_109_000),
        (json!(1_541_139_109.123), 1_541_139_109_123),
        (json!("1541139109"), 1_541_139_109_000),
        (json!("2018-11-02T06:11:49Z"), 1_541_139_109_000),
        (json!("2018-11-02T06:11:49.5+00:00"), 1_541_139_109_500),
        (json!("2018-11-02T15:11:49+0900"), 1_541_139_109_000),
        (json!(-1.5), -1500),
    ] {
        let time = Timestamp::of(&value).unwrap();
        assert_eq!(time.ms, ms, "{value}");
        assert_eq!(Timestamp::of(&time.to_value()), Some(time));
    }
}
