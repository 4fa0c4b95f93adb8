//! Kinesis sources as recorded on AWS by LocalStack's test suite: the vectors V-K.
//!
//! V-K-3 and V-K-22 are answered at once: see [`super::control`]. V-K-23 waits for filters.

use super::facts::{Count, Deliveries, Expected, Failure};
use super::{BUCKET, Citation, QUEUE, Scenario, Source, TOPIC, case, failing, healthy, reconstruct, to};
use esm_model::case::{Action, Case, CaseMapping, Function, Record, Step};
use esm_model::event::{MappingState, ProcessingResult, ResponseFact};
use esm_model::mapping::{Mapping, SourceKind, StartingPosition};
use esm_model::script::{How, SuccessShape};
use esm_model::when::Ms;

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![create(), two_functions(), slow_function(), trim_horizon(), disable()];
    all.extend([on_failure_queue(), on_failure_topic(), on_failure_bucket(), partial_failures()]);
    all.extend(failure_responses());
    all.extend(success_responses());
    all.extend([expired_before(), expired_while_retrying(), one_expired(), nothing_returned()]);
    all
}

fn recorded(place: &'static str) -> Citation {
    Citation { source: Source::LocalStackKinesis, place, date: "2025-11-25" }
}

/// When records are put that LATEST is to find: a minute after the creation.
const LATER: Ms = 60_000;

fn create() -> Scenario {
    let settings = Mapping { starting_position: StartingPosition::Latest, ..Mapping::default() };
    Scenario {
        id: "V-K-1",
        name: "V-K-1 create",
        claim: "Ten records of one call reach the function in one event, in order.",
        citation: recorded("TestKinesisSource::test_create_kinesis_event_source_mapping"),
        case: Case { records: healthy(LATER, 10), ..case(SourceKind::Kinesis, settings) },
        expected: Expected::batches([0..10]),
        missing: "The times. The test repeats its puts until LATEST has found some; only those found are here.",
        histories: Vec::new(),
    }
}

fn two_functions() -> Scenario {
    let one = case(SourceKind::Kinesis, Mapping::default());
    let mappings = vec![one.mappings[0].clone(); 2];
    Scenario {
        id: "V-K-2",
        name: "V-K-2 two functions on one stream",
        claim: "Two functions with a mapping each on one stream get the record once each.",
        citation: recorded(
            "TestKinesisSource::test_create_kinesis_event_source_mapping_multiple_lambdas_single_kinesis_event_stream",
        ),
        case: Case { mappings, records: healthy(10_000, 1), ..one },
        expected: Expected {
            deliveries: vec![Deliveries::Counts(vec![1]), Deliveries::Counts(vec![1])],
            ..Expected::default()
        },
        missing: "The times.",
        histories: Vec::new(),
    }
}

fn slow_function() -> Scenario {
    let settings =
        Mapping { batch_size: 10, starting_position: StartingPosition::Latest, ..Mapping::default() };
    let slow = |at| vec![Record { duration_ms: 500, ..Record::healthy(at) }; 10];
    Scenario {
        id: "V-K-4",
        name: "V-K-4 slow function",
        claim: "While the function works on ten records for five seconds, the next ten of the shard wait.",
        citation: recorded("TestKinesisSource::test_kinesis_event_source_mapping_with_async_invocation"),
        case: Case {
            function: Function { timeout_ms: 10_000, ..Function::default() },
            records: [slow(LATER), slow(LATER + 100)].concat(),
            ..case(SourceKind::Kinesis, settings)
        },
        expected: Expected { apart_ms: Some(5_000), ..Expected::batches([0..10, 10..20]) },
        missing: "The times of the puts. The recorded function sleeps five seconds whatever it gets; here a record \
                  takes half a second.",
        histories: Vec::new(),
    }
}

fn trim_horizon() -> Scenario {
    let base = case(SourceKind::Kinesis, Mapping { batch_size: 10, ..Mapping::default() });
    let mappings = vec![CaseMapping { created_at: 5_000, ..base.mappings[0].clone() }];
    Scenario {
        id: "V-K-5",
        name: "V-K-5 trim horizon",
        claim: "From TRIM_HORIZON twenty records put before the creation and ten put right after it come as three \
                events of ten, in order.",
        citation: recorded("TestKinesisSource::test_kinesis_event_source_trim_horizon"),
        case: Case {
            mappings,
            records: [healthy(0, 10), healthy(100, 10), healthy(5_100, 10)].concat(),
            ..base
        },
        expected: Expected::batches([0..10, 10..20, 20..30]),
        missing: "The times.",
        histories: Vec::new(),
    }
}

