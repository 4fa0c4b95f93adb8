//! What the service refuses by looking at the request alone, with the recorded texts.
//!
//! Not what depends on the streams, functions and mappings that exist: see [`super::admit()`]. Where several things
//! are wrong, the order of the checks is recorded only as far as API-9 says; the rest of it is a choice, so a case
//! should have one mistake at a time.

use super::constraint::Constraints;
use super::error::ServiceError;
use super::request::{CreateRequest, UpdateRequest};
use crate::catalogue::{
    API_9, API_11, API_12, API_14, API_15, API_16, API_24, API_25, API_27, API_28, API_30, API_31, API_33,
    PARAM_12, PARAM_13, PARAM_16,
};
use crate::mapping::{
    Destination, DestinationConfig, FINITE_AGE_TEXT, MINIMUM_FINITE_RECORD_AGE, Mapping, MappingError,
    Settings, SourceKind, limit, source_kind,
};

/// What an `EventSourceArn` leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source<'a> {
    Stream(SourceKind, &'a str),
    /// A source with mappings of another shape, such as a queue.
    Other(&'a str),
}

/// Judges a create request by itself and returns the settings of the mapping that it asks for. Members that this
/// model does not look into (`other`, `Tags`) are accepted.
///
/// # Errors
/// The service's answer: API-9 (no event source), API-11 to API-16, API-24, API-25, API-28 to API-31, API-33,
/// PARAM-9, PARAM-12, PARAM-13, PARAM-16.
pub fn validate(request: &CreateRequest) -> Result<Mapping, ServiceError> {
    match check_source(request)? {
        Source::Stream(kind, arn) => check_stream(request, kind, arn),
        Source::Other(arn) => Err(not_a_stream(arn)),
    }
}

/// Judges an update request by itself and returns the settings that it leads to. Whether the mapping exists is
/// for [`super::find()`].
///
/// # Errors
/// The service's answer, as for [`validate`], without the starting position.
pub fn validate_update(
    request: &UpdateRequest,
    current: &Mapping,
    kind: SourceKind,
) -> Result<Mapping, ServiceError> {
    let settings = request.settings();
    let mut constraints = Constraints::default();
    constraints.names(None, request.function_name.as_deref());
    constraints.settings(&settings);
    constraints.verdict()?;
    // Everything an update may change is the same for both kinds; an exhaustive match makes a third kind ask.
    match kind {
        SourceKind::Kinesis | SourceKind::DynamoDb => {}
    }
    check_success(settings.destination_config.as_ref())?;
    check_scaling(request.scaling_config.is_some())?;
    check_settings(&settings, current)
}

/// The first part of [`validate`]: all that comes before the function is looked up, for any kind of source.
pub(super) fn check_source(request: &CreateRequest) -> Result<Source<'_>, ServiceError> {
    let mut constraints = Constraints::default();
    constraints.names(request.event_source_arn.as_deref(), request.function_name.as_deref());
    constraints.function_required(request.function_name.as_deref());
    constraints.settings(&request.settings());
    constraints.verdict()?;
    let Some(arn) = request.event_source_arn.as_deref() else {
        return Err(ServiceError::invalid(API_9, "Unrecognized event source."));
    };
    match source_kind(arn) {
        Some(kind) => Ok(Source::Stream(kind, arn)),
        None => {
            let config = request.destination_config.as_ref();
            let given = |config: &DestinationConfig| {
                config.on_success().is_some() || config.on_failure().is_some_and(|text| !text.is_empty())
            };
            match config.is_some_and(given) {
                true => Err(ServiceError::invalid(
                    API_11,
                    "Unsupported DestinationConfig parameter for given event source mapping type.",
                )),
                false => Ok(Source::Other(arn)),
            }
        }
    }
}

