//! What a case needs of a child beyond the least, by the names of `opened.capabilities`.
//!
//! The least is one mapping from TRIM_HORIZON on one shard of a Kinesis stream, with batches and retries.

use esm_model::case::{Action, Case};
use esm_model::mapping::{Destination, DestinationKind, Mapping, SourceKind, StartingPosition};

/// The capability of telling the state of a mapping; no case needs it.
pub(super) const STATUS: &str = "status";

/// Every capability: its name, and what a child with it does.
pub const CAPABILITIES: &[(&str, &str)] = &[
    ("dynamodb", "the stream of a DynamoDB table"),
    ("shards", "several shards"),
    ("mappings", "several mappings on one stream"),
    ("update", "settings that change"),
    ("disable", "mappings that are disabled and enabled"),
    ("latest", "StartingPosition LATEST"),
    ("at-timestamp", "StartingPosition AT_TIMESTAMP"),
    ("batching-window", "MaximumBatchingWindowInSeconds"),
    ("age", "MaximumRecordAgeInSeconds"),
    ("bisect", "BisectBatchOnFunctionError"),
    ("report", "ReportBatchItemFailures"),
    ("sqs", "failure records in a queue"),
    ("sns", "failure records on a topic"),
    ("s3", "failure records in a bucket"),
    ("parallelization", "ParallelizationFactor above 1"),
    ("tumbling-window", "TumblingWindowInSeconds"),
    ("filter", "FilterCriteria"),
    (STATUS, "tells the state of a mapping when asked"),
];

/// What the case needs and `has` does not hold: the name of the first such capability.
pub(super) fn missing(case: &Case, has: &[String]) -> Option<&'static str> {
    needs(case).into_iter().find(|need| !has.iter().any(|known| known == need))
}

fn needs(case: &Case) -> Vec<&'static str> {
    let mut needs = Vec::new();
    let mut need = |name, is| {
        if is {
            needs.push(name);
        }
    };
    need("dynamodb", case.source == SourceKind::DynamoDb);
    need("shards", case.shards > 1);
    need("mappings", case.mappings.len() > 1);
    for mapping in &case.mappings {
        settings(&mapping.settings, &mut need);
    }
    for step in &case.actions {
        match &step.action {
            Action::Update { set, .. } => {
                need("update", true);
                need("batching-window", set.maximum_batching_window_in_seconds.unwrap_or(0) > 0);
                need("age", set.maximum_record_age_in_seconds.unwrap_or(-1) >= 0);
                need("bisect", set.bisect_batch_on_function_error == Some(true));
                need("report", set.report_batch_item_failures == Some(true));
                let named = set.destination.as_ref().and_then(|arn| arn.parse::<Destination>().ok());
                destination(named.as_ref(), &mut need);
            }
            Action::Enable { .. } | Action::Disable { .. } => need("disable", true),
            Action::Throttle { .. } | Action::ServiceError { .. } | Action::RefuseWrites { .. } => {}
        }
    }
    needs
}

fn settings(settings: &Mapping, need: &mut impl FnMut(&'static str, bool)) {
    need("disable", !settings.enabled);
    need("latest", settings.starting_position == StartingPosition::Latest);
    need("at-timestamp", matches!(settings.starting_position, StartingPosition::AtTimestamp(_)));
    need("batching-window", settings.maximum_batching_window_in_seconds > 0);
    need("age", settings.maximum_record_age_in_seconds.is_some());
    need("bisect", settings.bisect_batch_on_function_error);
    need("report", settings.report_batch_item_failures);
    need("parallelization", settings.parallelization_factor > 1);
    need("tumbling-window", settings.tumbling_window_in_seconds > 0);
    need("filter", !settings.filters.is_empty());
    destination(settings.destination.as_ref(), need);
}

fn destination(destination: Option<&Destination>, need: &mut impl FnMut(&'static str, bool)) {
    match destination.map(Destination::kind) {
        Some(DestinationKind::Sqs) => need("sqs", true),
        Some(DestinationKind::Sns) => need("sns", true),
        Some(DestinationKind::S3) => need("s3", true),
        None => {}
    }
}