fn disable() -> Scenario {
    let settings =
        Mapping { batch_size: 10, starting_position: StartingPosition::Latest, ..Mapping::default() };
    Scenario {
        id: "V-K-6",
        name: "V-K-6 disable",
        claim: "Records put a minute after the mapping was seen Disabled are not delivered.",
        citation: recorded("TestKinesisSource::test_disable_kinesis_event_source_mapping"),
        case: Case {
            records: [healthy(LATER, 10), healthy(200_000, 10)].concat(),
            actions: vec![Step { at: 120_000, action: Action::Disable { mapping: 0 } }],
            ..case(SourceKind::Kinesis, settings)
        },
        expected: Expected::batches([0..10]),
        missing: "The times, and how long AWS took from Disabling to Disabled.",
        histories: Vec::new(),
    }
}

/// A function that raises for its only record, with one retry.
fn raising(destination: &str) -> Case {
    let settings = Mapping {
        batch_size: 1,
        maximum_batching_window_in_seconds: 1,
        maximum_retry_attempts: Some(1),
        destination: to(destination),
        ..Mapping::default()
    };
    Case { records: vec![failing(10_000, How::Raise)], ..case(SourceKind::Kinesis, settings) }
}

fn raised_twice() -> Expected {
    Expected::default().with(Failure::exhausted(0..1, 2, ResponseFact::Unhandled))
}

fn on_failure_queue() -> Scenario {
    Scenario {
        id: "V-K-7",
        name: "V-K-7 on-failure queue",
        claim: "With one retry, a record for which the function raises ends in a failure record with count 2 and \
                functionError Unhandled.",
        citation: recorded(
            "TestKinesisSource::test_kinesis_event_source_mapping_with_on_failure_destination_config",
        ),
        case: raising(QUEUE),
        expected: raised_twice(),
        missing: "The invocations: the count in the failure record stands for them.",
        histories: Vec::new(),
    }
}

fn on_failure_topic() -> Scenario {
    Scenario {
        id: "V-K-8",
        name: "V-K-8 on-failure topic",
        claim: "A topic gets the same document as a queue, as the text of a notification.",
        citation: recorded(
            "TestKinesisSource::test_kinesis_event_source_mapping_with_sns_on_failure_destination_config",
        ),
        case: raising(TOPIC),
        ..on_failure_queue()
    }
}

fn on_failure_bucket() -> Scenario {
    Scenario {
        id: "V-K-9",
        name: "V-K-9 on-failure bucket",
        claim: "A bucket gets the same document and the event as payload, under a key of mapping, shard and time.",
        citation: recorded(
            "TestKinesisSource::test_kinesis_event_source_mapping_with_s3_on_failure_destination",
        ),
        case: raising(BUCKET),
        missing: "The invocations, and the last part of the key.",
        ..on_failure_queue()
    }
}

fn reporting(batch_size: u32, retries: u32, destination: &str) -> Mapping {
    Mapping {
        batch_size,
        maximum_batching_window_in_seconds: 1,
        maximum_retry_attempts: Some(retries),
        report_batch_item_failures: true,
        destination: to(destination),
        ..Mapping::default()
    }
}

fn partial_failures() -> Scenario {
    let mut records = healthy(10_000, 6);
    records[5] = failing(10_000, How::Report);
    Scenario {
        id: "V-K-10",
        name: "V-K-10 report-batch-item-failures",
        claim: "Of six records in batches of up to three the last is always reported: it is delivered once in its \
                batch and four times alone, the others once each.",
        citation: recorded("TestKinesisSource::test_kinesis_report_batch_item_failures"),
        case: Case { records, ..case(SourceKind::Kinesis, reporting(3, 3, QUEUE)) },
        expected: Expected::counts([1, 1, 1, 1, 1, 5]).with(Failure::exhausted(
            5..6,
            4,
            ResponseFact::NoError,
        )),
        missing: "How the deliveries were grouped: the recording lists records.",
        histories: Vec::new(),
    }
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
        expected: Expected::batches([0..1]),
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
        expected: Expected::batches([0..1]).saying(MappingState::Enabled, ProcessingResult::Ok),
        missing: "The times. The runtime's empty answer is taken for null.",
        histories: Vec::new(),
    }
}
