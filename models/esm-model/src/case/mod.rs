//! A case: one complete, self-validating input. Mappings, records with their behaviours, a timeline of actions.
//!
//! A value with a JSON form and a `format` number. What is read is a valid case or an error; nothing else in the
//! workspace checks again. A case knows no target, no sequence number and no clock.

mod read;

pub use read::{CaseError, DEFAULT_MAX_INVOCATIONS, DEFAULT_RETENTION_MS};

use crate::label::Label;
use crate::mapping::{Destination, Mapping, SourceKind};
use crate::script::{Behaviour, SuccessShape};
use crate::when::Ms;
use serde::{Deserialize, Serialize};

/// The only case format so far.
pub const FORMAT: u32 = 1;
/// Most records of a case.
pub const MAX_RECORDS: usize = 4_096;
/// Most shards of a stream.
pub const MAX_SHARDS: u8 = 8;
/// Most mappings on the stream.
pub const MAX_MAPPINGS: usize = 4;
/// Most actions of a timeline.
pub const MAX_ACTIONS: usize = 64;
/// The longest time of a case: 366 days, one more than the longest retention.
pub const MAX_TIME_MS: Ms = 366 * 24 * 3_600_000;
/// The payload of an event, at most 6 MB (BATCH-1), here as the wider of the two usual meanings.
pub const PAYLOAD_LIMIT: u64 = 6 * 1024 * 1024;
/// One record may be raised to 10 MiB (BATCH-9).
pub const MAX_RECORD_SIZE: u32 = 10 * 1024 * 1024;

/// One complete input. See `FORMAT.md` of this crate for the JSON form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// [`FORMAT`].
    pub format: u32,
    /// Kinesis or DynamoDB Streams.
    pub source: SourceKind,
    /// How many shards the stream has.
    pub shards: u8,
    /// How long the stream keeps a record.
    pub retention_ms: Ms,
    /// The function under every mapping.
    pub function: Function,
    /// The mappings on the stream, one or more (ORDER-6).
    pub mappings: Vec<CaseMapping>,
    /// The records, in the order in which they are put: `at` never decreases.
    pub records: Vec<Record>,
    /// What else happens, in order of time.
    pub actions: Vec<Step>,
    /// When one healthy sentinel record per shard is put, to close the case.
    pub closing_at: Option<Ms>,
    /// The case's time: nothing is awaited beyond it.
    pub horizon_ms: Ms,
    /// Most invocations per shard and mapping before the case is cut.
    pub max_invocations: u32,
}

/// The function of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Function {
    /// Its timeout.
    pub timeout_ms: Ms,
    /// What it returns when all is well.
    pub success: SuccessShape,
    /// Whether reported records are named in ascending order; else in descending order (PBR-4).
    pub reports_ascending: bool,
    /// Somebody's own code: answers are recorded and not predicted.
    pub foreign: bool,
}

impl Default for Function {
    fn default() -> Function {
        Function {
            timeout_ms: 3_000,
            success: SuccessShape::NoItems,
            reports_ascending: true,
            foreign: false,
        }
    }
}

/// One mapping of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseMapping {
    /// When it is created.
    #[serde(default)]
    pub created_at: Ms,
    /// Alias or version that qualifies the function (API-5, REC-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    /// Its settings at creation.
    pub settings: Mapping,
}

/// One record and what it does to the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// When it is put; records with one `at` are put by one call.
    pub at: Ms,
    /// Index of its shard.
    #[serde(default)]
    pub shard: u8,
    /// Bytes of data, before base64.
    #[serde(default = "default_size")]
    pub size: u32,
    /// How long the function takes for it.
    #[serde(default)]
    pub duration_ms: Ms,
    /// How it misbehaves; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behaviour: Option<Behaviour>,
}

fn default_size() -> u32 {
    100
}

impl Record {
    /// A small healthy record in shard 0.
    pub fn healthy(at: Ms) -> Record {
        Record { at, shard: 0, size: default_size(), duration_ms: 0, behaviour: None }
    }

    /// Bytes that the record surely takes in an event: its data in base64.
    pub fn payload_at_least(&self) -> u64 {
        u64::from(self.size).div_ceil(3) * 4
    }
}

/// An action at its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// When.
    pub at: Ms,
    /// What.
    pub action: Action,
}

