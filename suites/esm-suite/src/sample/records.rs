//! Draws records: bursts and gaps, and what each makes the function do.

use super::{Feature, Features, Source};
use esm_model::case::{CaseMapping, Function, Record};
use esm_model::script::{Behaviour, How};
use esm_model::when::Ms;

/// Malformed reports (PBR-3).
const MALFORMED: &[How] = &[
    How::EmptyIdentifier,
    How::NullIdentifier,
    How::MissingIdentifier,
    How::WrongTypeIdentifier,
    How::ForeignIdentifier,
    How::EarlierIdentifier,
];
/// Forms about which the documents say nothing (AMB-13…15).
const UNDOCUMENTED: &[How] = &[
    How::MixedIdentifiers,
    How::DuplicateIdentifier,
    How::ItemsOfWrongType,
    How::ReturnText,
    How::ReturnNumber,
    How::ReturnList,
    How::ReturnStatusCode,
    How::ReturnWrongKey,
];

pub(super) fn records(
    source: &mut Source,
    features: Features,
    shards: u8,
    function: &Function,
    mapping: &CaseMapping,
) -> Vec<Record> {
    let batch = mapping.settings.batch_size;
    let count = match source.below(10) {
        _ if features.has(Feature::Many) => 8 + source.below(10),
        0 => 1,
        // Just below, at and above one batch or two.
        1..=4 => (batch.min(8) * source.pick(&[1, 1, 2]) + source.below(3)).saturating_sub(1).max(1),
        _ => 2 + source.below(6),
    };
    let window = Ms::from(mapping.settings.maximum_batching_window_in_seconds) * 1_000;
    let age = Ms::from(mapping.settings.maximum_record_age_in_seconds.unwrap_or(60)) * 1_000;
    let sick = source.pick(&[15, 30, 30, 60]);
    let burst = source.pick(&[50, 80, 95]);
    let mut at: Ms = 0;
    (0..count)
        .map(|_| {
            if !source.chance(burst) {
                at += match source.below(6) {
                    0 | 1 => source.pick(&[1, 100, 999]),
                    2 => window + source.pick(&[-1, 0, 1]),
                    3 => age + source.pick(&[-1, 0, 1]),
                    4 => source.pick(&[1_000, 5_000, 20_000]),
                    _ => source.pick(&[30_000, 55_000]),
                }
                .max(1);
            }
            Record {
                at,
                shard: if shards > 1 { source.below(shards.into()) as u8 } else { 0 },
                size: size(source, features, mapping),
                duration_ms: duration(source, features, function),
                behaviour: source.chance(sick).then(|| behaviour(source, features, mapping)),
            }
        })
        .collect()
}

fn size(source: &mut Source, features: Features, mapping: &CaseMapping) -> u32 {
    if !features.has(Feature::Large) || !source.chance(50) {
        return 100;
    }
    // Three records of 1.4 MB fill an event; one of 5 MiB never fits (BATCH-9).
    // Without a retry limit it only blocks its shard, so that is seldom drawn.
    let blocks = mapping.settings.maximum_retry_attempts.is_none() && !source.chance(10);
    let never_fits = if blocks { 1_400_000 } else { 5 * 1_024 * 1_024 };
    source.pick(&[1_400_000, 1_400_000, 1_400_000, never_fits])
}

fn duration(source: &mut Source, features: Features, function: &Function) -> Ms {
    if !features.has(Feature::Slow) {
        // Just long enough that something can happen during a call.
        return if features.has(Feature::Unreachable) || features.has(Feature::Pause) { 10 } else { 0 };
    }
    // A batch of two may be too slow where each record alone is not (BISECT-1).
    source.pick(&[0, 0, 10, function.timeout_ms / 4, function.timeout_ms / 2, function.timeout_ms / 2 + 1])
}

fn behaviour(source: &mut Source, features: Features, mapping: &CaseMapping) -> Behaviour {
    let how = match source.below(20) {
        // Where odd answers are on, many are odd: there are fourteen kinds, and each must be met soon.
        0..=4 if features.has(Feature::Odd) => source.pick(MALFORMED),
        5 | 6 if features.has(Feature::Odd) => source.pick(UNDOCUMENTED),
        0..=6 => How::Raise,
        7..=12 => How::Report,
        13 | 14 => How::TimeOut,
        15 => How::Crash,
        _ if mapping.settings.report_batch_item_failures => How::Report,
        _ => How::Raise,
    };
    let quota = mapping.settings.maximum_retry_attempts.unwrap_or(2).min(5) as u16;
    let times = match source.below(10) {
        0..=4 => None,
        5..=7 => Some(1 + source.below(2) as u16),
        // Just enough, and just too many, for the quota.
        _ => Some((quota + source.below(3) as u16).max(1)),
    };
    Behaviour { how, times }
}