/// The second part: everything else about a stream.
pub(super) fn check_stream(
    request: &CreateRequest,
    kind: SourceKind,
    arn: &str,
) -> Result<Mapping, ServiceError> {
    let settings = request.settings();
    check_success(settings.destination_config.as_ref())?;
    check_scaling(request.scaling_config.is_some())?;
    match (settings.starting_position.as_deref(), settings.starting_position_timestamp) {
        (None, _) => {
            let text = "1 validation error detected: Value null at 'startingPosition' failed to satisfy \
                        constraint: Member must not be null.";
            return Err(ServiceError::invalid(API_12, text));
        }
        (Some("AT_TIMESTAMP"), _) if kind == SourceKind::DynamoDb => {
            let text = format!("Unsupported starting position for arn type: {arn}");
            return Err(ServiceError::invalid(API_14, text));
        }
        (Some("AT_TIMESTAMP"), None) => {
            return Err(ServiceError::invalid(API_15, "Need to specify a timestamp"));
        }
        (Some("TRIM_HORIZON" | "LATEST"), Some(_)) => {
            let text = "Timestamp only valid with StartingPosition AT_TIMESTAMP";
            return Err(ServiceError::invalid(API_16, text));
        }
        _ => {}
    }
    check_settings(&settings, &Mapping::default())
}

/// What is answered here to a source that is no stream, where nothing else is wrong: the service would say more.
pub fn not_a_stream(arn: &str) -> ServiceError {
    let text = format!("this model covers Kinesis and DynamoDB streams, not the event source {arn}");
    ServiceError::invalid(API_27, text).unrecorded()
}

fn check_success(config: Option<&DestinationConfig>) -> Result<(), ServiceError> {
    match config.and_then(DestinationConfig::on_success) {
        None => Ok(()),
        Some(_) => {
            let text = "OnSuccess configuration is not supported for event source mappings.";
            Err(ServiceError::invalid(API_11, text))
        }
    }
}

fn check_scaling(given: bool) -> Result<(), ServiceError> {
    match given {
        false => Ok(()),
        true => {
            let text = "Unsupported ScalingConfig parameter for given event source mapping type.";
            Err(ServiceError::invalid(API_31, text))
        }
    }
}

/// The rules on values and combinations, judged on what the request leads to: an update may give one half of a
/// forbidden pair while the other is already there (API-30).
fn check_settings(settings: &Settings, current: &Mapping) -> Result<Mapping, ServiceError> {
    if settings.maximum_record_age_in_seconds.is_some_and(|age| (0..MINIMUM_FINITE_RECORD_AGE).contains(&age))
    {
        return Err(ServiceError::invalid(API_25, FINITE_AGE_TEXT));
    }
    let mapping = settings.over(current).map_err(|error| match error {
        MappingError::Destination(error) => {
            ServiceError::validation(PARAM_12, format!("1 validation error detected: {error}")).unrecorded()
        }
        // Every other value was judged before.
        other => ServiceError::invalid(API_28, other.to_string()).unrecorded(),
    })?;
    if mapping.tumbling_window_in_seconds > 0 {
        if mapping.parallelization_factor > 1 {
            let text = "Parallelization factor must be equal to 1 when tumbling window period is configured";
            return Err(ServiceError::invalid(API_30, text));
        }
        if !mapping.filters.is_empty() {
            let text = "FilterCriteria is not supported when tumbling window period is configured";
            return Err(ServiceError::invalid(PARAM_16, text).unrecorded());
        }
    }
    if let Some(fifo) = settings
        .destination_config
        .as_ref()
        .and(mapping.destination.as_ref())
        .filter(|destination: &&Destination| destination.is_fifo())
    {
        let text = format!("FIFO queues and topics are not supported as OnFailure destinations: {fifo}");
        return Err(ServiceError::invalid(API_33, text).unrecorded());
    }
    if settings.filter_criteria.is_some() && mapping.filters.len() > limit::FILTERS {
        let text = format!("FilterCriteria holds more than {} filters", limit::FILTERS);
        return Err(ServiceError::invalid(PARAM_13, text).unrecorded());
    }
    // What a pattern may say within its object is for whoever evaluates patterns.
    let object =
        |text: &String| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok();
    if settings.filter_criteria.is_some() && !mapping.filters.iter().all(object) {
        return Err(ServiceError::invalid(API_24, "Invalid filter pattern definition."));
    }
    Ok(mapping)
}
