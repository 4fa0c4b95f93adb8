//! What LocalStack's test suite recorded of AWS's synchronous answers: V-K-1, V-K-3, V-K-22, V-D-2, V-D-4, V-D-26,
//! V-D-27 and V-A.
//!
//! Of V-A-8 only the creation with tags is here, and V-A-9 is about another kind of source. What was recorded with a
//! queue as the source and holds for streams as well is asked with a stream; the claim says so.

use super::{
    ControlScenario, FUNCTION_ARN, QUEUE, Reply, Request, STREAM, TABLE, UUID, create, invalid, mapped,
    refused, validation, world,
};
use crate::scenario::{Citation, Source};
use esm_model::control::{State, World};
use serde_json::{Map, Value, json};

pub(super) fn scenarios() -> Vec<ControlScenario> {
    let mut all = vec![echo_of_defaults()];
    all.extend([duplicate("V-K-3"), missing_stream("V-K-22"), duplicate("V-D-2"), table_deleted()]);
    all.extend([invalid_patterns(), missing_stream("V-D-27"), exceptions(), starting_positions()]);
    all.extend([starting_positions_kinesis(), lifecycle(), function_deleted(), function_names()]);
    all.extend([empty_filters(), tagged()]);
    all
}

fn recorded(source: Source, place: &'static str) -> Citation {
    Citation { source, place, date: "2025-11-25" }
}

/// The members of an answer for a mapping of the function, with those that are not the defaults.
fn configuration(arn: &str, state: &str, members: Value) -> Value {
    let own = format!("arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:{UUID}");
    let defaults = json!({
        "BatchSize": 100,
        "BisectBatchOnFunctionError": false,
        "DestinationConfig": {"OnFailure": {}},
        "EventSourceArn": arn,
        "EventSourceMappingArn": own,
        "FunctionArn": FUNCTION_ARN,
        "FunctionResponseTypes": [],
        "LastProcessingResult": "No records processed",
        "MaximumBatchingWindowInSeconds": 0,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1,
        "StartingPosition": "TRIM_HORIZON",
        "State": state,
        "StateTransitionReason": "User action",
        "TumblingWindowInSeconds": 0,
        "UUID": UUID,
    });
    let mut all: Map<String, Value> = defaults.as_object().cloned().unwrap_or_default();
    all.extend(members.as_object().cloned().unwrap_or_default());
    Value::Object(all)
}

fn echo_of_defaults() -> ControlScenario {
    let shown = configuration(STREAM, "Creating", json!({"StartingPosition": "LATEST"}));
    let request = create(STREAM, json!({"StartingPosition": "LATEST"}));
    ControlScenario {
        id: "V-K-1",
        name: "V-K-1 echo of a create",
        claim: "A create with nothing but stream, function and position is answered with every default.",
        citation: recorded(
            Source::LocalStackKinesis,
            "TestKinesisSource::test_create_kinesis_event_source_mapping",
        ),
        world: world(),
        exchanges: vec![(request, Reply::Shows(State::Creating, "No records processed", shown))],
    }
}

/// V-K-3 and V-D-2.
fn duplicate(id: &'static str) -> ControlScenario {
    let kinesis = id == "V-K-3";
    let arn = if kinesis { STREAM } else { TABLE };
    let text = format!(
        "The event source arn (\" {arn} \") and function (\" work \") provided mapping already exists. Please update or \
         delete the existing mapping with UUID {UUID}"
    );
    ControlScenario {
        id,
        name: if kinesis { "V-K-3 duplicate" } else { "V-D-2 duplicate" },
        claim: "A second mapping of the same stream and function is a conflict, whose text names the first.",
        citation: match kinesis {
            true => {
                recorded(Source::LocalStackKinesis, "TestKinesisSource::test_duplicate_event_source_mappings")
            }
            false => recorded(
                Source::LocalStackDynamoDb,
                "TestDynamoDBEventSourceMapping::test_duplicate_event_source_mappings",
            ),
        },
        world: mapped(arn),
        exchanges: vec![(create(arn, json!({})), refused(409, "ResourceConflictException", text))],
    }
}

