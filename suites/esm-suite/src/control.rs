//! Groups of requests to the control plane: every range edge, every refusal with its text, the life of a mapping.
//!
//! Only what is sent stands here; what may be answered, the model says when a group is played. Each group has a stream
//! and a function of its own.

use esm_model::catalogue::*;
use esm_model::mapping::{Limit, SourceKind, limit};
use esm_model::rule::RuleId;
use esmeralda::control::{Group, Step, Verb, What};
use serde_json::{Map, Value, json};

/// Every group, in the order in which they are played.
pub fn groups() -> Vec<Group> {
    let mut groups = vec![
        defaults(SourceKind::Kinesis),
        defaults(SourceKind::DynamoDb),
        life(),
        disabled(),
        destinations(),
        settings(),
        second(),
        names(),
        unknown(),
        positions(),
        positions_of_tables(),
        refusals(),
        windows(),
        filters(),
        without_function(),
    ];
    groups.extend(RANGES.iter().map(range));
    groups
}

fn step(what: What) -> Step {
    Step { what, about: None }
}

fn about(rule: RuleId, what: What) -> Step {
    Step { what, about: Some(rule) }
}

fn create(members: Value) -> Step {
    step(What::Create(members))
}

fn update(members: Value) -> Step {
    step(What::Update(members))
}

fn group(name: &'static str, source: SourceKind, claim: &'static str, steps: Vec<Step>) -> Group {
    Group { name, claim, source, steps }
}

fn kinesis(name: &'static str, claim: &'static str, steps: Vec<Step>) -> Group {
    group(name, SourceKind::Kinesis, claim, steps)
}

fn defaults(source: SourceKind) -> Group {
    let name = match source {
        SourceKind::Kinesis => "defaults",
        SourceKind::DynamoDb => "defaults-dynamodb",
    };
    let claim = "A create with nothing but what is required echoes every default, and so does reading it.";
    group(name, source, claim, vec![create(json!({})), step(What::Settle), step(What::List)])
}

fn life() -> Group {
    let claim = "A mapping is created, enabled, deleted and then unknown.";
    kinesis(
        "life",
        claim,
        vec![create(json!({})), step(What::Settle), step(What::Delete), step(What::Vanish)],
    )
}

fn disabled() -> Group {
    let claim = "A mapping created disabled ends Disabled; enabling and disabling pass through states of their own; other \
                 changes leave a disabled mapping disabled.";
    kinesis(
        "disabled",
        claim,
        vec![
            create(json!({"Enabled": false})),
            step(What::Settle),
            update(json!({"BatchSize": 7})),
            step(What::Settle),
            update(json!({"Enabled": true})),
            step(What::Settle),
            update(json!({"Enabled": false})),
            step(What::Settle),
        ],
    )
}

fn destinations() -> Group {
    let to = |arn: &str| json!({"DestinationConfig": {"OnFailure": {"Destination": arn}}});
    let claim = "A queue, a topic or a bucket is taken as the destination, and an empty text removes it.";
    kinesis(
        "destinations",
        claim,
        vec![
            about(PARAM_12, What::Create(to("$QUEUE"))),
            step(What::Settle),
            about(PARAM_12, What::Update(to("$TOPIC"))),
            step(What::Settle),
            about(PARAM_12, What::Update(to("$BUCKET"))),
            step(What::Settle),
            about(API_21, What::Update(to(""))),
            step(What::Settle),
        ],
    )
}

fn settings() -> Group {
    let most = json!({
        "BatchSize": 10_000, "MaximumBatchingWindowInSeconds": 1, "ParallelizationFactor": 10,
        "MaximumRecordAgeInSeconds": 604_800, "MaximumRetryAttempts": 10_000,
        "FunctionResponseTypes": ["ReportBatchItemFailures"], "BisectBatchOnFunctionError": true,
    });
    let few = json!({"MaximumRetryAttempts": 2, "MaximumRecordAgeInSeconds": 3_600});
    let none = json!({"FunctionResponseTypes": [], "BisectBatchOnFunctionError": false});
    let claim = "All settings can be changed by one update; what an update leaves out stays as it was.";
    kinesis(
        "settings",
        claim,
        vec![
            create(json!({})),
            step(What::Settle),
            update(most),
            step(What::Settle),
            update(few),
            step(What::Settle),
            update(none),
            step(What::Settle),
        ],
    )
}

fn second() -> Group {
    let claim = "A second mapping of the same stream and function is refused and names the first.";
    kinesis(
        "second-mapping",
        claim,
        vec![create(json!({})), step(What::Settle), about(API_6, What::Create(json!({})))],
    )
}

fn names() -> Group {
    let claim = "The function's ARN keeps the qualifier it was named with; aliases and versions can be mapped beside \
                 each other.";
    kinesis(
        "function-names",
        claim,
        vec![
            about(API_5, What::Create(json!({"FunctionName": "$FUNCTION:live"}))),
            step(What::Settle),
            about(API_7, What::Create(json!({"FunctionName": "$FUNCTION:1"}))),
            step(What::Settle),
        ],
    )
}

fn unknown() -> Group {
    let claim = "What there is not is answered with 404, or named in the refusal.";
    kinesis(
        "unknown",
        claim,
        vec![
            step(What::Unknown(Verb::Get)),
            step(What::Unknown(Verb::Update)),
            step(What::Unknown(Verb::Delete)),
            about(API_8, What::Create(json!({"EventSourceArn": "$NO_STREAM"}))),
            about(API_9, What::Create(json!({"FunctionName": "esmeralda-nobody"}))),
            about(API_9, What::Create(json!({"EventSourceArn": null}))),
        ],
    )
}

