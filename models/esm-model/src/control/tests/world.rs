//! What the world adds to the answers: unknown things, duplicates, and how functions are named.

use super::*;
use crate::mapping::StartingPosition;

#[test]
fn recorded_texts_of_the_world() {
    let absent = "arn:aws:kinesis:eu-central-1:111111111111:stream/absent";
    let text = format!("Stream not found: {absent}");
    let request = create(json!({"EventSourceArn": absent}));
    refused(admit(&request, &world(), 0), (Section::Api, 8), INVALID, true, &text);
    for source in [STREAM, QUEUE] {
        let request = create(json!({"EventSourceArn": source, "FunctionName": "none"}));
        refused(admit(&request, &world(), 0), (Section::Api, 9), INVALID, true, "Function does not exist");
    }
    let request = create(json!({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1700.5}));
    let text = "Received Exception while reading from provided stream. The timestampInMillis parameter cannot be \
                greater than the currentTimestampInMillis. timestampInMillis: 1700500, currentTimestampInMillis: \
                1700499";
    refused(admit(&request, &world(), 1_700_499), (Section::Api, 17), INVALID, true, text);
    let admitted = admit(&request, &world(), 1_700_500).unwrap();
    assert_eq!(admitted.mapping.starting_position, StartingPosition::AtTimestamp(1_700_500));
    let text = "The resource you requested does not exist.";
    refused(find(&world(), UUID), (Section::Api, 10), "ResourceNotFoundException", true, text);
}

#[test]
fn a_pair_of_stream_and_function_is_mapped_once() {
    for (arn, kind) in [(STREAM, SourceKind::Kinesis), (TABLE, SourceKind::DynamoDb)] {
        let mut world = world();
        let request = create(json!({"EventSourceArn": arn}));
        let admitted = admit(&request, &world, 0).unwrap();
        assert_eq!(admitted.kind, kind);
        world.mappings.push(Existing {
            uuid: UUID.to_owned(),
            event_source_arn: admitted.event_source_arn,
            function_arn: admitted.function_arn,
        });
        let text = format!(
            "The event source arn (\" {arn} \") and function (\" work \") provided mapping already exists. Please \
             update or delete the existing mapping with UUID {UUID}"
        );
        let conflict = "ResourceConflictException";
        refused(admit(&request, &world, 0), (Section::Api, 6), conflict, true, &text);
        assert_eq!(find(&world, UUID).unwrap().event_source_arn, arn);
        // API-7: each alias counts for itself, and so does a consumer.
        for alias in ["work:live", "work:next"] {
            let request = create(json!({"EventSourceArn": arn, "FunctionName": alias}));
            let admitted = admit(&request, &world, 0).unwrap();
            world.mappings.push(Existing {
                uuid: alias.to_owned(),
                event_source_arn: admitted.event_source_arn,
                function_arn: admitted.function_arn,
            });
            let again = admit(&request, &world, 0).unwrap_err();
            assert_eq!((again.rule, again.recorded), (RuleId::new(Section::Api, 6), false));
        }
        admit(&create(json!({"EventSourceArn": CONSUMER})), &world, 0).unwrap();
    }
}

#[test]
fn the_function_arn_keeps_the_qualifier() {
    let plain = "arn:aws:lambda:eu-central-1:111111111111:function:work";
    for prefix in
        ["", "function:", "111111111111:function:", "arn:aws:lambda:eu-central-1:111111111111:function:"]
    {
        for qualifier in ["", ":$LATEST", ":1", ":live"] {
            let name = format!("{prefix}work{qualifier}");
            let admitted = admit(&create(json!({"FunctionName": name})), &world(), 0).unwrap();
            assert_eq!(admitted.function_arn, format!("{plain}{qualifier}"));
        }
    }
    for name in
        ["work:old", "222222222222:function:work", "arn:aws:lambda:us-east-1:111111111111:function:work"]
    {
        let error = resolve_function(&world(), name).unwrap_err();
        assert_eq!((error.message.as_str(), error.recorded), ("Function does not exist", false));
    }
    for name in ["", "a b", "a:b:c", "arn:aws:lambda:eu-central-1:111111111111:layer:x", "arn:", ":", "work:"]
    {
        assert_eq!(FunctionName::parse(name), None, "{name:?}");
    }
}
