//! The section STATE: the life cycle of a mapping and its position in the stream.
//!
//! The answers to the requests that start a transition are in [`super::api`]. What is delivered from a
//! position onwards is in [`super::batch`] and [`super::order`].

use super::requirements;
use super::types::{Certainty, Kind, Status};

const ENDPOINT: &str = "needs an endpoint: deletion ends what a session can observe";
const PERMISSIONS: &str = "permissions are not modelled yet, and few targets enforce them";
const LATENCY: &str = "only latency, which is never judged tightly";

requirements! { RULES: State;
    STATE_1 (1) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "A mapping is always in one of the states Creating, Enabling, Enabled, Disabling, Disabled, \
            Updating and Deleting.";
        source: "AWS Lambda API reference, EventSourceMappingConfiguration";
        observed: "State in every answer";
    STATE_2 (2) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "A new mapping is Creating and then Enabled, or Disabled if it was created with Enabled \
            false.";
        source: "recorded on AWS by LocalStack, Lambda API suite, test_event_source_mapping_lifecycle; \
            captured on AWS, radkawar/stackd kinesis_source.json";
        observed: "the states seen by polling after create";
    STATE_3 (3) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "Disabling passes through Disabling to Disabled, enabling through Enabling to Enabled, and \
            any other update through Updating back to the resting state from which it started.";
        source: "recorded on AWS by LocalStack, DynamoDB suite, \
            test_disabled_dynamodb_event_source_mapping; AWS Lambda developer guide (2023-10-30), \
            with-kinesis; captured on AWS, radkawar/stackd dynamodb_source.json stream_settings_admission";
        observed: "the states seen by polling after update";
    STATE_4 (4) Kind::Obligation, Certainty::AwsValidated, Status::Later(ENDPOINT);
        says: "A deleted mapping answers Deleting, and is unknown soon afterwards.";
        source: "recorded on AWS by LocalStack, Lambda API suite, test_event_source_mapping_lifecycle; \
            captured on AWS, radkawar/stackd kinesis_source.json";
        observed: "the answer to delete, then 404 on get";
    STATE_5 (5) Kind::Prohibition, Certainty::AwsValidated, Status::Checked;
        says: "A record that was put well after the mapping had become Disabled is not delivered while the \
            mapping stays Disabled.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_disable_kinesis_event_source_mapping";
        observed: "no invocation contains such a record; how long is well after is a parameter of the \
            reading";
    STATE_6 (6) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "A mapping that is enabled again goes on from the position that it had, so records put in \
            the meantime are delivered.";
        source: "AWS Lambda API reference, UpdateEventSourceMapping; captured on AWS, radkawar/stackd \
            kinesis_source.json latest, latest_while_disabled, latest_reenabled";
        observed: "invocations after enabling contain the records put while disabled";
    STATE_7 (7) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "From TRIM_HORIZON everything retained is delivered in order, whether put before or after \
            the creation of the mapping.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_kinesis_event_source_trim_horizon";
        observed: "the invocations cover every record put";
    STATE_8 (8) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "From LATEST nothing is delivered that was surely put before the mapping was created, and \
            what follows has no gap once it has begun.";
        source: "AWS Lambda developer guide, services-kinesis-create; captured on AWS, radkawar/stackd \
            kinesis_source.json latest";
        observed: "the delivered records are a suffix; sentinel records are sent until the first one \
            arrives";
    STATE_9 (9) Kind::Obligation, Certainty::Documented, Status::Checked;
        says: "From AT_TIMESTAMP delivery begins with the first record that arrived at the given time or \
            later.";
        source: "AWS Lambda API reference, CreateEventSourceMapping; captured on AWS, radkawar/stackd \
            kinesis_source.json timestamp";
        observed: "the first delivered record of each shard";
    STATE_10 (10) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "LastProcessingResult is \"No records processed\" until the function has answered, \"OK\" \
            after a success or a valid partial response, and \"PROBLEM: Function call failed\" after a \
            function error.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_kinesis_empty_provided; captured on \
            AWS, radkawar/stackd kinesis_source.json, dynamodb_source.json, docs/lambda.md";
        observed: "LastProcessingResult, read until it settles; discards do not change it";
    STATE_11 (11) Kind::Obligation, Certainty::AwsCaptured, Status::Later(PERMISSIONS);
        says: "Losing access to the source leaves a mapping Enabled with the reason in \
            LastProcessingResult, spends no attempts, and ends when access is restored.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json permission_revoked";
        observed: "LastProcessingResult while access is denied, and deliveries afterwards";
    STATE_12 (12) Kind::Permission, Certainty::AwsCaptured, Status::Later(LATENCY);
        says: "The first delivery may follow the state Enabled only after a minute or more.";
        source: "captured on AWS, radkawar/stackd kinesis_source.json; comments in LocalStack's Kinesis \
            suite";
        observed: "the time from Enabled to the first invocation";
}
