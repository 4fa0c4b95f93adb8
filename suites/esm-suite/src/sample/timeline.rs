//! Draws the timeline beside the records: throttles, errors, refusals, updates, pauses.

use super::mapping::{ARNS, past};
use super::{Feature, Features, Source};
use esm_model::case::{Action, CaseMapping, Patch, Record, Step};
use esm_model::when::Ms;

pub(super) fn actions(
    source: &mut Source,
    features: Features,
    mappings: &[CaseMapping],
    records: &[Record],
    end: Ms,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut add = |at: Ms, action: Action| steps.push(Step { at, action });
    for (index, mapping) in mappings.iter().enumerate() {
        let (from, index) = (mapping.created_at, index as u8);
        if features.has(Feature::Unreachable) {
            for _ in 0..1 + source.below(2) {
                // What is half done when the function gets out of reach must stay as it is (RETRY-1, BISECT-14).
                let busy = source.chance(70);
                let at = if busy { busy_moment(source, mapping, records) } else { moment(source, from, end) };
                let for_ms = outage(source, mapping);
                let throttle = source.chance(65);
                add(
                    at,
                    if throttle {
                        Action::Throttle { mapping: index, for_ms }
                    } else {
                        Action::ServiceError { mapping: index, for_ms }
                    },
                );
            }
        }
        if features.has(Feature::Refusal) {
            let for_ms = source.pick(&[1_500, 60_000, 2_000_000, 2_000_000]);
            // Most discards come early, so half of the refusals are there from the start.
            let at = if source.chance(50) { from } else { moment(source, from, end) };
            add(at, Action::RefuseWrites { mapping: index, for_ms });
        }
        if features.has(Feature::Pause) {
            let at = moment(source, from, end);
            add(at, Action::Disable { mapping: index });
            if source.chance(80) {
                add(
                    at + source.pick(&[1, 1_000, 20_000, 70_000, 200_000]),
                    Action::Enable { mapping: index },
                );
            }
        }
        if features.has(Feature::Update) {
            for _ in 0..1 + source.below(2) {
                add(moment(source, from, end), Action::Update { mapping: index, set: patch(source) });
            }
        }
    }
    steps.sort_by_key(|step| step.at);
    steps
}

/// A time near the beginning, where most happens, or anywhere.
fn moment(source: &mut Source, from: Ms, end: Ms) -> Ms {
    match source.below(4) {
        0 => from + Ms::from(source.chance(60)),
        1 => from + source.pick(&[1, 11, 100, 219, 221]),
        2 => from + source.pick(&[1_000, 5_000, 30_000]),
        _ => from + Ms::from(source.below(u32::try_from(end - from).unwrap_or(u32::MAX).max(1))),
    }
}

/// A time during the first calls for a record, or shortly after them.
fn busy_moment(source: &mut Source, mapping: &CaseMapping, records: &[Record]) -> Ms {
    let arrival = records[source.below(records.len() as u32) as usize].at;
    let window = Ms::from(mapping.settings.maximum_batching_window_in_seconds) * 1_000;
    arrival.max(mapping.created_at) + window + source.pick(&[1, 1, 5, 11, 100, 221])
}

/// How long the function is out of reach.
fn outage(source: &mut Source, mapping: &CaseMapping) -> Ms {
    match mapping.settings.maximum_record_age_in_seconds {
        // Retries are over within seconds: it takes this for a record that was tried to grow too old.
        Some(limit) if source.chance(50) => past(source, limit),
        _ => source.pick(&[300, 2_000, 2_000, 10_000, 65_000]),
    }
}

fn patch(source: &mut Source) -> Patch {
    let mut patch = Patch::default();
    match source.below(10) {
        0 => patch.batch_size = Some(source.pick(&[1, 2, 4, 10])),
        1 => patch.maximum_retry_attempts = Some(source.pick(&[-1, 0, 1, 3])),
        2 => patch.maximum_record_age_in_seconds = Some(source.pick(&[-1, 60, 300])),
        3 => patch.bisect_batch_on_function_error = Some(source.chance(50)),
        4 => patch.report_batch_item_failures = Some(source.chance(50)),
        5 => patch.maximum_batching_window_in_seconds = Some(source.pick(&[0, 1, 10])),
        6..=8 => patch.destination = Some(String::new()),
        _ => patch.destination = Some(source.pick(&ARNS).to_owned()),
    }
    patch
}
