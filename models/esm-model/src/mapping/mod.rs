//! The effective settings of one stream event source mapping: what the data plane runs by.
//!
//! Not the requests that lead to them nor the answers that show them (see [`crate::control`]), and not the
//! mapping's name, stream, function or state.

use serde::{Deserialize, Serialize};

mod arn;
mod check;
mod destination;
mod limits;
mod member;
mod settings;
mod shape;
#[cfg(test)]
mod tests;
mod timestamp;

pub use arn::{Arn, PARTITIONS, is_consumer, source_kind};
pub use check::MappingError;
pub use destination::{Destination, DestinationKind, NotADestination};
pub use limits::{Limit, MINIMUM_FINITE_RECORD_AGE, limit};
pub use settings::{
    DestinationConfig, DestinationMember, Filter, FilterCriteria, REPORT_BATCH_ITEM_FAILURES, Settings,
};
pub use shape::ShapeError;
pub use timestamp::Timestamp;

pub(crate) use arn::is_account;
pub(crate) use limits::FINITE_AGE_TEXT;
pub(crate) use member::{Member, members, parse as shape_parse, strict_json};
pub(crate) use shape::{Path, Unknown};

/// The settings of a stream mapping in the units of the API, with its defaults (PARAM-1 to PARAM-14).
///
/// Its JSON form is that of the members of CreateEventSourceMapping without `EventSourceArn` and `FunctionName`.
/// Written are `StartingPosition` and whatever differs from the default; an unknown member, a value out of range
/// or a combination that the service refuses is an error when read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The largest number of records of one invocation, 1 to 10,000 (PARAM-1).
    pub batch_size: u32,
    /// How long to gather records before an invocation, 0 to 300 seconds (PARAM-2).
    pub maximum_batching_window_in_seconds: u32,
    /// Attempts after the first one, 0 to 10,000. `None` is the API's -1: until the records expire (PARAM-4).
    pub maximum_retry_attempts: Option<u32>,
    /// Age at which records are discarded, 60 to 604,800 seconds. `None` is the API's -1: never (PARAM-5).
    pub maximum_record_age_in_seconds: Option<u32>,
    /// Whether a failed batch is split in two (PARAM-6).
    pub bisect_batch_on_function_error: bool,
    /// Batches of one shard that may be processed at the same time, 1 to 10 (PARAM-7).
    pub parallelization_factor: u32,
    /// Length of the tumbling windows, 0 to 900 seconds; 0 is none (PARAM-8).
    pub tumbling_window_in_seconds: u32,
    /// Whether `FunctionResponseTypes` holds `ReportBatchItemFailures` (PARAM-9).
    pub report_batch_item_failures: bool,
    /// Where in the stream to begin (PARAM-10).
    pub starting_position: StartingPosition,
    /// Where failure records go, if anywhere (PARAM-12).
    pub destination: Option<Destination>,
    /// Whether the mapping polls (PARAM-14).
    pub enabled: bool,
    /// The patterns of `FilterCriteria`, as text; none is no filtering (PARAM-13).
    pub filters: Vec<String>,
}

impl Default for Mapping {
    /// What a create request with nothing but the stream, the function and TRIM_HORIZON leads to.
    fn default() -> Mapping {
        Mapping {
            batch_size: 100,
            maximum_batching_window_in_seconds: 0,
            maximum_retry_attempts: None,
            maximum_record_age_in_seconds: None,
            bisect_batch_on_function_error: false,
            parallelization_factor: 1,
            tumbling_window_in_seconds: 0,
            report_batch_item_failures: false,
            starting_position: StartingPosition::TrimHorizon,
            destination: None,
            enabled: true,
            filters: Vec::new(),
        }
    }
}

/// Where in the stream a new mapping begins (PARAM-10, STATE-7 to STATE-9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StartingPosition {
    /// At the oldest record retained.
    TrimHorizon,
    /// Somewhere after the newest record (STATE-8).
    Latest,
    /// At the first record that arrived at or after this time, in milliseconds since the epoch; Kinesis only.
    AtTimestamp(i64),
}

impl StartingPosition {
    /// The value of the API's member `StartingPosition`.
    pub const fn text(self) -> &'static str {
        match self {
            StartingPosition::TrimHorizon => "TRIM_HORIZON",
            StartingPosition::Latest => "LATEST",
            StartingPosition::AtTimestamp(_) => "AT_TIMESTAMP",
        }
    }

    /// The value of the API's member `StartingPositionTimestamp`.
    pub const fn timestamp(self) -> Option<Timestamp> {
        match self {
            StartingPosition::AtTimestamp(ms) => Some(Timestamp { ms }),
            StartingPosition::TrimHorizon | StartingPosition::Latest => None,
        }
    }
}

/// The kinds of stream that this model covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A Kinesis data stream, or a consumer with enhanced fan-out of one.
    Kinesis,
    /// The change stream of a DynamoDB table.
    DynamoDb,
}
