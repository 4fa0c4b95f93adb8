//! Kinesis sources as captured on AWS by the stackd project: the vectors V-S of its Kinesis files.
//!
//! V-S-2 waits for enhanced fan-out, V-S-7 for aggregates of the producer library, V-S-8 for resharding; V-S-11 is
//! answered at once: see [`super::control`]. All captured mappings had a filter by phase, left out here: it admits
//! exactly the records of the case.

use super::facts::{Count, Deliveries, Expected, Failure};
use super::{Citation, QUEUE, Scenario, Source, case, failing, healthy, reconstruct, to};
use esm_model::case::{Action, Case, CaseMapping, Record, Step};
use esm_model::event::{MappingState, ProcessingResult, ResponseFact};
use esm_model::mapping::{Mapping, SourceKind, StartingPosition};
use esm_model::script::How;
use esm_model::when::{EPOCH_MS, Ms};

/// The days of the captures.
pub(super) const DATE: &str = "2026-09-17 or 19";

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        partial_on(),
        partial_off(),
        partial_bisect(),
        latest(),
        timestamp(),
        destination(),
        oversized(),
        oversized_retries(),
    ]
}

fn captured(place: &'static str) -> Citation {
    Citation { source: Source::Stackd, place, date: DATE }
}

/// What most captures have in common: batches of four, a window of two seconds, one retry, ten minutes of age.
pub(super) fn common() -> Mapping {
    Mapping {
        batch_size: 4,
        maximum_batching_window_in_seconds: 2,
        maximum_retry_attempts: Some(1),
        maximum_record_age_in_seconds: Some(600),
        ..Mapping::default()
    }
}

/// A mapping of an alias, created disabled and enabled after the records were put.
pub(super) fn enabled_later(source: SourceKind, settings: Mapping, records: Vec<Record>) -> Case {
    let base = case(source, Mapping { enabled: false, ..settings });
    let qualifier = Some("live".to_owned());
    let mappings = vec![CaseMapping { qualifier, ..base.mappings[0].clone() }];
    let actions = vec![Step { at: 20_000, action: Action::Enable { mapping: 0 } }];
    Case { mappings, records, actions, ..base }
}

/// Four records put by one call, of which the second misbehaves.
pub(super) fn second_of_four(how: How) -> Vec<Record> {
    let mut records = healthy(10_000, 4);
    records[1] = failing(10_000, how);
    records
}

fn reporting() -> Mapping {
    Mapping { report_batch_item_failures: true, ..common() }
}

const PAUSES: &str = "The times but for the pauses told; the filter by phase is left out.";

fn partial_on() -> Scenario {
    let case = enabled_later(SourceKind::Kinesis, reporting(), second_of_four(How::Report));
    Scenario {
        id: "V-S-1",
        name: "V-S-1 partial_on",
        claim: "The reported second record of four is tried again with those behind it, twice, and is discarded with \
                them; LastProcessingResult stays OK.",
        citation: captured("kinesis_source.json, partial_on"),
        histories: reconstruct::partial(&case, None),
        case,
        expected: Expected::batches([0..4, 1..4, 1..4]).saying(MappingState::Enabled, ProcessingResult::Ok),
        missing: PAUSES,
    }
}

fn partial_off() -> Scenario {
    let case = enabled_later(SourceKind::Kinesis, common(), second_of_four(How::Report));
    Scenario {
        id: "V-S-3",
        name: "V-S-3 partial_off",
        claim: "Without ReportBatchItemFailures a response that reports a failure is a success.",
        citation: captured("kinesis_source.json, partial_off"),
        case,
        expected: Expected::batch(0..4).saying(MappingState::Enabled, ProcessingResult::Ok),
        missing: PAUSES,
        histories: Vec::new(),
    }
}

fn partial_bisect() -> Scenario {
    let settings = Mapping { bisect_batch_on_function_error: true, ..reporting() };
    let case = enabled_later(SourceKind::Kinesis, settings, second_of_four(How::Report));
    Scenario {
        id: "V-S-4",
        name: "V-S-4 partial_bisect",
        claim: "With splitting on, the remainder is tried whole first; reported again at its first record it is split, \
                and that record alone is tried twice before the other part.",
        citation: captured("kinesis_followup.json, partial_bisect"),
        histories: reconstruct::partial_bisect(&case, None),
        case,
        expected: Expected::batches([0..4, 1..4, 1..2, 1..2, 2..4]),
        missing: PAUSES,
    }
}

