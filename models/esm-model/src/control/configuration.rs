//! What create, get, update and delete answer with: the configuration of a mapping as the service shows it.
//!
//! Not the settings that are in force: an answer may be ahead of them (API-19, API-32).

use crate::mapping::{
    Arn, DestinationConfig, FilterCriteria, Mapping, MappingError, Member, Path, Settings, ShapeError,
    Timestamp, Unknown, members, shape_parse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

members! {
    /// The configuration of a mapping, with its members in the order of API-2. Everything is optional, because
    /// implementations leave members out; which ones are missing, [`Configuration::missing_members`] says.
    pub struct Configuration {
        /// PARAM-1, in records.
        batch_size: i64 = "BatchSize",
        /// PARAM-6.
        bisect_batch_on_function_error: bool = "BisectBatchOnFunctionError",
        /// PARAM-12; `{"OnFailure": {}}` without a destination (API-3).
        destination_config: DestinationConfig = "DestinationConfig",
        /// The stream or consumer.
        event_source_arn: String = "EventSourceArn",
        /// The mapping's own ARN (API-4).
        event_source_mapping_arn: String = "EventSourceMappingArn",
        /// PARAM-13; absent without filters (API-2, API-23).
        filter_criteria: FilterCriteria = "FilterCriteria",
        /// The function, with the qualifier given at creation (API-5).
        function_arn: String = "FunctionArn",
        /// PARAM-9.
        function_response_types: Vec<String> = "FunctionResponseTypes",
        /// A number or a text, never to be compared (API-26).
        last_modified: Value = "LastModified",
        /// STATE-10.
        last_processing_result: String = "LastProcessingResult",
        /// PARAM-2, in seconds.
        maximum_batching_window_in_seconds: i64 = "MaximumBatchingWindowInSeconds",
        /// PARAM-5, in seconds.
        maximum_record_age_in_seconds: i64 = "MaximumRecordAgeInSeconds",
        /// PARAM-4.
        maximum_retry_attempts: i64 = "MaximumRetryAttempts",
        /// PARAM-7.
        parallelization_factor: i64 = "ParallelizationFactor",
        /// PARAM-10.
        starting_position: String = "StartingPosition",
        /// PARAM-11; only with AT_TIMESTAMP.
        starting_position_timestamp: Timestamp = "StartingPositionTimestamp",
        /// STATE-1.
        state: State = "State",
        /// `User action` for streams (API-1).
        state_transition_reason: String = "StateTransitionReason",
        /// PARAM-8, in seconds.
        tumbling_window_in_seconds: i64 = "TumblingWindowInSeconds",
        /// The mapping's identity.
        uuid: String = "UUID",
        ; keep
        /// Whatever else was there. `ResponseMetadata` and the first group are known and raise no warning.
        other: ["ResponseMetadata", "MetricsConfig", "KMSKeyArn", "LoggingConfig", "FilterCriteriaError"]
    }
}

/// Where a mapping is in its life (STATE-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Created, not yet polling.
    Creating,
    /// About to poll.
    Enabling,
    /// Polling.
    Enabled,
    /// About to stop.
    Disabling,
    /// Not polling.
    Disabled,
    /// Taking up new settings.
    Updating,
    /// About to vanish.
    Deleting,
    /// A word that the documents do not have.
    Other(String),
}

impl State {
    /// The states of STATE-1, in its order.
    pub const ALL: [State; 7] = [
        State::Creating,
        State::Enabling,
        State::Enabled,
        State::Disabling,
        State::Disabled,
        State::Updating,
        State::Deleting,
    ];

    /// The word in answers.
    pub fn text(&self) -> &str {
        match self {
            State::Creating => "Creating",
            State::Enabling => "Enabling",
            State::Enabled => "Enabled",
            State::Disabling => "Disabling",
            State::Disabled => "Disabled",
            State::Updating => "Updating",
            State::Deleting => "Deleting",
            State::Other(text) => text,
        }
    }
}

impl From<&str> for State {
    fn from(text: &str) -> State {
        let known = State::ALL.into_iter().find(|state| state.text() == text);
        known.unwrap_or_else(|| State::Other(text.to_owned()))
    }
}

impl Member for State {
    fn read(value: &Value, at: &Path<'_>, unknown: &mut Unknown) -> Result<State, ShapeError> {
        Ok(State::from(String::read(value, at, unknown)?.as_str()))
    }

    fn write(&self) -> Value {
        Value::from(self.text())
    }
}

impl Configuration {
    /// The members that every answer for a stream mapping has (API-2), in their order.
    pub const REQUIRED: [&str; 18] = [
        "BatchSize",
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "EventSourceArn",
        "EventSourceMappingArn",
        "FunctionArn",
        "FunctionResponseTypes",
        "LastModified",
        "LastProcessingResult",
        "MaximumBatchingWindowInSeconds",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "ParallelizationFactor",
        "StartingPosition",
        "State",
        "StateTransitionReason",
        "TumblingWindowInSeconds",
        "UUID",
    ];

    /// Reads what `aws lambda get-event-source-mapping` prints, or the body of an answer. Also returned are
    /// warnings, one sentence for each unknown member; those of the top level are kept in `other`.
    ///
    /// # Errors
    /// The text is not JSON, or a known member has another type than AWS gives it.
    pub fn from_json(text: &str) -> Result<(Configuration, Vec<String>), ShapeError> {
        Configuration::from_value(&shape_parse(text)?)
    }