/// V-K-22 and V-D-27.
fn missing_stream(id: &'static str) -> ControlScenario {
    let kinesis = id == "V-K-22";
    let arn = match kinesis {
        true => "arn:aws:kinesis:eu-west-1:123456789012:stream/absent",
        false => "arn:aws:dynamodb:eu-west-1:123456789012:table/absent/stream/2025-02-22T03:03:25.490",
    };
    ControlScenario {
        id,
        name: if kinesis { "V-K-22 missing stream" } else { "V-D-27 missing stream" },
        claim: "A stream that does not exist is refused by its ARN.",
        citation: match kinesis {
            true => recorded(
                Source::LocalStackKinesis,
                "TestKinesisSource::test_esm_with_not_existing_kinesis_stream",
            ),
            false => recorded(
                Source::LocalStackDynamoDb,
                "TestDynamoDBEventSourceMapping::test_esm_with_not_existing_dynamodb_stream",
            ),
        },
        world: world(),
        exchanges: vec![(create(arn, json!({})), invalid(format!("Stream not found: {arn}")))],
    }
}

fn table_deleted() -> ControlScenario {
    ControlScenario {
        id: "V-D-4",
        name: "V-D-4 table deleted",
        claim: "A mapping is still there right after its table was deleted; the recording lists it as Enabled.",
        citation: recorded(
            Source::LocalStackDynamoDb,
            "TestDynamoDBEventSourceMapping::test_deletion_event_source_mapping_with_dynamodb",
        ),
        world: World { streams: Vec::new(), ..mapped(TABLE) },
        exchanges: vec![(Request::Find(UUID), Reply::Taken)],
    }
}

fn invalid_patterns() -> ControlScenario {
    let pattern = |text: &str| create(TABLE, json!({"FilterCriteria": {"Filters": [{"Pattern": text}]}}));
    let refusal = || invalid("Invalid filter pattern definition.");
    ControlScenario {
        id: "V-D-26",
        name: "V-D-26 invalid filter patterns",
        claim: "A bare word and a text that is not JSON are refused as filter patterns.",
        citation: recorded(
            Source::LocalStackDynamoDb,
            "TestDynamoDBEventSourceMapping::test_dynamodb_invalid_event_filter, both cases",
        ),
        world: world(),
        exchanges: vec![
            (pattern("single-string"), refusal()),
            (pattern("[{\"eventName\": [\"INSERT\"=123}]"), refusal()),
        ],
    }
}

fn exceptions() -> ControlScenario {
    let unknown = || refused(404, "ResourceNotFoundException", "The resource you requested does not exist.");
    let unsupported = "Unsupported DestinationConfig parameter for given event source mapping type.";
    let success = json!({
        "FunctionName": "absent", "StartingPosition": null,
        "DestinationConfig": {"OnSuccess": {"Destination": QUEUE}},
    });
    ControlScenario {
        id: "V-A-1",
        name: "V-A-1 exceptions",
        claim: "Get, update and delete of an unknown mapping are answered with one text; no source, an unknown function \
                and a destination for a queue as the source each have their own.",
        citation: Citation {
            date: "2025-11-27",
            ..recorded(
                Source::LocalStackApi,
                "TestLambdaEventSourceMappings::test_event_source_mapping_exceptions",
            )
        },
        world: world(),
        exchanges: vec![
            (Request::Find("ffffffff-0000-4000-8000-000000000000"), unknown()),
            (create(STREAM, json!({"EventSourceArn": null})), invalid("Unrecognized event source.")),
            (
                create(QUEUE, json!({"FunctionName": "absent", "StartingPosition": null})),
                invalid("Function does not exist"),
            ),
            (create(QUEUE, success), invalid(unsupported)),
        ],
    }
}

const NO_POSITION: &str = "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: \
                           Member must not be null.";
const UNKNOWN_POSITION: &str = "1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy \
                                constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]";

fn starting_positions() -> ControlScenario {
    ControlScenario {
        id: "V-A-2",
        name: "V-A-2 starting positions of tables",
        claim: "A table's stream needs a position, one of three, and not AT_TIMESTAMP.",
        citation: recorded(
            Source::LocalStackApi,
            "TestLambdaEventSourceMappings::test_create_event_source_validation",
        ),
        world: world(),
        exchanges: vec![
            (create(TABLE, json!({"StartingPosition": null})), invalid(NO_POSITION)),
            (create(TABLE, json!({"StartingPosition": "invalid"})), validation(UNKNOWN_POSITION)),
            (
                create(TABLE, json!({"StartingPosition": "AT_TIMESTAMP"})),
                invalid(format!("Unsupported starting position for arn type: {TABLE}")),
            ),
        ],
    }
}

