//! The section API: what the control plane answers at once to create, get, update and delete.
//!
//! Ranges and defaults of single parameters are in [`super::param`], the states that follow an accepted
//! request in [`super::state`]. The functions that validate and echo a mapping live elsewhere; here is only
//! what they are held to.

use super::requirements;
use super::types::{Certainty, Kind, Status};

const ENDPOINT: &str = "needs an endpoint: no pure function can show it";
const PERMISSIONS: &str = "permissions are not modelled yet, and few targets enforce them";
const FILTERS: &str = "filters are not modelled yet";
const SQS: &str = "queues are not stream sources";

requirements! { RULES: Api;
    API_1 (1) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "Creating a mapping answers 202 with the complete configuration, State Creating, \
            StateTransitionReason \"User action\" and LastProcessingResult \"No records processed\".";
        source: "recorded on AWS by LocalStack, Kinesis suite, create_event_source_mapping_response of \
            every test";
        observed: "the answer to create";
    API_2 (2) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "The configuration of a stream mapping has a fixed set of members, to which FilterCriteria \
            is added only when it is not empty and StartingPositionTimestamp only with AT_TIMESTAMP.";
        source: "recorded on AWS by LocalStack, Kinesis suite, every create answer; the same in the \
            DynamoDB suite";
        observed: "the names of the members in the answers to create and get";
    API_3 (3) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "A mapping without a destination shows DestinationConfig as an object whose only member is \
            an empty OnFailure object.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_duplicate_event_source_mappings";
        observed: "the echo contains \"DestinationConfig\": {\"OnFailure\": {}}";
    API_4 (4) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "The ARN of a mapping is built from partition, region and account, the resource type \
            event-source-mapping, and the mapping's UUID.";
        source: "recorded on AWS by LocalStack, Kinesis suite, every create answer";
        observed: "EventSourceMappingArn against UUID, region and account";
    API_5 (5) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "FunctionArn keeps the qualifier that was given at creation, and stays unqualified when a \
            bare name or an unqualified ARN was given.";
        source: "recorded on AWS by LocalStack, Lambda API suite, test_function_name_variations";
        observed: "FunctionArn in the echo for each form of FunctionName";
    API_6 (6) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "A second mapping of the same stream to the same function and qualifier is refused with 409 \
            and names the UUID of the existing one.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_duplicate_event_source_mappings; the \
            same in the DynamoDB suite";
        observed: "ResourceConflictException: The event source arn (\" <arn> \") and function (\" <name> \
            \") provided mapping already exists. Please update or delete the existing mapping with UUID \
            <uuid>";
    API_7 (7) Kind::Api, Certainty::AwsCaptured, Status::Checked;
        says: "Several aliases of one function may be mapped to the same stream at the same time.";
        source: "captured on AWS, radkawar/stackd docs/lambda.md";
        observed: "a second create with another alias succeeds";
    API_8 (8) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "Creating a mapping on a stream that does not exist is refused as an invalid parameter value \
            that names the stream.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_esm_with_not_existing_kinesis_stream";
        observed: "400 InvalidParameterValueException: Stream not found: <arn>";
    API_9 (9) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "An unknown function is refused, but only after a missing event source or an unsupported \
            destination configuration has been.";
        source: "recorded on AWS by LocalStack, Lambda API suite, test_event_source_mapping_exceptions";
        observed: "400 InvalidParameterValueException: Function does not exist, or: Unrecognized event \
            source.";
    API_10 (10) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "Reading, updating or deleting a mapping by an unknown UUID is answered with 404.";
        source: "recorded on AWS by LocalStack, Lambda API suite, test_event_source_mapping_exceptions";
        observed: "ResourceNotFoundException: The resource you requested does not exist.";
    API_11 (11) Kind::Api, Certainty::AwsCaptured, Status::Checked;
        says: "A destination for successes is refused on a stream mapping.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json admission_success_destination; \
            recorded on AWS by LocalStack, Lambda API suite, destination_config_failure (for a queue as \
            source, with another text)";
        observed: "400 InvalidParameterValueException: OnSuccess configuration is not supported for event \
            source mappings.";
    API_12 (12) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "A stream mapping cannot be created without a starting position.";
        source: "recorded on AWS by LocalStack, Lambda API suite, \
            test_create_event_source_validation_kinesis; captured on AWS, radkawar/stackd \
            kinesis_source.json admission_missing_start";
        observed: "400 InvalidParameterValueException: 1 validation error detected: Value null at \
            'startingPosition' failed to satisfy constraint: Member must not be null.";
    API_13 (13) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "A starting position outside its three values is refused by the request model, as a \
            validation error that lists the values.";
        source: "recorded on AWS by LocalStack, Lambda API suite, test_create_event_source_validation";
        observed: "400 ValidationException: 1 validation error detected: Value 'invalid' at \
            'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: [LATEST, \
            AT_TIMESTAMP, TRIM_HORIZON]";
    API_14 (14) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "A DynamoDB stream cannot be mapped from a timestamp.";
        source: "recorded on AWS by LocalStack, Lambda API suite, test_create_event_source_validation";
        observed: "400 InvalidParameterValueException: Unsupported starting position for arn type: <arn>";
    API_15 (15) Kind::Api, Certainty::AwsCaptured, Status::Checked;
        says: "The starting position AT_TIMESTAMP requires a timestamp.";
        source: "captured on AWS, radkawar/stackd kinesis_source.json admission_timestamp_missing";
        observed: "InvalidParameterValueException: Need to specify a timestamp";
    API_16 (16) Kind::Api, Certainty::AwsCaptured, Status::Checked;
        says: "A starting timestamp is refused with any starting position other than AT_TIMESTAMP.";
        source: "captured on AWS, radkawar/stackd kinesis_source.json admission_timestamp_trim and \
            admission_timestamp_latest";
        observed: "InvalidParameterValueException: Timestamp only valid with StartingPosition AT_TIMESTAMP";
    API_17 (17) Kind::Api, Certainty::Documented, Status::Checked;
        says: "A starting timestamp in the future is refused while the mapping is being created, because \
            the stream is probed with it.";
        source: "AWS Lambda API reference, CreateEventSourceMapping; captured on AWS, radkawar/stackd \
            kinesis_source.json admission_timestamp_future";
        observed: "InvalidParameterValueException: Received Exception while reading from provided stream. \
            The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. \
            timestampInMillis: <ms>, currentTimestampInMillis: <ms>";
    API_18 (18) Kind::Api, Certainty::AwsCaptured, Status::Later(PERMISSIONS);
        says: "Creation reads the stream once with the execution role, and is refused when the role may \
            not describe the stream, obtain an iterator or get records.";
        source: "captured on AWS, radkawar/stackd kinesis_source.json deny_*, dynamodb_source.json \
            missing_source_permissions; AWS Lambda developer guide (2023-10-30), with-kinesis";
        observed: "InvalidParameterValueException: Cannot access stream <arn>. Please ensure the role can \
            perform the GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your \
            stream in IAM.";
    API_19 (19) Kind::Api, Certainty::Documented, Status::Checked;
        says: "Update and delete answer 202 and take effect later, so the answer need not show the effect.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; recorded on AWS by \
            LocalStack, DynamoDB suite, test_disabled_dynamodb_event_source_mapping";
        observed: "the status code, and the state in the answer";
    API_20 (20) Kind::Api, Certainty::Documented, Status::Later(ENDPOINT);
        says: "Update and delete may be refused with ResourceInUseException while an earlier operation on \
            the mapping is still going on.";
        source: "AWS Lambda API reference, UpdateEventSourceMapping";
        observed: "error code 400 of an update sent while the state is a transitional one";
    API_21 (21) Kind::Api, Certainty::Documented, Status::Checked;
        says: "Updating the on-failure destination to an empty string removes it.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "the echo after the update, and that no further failure record arrives";
    API_22 (22) Kind::Api, Certainty::AwsValidated, Status::Later(ENDPOINT);
        says: "Deleting the function neither deletes nor disables its mappings.";
        source: "recorded on AWS by LocalStack, Lambda API suite, \
            test_event_source_mapping_lifecycle_delete_function";
        observed: "get still answers, with State Enabled";
    API_23 (23) Kind::Api, Certainty::AwsValidated, Status::Checked;
        says: "An empty list of filters is accepted and leaves FilterCriteria out of the echo.";
        source: "recorded on AWS by LocalStack, Lambda API suite, \
            test_create_event_filter_criteria_validation";
        observed: "the members of the create answer";
    API_24 (24) Kind::Api, Certainty::AwsValidated, Status::Later(FILTERS);
        says: "A filter pattern that is not a JSON object is refused.";
        source: "recorded on AWS by LocalStack, DynamoDB suite, test_dynamodb_invalid_event_filter";
        observed: "400 InvalidParameterValueException: Invalid filter pattern definition.";
    API_25 (25) Kind::Api, Certainty::AwsCaptured, Status::Checked;
        says: "A maximum record age from 0 to 59 seconds passes the outer range and is then refused with \
            the service's own text.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json admission_age_zero and \
            admission_age_59; error text quoted in hashicorp/terraform-provider-aws PR 16113; AWS \
            announcement of 2019-11-25, failure handling for Kinesis and DynamoDB event sources";
        observed: "InvalidParameterValueException: MaximumRecordAgeInSeconds must be either -1 (forever) \
            or between 60 and 604800 (inclusive).";
    API_26 (26) Kind::Api, Certainty::AwsCaptured, Status::Later(ENDPOINT);
        says: "LastModified may lose its seconds between the answer to create and a get shortly \
            afterwards.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json admission_batch_101_zero_window";
        observed: "LastModified is never compared for equality";
    API_27 (27) Kind::Api, Certainty::AwsValidated, Status::OutOfScope(SQS);
        says: "A queue mapping differs from a stream mapping in its transition reason, in having no \
            LastProcessingResult, and in a default batch size of 10.";
        source: "recorded on AWS by LocalStack, Lambda API suite, test_event_source_mapping_lifecycle";
        observed: "none of these values appears in the echo of a stream mapping";
    API_28 (28) Kind::Api, Certainty::AwsCaptured, Status::Checked;
        says: "A number outside the outer range of its parameter is refused by the request model, with a \
            text that names the value, the parameter and the bound.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json admission_batch_10001, \
            admission_parallel_11, admission_window_301 and admission_tumbling_901";
        observed: "400 ValidationException: 1 validation error detected: Value '<v>' at '<name>' failed to \
            satisfy constraint: Member must have value less than or equal to <max>";
    API_29 (29) Kind::Api, Certainty::AwsCaptured, Status::Checked;
        says: "A response type other than ReportBatchItemFailures is refused by the request model.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json admission_response_bad";
        observed: "ValidationException: 1 validation error detected: Value '[Bad]' at \
            'functionResponseTypes' failed to satisfy constraint: Member must satisfy constraint: [Member \
            must satisfy enum value set: [ReportBatchItemFailures], Member must not be null]";
    API_30 (30) Kind::Api, Certainty::AwsCaptured, Status::Checked;
        says: "A parallelization factor above 1 is refused on a mapping with a tumbling window.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json parallel_tumbling_conflict";
        observed: "InvalidParameterValueException: Parallelization factor must be equal to 1 when tumbling \
            window period is configured";
    API_31 (31) Kind::Api, Certainty::AwsCaptured, Status::Checked;
        says: "A scaling configuration is refused on a stream mapping.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json admission_sqs_scaling_on_stream";
        observed: "InvalidParameterValueException: Unsupported ScalingConfig parameter for given event \
            source mapping type.";
    API_32 (32) Kind::Api, Certainty::AwsCaptured, Status::Later(ENDPOINT);
        says: "One update may change every setting of a stream mapping, and its answer already shows the \
            new values.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json stream_settings_admission";
        observed: "the answer to an update of all settings";
    API_33 (33) Kind::Api, Certainty::Documented, Status::Checked;
        says: "First-in-first-out queues and topics are refused as destinations at create and at update.";
        source: "AWS Lambda API reference, OnFailure; captured on AWS, radkawar/stackd docs/lambda.md";
        observed: "the error of create or update";
}
