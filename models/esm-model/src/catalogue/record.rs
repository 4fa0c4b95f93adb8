//! The sections REC and S3: the content of a failure record, and its form as an object in a bucket.
//!
//! When a failure record is owed is in [`super::discard`]; what differs for DynamoDB in [`super::dynamodb`].

use super::requirements;
use super::types::{Certainty, Kind, Status};

const REPORTED: &str = "known from reports only, and a report is never asserted";

requirements! { RULES: Rec;
    REC_1 (1) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "The condition of a failure record is either RetryAttemptsExhausted or RecordAgeExceeded.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; recorded on AWS by \
            LocalStack, Kinesis suite, the on-failure destination and record age tests; captured on AWS, \
            radkawar/stackd dynamodb_source.json";
        observed: "requestContext.condition";
    REC_2 (2) Kind::Obligation, Certainty::AwsCaptured, Status::Checked;
        says: "requestContext.requestId is the request ID of the last invocation of the discarded batch, \
            and some UUID if there was none.";
        source: "captured on AWS, radkawar/stackd kinesis_destination.json; recorded on AWS by LocalStack, \
            Kinesis suite, test_kinesis_maximum_record_age_exceeded";
        observed: "requestContext.requestId against the invocations, which only ever warns";
    REC_3 (3) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "requestContext.functionArn is the mapping's FunctionArn with its qualifier, if it has one.";
        source: "recorded on AWS by LocalStack, Kinesis suite, the on-failure destination tests; captured \
            on AWS, radkawar/stackd kinesis_destination.json";
        observed: "requestContext.functionArn against the echo";
    REC_4 (4) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "responseContext has the number 200 as statusCode, the executed version as text, and as \
            functionError \"Unhandled\" after a function error and null after a reported failure.";
        source: "recorded on AWS by LocalStack, Kinesis suite, the on-failure destination tests, \
            test_kinesis_report_batch_item_failure_scenarios; recorded on AWS by LocalStack, DynamoDB \
            suite, the same scenarios; captured on AWS, radkawar/stackd kinesis_destination.json";
        observed: "the three members of responseContext";
    REC_5 (5) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "responseContext is absent where no answer of the function led to the discard, that is for \
            age and for a payload that was too large.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_kinesis_maximum_record_age_exceeded; \
            captured on AWS, radkawar/stackd kinesis_oversized.json";
        observed: "whether the failure record has the member";
    REC_6 (6) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "approximateInvokeCount of a batch with a used-up quota is the number of attempts since its \
            last progress or split, which is MaximumRetryAttempts + 1.";
        source: "recorded on AWS by LocalStack, Kinesis suite, the on-failure destination tests; recorded \
            on AWS by LocalStack, DynamoDB suite, failure scenarios; captured on AWS, radkawar/stackd \
            kinesis_destination.json";
        observed: "the count against the invocations seen";
    REC_7 (7) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "batchSize is the number of discarded records, and the sequence numbers are those of the \
            first and the last of them.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_kinesis_report_batch_item_failures";
        observed: "the batch information against the invocations";
    REC_8 (8) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "streamArn is the mapping's EventSourceArn.";
        source: "recorded on AWS by LocalStack, Kinesis suite, the on-failure destination tests; captured \
            on AWS, radkawar/stackd kinesis_destination.json";
        observed: "streamArn against the echo";
    REC_9 (9) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "timestamp is a time in UTC with exactly three digits after the second and a final Z.";
        source: "recorded on AWS by LocalStack, Kinesis suite, the on-failure destination tests; captured \
            on AWS, radkawar/stackd kinesis_destination.json";
        observed: "the form of timestamp";
    REC_10 (10) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "The two arrival times have milliseconds for Kinesis and whole seconds for DynamoDB.";
        source: "recorded on AWS by LocalStack, Kinesis suite, the on-failure destination tests; recorded \
            on AWS by LocalStack, DynamoDB suite, the on-failure destination tests";
        observed: "the form of the arrival times";
    REC_11 (11) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "The two arrival times are those of the first and the last discarded record.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; recorded on AWS by \
            LocalStack, Kinesis suite, the on-failure destination tests";
        observed: "the arrival times against the delivered records";
    REC_12 (12) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "version is the text \"1.0\".";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; recorded on AWS by \
            LocalStack, Kinesis suite, the on-failure destination tests";
        observed: "the member version";
    REC_13 (13) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "All seven members of the batch information are always there, except where the failed \
            invocation closed a tumbling window and had no records.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; captured on AWS, \
            radkawar/stackd dynamodb_windows.json";
        observed: "the members of the batch information";
    REC_14 (14) Kind::Obligation, Certainty::AwsCaptured, Status::Checked;
        says: "A payload that is too large uses up the quota of attempts without reaching the function, \
            and is reported as RetryAttemptsExhausted without a responseContext.";
        source: "captured on AWS, radkawar/stackd kinesis_oversized.json, kinesis_oversized_retries.json";
        observed: "the failure record of a record that no invocation contains";
}

requirements! { S3_RULES: S3;
    S3_1 (1) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "The key of an object consists of aws/lambda, the mapping's UUID, the shard, the date as \
            three folders, and the UTC time with dots followed by a random UUID.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; recorded on AWS by \
            LocalStack, Kinesis suite, test_kinesis_event_source_mapping_with_s3_on_failure_destination; \
            captured on AWS, radkawar/stackd dynamodb_source.json s3_failure";
        observed: "the keys in the bucket";
    S3_2 (2) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "Date and time in the key are those of the member timestamp, to the second.";
        source: "recorded on AWS by LocalStack, Kinesis suite, \
            test_kinesis_event_source_mapping_with_s3_on_failure_destination";
        observed: "the key against the body";
    S3_3 (3) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "The body has all members of a failure record and a payload, which is a JSON string that \
            holds the whole event of the invocation.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; captured on AWS, \
            radkawar/stackd dynamodb_source.json s3_failure";
        observed: "the type of payload, and the records in it against range and batchSize";
    S3_4 (4) Kind::Obligation, Certainty::AwsCaptured, Status::Checked;
        says: "In the body the payload stands between version and timestamp.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json s3_failure";
        observed: "the order of the members, which only ever warns";
    S3_5 (5) Kind::Obligation, Certainty::AwsCaptured, Status::Checked;
        says: "Objects have the content type application/octet-stream.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json s3_failure";
        observed: "the content type, which only ever warns";
    S3_6 (6) Kind::Permission, Certainty::AwsCaptured, Status::Checked;
        says: "Numbers in the payload of a DynamoDB mapping may be written with an exponent.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json s3_failure";
        observed: "numbers in the payload are compared as numbers";
    S3_7 (7) Kind::Obligation, Certainty::Reported, Status::OutOfScope(REPORTED);
        says: "The object for a batch that became too old before any attempt has a payload as well.";
        source: "sample objects of the personal-finance-system project";
        observed: "whether the object has the member payload";
}
