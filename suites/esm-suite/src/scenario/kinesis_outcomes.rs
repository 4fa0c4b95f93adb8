//! Kinesis sources as recorded on AWS by LocalStack's test suite: the vectors V-K-11 to V-K-21, what responses mean and
//! how records grow too old.
//!
//! V-K-22 is answered at once: see [`super::control`]. V-K-23 waits for filters.

use super::facts::{Count, Deliveries, Expected, Failure};
use super::kinesis::{recorded, reporting};
use super::{QUEUE, Scenario, case, failing, healthy, reconstruct, to};
use esm_model::case::{Case, CaseMapping, Function};
use esm_model::event::{MappingState, ProcessingResult, ResponseFact};
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::script::{How, SuccessShape};
use esm_model::when::Ms;

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = failure_responses();
    all.extend(success_responses());
    all.extend([expired_before(), expired_while_retrying(), one_expired(), nothing_returned()]);
    all
}

/// V-K-11 to V-K-16: one record, two retries, each kind of complete failure.
fn failure_responses() -> Vec<Scenario> {
    let one = |id, name, claim, place, how| {
        let response = if how == How::Raise { ResponseFact::Unhandled } else { ResponseFact::NoError };
        Scenario {
            id,
            name,
            claim,
            citation: recorded(place),
            case: Case {
                records: vec![failing(10_000, how)],
                ..case(SourceKind::Kinesis, reporting(1, 2, QUEUE))
            },
            expected: Expected::batches([0..1, 0..1, 0..1]).with(Failure::exhausted(0..1, 3, response)),
            missing: "The times.",
            histories: Vec::new(),
        }
    };
    vec![
        one(
            "V-K-11",
            "V-K-11 identifier of a wrong type",
            "An itemIdentifier that is a number fails the whole batch: three invocations, functionError null.",
            "TestKinesisSource::test_kinesis_report_batch_item_failure_scenarios[item_identifier_not_present_failure]",
            How::WrongTypeIdentifier,
        ),
        one(
            "V-K-12",
            "V-K-12 empty identifier",
            "An empty itemIdentifier fails the whole batch.",
            "TestKinesisSource::test_kinesis_report_batch_item_failure_scenarios[empty_string_item_identifier_failure]",
            How::EmptyIdentifier,
        ),
        one(
            "V-K-13",
            "V-K-13 null identifier",
            "An itemIdentifier that is null fails the whole batch.",
            "TestKinesisSource::test_kinesis_report_batch_item_failure_scenarios[null_item_identifier_failure]",
            How::NullIdentifier,
        ),
        one(
            "V-K-14",
            "V-K-14 entry with another key",
            "An entry with another key in place of itemIdentifier fails the whole batch.",
            "TestKinesisSource::test_kinesis_report_batch_item_failure_scenarios[invalid_key_foo_failure]",
            How::MissingIdentifier,
        ),
        one(
            "V-K-15",
            "V-K-15 entry with another key of null",
            "An entry with another key, whose value is null, fails the whole batch.",
            "TestKinesisSource::test_kinesis_report_batch_item_failure_scenarios[invalid_key_foo_null_value_failure]",
            How::MissingIdentifier,
        ),
        one(
            "V-K-16",
            "V-K-16 exception with reports on",
            "An exception fails the whole batch although reports are on; functionError is Unhandled.",
            "TestKinesisSource::test_kinesis_report_batch_item_failure_scenarios[unhandled_exception_in_function]",
            How::Raise,
        ),
    ]
}

/// V-K-17: each shape of a complete success, invoked once.
fn success_responses() -> Vec<Scenario> {
    let one = |id, name, place, success| Scenario {
        id,
        name,
        claim: "The response is a complete success: one invocation and no failure record.",
        citation: recorded(place),
        case: Case {
            function: Function { success, ..Function::default() },
            records: healthy(10_000, 1),
            ..case(SourceKind::Kinesis, Mapping { destination: None, ..reporting(1, 2, QUEUE) })
        },
        expected: Expected::batch(0..1),
        missing: "The times.",
        histories: Vec::new(),
    };
    vec![
        one(
            "V-K-17a",
            "V-K-17a empty string",
            "TestKinesisSource::test_kinesis_report_batch_item_success_scenarios[empty_string_success]",
            SuccessShape::EmptyString,
        ),
        one(
            "V-K-17b",
            "V-K-17b empty list",
            "TestKinesisSource::test_kinesis_report_batch_item_success_scenarios[empty_list_success]",
            SuccessShape::EmptyList,
        ),
        one(
            "V-K-17c",
            "V-K-17c null",
            "TestKinesisSource::test_kinesis_report_batch_item_success_scenarios[null_success]",
            SuccessShape::Null,
        ),
        one(
            "V-K-17d",
            "V-K-17d empty object",
            "TestKinesisSource::test_kinesis_report_batch_item_success_scenarios[empty_dict_success]",
            SuccessShape::EmptyObject,
        ),
        one(
            "V-K-17e",
            "V-K-17e no failures",
            "TestKinesisSource::test_kinesis_report_batch_item_success_scenarios[empty_batch_item_failure_success]",
            SuccessShape::NoItems,
        ),
        one(
            "V-K-17f",
            "V-K-17f null failures",
            "TestKinesisSource::test_kinesis_report_batch_item_success_scenarios[null_batch_item_failure_success]",
            SuccessShape::ItemsNull,
        ),
    ]
}

