//! DynamoDB Streams sources as captured on AWS by the stackd project: the vectors V-S of its DynamoDB files.
//!
//! V-S-19 waits for tumbling windows, V-S-20 for permissions, and of V-S-22 the metrics; V-S-21 is answered at once:
//! see [`super::control`].

use super::captured_kinesis::{DATE, common, enabled_later, second_of_four};
use super::facts::{Count, Expected, Failure};
use super::{BUCKET, Citation, QUEUE, Scenario, Source, failing, healthy, reconstruct, to};
use esm_model::case::{Action, Case, Record, Step};
use esm_model::event::{MappingState, ProcessingResult, ResponseFact};
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::script::How;

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        partial_disabled(),
        partial_enabled(),
        partial_bisect(),
        raise_retry(),
        raise_bisect(),
        invalid_partial(),
        maximum_age(),
        batch_size(),
        window(),
        bucket(),
        destination_denied(),
    ]
}

fn captured(place: &'static str) -> Citation {
    Citation { source: Source::Stackd, place, date: DATE }
}

fn with_queue() -> Mapping {
    Mapping { destination: to(QUEUE), ..common() }
}

fn reporting() -> Mapping {
    Mapping { report_batch_item_failures: true, ..with_queue() }
}

fn case(settings: Mapping, records: Vec<Record>) -> Case {
    enabled_later(SourceKind::DynamoDb, settings, records)
}

const TIMES: &str = "The times; the filter by phase is left out.";

fn partial_disabled() -> Scenario {
    Scenario {
        id: "V-S-12a",
        name: "V-S-12a partial_disabled",
        claim: "As V-S-3: without ReportBatchItemFailures the reported failure is not looked at, and no failure record \
                is written.",
        citation: captured("dynamodb_source.json, partial_disabled"),
        case: case(with_queue(), second_of_four(How::Report)),
        expected: Expected::batch(0..4),
        missing: TIMES,
        histories: Vec::new(),
    }
}

fn partial_enabled() -> Scenario {
    let case = case(reporting(), second_of_four(How::Report));
    Scenario {
        id: "V-S-12b",
        name: "V-S-12b partial_enabled",
        claim: "As V-S-1: the remainder is tried twice and discarded whole, with count 2.",
        citation: captured("dynamodb_source.json, partial_enabled"),
        histories: reconstruct::partial(&case, Some(12)),
        case,
        expected: Expected::batches([0..4, 1..4, 1..4]).with(Failure::exhausted(
            1..4,
            2,
            ResponseFact::NoError,
        )),
        missing: TIMES,
    }
}

fn partial_bisect() -> Scenario {
    let settings = Mapping { bisect_batch_on_function_error: true, ..reporting() };
    let case = case(settings, second_of_four(How::Report));
    Scenario {
        id: "V-S-12c",
        name: "V-S-12c partial_bisect",
        claim: "As V-S-4: the remainder whole, then its first record alone twice, then the rest.",
        citation: captured("dynamodb_source.json, partial_bisect"),
        histories: reconstruct::partial_bisect(&case, Some(12)),
        case,
        expected: Expected::batches([0..4, 1..4, 1..2, 1..2, 2..4]).with(Failure::exhausted(
            1..2,
            2,
            ResponseFact::NoError,
        )),
        missing: TIMES,
    }
}

fn raise_retry() -> Scenario {
    let settings = Mapping { maximum_retry_attempts: Some(2), ..with_queue() };
    Scenario {
        id: "V-S-13",
        name: "V-S-13 raise_retry",
        claim: "Four records of which the second raises are sent three times, unchanged, and discarded together.",
        citation: captured("dynamodb_source.json, raise_retry"),
        case: case(settings, second_of_four(How::Raise)),
        expected: Expected::batches([0..4, 0..4, 0..4]).with(Failure::exhausted(
            0..4,
            3,
            ResponseFact::Unhandled,
        )),
        missing: TIMES,
        histories: Vec::new(),
    }
}

fn raise_bisect() -> Scenario {
    let settings = Mapping { bisect_batch_on_function_error: true, ..with_queue() };
    Scenario {
        id: "V-S-14",
        name: "V-S-14 raise_bisect",
        claim: "Four records of which the second raises are halved down to it, left part first; it is tried twice and \
                alone discarded.",
        citation: captured("dynamodb_source.json, raise_bisect"),
        case: case(settings, second_of_four(How::Raise)),
        expected: Expected::batches([0..4, 0..2, 0..1, 1..2, 1..2, 2..4]).with(Failure::exhausted(
            1..2,
            2,
            ResponseFact::Unhandled,
        )),
        missing: TIMES,
        histories: Vec::new(),
    }
}