fn starting_positions_kinesis() -> ControlScenario {
    ControlScenario {
        id: "V-A-3",
        name: "V-A-3 starting positions of Kinesis streams",
        claim: "A Kinesis stream needs a position, one of three.",
        citation: recorded(
            Source::LocalStackApi,
            "TestLambdaEventSourceMappings::test_create_event_source_validation_kinesis",
        ),
        world: world(),
        exchanges: vec![
            (create(STREAM, json!({"StartingPosition": null})), invalid(NO_POSITION)),
            (create(STREAM, json!({"StartingPosition": "invalid"})), validation(UNKNOWN_POSITION)),
        ],
    }
}

fn lifecycle() -> ControlScenario {
    let members = json!({
        "BatchSize": 1, "MaximumBatchingWindowInSeconds": 1, "MaximumRetryAttempts": 1,
        "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
    });
    let shows = |state: State| {
        let shown = configuration(TABLE, state.text(), members.clone());
        (create(TABLE, members.clone()), Reply::Shows(state, "No records processed", shown))
    };
    ControlScenario {
        id: "V-A-4",
        name: "V-A-4 lifecycle",
        claim: "Create answers Creating, get answers Enabled, delete answers Deleting, each with the same members.",
        citation: recorded(
            Source::LocalStackApi,
            "TestLambdaEventSourceMappings::test_event_source_mapping_lifecycle",
        ),
        world: world(),
        exchanges: vec![shows(State::Creating), shows(State::Enabled), shows(State::Deleting)],
    }
}

fn function_deleted() -> ControlScenario {
    ControlScenario {
        id: "V-A-5",
        name: "V-A-5 function deleted",
        claim: "A mapping is still there after its function was deleted; the recording shows it as Enabled.",
        citation: recorded(
            Source::LocalStackApi,
            "TestLambdaEventSourceMappings::test_event_source_mapping_lifecycle_delete_function",
        ),
        world: World { functions: Vec::new(), ..mapped(TABLE) },
        exchanges: vec![(Request::Find(UUID), Reply::Taken)],
    }
}

fn function_names() -> ControlScenario {
    let name = |name, arn| (Request::Name(name), Reply::Arn(arn));
    ControlScenario {
        id: "V-A-6",
        name: "V-A-6 names of functions",
        claim: "The function's ARN in answers keeps the qualifier given at creation; recorded with a queue as the source.",
        citation: recorded(
            Source::LocalStackApi,
            "TestLambdaEventSourceMappings::test_function_name_variations",
        ),
        world: world(),
        exchanges: vec![
            name("work", FUNCTION_ARN),
            name(
                "123456789012:function:work:$LATEST",
                "arn:aws:lambda:eu-west-1:123456789012:function:work:$LATEST",
            ),
            name("123456789012:function:work:1", "arn:aws:lambda:eu-west-1:123456789012:function:work:1"),
            name(
                "123456789012:function:work:myalias",
                "arn:aws:lambda:eu-west-1:123456789012:function:work:myalias",
            ),
            name(FUNCTION_ARN, FUNCTION_ARN),
            name(
                "arn:aws:lambda:eu-west-1:123456789012:function:work:1",
                "arn:aws:lambda:eu-west-1:123456789012:function:work:1",
            ),
            name(
                "arn:aws:lambda:eu-west-1:123456789012:function:work:myalias",
                "arn:aws:lambda:eu-west-1:123456789012:function:work:myalias",
            ),
        ],
    }
}

fn empty_filters() -> ControlScenario {
    let shown = configuration(TABLE, "Creating", json!({}));
    let request = create(TABLE, json!({"FilterCriteria": {"Filters": []}}));
    ControlScenario {
        id: "V-A-7",
        name: "V-A-7 empty filters",
        claim: "Empty filters are taken and do not show in the answer.",
        citation: Citation {
            date: "2025-12-18",
            ..recorded(
                Source::LocalStackApi,
                "TestLambdaEventSourceMappings::test_create_event_filter_criteria_validation",
            )
        },
        world: world(),
        exchanges: vec![(request, Reply::Shows(State::Creating, "No records processed", shown))],
    }
}

fn tagged() -> ControlScenario {
    ControlScenario {
        id: "V-A-8",
        name: "V-A-8 tags at creation",
        claim: "A create with tags is taken; the tags themselves have no model.",
        citation: recorded(Source::LocalStackApi, "TestLambdaTag::test_create_tag_on_esm_create"),
        world: world(),
        exchanges: vec![(create(STREAM, json!({"Tags": {"team": "orders"}})), Reply::Taken)],
    }
}
