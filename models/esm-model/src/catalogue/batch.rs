//! The section BATCH: how records are gathered into one invocation, and what that invocation looks like.
//!
//! Which batch follows which is in [`super::order`]; what happens to a batch that failed in [`super::retry`].

use super::ORDER_1;
use super::requirements;
use super::types::{Certainty, Kind, Status};

const LATENCY: &str = "the poll rate shows only as latency, which is never judged tightly";
const FANOUT: &str = "enhanced fan-out and producer-library aggregates are not modelled yet";

requirements! { RULES: Batch;
    BATCH_1 (1) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "A batch is sent off no later than when it reaches BatchSize or 6 MB, so it is never larger \
            than either.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventsourcemapping; AWS Lambda \
            developer guide (2023-10-30), with-kinesis";
        observed: "the number of records and the size of the event of each invocation";
    BATCH_2 (2) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "All records of a batch come from one shard of one stream.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis";
        observed: "the shard in front of the colon in each eventID";
    BATCH_3 (3) Kind::Permission, Certainty::Documented, Status::Checked;
        says: "A batch may be smaller than BatchSize, down to a single record, when nothing more is \
            available.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis";
        observed: "the number of records of each invocation";
    BATCH_4 (4) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "With a batching window an incomplete batch is not sent before the window ends, and the next \
            window does not begin before the previous invocation has ended.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventsourcemapping";
        observed: "the times between an incomplete batch and the invocation before it";
    BATCH_5 (5) Kind::Restates(BATCH_4), Certainty::AwsCaptured, Status::Checked;
        says: "With BatchSize 2 and a window of 5 seconds five records arrive as two, two and one, the \
            last about 5 seconds after the second batch.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json batch_size";
        observed: "the batches and the time before the last one";
    BATCH_6 (6) Kind::Restates(ORDER_1), Certainty::AwsValidated, Status::Checked;
        says: "Records that are put together arrive in the order of the put, whether in one event or cut \
            into events of BatchSize.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_create_kinesis_event_source_mapping, \
            test_kinesis_event_source_trim_horizon";
        observed: "the sequence of the records over all invocations";
    BATCH_7 (7) Kind::Permission, Certainty::Documented, Status::Later(LATENCY);
        says: "A shard is polled about once per second, a DynamoDB shard four times, and more often when \
            the mapping is behind.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; AWS Lambda developer guide \
            (2023-10-30), with-ddb";
        observed: "only as latency";
    BATCH_8 (8) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "Splitting does not change the configured BatchSize, and batches formed afterwards may be of \
            full size.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis";
        observed: "BatchSize in the echo, and the sizes of the batches after a recovery";
    BATCH_9 (9) Kind::Prohibition, Certainty::AwsCaptured, Status::Checked;
        says: "A single record whose event is larger than 6 MB is never sent to the function, and does not \
            keep its successors from being delivered.";
        source: "captured on AWS, radkawar/stackd kinesis_oversized.json, kinesis_oversized_retries.json";
        observed: "no invocation contains the record, and a failure record covers it";
    BATCH_10 (10) Kind::Obligation, Certainty::AwsCaptured, Status::Later(FANOUT);
        says: "Standard polling delivers an aggregate of the producer library as one opaque record, \
            whereas enhanced fan-out delivers its members under one shared sequence number.";
        source: "captured on AWS, radkawar/stackd kinesis_source.json, kinesis_followup.json, \
            kinesis_hash_range.json";
        observed: "the records of the invocations for one aggregate";
    BATCH_11 (11) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "A delivered Kinesis record has the documented members, with base64 data, an arrival time in \
            seconds with milliseconds, and an eventID made of shard and sequence number.";
        source: "recorded on AWS by LocalStack, Kinesis suite, every event; captured on AWS, \
            radkawar/stackd kinesis_source.json";
        observed: "the event of each invocation";
}
