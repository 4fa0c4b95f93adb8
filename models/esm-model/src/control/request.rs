//! The requests that create and update mappings, as `aws lambda … --cli-input-json` takes them.
//!
//! Not a judge of values: numbers out of range and unknown enum values must get as far as the service.

use crate::mapping::{
    DestinationConfig, FilterCriteria, Mapping, MappingError, Settings, Timestamp, members, strict_json,
};
use std::collections::BTreeMap;

members! {
    /// `ScalingConfig`; only queues have one (API-31).
    pub struct ScalingConfig {
        /// The largest number of concurrent invocations.
        maximum_concurrency: i64 = "MaximumConcurrency",
    }
}

members! {
    /// The members of CreateEventSourceMapping. All are optional here: what is required, the service says.
    pub struct CreateRequest {
        /// The stream or consumer.
        event_source_arn: String = "EventSourceArn",
        /// A name, a partial ARN or an ARN, with or without qualifier (API-5).
        function_name: String = "FunctionName",
        /// PARAM-14.
        enabled: bool = "Enabled",
        /// PARAM-1, in records.
        batch_size: i64 = "BatchSize",
        /// PARAM-13.
        filter_criteria: FilterCriteria = "FilterCriteria",
        /// PARAM-2, in seconds.
        maximum_batching_window_in_seconds: i64 = "MaximumBatchingWindowInSeconds",
        /// PARAM-7.
        parallelization_factor: i64 = "ParallelizationFactor",
        /// PARAM-10.
        starting_position: String = "StartingPosition",
        /// PARAM-11.
        starting_position_timestamp: Timestamp = "StartingPositionTimestamp",
        /// PARAM-12.
        destination_config: DestinationConfig = "DestinationConfig",
        /// PARAM-5, in seconds.
        maximum_record_age_in_seconds: i64 = "MaximumRecordAgeInSeconds",
        /// PARAM-6.
        bisect_batch_on_function_error: bool = "BisectBatchOnFunctionError",
        /// PARAM-4.
        maximum_retry_attempts: i64 = "MaximumRetryAttempts",
        /// Tags of the mapping.
        tags: BTreeMap<String, String> = "Tags",
        /// PARAM-8, in seconds.
        tumbling_window_in_seconds: i64 = "TumblingWindowInSeconds",
        /// PARAM-9.
        function_response_types: Vec<String> = "FunctionResponseTypes",
        /// API-31.
        scaling_config: ScalingConfig = "ScalingConfig",
        ; keep
        /// Members that the API knows and this model does not look into.
        other: [
            "AmazonManagedKafkaEventSourceConfig",
            "DocumentDBEventSourceConfig",
            "KMSKeyArn",
            "LoggingConfig",
            "MetricsConfig",
            "ProvisionedPollerConfig",
            "Queues",
            "SelfManagedEventSource",
            "SelfManagedKafkaEventSourceConfig",
            "SourceAccessConfigurations",
            "Topics",
        ]
        ; cannot: [
            "UUID": "the service chooses it; remove it",
        ]
    }
}

strict_json!(CreateRequest, "CreateEventSourceMapping");