/// One stimulus to a mapping or to what it depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// The function is throttled for so long (RETRY-1).
    Throttle {
        /// Which mapping.
        mapping: u8,
        /// For how many milliseconds.
        for_ms: Ms,
    },
    /// Invoking fails with a service error for so long (RETRY-1).
    ServiceError {
        /// Which mapping.
        mapping: u8,
        /// For how many milliseconds.
        for_ms: Ms,
    },
    /// The destination refuses writes for so long (DISCARD-7).
    RefuseWrites {
        /// Which mapping.
        mapping: u8,
        /// For how many milliseconds.
        for_ms: Ms,
    },
    /// The mapping is disabled (STATE-3).
    Disable {
        /// Which mapping.
        mapping: u8,
    },
    /// The mapping is enabled again (STATE-3).
    Enable {
        /// Which mapping.
        mapping: u8,
    },
    /// Settings are changed (STATE-3, API-19, API-21).
    Update {
        /// Which mapping.
        mapping: u8,
        /// Only what changes.
        set: Patch,
    },
}

impl Action {
    /// The mapping that it concerns.
    pub fn mapping(&self) -> u8 {
        match self {
            Action::Throttle { mapping, .. }
            | Action::ServiceError { mapping, .. }
            | Action::RefuseWrites { mapping, .. }
            | Action::Disable { mapping }
            | Action::Enable { mapping }
            | Action::Update { mapping, .. } => *mapping,
        }
    }

    /// How long it lasts: 0 for what happens at once.
    pub fn lasts(&self) -> Ms {
        match self {
            Action::Throttle { for_ms, .. }
            | Action::ServiceError { for_ms, .. }
            | Action::RefuseWrites { for_ms, .. } => *for_ms,
            _ => 0,
        }
    }
}

/// A change of settings. Absent members change nothing; -1 means "no limit"; an empty destination removes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "PascalCase")]
pub struct Patch {
    /// PARAM-1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<u32>,
    /// PARAM-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_batching_window_in_seconds: Option<u32>,
    /// PARAM-4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_retry_attempts: Option<i32>,
    /// PARAM-5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_record_age_in_seconds: Option<i32>,
    /// PARAM-6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bisect_batch_on_function_error: Option<bool>,
    /// PARAM-9.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_batch_item_failures: Option<bool>,
    /// PARAM-12: an ARN, or `""` (API-21).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
}

impl Patch {
    /// Whether every member has a value that the service takes, whatever it is applied to.
    ///
    /// # Errors
    /// What is wrong, and what is allowed.
    pub fn check(&self) -> Result<(), String> {
        for (name, value) in [
            ("MaximumRetryAttempts", self.maximum_retry_attempts),
            ("MaximumRecordAgeInSeconds", self.maximum_record_age_in_seconds),
        ] {
            if let Some(value) = value.filter(|value| *value < -1) {
                return Err(format!("{name} is {value}: -1 means no limit, and nothing lies below it"));
            }
        }
        match &self.destination {
            Some(arn) if !arn.is_empty() => {
                arn.parse::<Destination>().map(drop).map_err(|error| error.to_string())
            }
            _ => Ok(()),
        }
    }

    /// The settings after the change.
    pub fn apply(&self, settings: &mut Mapping) {
        let limit = |value: i32| u32::try_from(value).ok();
        settings.batch_size = self.batch_size.unwrap_or(settings.batch_size);
        settings.maximum_batching_window_in_seconds =
            self.maximum_batching_window_in_seconds.unwrap_or(settings.maximum_batching_window_in_seconds);
        settings.maximum_retry_attempts =
            self.maximum_retry_attempts.map_or(settings.maximum_retry_attempts, limit);
        settings.maximum_record_age_in_seconds =
            self.maximum_record_age_in_seconds.map_or(settings.maximum_record_age_in_seconds, limit);
        settings.bisect_batch_on_function_error =
            self.bisect_batch_on_function_error.unwrap_or(settings.bisect_batch_on_function_error);
        settings.report_batch_item_failures =
            self.report_batch_item_failures.unwrap_or(settings.report_batch_item_failures);
        if let Some(arn) = &self.destination {
            settings.destination = arn.parse().ok();
        }
    }
}

impl Case {
    /// The record before this one in its shard, if any.
    pub fn predecessor(&self, label: Label) -> Option<Label> {
        let (shard, before) = match label.index() {
            Some(index) => (self.records.get(index)?.shard, index),
            None => (label.sentinel_shard()?, self.records.len()),
        };
        (0..before).rev().find(|&index| self.records[index].shard == shard).map(Label::record)
    }

    /// The shard of a record.
    pub fn shard_of(&self, label: Label) -> Option<u8> {
        match label.index() {
            Some(index) => self.records.get(index).map(|record| record.shard),
            None => label.sentinel_shard().filter(|&shard| self.closing_at.is_some() && shard < self.shards),
        }
    }

    /// The record itself; a sentinel is a small healthy one.
    pub fn record(&self, label: Label) -> Option<Record> {
        match label.index() {
            Some(index) => self.records.get(index).copied(),
            None => {
                let shard = self.shard_of(label)?;
                Some(Record { shard, ..Record::healthy(self.closing_at?) })
            }
        }
    }

    /// Its JSON, on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a case has no map with keys that are not text")
    }
}
