//! The event source mappings of an endpoint: what the control plane knows of each, and the state that it shows.
//!
//! Not the JSON: see `mapping_api`. Not what a mapping does: see [`crate::driver`].

use super::{DELETING_MS, MAX_MAPPINGS};
use crate::driver::Handle;
use crate::http::ApiError;
use esm_model::control::{Configuration, Existing, Identity, NO_RECORDS_PROCESSED, State, echo};
use esm_model::event::{MappingState, ProcessingResult};
use esm_model::mapping::{Mapping, SourceKind, Timestamp};
use esm_model::when::EPOCH_MS;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What requests have made of a mapping.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Its UUID.
    pub uuid: String,
    /// Its stream.
    pub event_source_arn: String,
    /// The kind of its stream.
    pub kind: SourceKind,
    /// Its function, with the qualifier that was given.
    pub function_arn: String,
    /// Its settings, as the last request left them.
    pub settings: Mapping,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was changed, milliseconds since 1970.
    pub modified_ms: i64,
}

/// A mapping.
pub struct Entry {
    /// What requests have made of it.
    pub mapping: Description,
    /// What the last request announced; shown until it has taken effect.
    pub announced: State,
    /// When it vanishes, if it was deleted.
    pub gone_ms: Option<i64>,
    /// What it runs by.
    pub handle: Handle,
}

impl Entry {
    /// The configuration as answers show it.
    pub fn configuration(&self, now_ms: i64) -> Configuration {
        let (state, result) = self.handle.machine().borrow().status(now_ms - EPOCH_MS);
        let state = match state {
            _ if self.gone_ms.is_some() => State::Deleting,
            _ if self.handle.is_changing() => self.announced.clone(),
            state => word(state),
        };
        let identity = Identity {
            uuid: &self.mapping.uuid,
            event_source_arn: &self.mapping.event_source_arn,
            function_arn: &self.mapping.function_arn,
        };
        let modified = Timestamp { ms: self.mapping.modified_ms };
        echo(&self.mapping.settings, &identity, state, result_text(result), modified)
    }
}

/// Every mapping, in the order of creation.
#[derive(Default)]
pub struct Mappings {
    entries: Vec<Entry>,
}

impl Mappings {
    /// Forgets those whose deletion is over.
    pub fn sweep(&mut self, now_ms: i64) {
        self.entries.retain(|entry| entry.gone_ms.is_none_or(|gone| now_ms < gone));
    }

    /// Adds a mapping.
    ///
    /// # Errors
    /// There are too many.
    pub fn add(&mut self, entry: Entry) -> Result<(), ApiError> {
        if self.entries.len() >= MAX_MAPPINGS {
            let message = format!("this endpoint holds at most {MAX_MAPPINGS} mappings");
            return Err(ApiError::new(429, "TooManyRequestsException", message));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The mapping with that UUID.
    pub fn get_mut(&mut self, uuid: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.mapping.uuid == uuid)
    }

    /// All mappings.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The mappings as the control plane's rules want to know them.
    pub fn existing(&self) -> Vec<Existing> {
        let existing = |entry: &Entry| Existing {
            uuid: entry.mapping.uuid.clone(),
            event_source_arn: entry.mapping.event_source_arn.clone(),
            function_arn: entry.mapping.function_arn.clone(),
        };
        self.entries.iter().filter(|entry| entry.gone_ms.is_none()).map(existing).collect()
    }

    /// When a mapping deleted now vanishes.
    pub fn gone_at(now_ms: i64, change_delay_ms: u64) -> i64 {
        now_ms + DELETING_MS + change_delay_ms as i64
    }
}

fn word(state: MappingState) -> State {
    match state {
        MappingState::Creating => State::Creating,
        MappingState::Enabling => State::Enabling,
        MappingState::Enabled => State::Enabled,
        MappingState::Disabling => State::Disabling,
        MappingState::Disabled => State::Disabled,
        MappingState::Updating => State::Updating,
        MappingState::Deleting => State::Deleting,
        // What the planted bug says (STATE-1).
        MappingState::Unknown => State::Other("Active".to_owned()),
    }
}

fn result_text(result: ProcessingResult) -> &'static str {
    match result {
        ProcessingResult::None => NO_RECORDS_PROCESSED,
        ProcessingResult::Ok => "OK",
        ProcessingResult::CallFailed => "PROBLEM: Function call failed",
        ProcessingResult::Unknown => "unknown",
    }
}
