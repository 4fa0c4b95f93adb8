//! The section PARAM: the range and the default of every parameter of a stream mapping.
//!
//! The texts of the refusals are in [`super::api`]. What a parameter does to batches, retries and discards is
//! in the sections named after those.

use super::requirements;
use super::types::{Certainty, Kind, Status};

requirements! { RULES: Param;
    PARAM_1 (1) Kind::Api, Certainty::Documented, Status::Checked;
        says: "BatchSize is 1 to 10,000 and defaults to 100.";
        source: "AWS Lambda developer guide, services-kinesis-parameters; AWS Lambda API reference, \
            CreateEventSourceMapping; recorded on AWS by LocalStack, Kinesis suite, every create answer \
            (default)";
        observed: "the errors at minimum - 1, minimum, maximum and maximum + 1; the echo of a create \
            without the parameter";
    PARAM_2 (2) Kind::Api, Certainty::Documented, Status::Checked;
        says: "MaximumBatchingWindowInSeconds is 0 to 300 and defaults to 0.";
        source: "AWS Lambda API reference, CreateEventSourceMapping; recorded on AWS by LocalStack, \
            Kinesis suite, every create answer (default)";
        observed: "the errors at minimum - 1, minimum, maximum and maximum + 1; the echo of a create \
            without the parameter";
    PARAM_3 (3) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "On streams a batch size above 10 does not require a batching window, whatever the API \
            reference says in general.";
        source: "recorded on AWS by LocalStack, Kinesis suite, every create answer has 100 and 0; captured \
            on AWS, radkawar/stackd kinesis_source.json admission_batch_101_zero_window";
        observed: "creating with 101 and 0 is accepted";
    PARAM_4 (4) Kind::Api, Certainty::Documented, Status::Checked;
        says: "MaximumRetryAttempts is -1 to 10,000, where 0 means never to retry and the default -1 means \
            to retry until the record expires.";
        source: "AWS Lambda developer guide, services-kinesis-parameters; AWS Lambda API reference, \
            CreateEventSourceMapping; recorded on AWS by LocalStack, Kinesis suite, every create answer \
            (default)";
        observed: "the errors at minimum - 1, minimum, maximum and maximum + 1; the echo of a create \
            without the parameter";
    PARAM_5 (5) Kind::Api, Certainty::Documented, Status::Checked;
        says: "MaximumRecordAgeInSeconds is -1 or 60 to 604,800, and the default -1 means that only the \
            retention of the source ends a record's life.";
        source: "AWS Lambda developer guide, services-kinesis-parameters; AWS Lambda API reference, \
            CreateEventSourceMapping; error text quoted in hashicorp/terraform-provider-aws PR 16113; AWS \
            announcement of 2019-11-25, failure handling for Kinesis and DynamoDB event sources";
        observed: "the errors at -2, 0, 59, 60, 604800 and 604801; the echo of a create without the \
            parameter";
    PARAM_6 (6) Kind::Api, Certainty::Documented, Status::Checked;
        says: "BisectBatchOnFunctionError is a boolean and defaults to false.";
        source: "AWS Lambda developer guide, services-kinesis-parameters; recorded on AWS by LocalStack, \
            Kinesis suite, every create answer (default)";
        observed: "the echo of a create without the parameter";
    PARAM_7 (7) Kind::Api, Certainty::Documented, Status::Checked;
        says: "ParallelizationFactor is 1 to 10 and defaults to 1.";
        source: "AWS Lambda developer guide, services-kinesis-parameters; recorded on AWS by LocalStack, \
            Kinesis suite, every create answer (default)";
        observed: "the errors at minimum - 1, minimum, maximum and maximum + 1; the echo of a create \
            without the parameter";
    PARAM_8 (8) Kind::Api, Certainty::Documented, Status::Checked;
        says: "TumblingWindowInSeconds is 0 to 900, where the default 0 means no window.";
        source: "AWS Lambda developer guide, services-kinesis-parameters; aws/aws-cdk PR 13412; recorded \
            on AWS by LocalStack, Kinesis suite, every create answer (default)";
        observed: "the errors at minimum - 1, minimum, maximum and maximum + 1; the echo of a create \
            without the parameter";
    PARAM_9 (9) Kind::Api, Certainty::Documented, Status::Checked;
        says: "FunctionResponseTypes is a list of at most one element, which can only be \
            ReportBatchItemFailures, and defaults to empty.";
        source: "AWS Lambda API reference, CreateEventSourceMapping; recorded on AWS by LocalStack, \
            Kinesis suite, every create answer (default)";
        observed: "the error for any other list; the echo of a create without the parameter";
    PARAM_10 (10) Kind::Api, Certainty::Documented, Status::Checked;
        says: "StartingPosition has no default and is TRIM_HORIZON, LATEST or, for Kinesis only, \
            AT_TIMESTAMP.";
        source: "AWS Lambda API reference, CreateEventSourceMapping; recorded on AWS by LocalStack, Lambda \
            API suite, test_create_event_source_validation";
        observed: "the errors for none, for another value, and for AT_TIMESTAMP on a DynamoDB stream";
    PARAM_11 (11) Kind::Api, Certainty::Documented, Status::Checked;
        says: "StartingPositionTimestamp is a time in Unix seconds, not in the future, and goes only with \
            AT_TIMESTAMP.";
        source: "AWS Lambda API reference, CreateEventSourceMapping; captured on AWS, radkawar/stackd \
            kinesis_source.json admission_timestamp_*";
        observed: "the errors for a missing, a superfluous and a future timestamp";
    PARAM_12 (12) Kind::Api, Certainty::Documented, Status::Checked;
        says: "The on-failure destination is a standard queue, a standard topic, a bucket or, by the \
            newest pages, a Kafka topic, and none by default.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; AWS Lambda developer guide, \
            services-kinesis-parameters";
        observed: "accepted and refused destination ARNs, and the echo";
    PARAM_13 (13) Kind::Api, Certainty::Documented, Status::Checked;
        says: "FilterCriteria holds at most five filters, ten on request, each with a pattern of at most \
            4,096 characters, and none by default.";
        source: "AWS Lambda API reference, CreateEventSourceMapping; AWS Lambda developer guide \
            (2023-10-30), invocation-eventfiltering";
        observed: "the errors for a sixth filter and for an overlong pattern";
    PARAM_14 (14) Kind::Api, Certainty::Documented, Status::Checked;
        says: "Enabled is a boolean and defaults to true.";
        source: "AWS Lambda developer guide, services-kinesis-parameters";
        observed: "the state reached after a create without it";
    PARAM_15 (15) Kind::Api, Certainty::AwsCaptured, Status::Checked;
        says: "ParallelizationFactor above 1 and a tumbling window exclude each other.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json parallel_tumbling_conflict";
        observed: "the error of create or update with both";
    PARAM_16 (16) Kind::Api, Certainty::AwsCaptured, Status::Checked;
        says: "Filters and a tumbling window exclude each other, whereas an empty list of filters goes \
            with a window.";
        source: "captured on AWS, radkawar/stackd docs/lambda.md";
        observed: "the error of create or update with both";
    PARAM_17 (17) Kind::Api, Certainty::Documented, Status::Checked;
        says: "The source of a mapping and its starting position, timestamp included, are fixed at \
            creation.";
        source: "AWS Lambda API reference, UpdateEventSourceMapping";
        observed: "an update has no member for them";
}