fn latest() -> Scenario {
    let settings =
        Mapping { batch_size: 1, starting_position: StartingPosition::Latest, ..Mapping::default() };
    let base = case(SourceKind::Kinesis, settings);
    let mappings = vec![CaseMapping { created_at: 5_000, ..base.mappings[0].clone() }];
    let case = Case {
        mappings,
        records: [0, 100_000, 200_000, 330_000].into_iter().map(Record::healthy).collect(),
        actions: vec![
            Step { at: 130_000, action: Action::Disable { mapping: 0 } },
            Step { at: 260_000, action: Action::Enable { mapping: 0 } },
        ],
        ..base
    };
    Scenario {
        id: "V-S-5",
        name: "V-S-5 latest",
        claim: "From LATEST a record put before the creation never comes; one put while the mapping is disabled comes \
                after it is enabled again.",
        citation: captured("kinesis_source.json, latest, latest_while_disabled and latest_reenabled"),
        histories: reconstruct::latest(&case),
        case,
        expected: Expected::batches([1..2, 2..3, 3..4]),
        missing: "The times, but that record 1 was put 70 seconds after the mapping was Enabled.",
    }
}

fn timestamp() -> Scenario {
    let between: Ms = 13_000;
    let settings = Mapping {
        batch_size: 1,
        starting_position: StartingPosition::AtTimestamp(EPOCH_MS + between),
        ..Mapping::default()
    };
    let base = case(SourceKind::Kinesis, settings);
    let mappings = vec![CaseMapping { created_at: 20_000, ..base.mappings[0].clone() }];
    let records = vec![Record::healthy(between - 3_000), Record::healthy(between + 3_000)];
    Scenario {
        id: "V-S-6",
        name: "V-S-6 timestamp",
        claim: "AT_TIMESTAMP between two records delivers only the later one.",
        citation: captured("kinesis_source.json, timestamp"),
        case: Case { mappings, records, ..base },
        expected: Expected::batch(1..2),
        missing: "The times, but for three seconds on either side; BatchSize and window.",
        histories: Vec::new(),
    }
}

fn destination() -> Scenario {
    let settings = Mapping {
        batch_size: 1,
        maximum_retry_attempts: Some(0),
        report_batch_item_failures: true,
        destination: to(QUEUE),
        ..Mapping::default()
    };
    let case = enabled_later(SourceKind::Kinesis, settings, vec![failing(10_000, How::Report)]);
    Scenario {
        id: "V-S-9",
        name: "V-S-9 standard_destination",
        claim: "Without retries a reported record ends at once in a failure record with count 1, functionError null, \
                the function's alias in its ARN and the version behind it.",
        citation: captured("kinesis_destination.json, standard_destination"),
        case,
        expected: Expected::batch(0..1).with(Failure::exhausted(0..1, 1, ResponseFact::NoError)),
        missing: "The times; whether the record was put before the mapping was enabled.",
        histories: Vec::new(),
    }
}

/// Three warm-up records, of which the first two are too old at 75.2 s, then one of 5 MiB and a small one.
fn with_large_record(retries: u32) -> Case {
    let settings = Mapping {
        batch_size: 1,
        maximum_retry_attempts: Some(retries),
        maximum_record_age_in_seconds: Some(60),
        destination: to(QUEUE),
        ..Mapping::default()
    };
    let mut records: Vec<Record> =
        [0, 9_000, 28_400, 80_000, 81_000].into_iter().map(Record::healthy).collect();
    records[3].size = 5 * 1024 * 1024;
    let mut case = enabled_later(SourceKind::Kinesis, settings, records);
    case.actions[0].at = 75_150;
    case
}

fn oversized() -> Scenario {
    let case = with_large_record(0);
    Scenario {
        id: "V-S-10a",
        name: "V-S-10a oversized",
        claim: "A record too large for an event never reaches the function and ends in a failure record with count 1 \
                and no responseContext; the next one is delivered.",
        citation: captured("kinesis_oversized.json"),
        histories: reconstruct::oversized(&case, 1),
        case,
        expected: large_record_discarded(1),
        missing: "The times but for ages and pauses told; BatchSize; that the mapping was enabled so late.",
    }
}

fn oversized_retries() -> Scenario {
    let case = with_large_record(2);
    Scenario {
        id: "V-S-10b",
        name: "V-S-10b oversized with retries",
        claim: "A record too large for an event uses up the retry quota: count 3 with two retries.",
        citation: captured("kinesis_oversized_retries.json"),
        histories: reconstruct::oversized(&case, 3),
        case,
        expected: large_record_discarded(3),
        ..oversized()
    }
}

fn large_record_discarded(attempts: u32) -> Expected {
    Expected { deliveries: vec![Deliveries::Batches(vec![2..3, 4..5])], ..Expected::default() }
        .with(Failure::aged(0..1, Count::Exactly(1)))
        .with(Failure::aged(1..2, Count::Exactly(1)))
        .with(Failure::exhausted(3..4, attempts, ResponseFact::Absent))
}
