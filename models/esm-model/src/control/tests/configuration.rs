//! Answers as JSON: written in full, and read as the AWS CLI prints them.

use super::*;
use crate::mapping::StartingPosition;

#[test]
fn the_echo_of_an_empty_create() {
    let mapping = validate(&create(json!({}))).unwrap();
    assert_eq!(mapping, Mapping::default());
    let modified = Timestamp { ms: 1_700_000_000_123 };
    let shown = echo(&mapping, &identity(), State::Creating, NO_RECORDS_PROCESSED, modified);
    let expected = json!({
        "BatchSize": 100,
        "BisectBatchOnFunctionError": false,
        "DestinationConfig": {"OnFailure": {}},
        "EventSourceArn": STREAM,
        "EventSourceMappingArn": format!("arn:aws:lambda:eu-central-1:111111111111:event-source-mapping:{UUID}"),
        "FunctionArn": "arn:aws:lambda:eu-central-1:111111111111:function:work:live",
        "FunctionResponseTypes": [],
        "LastModified": 1_700_000_000.123,
        "LastProcessingResult": "No records processed",
        "MaximumBatchingWindowInSeconds": 0,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1,
        "StartingPosition": "TRIM_HORIZON",
        "State": "Creating",
        "StateTransitionReason": "User action",
        "TumblingWindowInSeconds": 0,
        "UUID": UUID,
    });
    assert_eq!(shown.to_json().to_string(), expected.to_string());
    let members: Vec<&str> = expected.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, Configuration::REQUIRED);
    assert_eq!(shown.mapping().unwrap(), mapping);
    // API-23: empty criteria leave no trace.
    let empty = validate(&create(json!({"FilterCriteria": {"Filters": []}}))).unwrap();
    assert_eq!(empty, mapping);
}

#[test]
fn the_echo_of_a_full_create() {
    let mapping = validate(&create(json!({
        "Enabled": false, "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1_541_139_109,
        "FilterCriteria": {"Filters": [{"Pattern": "{\"data\": {}}"}]},
        "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::bucket"}},
    })))
    .unwrap();
    let shown = echo(&mapping, &identity(), State::Disabled, "OK", Timestamp { ms: 0 });
    let json = shown.to_json();
    assert_eq!(json["FilterCriteria"], json!({"Filters": [{"Pattern": "{\"data\": {}}"}]}));
    assert_eq!(json["StartingPositionTimestamp"], 1_541_139_109);
    assert_eq!(json["DestinationConfig"], json!({"OnFailure": {"Destination": "arn:aws:s3:::bucket"}}));
    assert_eq!(json.as_object().unwrap().len(), 20);
    let (read, warnings) = Configuration::from_value(&json).unwrap();
    assert_eq!((read, warnings.len()), (shown.clone(), 0));
    assert_eq!(shown.mapping().unwrap(), mapping);
}

#[test]
fn what_the_command_line_prints_is_read() {
    let printed = r#"{
        "UUID": "0b3c1f3e-6a7d-4a5e-9b1c-1d2e3f405162",
        "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": "2018-11-02T15:11:49+09:00",
        "BatchSize": 100, "MaximumBatchingWindowInSeconds": 0, "ParallelizationFactor": 1,
        "EventSourceArn": "arn:aws-cn:kinesis:cn-north-1:111111111111:stream/orders",
        "FunctionArn": "arn:aws-cn:lambda:cn-north-1:111111111111:function:work",
        "LastModified": "2024-05-01T12:34:56.789000+00:00",
        "LastProcessingResult": "OK", "State": "Disabled", "StateTransitionReason": "User action",
        "DestinationConfig": {"OnFailure": {"Destination": "arn:aws-cn:sns:cn-northwest-1:111111111111:t"}},
        "MaximumRecordAgeInSeconds": 604800, "BisectBatchOnFunctionError": true, "MaximumRetryAttempts": 10000,
        "TumblingWindowInSeconds": 0, "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "EventSourceMappingArn":
            "arn:aws-cn:lambda:cn-north-1:111111111111:event-source-mapping:0b3c1f3e-6a7d-4a5e-9b1c-1d2e3f405162",
        "FilterCriteria": null, "Colour": "green", "ResponseMetadata": {}
    }"#;
    let (read, warnings) = Configuration::from_json(printed).unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("Colour"), "{warnings:?}");
    assert_eq!(read.other["Colour"], "green");
    assert!(read.missing_members().is_empty());
    let mapping = read.mapping().unwrap();
    assert_eq!(mapping.starting_position, StartingPosition::AtTimestamp(1_541_139_109_000));
    assert_eq!((mapping.enabled, mapping.maximum_retry_attempts), (false, Some(10_000)));
    let again: Configuration = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(again, read);
    let (bare, _) = Configuration::from_json(r#"{"State": "Paused", "LastModified": 1.7e9}"#).unwrap();
    assert_eq!(bare.state, Some(State::Other("Paused".to_owned())));
    assert_eq!(bare.missing_members().len(), 16);
    assert_eq!(bare.mapping().unwrap(), Mapping::default());
    let (odd, _) = Configuration::from_json(r#"{"BatchSize": -3}"#).unwrap();
    assert_eq!(odd.mapping().unwrap_err().to_string(), "BatchSize is -3: it must be from 1 to 10000");
    let text = "EventSourceMappingConfiguration.State: expected a string, found the number 1";
    assert_eq!(Configuration::from_json(r#"{"State": 1}"#).unwrap_err().to_string(), text);
}
