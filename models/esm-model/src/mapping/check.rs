//! What makes a [`Mapping`] valid, and its JSON form in case files.
//!
//! Not the service's answers to wrong values (see [`crate::control`]): here a wrong value is the mistake of
//! whoever wrote the file.

use super::limits::{FINITE_AGE_TEXT, Limit, MINIMUM_FINITE_RECORD_AGE, limit};
use super::{Mapping, NotADestination, Settings, ShapeError};
use serde::{Deserialize, Serialize};

/// Settings that are not those of a stream mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// The JSON has another shape.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A number out of range.
    #[error("{member} is {value}: it must be from {min} to {max}")]
    OutOfRange {
        /// The member.
        member: &'static str,
        /// What it says.
        value: i64,
        /// The smallest value.
        min: i64,
        /// The largest value.
        max: i64,
    },
    /// A record age in the hole of the range (API-25).
    #[error("{text}, but is {0}", text = FINITE_AGE_TEXT)]
    RecordAge(i64),
    /// An unknown starting position.
    #[error("StartingPosition is {0:?}: it must be TRIM_HORIZON, LATEST or AT_TIMESTAMP")]
    StartingPosition(String),
    /// A starting position without its timestamp, or the reverse.
    #[error("StartingPositionTimestamp must be given with StartingPosition AT_TIMESTAMP, and only with it")]
    StartingPositionTimestamp,
    /// A response type that does not exist.
    #[error("FunctionResponseTypes holds {0:?}: the only value is ReportBatchItemFailures")]
    FunctionResponseType(String),
    /// A destination for successes (API-11).
    #[error("DestinationConfig.OnSuccess: stream mappings have only OnFailure; remove it")]
    OnSuccess,
    /// A text that names no destination.
    #[error("DestinationConfig.OnFailure.Destination: {0}")]
    Destination(#[from] NotADestination),
    /// A FIFO queue or topic (API-33).
    #[error("DestinationConfig.OnFailure.Destination: {0} is FIFO; use a standard queue or topic")]
    FifoDestination(String),
    /// Two settings that exclude each other (API-30, PARAM-16).
    #[error("TumblingWindowInSeconds excludes {0}; drop one of the two")]
    TumblingWindow(&'static str),
    /// Too many or too long filters (PARAM-13).
    #[error("FilterCriteria: at most {} filters of at most {} characters", limit::FILTERS, limit::PATTERN)]
    Filters,
}

pub(super) fn out_of_range(limit: Limit, value: i64) -> MappingError {
    MappingError::OutOfRange { member: limit.member, value, min: limit.min, max: limit.max }
}

impl Mapping {
    /// Checks ranges and combinations, whatever the kind of stream.
    ///
    /// # Errors
    /// The first setting that the service would refuse.
    pub fn check(&self) -> Result<(), MappingError> {
        let attempts = self.maximum_retry_attempts.map_or(-1, i64::from);
        let age = self.maximum_record_age_in_seconds.map_or(-1, i64::from);
        for (limit, value) in [
            (limit::BATCH_SIZE, self.batch_size.into()),
            (limit::MAXIMUM_BATCHING_WINDOW, self.maximum_batching_window_in_seconds.into()),
            (limit::PARALLELIZATION_FACTOR, self.parallelization_factor.into()),
            (limit::TUMBLING_WINDOW, self.tumbling_window_in_seconds.into()),
            (limit::MAXIMUM_RETRY_ATTEMPTS, attempts),
            (limit::MAXIMUM_RECORD_AGE, age),
        ] {
            if !limit.admits(value) {
                return Err(out_of_range(limit, value));
            }
        }
        if (0..MINIMUM_FINITE_RECORD_AGE).contains(&age) {
            return Err(MappingError::RecordAge(age));
        }
        if let Some(fifo) = self.destination.as_ref().filter(|destination| destination.is_fifo()) {
            return Err(MappingError::FifoDestination(fifo.arn().to_owned()));
        }
        if self.tumbling_window_in_seconds > 0 && self.parallelization_factor > 1 {
            return Err(MappingError::TumblingWindow("ParallelizationFactor above 1"));
        }
        if self.tumbling_window_in_seconds > 0 && !self.filters.is_empty() {
            return Err(MappingError::TumblingWindow("FilterCriteria"));
        }
        let long = |pattern: &String| pattern.chars().count() > limit::PATTERN;
        if self.filters.len() > limit::FILTERS || self.filters.iter().any(long) {
            return Err(MappingError::Filters);
        }
        Ok(())
    }

    /// The mapping that the JSON form describes, checked.
    ///
    /// # Errors
    /// The shape is wrong, or [`Mapping::check`] refuses it.
    pub fn from_value(value: &serde_json::Value) -> Result<Mapping, MappingError> {
        let mapping = Settings::from_value(value)?.over(&Mapping::default())?;
        mapping.check()?;
        Ok(mapping)
    }

    /// The JSON form: the starting position, and what differs from the default.
    pub fn to_json(&self) -> serde_json::Value {
        fn differing<T: PartialEq>(member: &mut Option<T>, usual: Option<T>) {
            if *member == usual {
                *member = None;
            }
        }
        let usual = Settings::of(&Mapping::default());
        let mut own = Settings::of(self);
        differing(&mut own.enabled, usual.enabled);
        differing(&mut own.batch_size, usual.batch_size);
        differing(&mut own.maximum_batching_window_in_seconds, usual.maximum_batching_window_in_seconds);
        differing(&mut own.parallelization_factor, usual.parallelization_factor);
        differing(&mut own.destination_config, usual.destination_config);
        differing(&mut own.maximum_record_age_in_seconds, usual.maximum_record_age_in_seconds);
        differing(&mut own.bisect_batch_on_function_error, usual.bisect_batch_on_function_error);
        differing(&mut own.maximum_retry_attempts, usual.maximum_retry_attempts);
        differing(&mut own.tumbling_window_in_seconds, usual.tumbling_window_in_seconds);
        differing(&mut own.function_response_types, usual.function_response_types);
        own.to_json()
    }
}

impl Serialize for Mapping {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Mapping {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Mapping, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Mapping::from_value(&value).map_err(serde::de::Error::custom)
    }
}
