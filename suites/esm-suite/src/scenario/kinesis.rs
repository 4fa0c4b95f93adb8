//! Kinesis sources as recorded on AWS by LocalStack's test suite: the vectors V-K-1 to V-K-10.
//!
//! V-K-3 is answered at once: see [`super::control`]. The rest is in `kinesis_outcomes`.

use super::facts::{Deliveries, Expected, Failure};
use super::{BUCKET, Citation, QUEUE, Scenario, Source, TOPIC, case, failing, healthy, to};
use esm_model::case::{Action, Case, CaseMapping, Function, Record, Step};
use esm_model::event::ResponseFact;
use esm_model::mapping::{Mapping, SourceKind, StartingPosition};
use esm_model::script::How;
use esm_model::when::Ms;

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![create(), two_functions(), slow_function(), trim_horizon(), disable()];
    all.extend([on_failure_queue(), on_failure_topic(), on_failure_bucket(), partial_failures()]);
    all
}

pub(super) fn recorded(place: &'static str) -> Citation {
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
        expected: Expected::batch(0..10),
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
        expected: Expected::batch(0..10),
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

/// Batches of up to so many, so many retries, a window of one second, ReportBatchItemFailures.
pub(super) fn reporting(batch_size: u32, retries: u32, destination: &str) -> Mapping {
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
