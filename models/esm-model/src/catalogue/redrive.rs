//! The section REDRIVE: what code must do that reads failure records and gives their records another chance.
//!
//! These rules are about somebody's code behind a destination and not about an implementation: `esmeralda consumer
//! --failure-records` judges them, and no trace of a target ever exercises them. What a failure record holds is in
//! [`super::record`].

use super::requirements;
use super::types::{Certainty, Kind, Status};

requirements! { RULES: Redrive;
    REDRIVE_1 (1) Kind::Consumer, Certainty::Documented, Status::Checked;
        says: "Every record from startSequenceNumber to endSequenceNumber that its shard still holds is re-driven.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination: the failure record tells which records to \
            retrieve from the stream (DISCARD-3, REC-7)";
        observed: "effects by record, after the last delivery of its failure record";
    REDRIVE_2 (2) Kind::Consumer, Certainty::Documented, Status::Checked;
        says: "No record outside startSequenceNumber to endSequenceNumber of that shard is re-driven: others were \
            processed.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination (DISCARD-3, REC-7)";
        observed: "effects by record, held against the ranges of all failure records";
    REDRIVE_3 (3) Kind::Consumer, Certainty::Derived, Status::Checked;
        says: "The records of a failure record are re-driven in the order of their sequence numbers.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis: records of a shard are processed in order \
            (ORDER-1)";
        observed: "the first effect of each record";
    REDRIVE_4 (4) Kind::Consumer, Certainty::Documented, Status::Checked;
        says: "What is re-driven is the data of the records, and not the failure record, which in a queue or topic holds \
            none.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination: SQS and SNS get metadata only (DISCARD-8)";
        observed: "writes that carry a failure record's text, where no data of its records was seen";
    REDRIVE_5 (5) Kind::Consumer, Certainty::AwsValidated, Status::Checked;
        says: "A failure record without responseContext, or with the functionError null, is read like any other.";
        source: "recorded on AWS by LocalStack, Kinesis and DynamoDB suites (REC-4, REC-5)";
        observed: "what becomes of such a failure record, and of the same one with these members";
    REDRIVE_6 (6) Kind::Consumer, Certainty::Derived, Status::Checked;
        says: "Members of a failure record that the reader does not know are ignored.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination: the shape is shown by example; S3 and windows \
            add members (REC-13, S3-3)";
        observed: "what becomes of a failure record with further members, and of the same one without";
    REDRIVE_7 (7) Kind::Consumer, Certainty::Derived, Status::Checked;
        says: "Records that the stream does not hold any more are reported, and not skipped in silence.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination: records must be retrieved before they expire \
            and are lost (RETRY-11)";
        observed: "a failure, a line or a write that tells of it, where records are gone";
    REDRIVE_8 (8) Kind::Consumer, Certainty::Documented, Status::Checked;
        says: "A failure record that arrives more than once re-drives its records once, or does no harm.";
        source: "Amazon SQS and SNS developer guides, Amazon S3 user guide on event notifications: delivered at least \
            once (DISCARD-9)";
        observed: "effects by record over all deliveries";
    REDRIVE_9 (9) Kind::Consumer, Certainty::Documented, Status::Checked;
        says: "Reading goes on to endSequenceNumber over further pages, empty pages, expired iterators and refused reads.";
        source: "Amazon Kinesis API reference, GetRecords: a page may be empty or short while the shard has more; \
            ExpiredIteratorException, ProvisionedThroughputExceededException";
        observed: "what becomes of a failure record with such a stream, and with one that answers at once";
    REDRIVE_10 (10) Kind::Consumer, Certainty::Documented, Status::Checked;
        says: "The key in a notification is decoded before its object is asked for.";
        source: "Amazon S3 user guide, event message structure: the key is URL-encoded (S3-1)";
        observed: "the key of each GetObject";
    REDRIVE_11 (11) Kind::Consumer, Certainty::Documented, Status::Checked;
        says: "The payload of an object is a JSON string, and is parsed as such.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination: an escaped JSON string (S3-3)";
        observed: "what becomes of an object, and of the same one with an object as its payload";
    REDRIVE_12 (12) Kind::Consumer, Certainty::Documented, Status::Checked;
        says: "Every message of an event is taken, and only those that are dealt with count as done.";
        source: "AWS Lambda developer guide, with-sqs: an event holds up to BatchSize messages, and messages of a \
            batch that succeeds are deleted";
        observed: "what becomes of failure records in one event, and of the same ones one by one";
    REDRIVE_13 (13) Kind::Consumer, Certainty::AwsValidated, Status::Checked;
        says: "Shard and stream are those that the failure record names, whatever the ARN of function and source.";
        source: "recorded on AWS by LocalStack, Kinesis suite; captured on AWS by radkawar/stackd (REC-3, REC-8)";
        observed: "what becomes of a failure record of another shard, of an alias, of a stream consumer";
}