    /// As [`Configuration::from_json`], of a value.
    ///
    /// # Errors
    /// A known member has another type than AWS gives it.
    pub fn from_value(value: &Value) -> Result<(Configuration, Vec<String>), ShapeError> {
        let mut unknown = Unknown::Note(Vec::new());
        let read = Configuration::read(value, &Path::root("EventSourceMappingConfiguration"), &mut unknown)?;
        let warnings = match unknown {
            Unknown::Note(notes) => notes,
            Unknown::Refuse => Vec::new(),
        };
        Ok((read, warnings))
    }

    /// The JSON value, with the members in the order of API-2 and the unknown ones at the end.
    pub fn to_json(&self) -> Value {
        self.write()
    }

    /// Which members of [`Configuration::REQUIRED`] the answer lacks (API-2).
    pub fn missing_members(&self) -> Vec<&'static str> {
        let written = self.to_json();
        Configuration::REQUIRED.into_iter().filter(|member| written.get(member).is_none()).collect()
    }

    /// The settings shown. Missing members count as their defaults, and the mapping counts as enabled unless
    /// its state is Disabling, Disabled or Deleting; Creating does not tell (STATE-2). Ranges are not checked.
    ///
    /// # Errors
    /// A value that a [`Mapping`] cannot hold: a negative number, an unknown enum value, a destination that is
    /// no queue, topic or bucket.
    pub fn mapping(&self) -> Result<Mapping, MappingError> {
        let off = matches!(self.state, Some(State::Disabling | State::Disabled | State::Deleting));
        let settings = Settings {
            enabled: Some(!off),
            batch_size: self.batch_size,
            filter_criteria: self.filter_criteria.clone(),
            maximum_batching_window_in_seconds: self.maximum_batching_window_in_seconds,
            parallelization_factor: self.parallelization_factor,
            starting_position: self.starting_position.clone(),
            starting_position_timestamp: self.starting_position_timestamp,
            destination_config: self.destination_config.clone(),
            maximum_record_age_in_seconds: self.maximum_record_age_in_seconds,
            bisect_batch_on_function_error: self.bisect_batch_on_function_error,
            maximum_retry_attempts: self.maximum_retry_attempts,
            tumbling_window_in_seconds: self.tumbling_window_in_seconds,
            function_response_types: self.function_response_types.clone(),
        };
        settings.over(&Mapping::default())
    }
}

impl Serialize for Configuration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Configuration {
    /// Leniently: unknown members end in `other`, without a warning.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Configuration, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Configuration::from_value(&value).map(|(read, _)| read).map_err(serde::de::Error::custom)
    }
}

/// `LastProcessingResult` until the first result of the function (API-1, STATE-10).
pub const NO_RECORDS_PROCESSED: &str = "No records processed";

/// `StateTransitionReason` of stream mappings (API-1). Mappings of queues say something else (API-27).
pub const USER_ACTION: &str = "User action";

/// Which mapping an answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The mapping's UUID.
    pub uuid: &'a str,
    /// The stream or consumer.
    pub event_source_arn: &'a str,
    /// The function with its qualifier, if one was given.
    pub function_arn: &'a str,
}

/// The mapping's own ARN (API-4), in partition, region and account of its function.
/// `None` if `function_arn` is no ARN with these parts.
pub fn event_source_mapping_arn(function_arn: &str, uuid: &str) -> Option<String> {
    let Arn { partition, region, account, .. } = Arn::parse(function_arn).filter(Arn::is_regional)?;
    Some(format!("arn:{partition}:lambda:{region}:{account}:event-source-mapping:{uuid}"))
}

/// The answer about a mapping: exactly the members of API-2 (given that the function's ARN is one).
/// `modified` is written as a number of seconds, as on the wire. `last_processing_result` is one of STATE-10,
/// [`NO_RECORDS_PROCESSED`] after creation.
pub fn echo(
    mapping: &Mapping,
    identity: &Identity<'_>,
    state: State,
    last_processing_result: &str,
    modified: Timestamp,
) -> Configuration {
    let settings = Settings::of(mapping);
    Configuration {
        batch_size: settings.batch_size,
        bisect_batch_on_function_error: settings.bisect_batch_on_function_error,
        destination_config: settings.destination_config,
        event_source_arn: Some(identity.event_source_arn.to_owned()),
        event_source_mapping_arn: event_source_mapping_arn(identity.function_arn, identity.uuid),
        filter_criteria: settings.filter_criteria,
        function_arn: Some(identity.function_arn.to_owned()),
        function_response_types: settings.function_response_types,
        last_modified: Some(modified.to_value()),
        last_processing_result: Some(last_processing_result.to_owned()),
        maximum_batching_window_in_seconds: settings.maximum_batching_window_in_seconds,
        maximum_record_age_in_seconds: settings.maximum_record_age_in_seconds,
        maximum_retry_attempts: settings.maximum_retry_attempts,
        parallelization_factor: settings.parallelization_factor,
        starting_position: settings.starting_position,
        starting_position_timestamp: settings.starting_position_timestamp,
        state: Some(state),
        state_transition_reason: Some(USER_ACTION.to_owned()),
        tumbling_window_in_seconds: settings.tumbling_window_in_seconds,
        uuid: Some(identity.uuid.to_owned()),
        other: serde_json::Map::new(),
    }
}
