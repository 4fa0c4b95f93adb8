//! A history: a case whose function is somebody's own, what its records hold, and what goes wrong beside the function.
//!
//! A value that shrinks. Which histories are tried is in [`crate::plans`].

use esm_model::case::Case;
use esm_model::mapping::Mapping;
use esm_model::reference::Policy;

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Whether the function is meant to refuse it.
    pub bad: bool,
    /// Which sample it is made of.
    pub sample: u32,
    /// Its partition key, counted from 0 in its shard.
    pub key: u8,
}

/// One course of events to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// What it is about, in a few words.
    pub name: String,
    /// Records and the mapping's settings; the function is foreign.
    pub case: Case,
    /// What the records hold, one for each record of the case.
    pub marks: Vec<Mark>,
    /// How the mapping decides what the sources leave open.
    pub policy: Policy,
    /// Calls, counted from 0, after whose end the environment is lost: Lambda never sees the answer.
    pub lost: Vec<u32>,
    /// Whether these are the user's own settings, as far as the function can tell them: else it is only advice.
    pub own: bool,
}

impl History {
    /// The settings.
    pub fn mapping(&self) -> &Mapping {
        &self.case.mappings[0].settings
    }

    /// Whether the mapping reads the function's response.
    pub fn reports(&self) -> bool {
        self.mapping().report_batch_item_failures
    }

    /// The settings that matter here, in words.
    pub fn setting(&self) -> String {
        let mapping = self.mapping();
        let limit = |value: Option<u32>| value.map_or("-1".to_owned(), |n| n.to_string());
        format!(
            "BatchSize {}, MaximumRetryAttempts {}, MaximumRecordAgeInSeconds {}, BisectBatchOnFunctionError {}, \
             FunctionResponseTypes {}",
            mapping.batch_size,
            limit(mapping.maximum_retry_attempts),
            limit(mapping.maximum_record_age_in_seconds),
            mapping.bisect_batch_on_function_error,
            if mapping.report_batch_item_failures { "ReportBatchItemFailures" } else { "none" }
        )
    }
}
