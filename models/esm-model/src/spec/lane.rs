//! The facts about one lane (a shard of a mapping) that every step looks at: records, settings over time, windows.

use crate::call::CallFacts;
use crate::catalogue::AmbiguityId;
use crate::label::Label;
use crate::mapping::{Mapping, StartingPosition};
use crate::rule::{RuleId, RuleSet};
use crate::spec::reading::Reading;
use crate::spec::state::{Part, Pos, State};
use crate::when::{EPOCH_MS, Ms, Span, When};
use smallvec::SmallVec;
use std::cell::Cell;

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

/// What one step needs to know.
pub(crate) struct Lane<'a> {
    pub(crate) reading: &'a Reading,
    pub(crate) facts: &'a MappingFacts,
    pub(crate) records: &'a [Rec],
    pub(crate) retention_ms: Ms,
    /// Whether arrivals are known to the second only (AMB-10, DDB-2).
    pub(crate) whole_seconds: bool,
    pub(crate) several_shards: bool,
    /// Another shard of the mapping failed; there is another mapping.
    pub(crate) others: (bool, bool),
    /// All calls of the trace, and which lane this is.
    pub(crate) calls: &'a [CallFacts],
    pub(crate) mapping: u8,
    pub(crate) shard: u8,
    /// Rules that this run would have broken: what may be to blame.
    pub(crate) refused: &'a Cell<RuleSet>,
}

