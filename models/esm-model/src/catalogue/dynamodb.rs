//! The section DDB: where a DynamoDB stream differs from a Kinesis stream.
//!
//! Whatever is not said here holds for both. The few differences of the control plane are in [`super::api`].

use super::requirements;
use super::types::{Certainty, Kind, Status};
use super::{API_14, BATCH_7, REC_10, RETRY_2, RETRY_11};

const LATENCY: &str = "the poll rate shows only as latency, which is never judged tightly";
const TABLE: &str = "cases put stream records, not table items";

requirements! { RULES: Ddb;
    DDB_1 (1) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "The batch information of a failure record is called DDBStreamBatchInfo and has the same \
            seven members.";
        source: "recorded on AWS by LocalStack, DynamoDB suite, the on-failure destination tests";
        observed: "the name of the member, and its members";
    DDB_2 (2) Kind::Restates(REC_10), Certainty::AwsValidated, Status::Checked;
        says: "Arrival times are in whole seconds, although timestamp keeps its milliseconds.";
        source: "recorded on AWS by LocalStack, DynamoDB suite, the on-failure destination tests";
        observed: "the form of the three times";
    DDB_3 (3) Kind::Restates(API_14), Certainty::AwsValidated, Status::Checked;
        says: "There is no starting position AT_TIMESTAMP.";
        source: "recorded on AWS by LocalStack, Lambda API suite, test_create_event_source_validation";
        observed: "the error of create";
    DDB_4 (4) Kind::Restates(RETRY_11), Certainty::Documented, Status::Checked;
        says: "A stream keeps its records for 24 hours, so with default settings a failing batch blocks \
            its shard for up to a day.";
        source: "AWS Lambda developer guide (2023-10-30), with-ddb";
        observed: "the batch is repeated, and nothing later is delivered";
    DDB_5 (5) Kind::Restates(BATCH_7), Certainty::Documented, Status::Later(LATENCY);
        says: "Each shard is polled four times per second.";
        source: "AWS Lambda developer guide (2023-10-30), with-ddb";
        observed: "only as latency";
    DDB_6 (6) Kind::Restates(RETRY_2), Certainty::AwsValidated, Status::Checked;
        says: "Retries, partial responses and splits have the same results as for Kinesis.";
        source: "recorded on AWS by LocalStack, DynamoDB suite, every failure scenario; captured on AWS, \
            radkawar/stackd dynamodb_source.json";
        observed: "the invocations and failure records of the same case on both sources";
    DDB_7 (7) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "Items are identified by dynamodb.SequenceNumber, eventVersion is \"1.1\", and eventID is a \
            hexadecimal digest.";
        source: "recorded on AWS by LocalStack, DynamoDB suite, every event";
        observed: "the event of each invocation";
    DDB_8 (8) Kind::Prohibition, Certainty::Documented, Status::Later(TABLE);
        says: "Putting an item that is identical to the stored one produces no stream record and hence no \
            delivery.";
        source: "Amazon DynamoDB developer guide; recorded on AWS by LocalStack, DynamoDB suite, \
            test_dynamodb_event_filter[insert_same_entry_twice]";
        observed: "no second invocation";
}