/// One minute as the limit of age, one record at the beginning of the case.
fn aging(batch_size: u32, retries: Option<u32>, created_at: Ms) -> Case {
    let settings = Mapping {
        batch_size,
        maximum_batching_window_in_seconds: 1,
        maximum_retry_attempts: retries,
        maximum_record_age_in_seconds: Some(60),
        destination: to(QUEUE),
        ..Mapping::default()
    };
    let base = case(SourceKind::Kinesis, settings);
    let mappings = vec![CaseMapping { created_at, ..base.mappings[0].clone() }];
    Case { mappings, records: healthy(0, 1), ..base }
}

fn expired_before() -> Scenario {
    Scenario {
        id: "V-K-18",
        name: "V-K-18 expired before the first attempt",
        claim: "A record that is too old when the mapping is created is discarded unseen: RecordAgeExceeded, count 1, \
                no responseContext.",
        citation: recorded(
            "TestKinesisSource::test_kinesis_maximum_record_age_exceeded[expire-before-ingestion]",
        ),
        case: aging(1, Some(0), 65_000),
        expected: Expected::default().with(Failure::aged(0..1, Count::Exactly(1))),
        missing: "The times, but that the test waits sixty seconds; that the function was never called.",
        histories: Vec::new(),
    }
}

fn expired_while_retrying() -> Scenario {
    let base = aging(1, None, 5_000);
    let case = Case { records: vec![failing(0, How::Raise)], max_invocations: 1_000, ..base };
    Scenario {
        id: "V-K-19",
        name: "V-K-19 expired while retrying",
        claim: "Age ends retries without a limit: RecordAgeExceeded, no responseContext, and a count of 8 in one \
                recording, of 1 in an earlier one.",
        citation: recorded(
            "TestKinesisSource::test_kinesis_maximum_record_age_exceeded[expire-while-retrying], and its recording of \
             2025-04-13 at commit 5aefdf23",
        ),
        histories: reconstruct::expired_while_retrying(&case),
        case,
        expected: Expected { deliveries: vec![Deliveries::Only(0..1)], ..Expected::default() }
            .with(Failure::aged(0..1, Count::Recorded(&[8, 1]))),
        missing: "The invocations, their number and their times.",
    }
}

fn one_expired() -> Scenario {
    let base = aging(10, Some(0), 80_500);
    Scenario {
        id: "V-K-20",
        name: "V-K-20 one of six expired",
        claim: "One record of eighty seconds is discarded with a failure record of its own, and five fresh ones \
                behind it are delivered.",
        citation: recorded("TestKinesisSource::test_kinesis_maximum_record_age_exceeded_discard_records"),
        case: Case { records: [healthy(0, 1), healthy(80_000, 5)].concat(), ..base },
        expected: Expected::counts([0, 1, 1, 1, 1, 1]).with(Failure::aged(0..1, Count::Exactly(1))),
        missing: "The times, but for the wait of eighty seconds; how the five were grouped.",
        histories: Vec::new(),
    }
}

fn nothing_returned() -> Scenario {
    let settings = Mapping {
        batch_size: 1,
        maximum_batching_window_in_seconds: 1,
        maximum_retry_attempts: Some(2),
        ..Mapping::default()
    };
    Scenario {
        id: "V-K-21",
        name: "V-K-21 nothing returned",
        claim: "A custom runtime that returns nothing has succeeded: one invocation, LastProcessingResult OK.",
        citation: recorded("TestKinesisSource::test_kinesis_empty_provided"),
        case: Case {
            function: Function { success: SuccessShape::Null, ..Function::default() },
            records: healthy(10_000, 1),
            ..case(SourceKind::Kinesis, settings)
        },
        expected: Expected::batch(0..1).saying(MappingState::Enabled, ProcessingResult::Ok),
        missing: "The times. The runtime's empty answer is taken for null.",
        histories: Vec::new(),
    }
}
