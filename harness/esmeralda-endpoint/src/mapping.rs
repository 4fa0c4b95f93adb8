//! Mappings at an endpoint: created, changed, read and deleted through the control plane.

use crate::clients::{broke, code, lacks, said};
use crate::journal::Kind;
use crate::site::{Site, until};
use aws_sdk_lambda::operation::create_event_source_mapping::builders::CreateEventSourceMappingFluentBuilder;
use aws_sdk_lambda::primitives::DateTime;
use aws_sdk_lambda::types::{DestinationConfig, EventSourcePosition, FunctionResponseType, OnFailure};
use esm_model::case::Patch;
use esm_model::event::{MappingState, ProcessingResult};
use esm_model::mapping::{Mapping, StartingPosition};
use esm_model::when::EPOCH_MS;
use esmeralda::target::TargetError;
use std::rc::Rc;
use tokio::task::JoinHandle;

/// What a mapping is made of.
pub(crate) struct Wanted<'w> {
    /// The stream's ARN.
    pub(crate) stream: &'w str,
    /// The function's ARN, with its qualifier if it has one.
    pub(crate) function: &'w str,
    /// The ARN of the destination that was made for it.
    pub(crate) destination: Option<&'w str>,
    /// When the case began, in milliseconds since 1970.
    pub(crate) epoch_ms: i64,
}

/// A destination as the API takes it; an empty text removes it (API-21).
fn destination(arn: &str) -> DestinationConfig {
    DestinationConfig::builder().on_failure(OnFailure::builder().destination(arn).build()).build()
}

fn response_types(reports: bool) -> Vec<FunctionResponseType> {
    reports.then_some(FunctionResponseType::ReportBatchItemFailures).into_iter().collect()
}

/// -1 is the API's "no limit".
fn limit(value: Option<u32>) -> i32 {
    value.map_or(-1, |value| i32::try_from(value).unwrap_or(i32::MAX))
}

/// The request for a mapping. Only what differs from the default is named, so that defaults are seen at work.
pub(crate) fn request(
    site: &Site,
    settings: &Mapping,
    wanted: &Wanted<'_>,
) -> CreateEventSourceMappingFluentBuilder {
    let usual = Mapping::default();
    let differs = |value: u32, usual: u32| (value != usual).then_some(value as i32);
    let position = match settings.starting_position {
        StartingPosition::TrimHorizon => EventSourcePosition::TrimHorizon,
        StartingPosition::Latest => EventSourcePosition::Latest,
        StartingPosition::AtTimestamp(_) => EventSourcePosition::AtTimestamp,
    };
    let at = match settings.starting_position {
        StartingPosition::AtTimestamp(ms) => Some(DateTime::from_millis(ms - EPOCH_MS + wanted.epoch_ms)),
        _ => None,
    };
    let retries = settings.maximum_retry_attempts;
    let age = settings.maximum_record_age_in_seconds;
    let bisects = settings.bisect_batch_on_function_error;
    let create = site
        .clients
        .lambda
        .create_event_source_mapping()
        .event_source_arn(wanted.stream)
        .function_name(wanted.function)
        .starting_position(position)
        .set_starting_position_timestamp(at)
        .set_batch_size(differs(settings.batch_size, usual.batch_size))
        .set_maximum_batching_window_in_seconds(differs(settings.maximum_batching_window_in_seconds, 0))
        .set_maximum_retry_attempts(retries.map(|_| limit(retries)))
        .set_maximum_record_age_in_seconds(age.map(|_| limit(age)))
        .set_bisect_batch_on_function_error(bisects.then_some(true))
        .set_destination_config(wanted.destination.map(destination))
        .set_enabled((!settings.enabled).then_some(false));
    match settings.report_batch_item_failures {
        true => create.set_function_response_types(Some(response_types(true))),
        false => create,
    }
}

