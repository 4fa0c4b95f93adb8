//! Requests as JSON: there and back, misspelt, mistyped, damaged.

use super::*;

#[test]
fn requests_go_there_and_back() {
    let full = json!({
        "EventSourceArn": STREAM, "FunctionName": "work:live", "Enabled": false, "BatchSize": -7,
        "FilterCriteria": {"Filters": [{"Pattern": "{\"data\": {\"a\": [1]}}"}, {}]},
        "MaximumBatchingWindowInSeconds": 301, "ParallelizationFactor": 10, "StartingPosition": "nowhere",
        "StartingPositionTimestamp": 1_541_139_109.25,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": ""}},
        "MaximumRecordAgeInSeconds": 59, "BisectBatchOnFunctionError": true, "MaximumRetryAttempts": -2,
        "Tags": {"team": "x"}, "TumblingWindowInSeconds": 901, "FunctionResponseTypes": ["Bad"],
        "ScalingConfig": {"MaximumConcurrency": 2}, "MetricsConfig": {"Metrics": ["EventCount"]},
    });
    let request = CreateRequest::from_json(&full.to_string()).unwrap();
    assert_eq!(request.to_json().to_string(), full.to_string());
    assert_eq!(CreateRequest::from_value(&request.to_json()).unwrap(), request);
    let update = json!({"UUID": UUID, "BatchSize": 5, "FilterCriteria": {}, "KMSKeyArn": "k"});
    assert_eq!(UpdateRequest::from_value(&update).unwrap().to_json().to_string(), update.to_string());
    let iso = create(json!({"StartingPositionTimestamp": "2018-11-02T06:11:49+00:00"}));
    assert_eq!(iso.to_json()["StartingPositionTimestamp"], 1_541_139_109);
    let spelt_out = CreateRequest::of(&Mapping::default(), STREAM, "work");
    assert_eq!(validate(&spelt_out).unwrap(), Mapping::default());
}

#[test]
fn wrong_shapes_are_named() {
    for (text, message) in [
        (
            r#"{"BatchSise": 1}"#,
            "CreateEventSourceMapping: unknown member \"BatchSise\"; did you mean \"BatchSize\"?",
        ),
        (
            r#"{"batchsize": 1}"#,
            "CreateEventSourceMapping: unknown member \"batchsize\"; did you mean \"BatchSize\"?",
        ),
        (
            r#"{"BatchSize": "1"}"#,
            "CreateEventSourceMapping.BatchSize: expected an integer of 64 bits, found the string \"1\"",
        ),
        (
            r#"{"BatchSize": null}"#,
            "CreateEventSourceMapping.BatchSize: expected an integer of 64 bits, found null (leave the member out \
             instead)",
        ),
        (
            r#"{"FilterCriteria": {"Filters": [{}, {"Pattern": {}}]}}"#,
            "CreateEventSourceMapping.FilterCriteria.Filters[1].Pattern: expected a string, found an object",
        ),
        (
            r#"{"DestinationConfig": {"OnFailure": {"Arn": "x"}}}"#,
            "CreateEventSourceMapping.DestinationConfig.OnFailure: unknown member \"Arn\"; the members are \
             Destination",
        ),
        (
            r#"{"StartingPositionTimestamp": "2018-11-02T06:11:49"}"#,
            "CreateEventSourceMapping.StartingPositionTimestamp: expected a time: seconds since 1970 as a number, \
             or text such as 2026-01-31T12:00:00Z, found the string \"2018-11-02T06:11:49\"",
        ),
        (
            r#"{"UUID": "x"}"#,
            "CreateEventSourceMapping: unknown member \"UUID\"; the service chooses it; remove it",
        ),
        ("[]", "CreateEventSourceMapping: expected an object, found a list"),
        ("{", "not JSON: EOF while parsing an object at line 1 column 1"),
    ] {
        assert_eq!(CreateRequest::from_json(text).unwrap_err().to_string(), message);
    }
    let error = UpdateRequest::from_json(r#"{"StartingPosition": "LATEST"}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "UpdateEventSourceMapping: unknown member \"StartingPosition\"; an update cannot change it (PARAM-17); \
         create another mapping"
    );
}

#[test]
fn damaged_json_is_an_error_or_a_value() {
    let whole = CreateRequest::of(&Mapping::default(), CONSUMER, "work:live").to_json().to_string();
    let damage = |text: &str| {
        if let Ok(request) = CreateRequest::from_json(text) {
            let _ = (validate(&request), admit(&request, &world(), i64::MIN), request.to_json());
        }
        if let Ok(request) = UpdateRequest::from_json(text) {
            let _ = validate_update(&request, &Mapping::default(), SourceKind::Kinesis);
        }
        if let Ok((configuration, _)) = Configuration::from_json(text) {
            let _ = (configuration.mapping(), configuration.missing_members());
        }
    };
    for at in 0..whole.len() {
        damage(&whole[..at]);
        for with in ["", "\"", "0", "-", "null", "é", "9999999999999999999", "1e308", "[", "}", ":"] {
            damage(&format!("{}{with}{}", &whole[..at], &whole[at + 1..]));
        }
    }
    damage(&"[".repeat(100_000));
    damage(&format!("{{\"{}\": 1}}", "x".repeat(100_000)));
    for number in ["1e308", "-1e308", "253402300800", "\"NaN\"", "\"inf\"", "18446744073709551615"] {
        let text = format!("{{\"StartingPositionTimestamp\": {number}}}");
        assert!(CreateRequest::from_json(&text).is_err(), "{number}");
    }
}