fn invalid_partial() -> Scenario {
    let settings = Mapping { maximum_retry_attempts: Some(0), ..reporting() };
    Scenario {
        id: "V-S-15",
        name: "V-S-15 invalid_partial",
        claim: "Without retries an empty identifier discards the whole batch after one invocation, functionError null.",
        citation: captured("dynamodb_source.json, invalid_partial"),
        case: case(settings, second_of_four(How::EmptyIdentifier)),
        expected: Expected::batch(0..4).with(Failure::exhausted(0..4, 1, ResponseFact::NoError)),
        missing: "The times; that the batch had four records.",
        histories: Vec::new(),
    }
}

fn maximum_age() -> Scenario {
    let settings = Mapping {
        batch_size: 1,
        maximum_retry_attempts: None,
        maximum_record_age_in_seconds: Some(60),
        ..with_queue()
    };
    let mut case = case(settings, healthy(10_000, 1));
    case.actions[0].at = 80_000;
    Scenario {
        id: "V-S-16",
        name: "V-S-16 maximum_age",
        claim: "A record held for seventy seconds by a disabled mapping is discarded unseen once it is enabled: count 1, \
                no responseContext, LastProcessingResult No records processed.",
        citation: captured("dynamodb_source.json, maximum_age"),
        histories: reconstruct::held(&case),
        case,
        expected: Expected::batches([])
            .with(Failure::aged(0..1, Count::Exactly(1)))
            .saying(MappingState::Enabled, ProcessingResult::None),
        missing: "The times, but for the seventy seconds.",
    }
}

fn batch_size() -> Scenario {
    let settings = Mapping { batch_size: 2, maximum_batching_window_in_seconds: 5, ..with_queue() };
    let case = case(settings, healthy(10_000, 5));
    Scenario {
        id: "V-S-17a",
        name: "V-S-17a batch_size",
        claim: "Five records in batches of up to two come as two, two and, a window later, one.",
        citation: captured("dynamodb_source.json, batch_size"),
        histories: reconstruct::batch_size(&case),
        case,
        expected: Expected::batches([0..2, 2..4, 4..5]),
        missing: "The times, but for the last pause.",
    }
}

fn window() -> Scenario {
    let settings = Mapping { batch_size: 10, maximum_batching_window_in_seconds: 5, ..with_queue() };
    Scenario {
        id: "V-S-17b",
        name: "V-S-17b window",
        claim: "One record in batches of up to ten comes alone when the window is over.",
        citation: captured("dynamodb_source.json, window"),
        case: case(settings, healthy(10_000, 1)),
        expected: Expected::batch(0..1),
        missing: TIMES,
        histories: Vec::new(),
    }
}

fn bucket() -> Scenario {
    let settings = Mapping { maximum_retry_attempts: Some(0), destination: to(BUCKET), ..common() };
    Scenario {
        id: "V-S-18",
        name: "V-S-18 s3_failure",
        claim: "Without retries a batch of four whose second record raises becomes one object, with the event as \
                payload.",
        citation: captured("dynamodb_source.json, s3_failure"),
        case: case(settings, second_of_four(How::Raise)),
        expected: Expected::batch(0..4).with(Failure::exhausted(0..4, 1, ResponseFact::Unhandled)),
        missing: TIMES,
        histories: Vec::new(),
    }
}

fn destination_denied() -> Scenario {
    let settings = Mapping { batch_size: 3, maximum_retry_attempts: Some(0), ..with_queue() };
    let mut records = healthy(10_000, 3);
    records[0] = failing(10_000, How::Raise);
    records.push(Record::healthy(200_000));
    let mut case = case(settings, records);
    let refuse = Action::RefuseWrites { mapping: 0, for_ms: 1_100_000 };
    case.actions.insert(0, Step { at: 5_000, action: refuse });
    Scenario {
        id: "V-S-22",
        name: "V-S-22 destination denied",
        claim: "A failure record that the destination refuses is lost; nothing is delivered again within 980 seconds, \
                and processing goes on.",
        citation: captured("dynamodb_metrics.json, destination denied"),
        case,
        expected: Expected::batches([0..3, 3..4]),
        missing: "The times, the settings, which record failed and how, and the record that shows that processing goes \
                  on. The metrics are left out.",
        histories: Vec::new(),
    }
}