/// Creates a mapping: its UUID and its `FunctionArn`. Whoever waits for it may give up, but it goes on by itself: a
/// mapping whose UUID nobody knows could not be removed.
pub(crate) fn create(site: Rc<Site>, request: CreateEventSourceMappingFluentBuilder) -> Making {
    tokio::task::spawn_local(async move { send(&site, request).await })
}

async fn send(site: &Site, request: CreateEventSourceMappingFluentBuilder) -> Made {
    let made = request.send().await.map_err(|error| {
        let why = format!("CreateEventSourceMapping: {}", said(&error));
        match code(&error) {
            // It says that it does not take such a mapping. Whether it should is judged by the control plane's cases.
            Some("InvalidParameterValueException" | "ValidationException") => TargetError::Unsupported(why),
            _ => TargetError::CouldNotRun(why),
        }
    })?;
    let uuid = made.uuid.ok_or_else(|| lacks("CreateEventSourceMapping", "UUID"))?;
    site.made(Kind::Mapping, &uuid)?;
    Ok((uuid, made.function_arn))
}

/// The UUID of a mapping, and its `FunctionArn`.
pub(crate) type Made = Result<(String, Option<String>), TargetError>;

/// A mapping that is being created.
pub(crate) type Making = JoinHandle<Made>;

/// A change of a mapping.
pub(crate) enum Change<'c> {
    /// Enabled or disabled.
    Enabled(bool),
    /// Settings; the ARN of the destination that was made for the new one, or an empty text.
    Settings(&'c Patch, Option<&'c str>),
}

/// Changes a mapping. While it is busy it refuses; then once more, within the bound for changes.
pub(crate) async fn update(site: &Site, uuid: &str, change: &Change<'_>) -> Result<(), TargetError> {
    let bounds = &site.run.address.preset.bounds;
    let patience = bounds.update_settle_ms.max(bounds.request_ms);
    until(patience, "a change of the mapping", async || {
        let update = site.clients.lambda.update_event_source_mapping().uuid(uuid);
        let update = match change {
            Change::Enabled(enabled) => update.enabled(*enabled),
            Change::Settings(set, arn) => update
                .set_batch_size(set.batch_size.map(|value| value as i32))
                .set_maximum_batching_window_in_seconds(
                    set.maximum_batching_window_in_seconds.map(|value| value as i32),
                )
                .set_maximum_retry_attempts(set.maximum_retry_attempts)
                .set_maximum_record_age_in_seconds(set.maximum_record_age_in_seconds)
                .set_bisect_batch_on_function_error(set.bisect_batch_on_function_error)
                .set_function_response_types(set.report_batch_item_failures.map(response_types))
                .set_destination_config(arn.map(destination)),
        };
        match update.send().await {
            Ok(_) => Ok(Some(())),
            // API-20.
            Err(error)
                if matches!(code(&error), Some("ResourceInUseException" | "ResourceConflictException")) =>
            {
                Ok(None)
            }
            Err(error) => Err(broke("UpdateEventSourceMapping")(error)),
        }
    })
    .await
}

/// `State` and `LastProcessingResult`.
pub(crate) async fn status(site: &Site, uuid: &str) -> Result<(MappingState, ProcessingResult), TargetError> {
    let asked = site.clients.lambda.get_event_source_mapping().uuid(uuid).send().await;
    let found = asked.map_err(broke("GetEventSourceMapping"))?;
    let state = match found.state() {
        Some("Creating") => MappingState::Creating,
        Some("Enabling") => MappingState::Enabling,
        Some("Enabled") => MappingState::Enabled,
        Some("Disabling") => MappingState::Disabling,
        Some("Disabled") => MappingState::Disabled,
        Some("Updating") => MappingState::Updating,
        Some("Deleting") => MappingState::Deleting,
        _ => MappingState::Unknown,
    };
    let result = match found.last_processing_result() {
        Some("No records processed") => ProcessingResult::None,
        Some("OK") => ProcessingResult::Ok,
        Some("PROBLEM: Function call failed") => ProcessingResult::CallFailed,
        _ => ProcessingResult::Unknown,
    };
    Ok((state, result))
}
