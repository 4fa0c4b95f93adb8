//! DynamoDB Streams sources as recorded on AWS by LocalStack's test suite: the vectors V-D.
//!
//! V-D-2, V-D-4, V-D-26 and V-D-27 are answered at once: see [`super::control`]. V-D-17 to V-D-25 wait for filters.

use super::facts::{Deliveries, Expected, Failure};
use super::{BUCKET, Citation, QUEUE, Scenario, Source, TOPIC, case, failing, healthy, to};
use esm_model::case::{Action, Case, Function, Record, Step};
use esm_model::event::{MappingState, ProcessingResult, ResponseFact};
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::script::{How, SuccessShape};

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![one_insert(), disabled()];
    all.extend([on_failure_queue(), on_failure_topic(), on_failure_bucket()]);
    all.extend([partial_failures(), partial_failures_before()]);
    all.extend(failure_responses());
    all.extend(success_responses());
    all
}

fn recorded(place: &'static str) -> Citation {
    Citation { source: Source::LocalStackDynamoDb, place, date: "2025-11-25" }
}

fn dynamodb(settings: Mapping, records: Vec<Record>) -> Case {
    Case { records, ..case(SourceKind::DynamoDb, settings) }
}

/// Batches of one, a window of one second, one retry.
fn single(destination: &str) -> Mapping {
    Mapping {
        batch_size: 1,
        maximum_batching_window_in_seconds: 1,
        maximum_retry_attempts: Some(1),
        destination: to(destination),
        ..Mapping::default()
    }
}

fn one_insert() -> Scenario {
    Scenario {
        id: "V-D-1",
        name: "V-D-1 one insert",
        claim: "One put into the table reaches the function as one event of one record.",
        citation: recorded("TestDynamoDBEventSourceMapping::test_dynamodb_event_source_mapping"),
        case: dynamodb(Mapping { destination: None, ..single(QUEUE) }, healthy(10_000, 1)),
        expected: Expected::batch(0..1),
        missing: "The times. The recorded item has a binary value, the items here a text.",
        histories: Vec::new(),
    }
}

fn disabled() -> Scenario {
    let settings = Mapping { maximum_batching_window_in_seconds: 1, ..Mapping::default() };
    let base = dynamodb(settings, vec![Record::healthy(10_000), Record::healthy(32_000)]);
    Scenario {
        id: "V-D-3",
        name: "V-D-3 disabled",
        claim: "An update to Enabled false answers Disabling with the last result OK; a record put two seconds later \
                is not delivered by the time of the next look.",
        citation: recorded("TestDynamoDBEventSourceMapping::test_disabled_dynamodb_event_source_mapping"),
        case: Case {
            actions: vec![Step { at: 30_000, action: Action::Disable { mapping: 0 } }],
            horizon_ms: 40_000,
            ..base
        },
        expected: Expected::batch(0..1).saying(MappingState::Disabling, ProcessingResult::Ok),
        missing: "The times, but for the two seconds.",
        histories: Vec::new(),
    }
}

fn on_failure_queue() -> Scenario {
    Scenario {
        id: "V-D-5",
        name: "V-D-5 on-failure queue",
        claim: "With one retry, a record for which the function raises ends in a failure record with DDBStreamBatchInfo \
                and arrivals in whole seconds, count 2, functionError Unhandled.",
        citation: recorded(
            "TestDynamoDBEventSourceMapping::test_dynamodb_event_source_mapping_with_on_failure_destination_config",
        ),
        case: dynamodb(single(QUEUE), vec![failing(10_000, How::Raise)]),
        expected: Expected::default().with(Failure::exhausted(0..1, 2, ResponseFact::Unhandled)),
        missing: "The invocations: the count in the failure record stands for them.",
        histories: Vec::new(),
    }
}

fn on_failure_topic() -> Scenario {
    Scenario {
        id: "V-D-6",
        name: "V-D-6 on-failure topic",
        claim: "A topic gets the same document as a queue, as the text of a notification.",
        citation: recorded(
            "TestDynamoDBEventSourceMapping::\
             test_dynamodb_event_source_mapping_with_sns_on_failure_destination_config",
        ),
        case: dynamodb(single(TOPIC), vec![failing(10_000, How::Raise)]),
        ..on_failure_queue()
    }
}

fn on_failure_bucket() -> Scenario {
    Scenario {
        id: "V-D-7",
        name: "V-D-7 on-failure bucket",
        claim: "A bucket gets the same document and the event as payload.",
        citation: recorded(
            "TestDynamoDBEventSourceMapping::test_dynamodb_event_source_mapping_with_s3_on_failure_destination",
        ),
        case: dynamodb(single(BUCKET), vec![failing(10_000, How::Raise)]),
        missing: "The invocations, and the last part of the key.",
        ..on_failure_queue()
    }
}

fn partial_failures() -> Scenario {
    let settings = Mapping {
        batch_size: 3,
        maximum_retry_attempts: Some(3),
        report_batch_item_failures: true,
        ..single(QUEUE)
    };
    // The test pauses for 0.1 s after each put.
    let mut records: Vec<Record> = (0..6).map(|index| Record::healthy(10_000 + 100 * index)).collect();
    records[5].behaviour = failing(0, How::Report).behaviour;
    Scenario {
        id: "V-D-8",
        name: "V-D-8 report-batch-item-failures",
        claim: "Of six records in batches of up to three the last is always reported: it is delivered five times, and \
                its failure record counts the four invocations since the last progress.",
        citation: recorded("TestDynamoDBEventSourceMapping::test_dynamodb_report_batch_item_failures"),
        case: dynamodb(settings, records),
        expected: Expected::counts([1, 1, 1, 1, 1, 5]).with(Failure::exhausted(
            5..6,
            4,
            ResponseFact::NoError,
        )),
        missing: "How the deliveries were grouped: the recording lists records.",
        histories: Vec::new(),
    }
}

