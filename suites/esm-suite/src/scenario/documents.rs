//! The documents' own examples, with values of our own: a queue in another region, and the two failure records.

use super::facts::{Deliveries, Expected, Failure};
use super::{Citation, Scenario, Source, case, failing};
use esm_model::case::{Action, Case, Patch, Step};
use esm_model::event::ResponseFact;
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::script::How;
use esm_model::sequence::SequenceNumber;
use esm_model::wire::{
    BatchInfo, Condition, EventContext, EventRecord, FailureRecord, ResponseContext, event_text,
};

/// The documents' commands in our words: a mapping gets a quota, an age limit and a queue by an update, and the queue
/// is not in the region of the stream.
pub(super) fn queue_in_another_region() -> Scenario {
    let set = Patch {
        maximum_retry_attempts: Some(2),
        maximum_record_age_in_seconds: Some(3_600),
        destination: Some("arn:aws:sqs:eu-central-1:123456789012:failures".to_owned()),
        ..Patch::default()
    };
    let base = case(SourceKind::Kinesis, Mapping::default());
    Scenario {
        id: "DOC-1",
        name: "DOC-1 queue in another region",
        claim: "The documents' own example sends failure records to a queue in another region than the stream's.",
        citation: Citation {
            source: Source::DeveloperGuide,
            place: "the commands that update a mapping",
            date: "2026-11",
        },
        case: Case {
            records: vec![failing(400_000, How::Raise)],
            actions: vec![Step { at: 1_000, action: Action::Update { mapping: 0, set } }],
            ..base
        },
        expected: Expected { deliveries: vec![Deliveries::Batches(vec![0..1; 3])], ..Expected::default() }
            .with(Failure::exhausted(0..1, 3, ResponseFact::Unhandled)),
        missing: "Everything but the settings: the documents show no run.",
        histories: Vec::new(),
    }
}

const STREAM: &str = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";
const SHARD: &str = "shardId-000000000001";
/// 2026-01-05T10:00:04.835Z and 0.745 s later.
const ARRIVALS: [i64; 2] = [1_767_607_204_835, 1_767_607_205_580];
const SEQUENCES: [&str; 2] = [
    "49658800000000000000000000000000000000000000000000000017",
    "49658800000000000000000000000000000000000000000000000042",
];

/// The documents' example record with values of our own: a batch that failed by an exception, on `$LATEST`. For S3 it
/// has the event as payload, here of the batch's first and last record.
///
/// # Errors
/// None in practice: a sequence number that is not one.
pub fn example_record(for_s3: bool) -> Result<FailureRecord, esm_model::sequence::NotASequenceNumber> {
    let [start, end] = [SEQUENCES[0].parse::<SequenceNumber>()?, SEQUENCES[1].parse()?];
    let context = EventContext {
        source: SourceKind::Kinesis,
        shard_id: SHARD.to_owned(),
        stream_arn: STREAM.to_owned(),
        region: "eu-west-1".to_owned(),
        role_arn: "arn:aws:iam::123456789012:role/orders".to_owned(),
    };
    let record = |(sequence, arrival_ms): (&SequenceNumber, i64)| EventRecord {
        sequence: sequence.clone(),
        data: b"an order".to_vec(),
        partition_key: "customer-7".to_owned(),
        arrival_ms,
    };
    let records: Vec<EventRecord> = [&start, &end].into_iter().zip(ARRIVALS).map(record).collect();
    Ok(FailureRecord {
        request_id: "3f1c9a52-7a0e-4d31-9c55-0d2b6a1e8f70".to_owned(),
        function_arn: "arn:aws:lambda:eu-west-1:123456789012:function:work".to_owned(),
        condition: Condition::RetryAttemptsExhausted,
        approximate_invoke_count: 1,
        response: Some(ResponseContext {
            status_code: 200,
            executed_version: "$LATEST".to_owned(),
            function_error: Some("Unhandled".to_owned()),
        }),
        version: "1.0".to_owned(),
        // 2026-01-05T10:00:06.021Z.
        timestamp_ms: 1_767_607_206_021,
        batch: BatchInfo {
            shard_id: SHARD.to_owned(),
            start,
            end,
            first_arrival_ms: ARRIVALS[0],
            last_arrival_ms: ARRIVALS[1],
            batch_size: 2,
            stream_arn: STREAM.to_owned(),
        },
        payload: for_s3.then(|| event_text(&context, &records)),
    })
}
