//! Draws mappings: settings near the boundaries that rules speak of.

use super::{Feature, Features, Source};
use esm_model::case::CaseMapping;
use esm_model::mapping::{Destination, Mapping, SourceKind, StartingPosition};
use esm_model::when::{EPOCH_MS, Ms};
use std::sync::LazyLock;

/// Destinations by kind. The second queue lies in another region than the stream, as in the documents' example.
pub(super) const ARNS: [&str; 5] = [
    "arn:aws:sqs:eu-west-1:123456789012:failures",
    "arn:aws:sqs:us-east-2:123456789012:failures-elsewhere",
    "arn:aws:sns:eu-west-1:123456789012:failures",
    "arn:aws:s3:::failures",
    "arn:aws:sqs:eu-west-1:123456789012:failures-second",
];

static DESTINATIONS: LazyLock<Vec<Destination>> =
    LazyLock::new(|| ARNS.iter().filter_map(|arn| arn.parse().ok()).collect());

pub(super) fn mappings(source: &mut Source, features: Features, kind: SourceKind) -> Vec<CaseMapping> {
    let first = mapping(source, features, kind);
    let mut mappings = vec![first];
    if features.has(Feature::Mappings) {
        mappings.push(mapping(source, features, kind));
    }
    mappings
}

fn mapping(source: &mut Source, features: Features, kind: SourceKind) -> CaseMapping {
    let mut settings = Mapping {
        batch_size: source.pick(&[1, 2, 3, 3, 4, 4, 5, 6, 10, 100]),
        maximum_retry_attempts: source.pick(&[
            None,
            Some(0),
            Some(0),
            Some(1),
            Some(1),
            Some(2),
            Some(2),
            Some(3),
            Some(5),
        ]),
        bisect_batch_on_function_error: features.has(Feature::Bisect),
        report_batch_item_failures: features.has(Feature::Reports),
        destination: source.chance(80).then(|| destination(source)),
        ..Mapping::default()
    };
    if features.has(Feature::Age) {
        settings.maximum_record_age_in_seconds = Some(source.pick(&[60, 60, 61, 90, 300, 3_600]));
    }
    if features.has(Feature::Window) {
        settings.maximum_batching_window_in_seconds = source.pick(&[1, 2, 5, 10, 60]);
    }
    let mut created_at = 0;
    if features.has(Feature::Start) {
        created_at = match settings.maximum_record_age_in_seconds {
            // So late that some of the records are too old, and others are not (AGE-4).
            Some(limit) if source.chance(25) => past(source, limit),
            _ => source.pick(&[0, 1, 500, 5_000, 59_000, 60_000, 61_000, 100_000]),
        };
        settings.starting_position = match source.below(6) {
            0 => StartingPosition::Latest,
            1 if kind == SourceKind::Kinesis => {
                StartingPosition::AtTimestamp(EPOCH_MS + source.pick(&[0, 1, 500, 1_000, 5_000, 60_000]))
            }
            _ => StartingPosition::TrimHorizon,
        };
    }
    let qualifier = source.chance(25).then(|| source.pick(&["live", "7"]).to_owned());
    CaseMapping { created_at, qualifier, settings }
}

/// How long it takes for a record to grow too old, give or take what lies between two records.
pub(super) fn past(source: &mut Source, limit_seconds: u32) -> Ms {
    Ms::from(limit_seconds) * 1_000 + source.pick(&[-1_000, 1_000, 5_000, 20_000])
}

fn destination(source: &mut Source) -> Destination {
    // Queues are the plainest destination; the others differ in their documents only.
    let index = source.pick(&[0, 0, 0, 1, 2, 3]);
    DESTINATIONS[index].clone()
}

/// How long after the last stimulus a case is closed: now and then beyond the age limit.
pub(super) fn rest_ms(source: &mut Source, mappings: &[CaseMapping]) -> Ms {
    let limit = mappings.iter().find_map(|m| m.settings.maximum_record_age_in_seconds).unwrap_or(60);
    let limit = Ms::from(limit) * 1_000;
    match source.below(4) {
        0 => source.pick(&[0, 1, 1_000]),
        1 => source.pick(&[5_000, 70_000]),
        _ => limit + source.pick(&[-1_000, 1_000, 40_000, 900_000]),
    }
}