fn partial_failures_before() -> Scenario {
    Scenario {
        id: "V-D-9",
        name: "V-D-9 report-batch-item-failures, earlier recording",
        claim: "An earlier recording of the same test has the same failure record.",
        citation: Citation {
            date: "2024-09-11",
            ..recorded(
                "TestDynamoDBEventSourceMapping::\
                 test_dynamodb_report_batch_item_failures_with_on_failure_destination_config",
            )
        },
        expected: Expected { deliveries: Vec::new(), ..partial_failures().expected },
        missing: "The deliveries.",
        ..partial_failures()
    }
}

/// V-D-10 to V-D-15: one record, three retries, each kind of complete failure.
fn failure_responses() -> Vec<Scenario> {
    let one = |id, name, claim, place, how| {
        let response = if how == How::Raise { ResponseFact::Unhandled } else { ResponseFact::NoError };
        let settings =
            Mapping { maximum_retry_attempts: Some(3), report_batch_item_failures: true, ..single(QUEUE) };
        Scenario {
            id,
            name,
            claim,
            citation: recorded(place),
            case: dynamodb(settings, vec![failing(10_000, how)]),
            expected: Expected {
                deliveries: vec![Deliveries::Batches(vec![0..1; 4])],
                ..Expected::default()
            }
            .with(Failure::exhausted(0..1, 4, response)),
            missing: "The times. The settings are those of the test: the recording does not show them.",
            histories: Vec::new(),
        }
    };
    vec![
        one(
            "V-D-10",
            "V-D-10 identifier of a wrong type",
            "An itemIdentifier that is a number fails the whole batch: four invocations, functionError null.",
            "TestDynamoDBEventSourceMapping::\
             test_dynamodb_report_batch_item_failure_scenarios[item_identifier_not_present_failure]",
            How::WrongTypeIdentifier,
        ),
        one(
            "V-D-11",
            "V-D-11 empty identifier",
            "An empty itemIdentifier fails the whole batch.",
            "TestDynamoDBEventSourceMapping::\
             test_dynamodb_report_batch_item_failure_scenarios[empty_string_item_identifier_failure]",
            How::EmptyIdentifier,
        ),
        one(
            "V-D-12",
            "V-D-12 null identifier",
            "An itemIdentifier that is null fails the whole batch.",
            "TestDynamoDBEventSourceMapping::\
             test_dynamodb_report_batch_item_failure_scenarios[null_item_identifier_failure]",
            How::NullIdentifier,
        ),
        one(
            "V-D-13",
            "V-D-13 entry with another key",
            "An entry with another key in place of itemIdentifier fails the whole batch.",
            "TestDynamoDBEventSourceMapping::\
             test_dynamodb_report_batch_item_failure_scenarios[invalid_key_foo_failure]",
            How::MissingIdentifier,
        ),
        one(
            "V-D-14",
            "V-D-14 entry with another key of null",
            "An entry with another key, whose value is null, fails the whole batch.",
            "TestDynamoDBEventSourceMapping::\
             test_dynamodb_report_batch_item_failure_scenarios[invalid_key_foo_null_value_failure]",
            How::MissingIdentifier,
        ),
        one(
            "V-D-15",
            "V-D-15 exception with reports on",
            "An exception fails the whole batch although reports are on; functionError is Unhandled.",
            "TestDynamoDBEventSourceMapping::\
             test_dynamodb_report_batch_item_failure_scenarios[unhandled_exception_in_function]",
            How::Raise,
        ),
    ]
}

/// V-D-16: each shape of a complete success that was recorded for tables, invoked once.
fn success_responses() -> Vec<Scenario> {
    let one = |id, name, place, success| {
        let settings = Mapping {
            maximum_batching_window_in_seconds: 0,
            maximum_retry_attempts: Some(2),
            report_batch_item_failures: true,
            destination: None,
            ..single(QUEUE)
        };
        Scenario {
            id,
            name,
            claim: "The response is a complete success: one invocation and no failure record.",
            citation: recorded(place),
            case: Case {
                function: Function { success, ..Function::default() },
                ..dynamodb(settings, healthy(10_000, 1))
            },
            expected: Expected::batch(0..1),
            missing: "The times. The settings are those of the test: the recording does not show them.",
            histories: Vec::new(),
        }
    };
    vec![
        one(
            "V-D-16a",
            "V-D-16a empty list",
            "TestDynamoDBEventSourceMapping::test_dynamodb_report_batch_item_success_scenarios[empty_list_success]",
            SuccessShape::EmptyList,
        ),
        one(
            "V-D-16b",
            "V-D-16b null",
            "TestDynamoDBEventSourceMapping::test_dynamodb_report_batch_item_success_scenarios[null_success]",
            SuccessShape::Null,
        ),
        one(
            "V-D-16c",
            "V-D-16c empty object",
            "TestDynamoDBEventSourceMapping::test_dynamodb_report_batch_item_success_scenarios[empty_dict_success]",
            SuccessShape::EmptyObject,
        ),
        one(
            "V-D-16d",
            "V-D-16d no failures",
            "TestDynamoDBEventSourceMapping::\
             test_dynamodb_report_batch_item_success_scenarios[empty_batch_item_failure_success]",
            SuccessShape::NoItems,
        ),
        one(
            "V-D-16e",
            "V-D-16e null failures",
            "TestDynamoDBEventSourceMapping::\
             test_dynamodb_report_batch_item_success_scenarios[null_batch_item_failure_success]",
            SuccessShape::ItemsNull,
        ),
    ]
}
