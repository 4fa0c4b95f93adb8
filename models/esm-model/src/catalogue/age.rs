//! The section AGE: records that become older than the mapping allows.
//!
//! The document that reports them is in [`super::record`]; the quota of attempts in [`super::retry`].

use super::requirements;
use super::types::{Certainty, Kind, Status};
use super::{PARAM_5, STATE_10};

requirements! { RULES: Age;
    AGE_1 (1) Kind::Prohibition, Certainty::AwsValidated, Status::Checked;
        says: "A record that is older than MaximumRecordAgeInSeconds is not delivered any more, whether or \
            not it was ever tried.";
        source: "recorded on AWS by LocalStack, Kinesis suite, \
            test_kinesis_maximum_record_age_exceeded[expire-before-ingestion]; captured on AWS, \
            radkawar/stackd dynamodb_source.json maximum_age";
        observed: "invocations that surely start after the record became too old";
    AGE_2 (2) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "Records that are discarded because of their age are reported with the condition \
            RecordAgeExceeded, spelled exactly so.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_kinesis_maximum_record_age_exceeded; \
            captured on AWS, radkawar/stackd dynamodb_source.json maximum_age";
        observed: "condition in the failure record";
    AGE_3 (3) Kind::Prohibition, Certainty::AwsValidated, Status::Checked;
        says: "A failure record for age has no responseContext, even if the function had been invoked \
            before.";
        source: "recorded on AWS by LocalStack, Kinesis suite, \
            test_kinesis_maximum_record_age_exceeded[expire-while-retrying]";
        observed: "the members of the failure record";
    AGE_4 (4) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "A batch of which only some records are too old loses these, and the others are delivered.";
        source: "recorded on AWS by LocalStack, Kinesis suite, \
            test_kinesis_maximum_record_age_exceeded_discard_records";
        observed: "the failure record covers the old records only, and an invocation contains the others";
    AGE_5 (5) Kind::Restates(AGE_1), Certainty::AwsValidated, Status::Checked;
        says: "Age ends the retries of a batch even where the number of attempts is unlimited.";
        source: "recorded on AWS by LocalStack, Kinesis suite, \
            test_kinesis_maximum_record_age_exceeded[expire-while-retrying]";
        observed: "the invocations stop, and a failure record for age arrives";
    AGE_6 (6) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "approximateInvokeCount of a record that was too old is 1 if it was never invoked, and \
            otherwise close to the number of its invocations.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_kinesis_maximum_record_age_exceeded, \
            two recordings; captured on AWS, radkawar/stackd dynamodb_source.json maximum_age";
        observed: "the count against the invocations seen";
    AGE_7 (7) Kind::Prohibition, Certainty::AwsCaptured, Status::Checked;
        says: "A record is never discarded for its age before it has reached the limit, although it may be \
            discarded somewhat later.";
        source: "captured on AWS, radkawar/stackd kinesis_oversized.json, kinesis_oversized_retries.json";
        observed: "the arrival of the failure record against the arrival of its youngest record";
    AGE_8 (8) Kind::Permission, Certainty::AwsCaptured, Status::Checked;
        says: "Records that become too old together may be reported one by one or in groups.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json; sample objects of the \
            personal-finance-system project";
        observed: "the ranges of the failure records for age";
    AGE_9 (9) Kind::Restates(STATE_10), Certainty::AwsCaptured, Status::Checked;
        says: "A record that became too old before any attempt leaves LastProcessingResult at \"No records \
            processed\".";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json maximum_age";
        observed: "LastProcessingResult, read until it settles";
    AGE_10 (10) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "Without a limit of age nothing is discarded because of its age, except by the source \
            itself.";
        source: "AWS Lambda developer guide, services-kinesis-parameters; AWS Lambda developer guide, \
            monitoring-metrics-types";
        observed: "no failure record for age arrives";
    AGE_11 (11) Kind::Restates(PARAM_5), Certainty::Documented, Status::Checked;
        says: "The smallest limit is 60 seconds, so that observing an expiry on AWS takes more than a \
            minute.";
        source: "AWS Lambda developer guide, services-kinesis-parameters; AWS announcement of 2019-11-25, \
            failure handling for Kinesis and DynamoDB event sources";
        observed: "the error at 59";
}