fn positions() -> Group {
    let at =
        |position: &str, when: &str| json!({"StartingPosition": position, "StartingPositionTimestamp": when});
    let claim = "A starting position is required and one of three; a timestamp goes with AT_TIMESTAMP alone and does \
                 not lie in the future.";
    kinesis(
        "starting-positions",
        claim,
        vec![
            create(json!({"StartingPosition": null})),
            create(json!({"StartingPosition": "invalid"})),
            create(json!({"StartingPosition": "AT_TIMESTAMP"})),
            create(at("TRIM_HORIZON", "$NOW-60")),
            create(at("LATEST", "$NOW-60")),
            create(at("AT_TIMESTAMP", "$NOW+3600")),
            about(PARAM_10, What::Create(at("AT_TIMESTAMP", "$NOW-60"))),
            step(What::Settle),
        ],
    )
}

fn positions_of_tables() -> Group {
    let claim = "A table's stream has no AT_TIMESTAMP.";
    let at = json!({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": "$NOW-60"});
    group(
        "starting-positions-dynamodb",
        SourceKind::DynamoDb,
        claim,
        vec![
            create(at),
            about(PARAM_10, What::Create(json!({"StartingPosition": "LATEST"}))),
            step(What::Settle),
        ],
    )
}

fn refusals() -> Group {
    let claim = "What a stream mapping cannot have is refused, each with its own text.";
    let to = |member: &str, arn: &str| json!({"DestinationConfig": {member: {"Destination": arn}}});
    kinesis(
        "refusals",
        claim,
        vec![
            create(to("OnSuccess", "$QUEUE")),
            create(to("OnFailure", "$QUEUE.fifo")),
            create(json!({"FunctionResponseTypes": ["Bad"]})),
            create(json!({"ScalingConfig": {"MaximumConcurrency": 2}})),
            about(PARAM_3, What::Create(json!({"BatchSize": 101, "MaximumBatchingWindowInSeconds": 0}))),
            step(What::Settle),
        ],
    )
}

fn windows() -> Group {
    let claim = "A tumbling window goes with one batch at a time and no filters.";
    let filter = json!({"Filters": [{"Pattern": "{\"data\":{\"a\":[1]}}"}]});
    kinesis(
        "windows",
        claim,
        vec![
            about(PARAM_15, What::Create(json!({"TumblingWindowInSeconds": 30, "ParallelizationFactor": 2}))),
            about(PARAM_16, What::Create(json!({"TumblingWindowInSeconds": 30, "FilterCriteria": filter}))),
            about(PARAM_8, What::Create(json!({"TumblingWindowInSeconds": 30}))),
            step(What::Settle),
            about(PARAM_15, What::Update(json!({"ParallelizationFactor": 2}))),
        ],
    )
}

fn filters() -> Group {
    let pattern = |text: &str| json!({"FilterCriteria": {"Filters": [{"Pattern": text}]}});
    let claim = "A filter's pattern is a JSON object; an empty list of filters is none.";
    kinesis(
        "filters",
        claim,
        vec![
            about(API_24, What::Create(pattern("single-string"))),
            about(API_24, What::Create(pattern("[{\"a\": 1}]"))),
            about(API_23, What::Create(json!({"FilterCriteria": {"Filters": []}}))),
            step(What::Settle),
        ],
    )
}

fn without_function() -> Group {
    let claim = "Deleting the function leaves the mapping as it is.";
    kinesis(
        "deleted-function",
        claim,
        vec![create(json!({})), step(What::Settle), step(What::DeleteFunction), about(API_22, What::Settle)],
    )
}

/// Every number with a range: name of the group, member, rule, bounds, and a value that is refused within them.
const RANGES: &[(&str, &str, RuleId, Limit, Option<i64>)] = &[
    ("range-batch-size", "BatchSize", PARAM_1, limit::BATCH_SIZE, None),
    ("range-window", "MaximumBatchingWindowInSeconds", PARAM_2, limit::MAXIMUM_BATCHING_WINDOW, None),
    ("range-retries", "MaximumRetryAttempts", PARAM_4, limit::MAXIMUM_RETRY_ATTEMPTS, None),
    ("range-age", "MaximumRecordAgeInSeconds", PARAM_5, limit::MAXIMUM_RECORD_AGE, Some(59)),
    ("range-parallelization", "ParallelizationFactor", PARAM_7, limit::PARALLELIZATION_FACTOR, None),
    ("range-tumbling-window", "TumblingWindowInSeconds", PARAM_8, limit::TUMBLING_WINDOW, None),
];

/// One below the least and one above the most are refused, the bounds themselves are taken.
fn range(&(name, member, rule, limit, hole): &(&'static str, &str, RuleId, Limit, Option<i64>)) -> Group {
    let with = |value: i64| Value::Object(Map::from_iter([(member.to_owned(), Value::from(value))]));
    let refused = [Some(limit.min - 1), Some(limit.max + 1), hole];
    let mut steps: Vec<Step> =
        refused.into_iter().flatten().map(|value| about(rule, What::Create(with(value)))).collect();
    steps.push(about(rule, What::Create(with(limit.max))));
    steps.push(step(What::Settle));
    steps.push(about(rule, What::Update(with(limit.max + 1))));
    steps.push(about(rule, What::Update(with(limit.min))));
    steps.push(step(What::Settle));
    kinesis(name, "The bounds are taken, and what lies beyond them is refused.", steps)
}
