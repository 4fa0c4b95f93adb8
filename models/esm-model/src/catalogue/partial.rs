//! The section PBR: what the function's answer means where ReportBatchItemFailures is on.
//!
//! The quota that an answer uses up is in [`super::retry`]; the document that tells of the failure in
//! [`super::record`].

use super::requirements;
use super::types::{Certainty, Kind, Status};
use super::{RETRY_7, STATE_10};

const WINDOWS: &str = "tumbling windows are not modelled yet";

requirements! { RULES: Pbr;
    PBR_1 (1) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "Without ReportBatchItemFailures whatever the function returns is a success.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; captured on AWS, radkawar/stackd \
            kinesis_source.json partial_off";
        observed: "no retry follows a returned value";
    PBR_2 (2) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "An empty string, list or object, null, and an empty or null batchItemFailures are complete \
            successes.";
        source: "recorded on AWS by LocalStack, Kinesis suite, \
            test_kinesis_report_batch_item_success_scenarios; recorded on AWS by LocalStack, DynamoDB \
            suite, success scenarios; AWS Lambda developer guide (2023-10-30), with-kinesis";
        observed: "exactly one invocation, and no failure record";
    PBR_3 (3) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "An item identifier that is empty, null, missing, of another type or not of this batch makes \
            the whole batch fail.";
        source: "recorded on AWS by LocalStack, Kinesis suite, \
            test_kinesis_report_batch_item_failure_scenarios; recorded on AWS by LocalStack, DynamoDB \
            suite, failure scenarios; AWS Lambda developer guide (2023-10-30), with-kinesis";
        observed: "the number of invocations, and a failure record whose functionError is null";
    PBR_4 (4) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "Of several reported records the one with the lowest sequence number decides, and everything \
            from it onwards is tried again.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis";
        observed: "the first record of the next invocation, and that nothing behind it is left out";
    PBR_5 (5) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "A response that makes the whole batch fail is retried and, where splitting is on, split \
            like a function error.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; recorded on AWS by LocalStack, \
            Kinesis suite, test_kinesis_report_batch_item_failure_scenarios";
        observed: "the invocations after such a response";
    PBR_6 (6) Kind::Restates(PBR_4), Certainty::AwsValidated, Status::Checked;
        says: "Records in front of the reported one are done and are not delivered again.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_kinesis_report_batch_item_failures";
        observed: "deliveries of these records";
    PBR_7 (7) Kind::Prohibition, Certainty::AwsValidated, Status::Checked;
        says: "The failure record of a remainder never covers records that were done before, and counts \
            only the attempts at the remainder.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_kinesis_report_batch_item_failures";
        observed: "range, batchSize, arrivals and count of the failure record";
    PBR_8 (8) Kind::Restates(RETRY_7), Certainty::AwsCaptured, Status::Checked;
        says: "Healthy records behind the failing one are discarded together with it when the remainder's \
            quota is used up.";
        source: "captured on AWS, radkawar/stackd kinesis_source.json partial_on";
        observed: "the range of the failure record contains them";
    PBR_9 (9) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "A function error fails the whole batch and is recorded as \"Unhandled\", whereas a failure \
            that was reported in a response is recorded as null.";
        source: "recorded on AWS by LocalStack, Kinesis suite, unhandled_exception_in_function; recorded \
            on AWS by LocalStack, DynamoDB suite, unhandled_exception_in_function";
        observed: "functionError in the failure record";
    PBR_10 (10) Kind::Restates(STATE_10), Certainty::AwsCaptured, Status::Checked;
        says: "A valid partial response leaves LastProcessingResult at \"OK\".";
        source: "captured on AWS, radkawar/stackd kinesis_source.json partial_on";
        observed: "LastProcessingResult, read until it settles";
    PBR_11 (11) Kind::Restates(PBR_4), Certainty::Documented, Status::Checked;
        says: "Of a batch of nine in which the fifth record is reported the fifth to the ninth are tried \
            again.";
        source: "AWS workshop, Serverless Data Processing on AWS";
        observed: "the records of the next invocation";
    PBR_12 (12) Kind::Obligation, Certainty::Documented, Status::Later(WINDOWS);
        says: "With a tumbling window a response carries state and batchItemFailures together, and both \
            are interpreted.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis";
        observed: "the next invocation's state and first record";
}
