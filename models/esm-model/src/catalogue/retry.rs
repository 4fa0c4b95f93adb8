//! The section RETRY: what happens to a batch after an error, up to the quota of attempts.
//!
//! Splitting is in [`super::bisect`], the meaning of the function's answer in [`super::partial`], the limit
//! of age in [`super::age`], and what is left of a discarded batch in [`super::discard`].

use super::requirements;
use super::types::{Certainty, Kind, Status};

requirements! { RULES: Retry;
    RETRY_1 (1) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "An error before the function is reached is retried until the records expire or are too old, \
            and does not use up the quota of attempts.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; AWS Lambda developer guide \
            (2023-10-30), with-kinesis";
        observed: "a batch that was throttled for a while with MaximumRetryAttempts 0 is delivered, and no \
            failure record is written for it";
    RETRY_2 (2) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "A batch whose invocation failed is tried again until it succeeds, expires, is too old, or \
            has used up its quota.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "the invocation that follows a failed one";
    RETRY_3 (3) Kind::Prohibition, Certainty::AwsValidated, Status::Checked;
        says: "With MaximumRetryAttempts n a batch that is neither split nor shortened is invoked at most \
            n + 1 times.";
        source: "recorded on AWS by LocalStack, Kinesis suite, \
            test_kinesis_report_batch_item_failure_scenarios and the on-failure destination tests; \
            recorded on AWS by LocalStack, DynamoDB suite, failure scenarios; captured on AWS, \
            radkawar/stackd kinesis_destination.json";
        observed: "the number of invocations with the same records";
    RETRY_4 (4) Kind::Prohibition, Certainty::AwsCaptured, Status::Checked;
        says: "A retry sends the same records in the same order, without newer ones, except those taken \
            out because of their age.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json raise_retry, kinesis_source.json \
            partial_on";
        observed: "the records of successive attempts";
    RETRY_5 (5) Kind::Obligation, Certainty::AwsCaptured, Status::Checked;
        says: "All attempts at one batch carry the same request ID, and what is left of it after progress \
            or a split carries a new one.";
        source: "captured on AWS, radkawar/stackd kinesis_source.json partial_on, kinesis_followup.json \
            partial_bisect";
        observed: "the request ID of each invocation";
    RETRY_6 (6) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "An invocation that times out or crashes is a function error.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis";
        observed: "what follows such an invocation";
    RETRY_7 (7) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "When its quota is used up a batch is discarded as a whole, healthy records included, and \
            the next records follow.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; captured on AWS, \
            radkawar/stackd kinesis_source.json partial_on";
        observed: "the range of the failure record, and the next invocation";
    RETRY_8 (8) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "After progress the remainder counts as a new batch with the full quota of attempts.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_kinesis_report_batch_item_failures; \
            recorded on AWS by LocalStack, DynamoDB suite, test_dynamodb_report_batch_item_failures";
        observed: "the number of invocations of the remainder, and the count in its failure record";
    RETRY_9 (9) Kind::Obligation, Certainty::AwsCaptured, Status::Checked;
        says: "A partial response that names the first record of the batch makes no progress and costs one \
            attempt.";
        source: "captured on AWS, radkawar/stackd kinesis_source.json partial_on";
        observed: "the number of invocations of that batch";
    RETRY_10 (10) Kind::Permission, Certainty::AwsCaptured, Status::Checked;
        says: "Any time may pass between two attempts; about 0.2 seconds were seen before the first retry.";
        source: "captured on AWS, radkawar/stackd kinesis_source.json, kinesis_oversized_retries.json";
        observed: "the time between attempts, which only ever warns";
    RETRY_11 (11) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "With neither a quota nor a limit of age a failing batch is never discarded, and blocks its \
            shard until the source no longer retains it.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; AWS Lambda developer guide \
            (2023-10-30), with-ddb";
        observed: "the batch is repeated, and nothing later is delivered";
    RETRY_12 (12) Kind::Restates(RETRY_2), Certainty::Derived, Status::Checked;
        says: "A batch that succeeds at any attempt leaves no failure record, and its attempts are \
            forgotten.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "no failure record covers it";
}