impl Lane<'_> {
    /// Whether a branch that breaks `rule` is followed; if so the state is marked.
    pub(crate) fn forgives(&self, state: &mut State, rule: RuleId) -> bool {
        self.tries(rule);
        if !self.reading.waives(rule) {
            return false;
        }
        state.forgive(rule);
        true
    }

    /// The state in which a branch that breaks `rule` is followed, if it is.
    pub(crate) fn forgiven(&self, state: &State, rule: RuleId) -> Option<State> {
        self.tries(rule);
        if !self.reading.waives(rule) {
            return None;
        }
        let mut next = state.clone();
        next.forgive(rule);
        Some(next)
    }

    /// Notes that the rule was in reach: an implementation could have broken it here.
    pub(crate) fn tries(&self, rule: RuleId) {
        let mut refused = self.refused.get();
        refused.insert(rule);
        self.refused.set(refused);
    }

    /// Notes that each rule was in reach, where its condition holds.
    pub(crate) fn reach(&self, rules: &[(RuleId, bool)]) {
        rules.iter().filter(|(_, within)| *within).for_each(|(rule, _)| self.tries(*rule));
    }

    pub(crate) fn admits(&self, ambiguity: AmbiguityId, variant: usize) -> bool {
        self.reading.admits(ambiguity, variant)
    }

    /// The settings that may count at `now` for a batch begun at `began` (AMB-22).
    pub(crate) fn configs(&self, began: Ms, now: When) -> &[Config] {
        let all = &self.facts.configs;
        let (settle, lag) = (self.reading.update_settle_ms, self.reading.lag_ms());
        let oldest = all[1..].iter().take_while(|c| c.since.ended.latest + settle < began).count();
        let newest = all[1..].iter().take_while(|c| c.since.began.earliest <= now.latest + lag).count();
        &all[oldest.min(newest)..=newest]
    }

    /// The settings that may count for a part.
    pub(crate) fn configs_of(&self, part: &Part, now: When) -> &[Config] {
        self.configs(part.began, now)
    }

    /// The earliest time at which a batch that ends before `hi` may have been formed. Calls that do not reach the
    /// function are not seen, so that may be long before its first invocation.
    pub(crate) fn may_begin(&self, state: &State, hi: Pos, now: When) -> Ms {
        let last = &self.records[usize::from(hi) - 1];
        state.free_since.earliest.max(last.put.began.earliest).min(now.earliest)
    }

    /// Whether calls may have failed to reach the function in this time, or the mapping was off.
    pub(crate) fn unreachable_between(&self, from: Ms, now: When) -> bool {
        self.facts.unreachable.iter().any(|w| w.began.earliest <= now.latest && w.ended.latest >= from)
    }

    /// Whether the mapping was disabled in this time.
    pub(crate) fn disabled_between(&self, from: Ms, now: When) -> bool {
        let over = |d: &Disabled| d.until.is_some_and(|until| until.ended.latest <= from);
        let latest = now.latest + self.reading.lag_ms();
        self.facts.disabled.iter().any(|d| d.from.began.earliest <= latest && !over(d))
    }

    /// The time since which the lane could have gone on, given that it could at `since`.
    pub(crate) fn free_at(&self, since: Ms, now: When) -> Ms {
        let windows = self.facts.unreachable.iter().map(|w| (w.began, w.ended.latest));
        let disabled =
            self.facts.disabled.iter().map(|d| (d.from.began, d.until.map_or(Ms::MAX, |u| u.ended.latest)));
        let settle = self.reading.update_settle_ms;
        let changes = self.facts.changes.iter().map(|c| (c.began, c.ended.latest + settle));
        windows
            .chain(disabled)
            .chain(changes)
            .filter(|(from, until)| from.earliest < now.latest && *until > since)
            .fold(since, |free, (_, until)| free.max(until))
    }

    /// Whether the record may be as old as the limit by `now`: it may be discarded (AMB-10).
    pub(crate) fn may_be_aged(&self, at: Pos, configs: &[Config], now: When) -> bool {
        let slack = if self.whole_seconds { 1_000 } else { 0 };
        let age = now.latest - self.records[usize::from(at)].arrival.earliest + slack;
        configs.iter().any(|c| c.age_ms.is_some_and(|limit| age >= limit))
    }

    /// Whether the record is surely older than the limit and its slack: it must not be delivered (AGE-1).
    pub(crate) fn surely_aged(&self, at: Pos, configs: &[Config], now: When) -> bool {
        let age = now.earliest - self.records[usize::from(at)].arrival.latest;
        configs.iter().all(|c| c.age_ms.is_some_and(|limit| age > limit + self.reading.age_slack_ms))
    }

    /// Whether the stream may have dropped the record by `now`.
    pub(crate) fn may_be_gone(&self, at: Pos, now: When) -> bool {
        now.latest - self.records[usize::from(at)].arrival.earliest >= self.retention_ms
    }

    /// Whether one record alone may be too large for an event (BATCH-9).
    pub(crate) fn oversized(&self, at: Pos) -> bool {
        self.records[usize::from(at)].payload > crate::case::PAYLOAD_LIMIT
    }

    /// Whether reading may have begun, or gone on after a change, behind the record. `first`: nothing before it was
    /// taken, so that it may lie before the starting position (STATE-8, STATE-9, AMB-29).
    pub(crate) fn may_precede_start(&self, at: Pos, first: bool) -> bool {
        let record = &self.records[usize::from(at)];
        let settle = self.reading.update_settle_ms;
        let put = record.put.began.earliest;
        match self.facts.starting {
            StartingPosition::TrimHorizon => false,
            StartingPosition::AtTimestamp(ms) => first && record.arrival.earliest < ms - EPOCH_MS,
            StartingPosition::Latest => {
                let within = |c: &Span| (c.began.earliest..=c.ended.latest + settle).contains(&put);
                (first && put <= self.facts.configs[0].since.ended.latest + settle)
                    || (settle > 0 && self.facts.changes.iter().any(within))
            }
        }
    }

    /// Whether the record surely lies before the starting position (STATE-8, STATE-9).
    pub(crate) fn surely_precedes_start(&self, at: Pos) -> bool {
        let record = &self.records[usize::from(at)];
        match self.facts.starting {
            StartingPosition::TrimHorizon => false,
            StartingPosition::Latest => record.put.ended.surely_before(self.facts.configs[0].since.began),
            StartingPosition::AtTimestamp(ms) => record.arrival.latest < ms - EPOCH_MS,
        }
    }

    /// Whether a change of the mapping lies between two times (STATE-6).
    pub(crate) fn changed_between(&self, from: Ms, now: When) -> bool {
        self.facts.changes.iter().any(|c| c.ended.latest >= from && c.began.earliest <= now.latest)
    }
}