members! {
    /// The members of UpdateEventSourceMapping. Absent ones change nothing.
    pub struct UpdateRequest {
        /// Which mapping.
        uuid: String = "UUID",
        /// The function to call from now on.
        function_name: String = "FunctionName",
        /// PARAM-14.
        enabled: bool = "Enabled",
        /// PARAM-1, in records.
        batch_size: i64 = "BatchSize",
        /// PARAM-13; an empty list ends the filtering.
        filter_criteria: FilterCriteria = "FilterCriteria",
        /// PARAM-2, in seconds.
        maximum_batching_window_in_seconds: i64 = "MaximumBatchingWindowInSeconds",
        /// PARAM-12; an empty text as the destination removes it (API-21).
        destination_config: DestinationConfig = "DestinationConfig",
        /// PARAM-5, in seconds.
        maximum_record_age_in_seconds: i64 = "MaximumRecordAgeInSeconds",
        /// PARAM-6.
        bisect_batch_on_function_error: bool = "BisectBatchOnFunctionError",
        /// PARAM-4.
        maximum_retry_attempts: i64 = "MaximumRetryAttempts",
        /// PARAM-7.
        parallelization_factor: i64 = "ParallelizationFactor",
        /// PARAM-8, in seconds.
        tumbling_window_in_seconds: i64 = "TumblingWindowInSeconds",
        /// PARAM-9.
        function_response_types: Vec<String> = "FunctionResponseTypes",
        /// API-31.
        scaling_config: ScalingConfig = "ScalingConfig",
        ; keep
        /// Members that the API knows and this model does not look into.
        other: [
            "AmazonManagedKafkaEventSourceConfig",
            "DocumentDBEventSourceConfig",
            "KMSKeyArn",
            "LoggingConfig",
            "MetricsConfig",
            "ProvisionedPollerConfig",
            "SelfManagedKafkaEventSourceConfig",
            "SourceAccessConfigurations",
        ]
        ; cannot: [
            "EventSourceArn": "an update cannot change it (PARAM-17); create another mapping",
            "StartingPosition": "an update cannot change it (PARAM-17); create another mapping",
            "StartingPositionTimestamp": "an update cannot change it (PARAM-17); create another mapping",
            "Tags": "an update cannot change them; use TagResource",
        ]
    }
}

strict_json!(UpdateRequest, "UpdateEventSourceMapping");

impl CreateRequest {
    /// The members that are settings.
    pub fn settings(&self) -> Settings {
        Settings {
            enabled: self.enabled,
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
        }
    }

    /// The request that asks for a mapping with every setting spelt out.
    pub fn of(mapping: &Mapping, event_source_arn: &str, function_name: &str) -> CreateRequest {
        let settings = Settings::of(mapping);
        CreateRequest {
            event_source_arn: Some(event_source_arn.to_owned()),
            function_name: Some(function_name.to_owned()),
            enabled: settings.enabled,
            batch_size: settings.batch_size,
            filter_criteria: settings.filter_criteria,
            maximum_batching_window_in_seconds: settings.maximum_batching_window_in_seconds,
            parallelization_factor: settings.parallelization_factor,
            starting_position: settings.starting_position,
            starting_position_timestamp: settings.starting_position_timestamp,
            // Spelt out only where there is one: `{"OnFailure": {}}` is the form of answers.
            destination_config: settings.destination_config.filter(|_| mapping.destination.is_some()),
            maximum_record_age_in_seconds: settings.maximum_record_age_in_seconds,
            bisect_batch_on_function_error: settings.bisect_batch_on_function_error,
            maximum_retry_attempts: settings.maximum_retry_attempts,
            tumbling_window_in_seconds: settings.tumbling_window_in_seconds,
            function_response_types: settings.function_response_types,
            ..CreateRequest::default()
        }
    }
}

impl UpdateRequest {
    /// The members that are settings.
    pub fn settings(&self) -> Settings {
        Settings {
            enabled: self.enabled,
            batch_size: self.batch_size,
            filter_criteria: self.filter_criteria.clone(),
            maximum_batching_window_in_seconds: self.maximum_batching_window_in_seconds,
            parallelization_factor: self.parallelization_factor,
            starting_position: None,
            starting_position_timestamp: None,
            destination_config: self.destination_config.clone(),
            maximum_record_age_in_seconds: self.maximum_record_age_in_seconds,
            bisect_batch_on_function_error: self.bisect_batch_on_function_error,
            maximum_retry_attempts: self.maximum_retry_attempts,
            tumbling_window_in_seconds: self.tumbling_window_in_seconds,
            function_response_types: self.function_response_types.clone(),
        }
    }
}

/// The settings after an update that the service accepted: absent members change nothing, and an empty text as
/// `DestinationConfig.OnFailure.Destination` removes the destination (API-21).
///
/// # Errors
/// A value that a [`Mapping`] cannot hold, which [`super::validate_update()`] would have refused.
pub fn apply(update: &UpdateRequest, mapping: &Mapping) -> Result<Mapping, MappingError> {
    // An accepted update has no timestamp member, so a mapping at AT_TIMESTAMP keeps its own.
    update.settings().over(mapping)
}
