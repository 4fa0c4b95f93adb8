//! What a trace says about one lane and its mapping: records, settings over time, windows.

use crate::label::Label;
use crate::mapping::{Mapping, StartingPosition};
use crate::when::{Ms, Span, When};
use smallvec::SmallVec;

/// A record of the lane's shard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rec {
    pub(crate) label: Label,
    pub(crate) arrival: When,
    pub(crate) put: Span,
    /// Bytes that it surely takes in an event.
    pub(crate) payload: u64,
}

/// The settings that count here, and when they came into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) batch_size: u16,
    pub(crate) window_ms: Ms,
    pub(crate) retries: Option<u32>,
    pub(crate) age_ms: Option<Ms>,
    pub(crate) bisect: bool,
    pub(crate) reports: bool,
    pub(crate) destination: Option<u8>,
    pub(crate) since: Span,
}

impl Config {
    pub(crate) fn of(mapping: &Mapping, destination: Option<u8>, since: Span) -> Config {
        Config {
            batch_size: u16::try_from(mapping.batch_size).unwrap_or(u16::MAX),
            window_ms: Ms::from(mapping.maximum_batching_window_in_seconds) * 1_000,
            retries: mapping.maximum_retry_attempts,
            age_ms: mapping.maximum_record_age_in_seconds.map(|seconds| Ms::from(seconds) * 1_000),
            bisect: mapping.bisect_batch_on_function_error,
            reports: mapping.report_batch_item_failures,
            destination,
            since,
        }
    }
}

/// What happens to a mapping besides its records, the same for all its lanes.
#[derive(Debug, Clone)]
pub(crate) struct MappingFacts {
    /// Versions of the settings, oldest first; empty if the mapping was never created.
    pub(crate) configs: SmallVec<[Config; 2]>,
    pub(crate) starting: StartingPosition,
    pub(crate) enabled_at_first: bool,
    /// Throttle and service-error windows.
    pub(crate) unreachable: SmallVec<[Span; 2]>,
    /// Windows in which the destination refuses writes.
    pub(crate) refusing: SmallVec<[Span; 1]>,
    /// Disabled from (the change), first seen Disabled, until (the change back).
    pub(crate) disabled: SmallVec<[Disabled; 1]>,
    /// Every update, enable and disable.
    pub(crate) changes: SmallVec<[Span; 2]>,
    /// Steps after which the mapping is enabled or not.
    pub(crate) enabled: SmallVec<[(u16, bool); 2]>,
}

impl MappingFacts {
    /// Nothing has happened yet to a mapping with these settings.
    pub(crate) fn of(settings: &Mapping) -> MappingFacts {
        MappingFacts {
            configs: SmallVec::new(),
            starting: settings.starting_position,
            enabled_at_first: settings.enabled,
            unreachable: SmallVec::new(),
            refusing: SmallVec::new(),
            disabled: SmallVec::new(),
            changes: SmallVec::new(),
            enabled: SmallVec::new(),
        }
    }

    /// Whether the mapping is meant to be enabled after a step of the timeline.
    pub(crate) fn enabled_after(&self, step: u16) -> bool {
        self.enabled
            .iter()
            .rev()
            .find(|(known, _)| *known <= step)
            .map_or(self.enabled_at_first, |(_, enabled)| *enabled)
    }

    /// Whether ReportBatchItemFailures was on at some moment around `at`.
    pub(crate) fn reports_at(&self, at: When) -> bool {
        let since = self.configs.iter().rposition(|c| c.since.ended.latest <= at.earliest).unwrap_or(0);
        self.configs[since.saturating_sub(1)..].iter().any(|c| c.reports)
    }
}

/// A time in which the mapping is disabled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disabled {
    pub(crate) from: Span,
    pub(crate) seen: Option<When>,
    pub(crate) until: Option<Span>,
}
