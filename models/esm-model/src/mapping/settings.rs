//! The members of requests and answers that are settings, and the way from them to a [`Mapping`] and back.
//!
//! Not a judge of ranges: any integer can stand here.

use super::check::out_of_range;
use super::limits::{Limit, limit};
use super::{Destination, Mapping, MappingError, StartingPosition, Timestamp};
use super::{members, strict_json};

/// The only value of `FunctionResponseTypes` (PARAM-9).
pub const REPORT_BATCH_ITEM_FAILURES: &str = "ReportBatchItemFailures";

members! {
    /// `FilterCriteria`: which records reach the function (PARAM-13).
    pub struct FilterCriteria {
        /// The filters; an empty list is no filtering (API-23).
        filters: Vec<Filter> = "Filters",
    }
}

members! {
    /// One filter.
    pub struct Filter {
        /// The pattern, JSON as text.
        pattern: String = "Pattern",
    }
}

members! {
    /// `DestinationConfig`: where the records of discarded batches go.
    pub struct DestinationConfig {
        /// For successes; stream mappings have none (API-11).
        on_success: DestinationMember = "OnSuccess",
        /// For failures.
        on_failure: DestinationMember = "OnFailure",
    }
}

members! {
    /// One side of a [`DestinationConfig`].
    pub struct DestinationMember {
        /// The ARN; an empty text is no destination (API-21).
        destination: String = "Destination",
    }
}

impl FilterCriteria {
    /// The patterns; a filter without one counts as an empty pattern.
    pub fn patterns(&self) -> Vec<String> {
        let filters = self.filters.as_deref().unwrap_or_default();
        filters.iter().map(|filter| filter.pattern.clone().unwrap_or_default()).collect()
    }

    /// The criteria of some patterns, or `None` if there are none, as answers have it (API-23).
    pub fn of(patterns: &[String]) -> Option<FilterCriteria> {
        let filters = patterns.iter().map(|pattern| Filter { pattern: Some(pattern.clone()) }).collect();
        (!patterns.is_empty()).then_some(FilterCriteria { filters: Some(filters) })
    }
}

impl DestinationConfig {
    /// The configuration of an on-failure destination. Without one it is `{"OnFailure": {}}` (API-3).
    pub fn of(destination: Option<&Destination>) -> DestinationConfig {
        let destination = destination.map(|destination| destination.arn().to_owned());
        DestinationConfig { on_success: None, on_failure: Some(DestinationMember { destination }) }
    }

    /// The text at `OnFailure.Destination`, empty or not.
    pub fn on_failure(&self) -> Option<&str> {
        self.on_failure.as_ref()?.destination.as_deref()
    }

    /// The text at `OnSuccess.Destination`, unless empty.
    pub fn on_success(&self) -> Option<&str> {
        self.on_success.as_ref()?.destination.as_deref().filter(|text| !text.is_empty())
    }
}

members! {
    /// Every setting of a stream mapping as an optional member, with the names, types and units of
    /// CreateEventSourceMapping. Numbers may lie outside their ranges.
    pub struct Settings {
        /// PARAM-14.
        enabled: bool = "Enabled",
        /// PARAM-1.
        batch_size: i64 = "BatchSize",
        /// PARAM-13.
        filter_criteria: FilterCriteria = "FilterCriteria",
        /// PARAM-2.
        maximum_batching_window_in_seconds: i64 = "MaximumBatchingWindowInSeconds",
        /// PARAM-7.
        parallelization_factor: i64 = "ParallelizationFactor",
        /// PARAM-10.
        starting_position: String = "StartingPosition",
        /// PARAM-11.
        starting_position_timestamp: Timestamp = "StartingPositionTimestamp",
        /// PARAM-12.
        destination_config: DestinationConfig = "DestinationConfig",
        /// PARAM-5.
        maximum_record_age_in_seconds: i64 = "MaximumRecordAgeInSeconds",
        /// PARAM-6.
        bisect_batch_on_function_error: bool = "BisectBatchOnFunctionError",
        /// PARAM-4.
        maximum_retry_attempts: i64 = "MaximumRetryAttempts",
        /// PARAM-8.
        tumbling_window_in_seconds: i64 = "TumblingWindowInSeconds",
        /// PARAM-9.
        function_response_types: Vec<String> = "FunctionResponseTypes",
    }
}

strict_json!(Settings, "Mapping");

