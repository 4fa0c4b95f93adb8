//! The section DISCARD: when records are given up, and how many failure records tell of it.
//!
//! The content of a failure record is in [`super::record`]; who may write and read it in [`super::security`].

use super::requirements;
use super::types::{Certainty, Kind, Status};

const PERMISSIONS: &str = "permissions are not modelled yet, and few targets enforce them";

requirements! { RULES: Discard;
    DISCARD_1 (1) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "Records are given up when their quota of attempts is used up or when they are too old, and \
            the shard then goes on.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "the invocation that follows a discard";
    DISCARD_2 (2) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "Each discarded batch, or discarded part of one, is reported in a failure record.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; recorded on AWS by \
            LocalStack, Kinesis suite, the on-failure destination tests";
        observed: "the failure records against the batches that were given up";
    DISCARD_3 (3) Kind::Prohibition, Certainty::Derived, Status::Checked;
        says: "A failure record covers only records that were discarded, and the ranges of two failure \
            records of a shard do not overlap.";
        source: "follows from DISCARD-2 and RETRY-7";
        observed: "the ranges of the failure records against the invocations";
    DISCARD_4 (4) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "Without a destination nothing is written anywhere about a discard.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "no failure record arrives";
    DISCARD_5 (5) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "Nothing is ever sent to a destination about a batch that succeeded.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "the failure records against the successful invocations";
    DISCARD_6 (6) Kind::Obligation, Certainty::Documented, Status::Later(PERMISSIONS);
        says: "The execution role needs the permission to write to the destination, which differs by the \
            kind of destination.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "only where permissions are enforced";
    DISCARD_7 (7) Kind::Obligation, Certainty::AwsCaptured, Status::Checked;
        says: "If a failure record cannot be written it is lost, and the mapping goes on.";
        source: "captured on AWS, radkawar/stackd dynamodb_metrics.json; AWS Lambda developer guide, \
            monitoring-metrics-types";
        observed: "the invocations after a refused write";
    DISCARD_8 (8) Kind::Prohibition, Certainty::AwsValidated, Status::Checked;
        says: "Queues and topics receive the same document, and only objects in S3 contain the payload.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; recorded on AWS by \
            LocalStack, Kinesis suite, the SQS, SNS and S3 destination tests";
        observed: "the members of the document at each kind of destination";
    DISCARD_9 (9) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "A topic passes the failure record on as an ordinary notification whose Message is the JSON \
            text.";
        source: "recorded on AWS by LocalStack, Kinesis suite, \
            test_kinesis_event_source_mapping_with_sns_on_failure_destination_config";
        observed: "the notification that a subscriber receives";
}
