//! The outer range of every numeric parameter, in one table.
//!
//! Not the semantic rules on top of the ranges, such as the hole between -1 and 60 in the record age.

/// The outer range of one parameter: both ends are allowed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The member's name in requests.
    pub member: &'static str,
    /// The name under which validation errors speak of it.
    pub lower_camel: &'static str,
    /// The smallest value.
    pub min: i64,
    /// The largest value.
    pub max: i64,
}

impl Limit {
    /// Whether a value lies in the range.
    pub const fn admits(&self, value: i64) -> bool {
        self.min <= value && value <= self.max
    }
}

const fn limit_of(member: &'static str, lower_camel: &'static str, min: i64, max: i64) -> Limit {
    Limit { member, lower_camel, min, max }
}

/// The ranges as constants, one per parameter.
pub mod limit {
    use super::{Limit, limit_of};

    /// PARAM-1, in records.
    pub const BATCH_SIZE: Limit = limit_of("BatchSize", "batchSize", 1, 10_000);
    /// PARAM-2, in seconds.
    pub const MAXIMUM_BATCHING_WINDOW: Limit =
        limit_of("MaximumBatchingWindowInSeconds", "maximumBatchingWindowInSeconds", 0, 300);
    /// PARAM-4, in attempts; -1 is without limit.
    pub const MAXIMUM_RETRY_ATTEMPTS: Limit =
        limit_of("MaximumRetryAttempts", "maximumRetryAttempts", -1, 10_000);
    /// PARAM-5, in seconds; -1 is without limit, and 0 to 59 are refused by API-25.
    pub const MAXIMUM_RECORD_AGE: Limit =
        limit_of("MaximumRecordAgeInSeconds", "maximumRecordAgeInSeconds", -1, 604_800);
    /// PARAM-7, in batches per shard.
    pub const PARALLELIZATION_FACTOR: Limit =
        limit_of("ParallelizationFactor", "parallelizationFactor", 1, 10);
    /// PARAM-8, in seconds; 0 is off.
    pub const TUMBLING_WINDOW: Limit = limit_of("TumblingWindowInSeconds", "tumblingWindowInSeconds", 0, 900);
    /// PARAM-13: the number of filters that every account may have. The quota can be raised to 10.
    pub const FILTERS: usize = 5;
    /// PARAM-13: the length of one pattern, in characters.
    pub const PATTERN: usize = 4096;
}

/// The smallest record age that discards, in seconds (API-25).
pub const MINIMUM_FINITE_RECORD_AGE: i64 = 60;

/// What the service says about a record age in the hole (API-25).
pub(crate) const FINITE_AGE_TEXT: &str =
    "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)";