impl Settings {
    /// All settings of a mapping, none left out but the timestamp and the filters where there are none.
    pub fn of(mapping: &Mapping) -> Settings {
        let response_types =
            mapping.report_batch_item_failures.then(|| REPORT_BATCH_ITEM_FAILURES.to_owned());
        Settings {
            enabled: Some(mapping.enabled),
            batch_size: Some(mapping.batch_size.into()),
            filter_criteria: FilterCriteria::of(&mapping.filters),
            maximum_batching_window_in_seconds: Some(mapping.maximum_batching_window_in_seconds.into()),
            parallelization_factor: Some(mapping.parallelization_factor.into()),
            starting_position: Some(mapping.starting_position.text().to_owned()),
            starting_position_timestamp: mapping.starting_position.timestamp(),
            destination_config: Some(DestinationConfig::of(mapping.destination.as_ref())),
            maximum_record_age_in_seconds: Some(mapping.maximum_record_age_in_seconds.map_or(-1, i64::from)),
            bisect_batch_on_function_error: Some(mapping.bisect_batch_on_function_error),
            maximum_retry_attempts: Some(mapping.maximum_retry_attempts.map_or(-1, i64::from)),
            tumbling_window_in_seconds: Some(mapping.tumbling_window_in_seconds.into()),
            function_response_types: Some(response_types.into_iter().collect()),
        }
    }

    /// `mapping` with these settings laid over it; absent members change nothing, and so does a
    /// `DestinationConfig` without `OnFailure.Destination`. An empty text there removes the destination (API-21).
    ///
    /// # Errors
    /// A value that a [`Mapping`] cannot hold. Ranges are not checked further: see [`Mapping::check`].
    pub fn over(&self, mapping: &Mapping) -> Result<Mapping, MappingError> {
        let mut to = mapping.clone();
        let whole = |to: &mut u32, from: Option<i64>, limit: Limit| match from {
            None => Ok(()),
            Some(value) => u32::try_from(value).map(|v| *to = v).map_err(|_| out_of_range(limit, value)),
        };
        let unbounded = |to: &mut Option<u32>, from: Option<i64>, limit: Limit| match from {
            None => Ok(()),
            Some(-1) => {
                *to = None;
                Ok(())
            }
            Some(value) => {
                u32::try_from(value).map(|v| *to = Some(v)).map_err(|_| out_of_range(limit, value))
            }
        };
        to.enabled = self.enabled.unwrap_or(to.enabled);
        to.bisect_batch_on_function_error =
            self.bisect_batch_on_function_error.unwrap_or(to.bisect_batch_on_function_error);
        whole(&mut to.batch_size, self.batch_size, limit::BATCH_SIZE)?;
        whole(
            &mut to.maximum_batching_window_in_seconds,
            self.maximum_batching_window_in_seconds,
            limit::MAXIMUM_BATCHING_WINDOW,
        )?;
        whole(&mut to.parallelization_factor, self.parallelization_factor, limit::PARALLELIZATION_FACTOR)?;
        whole(&mut to.tumbling_window_in_seconds, self.tumbling_window_in_seconds, limit::TUMBLING_WINDOW)?;
        unbounded(
            &mut to.maximum_retry_attempts,
            self.maximum_retry_attempts,
            limit::MAXIMUM_RETRY_ATTEMPTS,
        )?;
        unbounded(
            &mut to.maximum_record_age_in_seconds,
            self.maximum_record_age_in_seconds,
            limit::MAXIMUM_RECORD_AGE,
        )?;
        to.starting_position = self.position(to.starting_position)?;
        if let Some(types) = &self.function_response_types {
            if let Some(other) = types.iter().find(|text| *text != REPORT_BATCH_ITEM_FAILURES) {
                return Err(MappingError::FunctionResponseType(other.clone()));
            }
            to.report_batch_item_failures = !types.is_empty();
        }
        if let Some(config) = &self.destination_config {
            if config.on_success().is_some() {
                return Err(MappingError::OnSuccess);
            }
            to.destination = match config.on_failure() {
                None => to.destination,
                Some("") => None,
                Some(arn) => Some(arn.parse()?),
            };
        }
        if let Some(criteria) = &self.filter_criteria {
            to.filters = criteria.patterns();
        }
        Ok(to)
    }

    fn position(&self, current: StartingPosition) -> Result<StartingPosition, MappingError> {
        let without = |position| match self.starting_position_timestamp {
            None => Ok(position),
            Some(_) => Err(MappingError::StartingPositionTimestamp),
        };
        match self.starting_position.as_deref() {
            None => without(current),
            Some("TRIM_HORIZON") => without(StartingPosition::TrimHorizon),
            Some("LATEST") => without(StartingPosition::Latest),
            Some("AT_TIMESTAMP") => self
                .starting_position_timestamp
                .map(|time| StartingPosition::AtTimestamp(time.ms))
                .ok_or(MappingError::StartingPositionTimestamp),
            Some(other) => Err(MappingError::StartingPosition(other.to_owned())),
        }
    }
}
