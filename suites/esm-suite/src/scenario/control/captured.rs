//! What the stackd project captured of AWS's synchronous answers: the admission cases of V-S-11 and V-S-21.
//!
//! The cases of V-S-11 that deny one permission at a time wait for a model of permissions.

use super::{
    ControlScenario, NOW_MS, QUEUE, Reply, Request, STREAM, TABLE, create, invalid, validation, world,
};
use crate::scenario::captured_kinesis::DATE;
use crate::scenario::{Citation, Source};
use esm_model::mapping::{Mapping, SourceKind};
use serde_json::{Value, json};

pub(super) fn scenarios() -> Vec<ControlScenario> {
    vec![starting_positions(), tables(), window_conflict(), all_settings()]
}

fn captured(place: &'static str) -> Citation {
    Citation { source: Source::Stackd, place, date: DATE }
}

fn starting_positions() -> ControlScenario {
    let seconds = NOW_MS / 1_000;
    let only_at_timestamp = || invalid("Timestamp only valid with StartingPosition AT_TIMESTAMP");
    let future = format!(
        "Received Exception while reading from provided stream. The timestampInMillis parameter cannot be greater than \
         the currentTimestampInMillis. timestampInMillis: {}, currentTimestampInMillis: {NOW_MS}",
        NOW_MS + 3_600_000
    );
    let at = |position: &str, timestamp: i64| {
        create(STREAM, json!({"StartingPosition": position, "StartingPositionTimestamp": timestamp}))
    };
    ControlScenario {
        id: "V-S-11",
        name: "V-S-11 starting positions",
        claim: "A timestamp goes with AT_TIMESTAMP alone, must be there then and must not lie in the future; 101 records \
                without a window are taken.",
        citation: captured(
            "kinesis_source.json, admission_missing_start, admission_timestamp_missing, admission_timestamp_trim, \
             admission_timestamp_latest, admission_timestamp_future, admission_batch_101_zero_window",
        ),
        world: world(),
        exchanges: vec![
            (
                create(STREAM, json!({"StartingPosition": null})),
                invalid(
                    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: \
                     Member must not be null.",
                ),
            ),
            (
                create(STREAM, json!({"StartingPosition": "AT_TIMESTAMP"})),
                invalid("Need to specify a timestamp"),
            ),
            (at("TRIM_HORIZON", seconds - 60), only_at_timestamp()),
            (at("LATEST", seconds - 60), only_at_timestamp()),
            (at("AT_TIMESTAMP", seconds + 3_600), invalid(future)),
            (create(STREAM, json!({"BatchSize": 101, "MaximumBatchingWindowInSeconds": 0})), Reply::Taken),
        ],
    }
}

fn tables() -> ControlScenario {
    let one = |members: Value, reply: Reply| (create(TABLE, members), reply);
    let above = |member: &str, value: i64, most: i64| {
        validation(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must have \
             value less than or equal to {most}"
        ))
    };
    let age = || {
        invalid("MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)")
    };
    ControlScenario {
        id: "V-S-21a",
        name: "V-S-21a ranges",
        claim: "Values out of range, a success destination, AT_TIMESTAMP, a bad filter pattern, a scaling configuration and \
                an unknown response type are refused, each with its own text.",
        citation: captured("dynamodb_source.json, the cases admission_*"),
        world: world(),
        exchanges: vec![
            one(
                json!({"DestinationConfig": {"OnSuccess": {"Destination": QUEUE}}}),
                invalid("OnSuccess configuration is not supported for event source mappings."),
            ),
            one(
                json!({"StartingPosition": "AT_TIMESTAMP"}),
                invalid(format!("Unsupported starting position for arn type: {TABLE}")),
            ),
            one(
                json!({"FilterCriteria": {"Filters": [{"Pattern": "single-string"}]}}),
                invalid("Invalid filter pattern definition."),
            ),
            one(json!({"MaximumRecordAgeInSeconds": 0}), age()),
            one(json!({"MaximumRecordAgeInSeconds": 59}), age()),
            one(json!({"BatchSize": 10_001}), above("batchSize", 10_001, 10_000)),
            one(json!({"ParallelizationFactor": 11}), above("parallelizationFactor", 11, 10)),
            one(
                json!({"MaximumBatchingWindowInSeconds": 301}),
                above("maximumBatchingWindowInSeconds", 301, 300),
            ),
            one(json!({"TumblingWindowInSeconds": 901}), above("tumblingWindowInSeconds", 901, 900)),
            one(
                json!({"FunctionResponseTypes": ["Bad"]}),
                validation(
                    "1 validation error detected: Value '[Bad]' at 'functionResponseTypes' failed to satisfy \
                     constraint: Member must satisfy constraint: [Member must satisfy enum value set: \
                     [ReportBatchItemFailures], Member must not be null]",
                ),
            ),
            one(
                json!({"ScalingConfig": {"MaximumConcurrency": 2}}),
                invalid("Unsupported ScalingConfig parameter for given event source mapping type."),
            ),
            one(json!({"BatchSize": 101, "MaximumBatchingWindowInSeconds": 0}), Reply::Taken),
        ],
    }
}

fn window_conflict() -> ControlScenario {
    let windowed = Mapping { tumbling_window_in_seconds: 10, ..Mapping::default() };
    let text = "Parallelization factor must be equal to 1 when tumbling window period is configured";
    ControlScenario {
        id: "V-S-21b",
        name: "V-S-21b window and parallel batches",
        claim: "An update to several batches at a time is refused for a mapping with a tumbling window.",
        citation: captured("dynamodb_source.json, parallel_tumbling_conflict"),
        world: world(),
        exchanges: vec![(
            Request::Update(json!({"ParallelizationFactor": 2}), Box::new(windowed), SourceKind::DynamoDb),
            invalid(text),
        )],
    }
}

fn all_settings() -> ControlScenario {
    let set = json!({
        "BatchSize": 10_000, "MaximumBatchingWindowInSeconds": 1, "ParallelizationFactor": 10,
        "MaximumRecordAgeInSeconds": 604_800, "MaximumRetryAttempts": 10_000,
        "FunctionResponseTypes": ["ReportBatchItemFailures"], "BisectBatchOnFunctionError": true,
    });
    ControlScenario {
        id: "V-S-21c",
        name: "V-S-21c all settings in one update",
        claim: "Every stream setting can be changed to its largest value by one update.",
        citation: captured("dynamodb_source.json, stream_settings_admission"),
        world: world(),
        exchanges: vec![(Request::Update(set, Box::default(), SourceKind::DynamoDb), Reply::Taken)],
    }
}
