//! The section BISECT: splitting a failed batch in two.
//!
//! Where a partial response cuts a batch is in [`super::partial`]; the quota of each part in
//! [`super::retry`].

use super::requirements;
use super::types::{Certainty, Kind, Status};
use super::{PBR_4, PBR_5};

requirements! { RULES: Bisect;
    BISECT_1 (1) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "With BisectBatchOnFunctionError a failed batch of more than one record is replaced by two \
            parts, and is not tried again as a whole.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; AWS announcement of \
            2019-11-25, failure handling for Kinesis and DynamoDB event sources; captured on AWS, \
            radkawar/stackd dynamodb_source.json raise_bisect";
        observed: "the invocation that follows the failed one";
    BISECT_2 (2) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "A part that fails is split again, down to single records.";
        source: "AWS compute blog, Optimizing batch processing with custom checkpoints in AWS Lambda; \
            captured on AWS, radkawar/stackd dynamodb_source.json raise_bisect";
        observed: "the sizes of the invocations under a failed batch";
    BISECT_3 (3) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "Splitting costs no attempts, so a single record that keeps failing is invoked \
            MaximumRetryAttempts + 1 times.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; captured on AWS, \
            radkawar/stackd dynamodb_source.json raise_bisect";
        observed: "the number of invocations of the single record, and the count in its failure record";
    BISECT_4 (4) Kind::Obligation, Certainty::AwsCaptured, Status::Checked;
        says: "The left part is resolved completely before the right part is tried.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json raise_bisect, kinesis_followup.json \
            partial_bisect";
        observed: "the order of the invocations under a failed batch";
    BISECT_5 (5) Kind::Obligation, Certainty::AwsCaptured, Status::Checked;
        says: "A batch is split in the middle, into equal parts where its size is even.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json raise_bisect";
        observed: "the sizes of the two parts";
    BISECT_6 (6) Kind::Obligation, Certainty::AwsCaptured, Status::Checked;
        says: "The first part follows the failed batch at once, without the pause before a retry.";
        source: "captured on AWS, radkawar/stackd kinesis_followup.json partial_bisect";
        observed: "the time between the failed invocation and its first part, which only ever warns";
    BISECT_7 (7) Kind::Prohibition, Certainty::AwsCaptured, Status::Checked;
        says: "A part that succeeded is not delivered again, whatever becomes of the other part.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json raise_bisect";
        observed: "deliveries of its records after the success";
    BISECT_8 (8) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "A failure record covers more than one failed part only where all of these parts come from \
            one original batch.";
        source: "AWS CloudFormation reference, AWS::Lambda::EventSourceMapping; captured on AWS, \
            radkawar/stackd dynamodb_source.json raise_bisect";
        observed: "the ranges of the failure records";
    BISECT_9 (9) Kind::Obligation, Certainty::AwsCaptured, Status::Checked;
        says: "Each part has a request ID of its own.";
        source: "captured on AWS, radkawar/stackd kinesis_followup.json partial_bisect";
        observed: "the request IDs of the parts, which only ever warn";
    BISECT_10 (10) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "An invocation that ends in a function error is split also where ReportBatchItemFailures is \
            on.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; AWS Lambda developer guide, \
            services-kinesis-batchfailurereporting";
        observed: "the invocation that follows a function error with both settings on";
    BISECT_11 (11) Kind::Restates(PBR_4), Certainty::Documented, Status::Checked;
        says: "With both settings on a partial response that makes progress cuts the batch at the reported \
            record, and only what follows is tried again.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; AWS Lambda developer guide, \
            services-kinesis-batchfailurereporting; captured on AWS, radkawar/stackd kinesis_followup.json \
            partial_bisect";
        observed: "the first record of the invocation after the partial response";
    BISECT_12 (12) Kind::Obligation, Certainty::AwsCaptured, Status::Checked;
        says: "With both settings on a partial response without progress splits the batch like any other \
            failure.";
        source: "captured on AWS, radkawar/stackd kinesis_followup.json partial_bisect";
        observed: "the invocation that follows such a response";
    BISECT_13 (13) Kind::Restates(PBR_5), Certainty::Derived, Status::Checked;
        says: "With both settings on a malformed partial response splits the batch, because it counts as a \
            failure of the whole batch.";
        source: "follows from BISECT-10 and PBR-5";
        observed: "the invocation that follows such a response";
    BISECT_14 (14) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "A throttle or another error before the function is reached never splits a batch.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "the first invocation after the throttle contains the whole batch";
}
