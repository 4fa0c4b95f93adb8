//! The facts about one lane (a shard of a mapping) that every step looks at, and what may and what must be so by
//! a time: intervals of time and changes of the settings are dealt with here.

mod batch;
mod facts;
mod patience;

pub(crate) use facts::{Config, Disabled, MappingFacts, Rec};

use crate::call::CallFacts;
use crate::catalogue::AmbiguityId;
use crate::event::RequestId;
use crate::mapping::StartingPosition;
use crate::rule::RuleSet;
use crate::spec::Reading;
use crate::state::{Done, Part, Pos, State};
use crate::when::{EPOCH_MS, Ms, Span, When};
use std::cell::RefCell;

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
    /// Every call of the trace, and which lane this is.
    pub(crate) calls: &'a [CallFacts],
    pub(crate) mapping: u8,
    pub(crate) shard: u8,
    /// Rules that this run would have broken: what may be to blame.
    pub(crate) refused: &'a RefCell<RuleSet>,
}

impl Lane<'_> {
    pub(crate) fn admits(&self, ambiguity: AmbiguityId, variant: usize) -> bool {
        self.reading.admits(ambiguity, variant)
    }

    /// Whether a variant is admitted; if so the state takes it.
    pub(crate) fn takes(&self, state: &mut State, ambiguity: AmbiguityId, variant: usize) -> bool {
        let admitted = self.admits(ambiguity, variant);
        if admitted {
            state.take(ambiguity, variant);
        }
        admitted
    }

    /// The request ID of an invocation, where it is known.
    pub(crate) fn request_of(&self, id: u32) -> Option<RequestId> {
        self.calls[id as usize].request.map(|(request, _)| request)
    }

    /// The settings that may count at `now` for a batch begun at `began` (AMB-22).
    pub(crate) fn configs(&self, began: Ms, now: When) -> &[Config] {
        let all = &self.facts.configs[..];
        if all.len() == 1 {
            return all;
        }
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
        self.facts.unreachable.iter().any(|w| w.meets(from, now.latest))
    }

    /// Whether the destination may have refused a failure record of that time.
    pub(crate) fn may_be_refused(&self, since: When, at: When) -> bool {
        self.facts.refusing.iter().any(|w| w.meets(since.earliest, at.latest))
    }

    /// Whether the mapping was disabled in this time.
    pub(crate) fn disabled_between(&self, from: Ms, now: When) -> bool {
        let over = |d: &Disabled| d.until.is_some_and(|until| until.ended.latest <= from);
        let latest = now.latest + self.reading.lag_ms();
        self.facts.disabled.iter().any(|d| d.from.began.earliest <= latest && !over(d))
    }

    /// When the record may first be as old as the limit (AMB-10).
    pub(crate) fn ages_at(&self, at: Pos, configs: &[Config]) -> Ms {
        let slack = if self.whole_seconds { 1_000 } else { 0 };
        let limit = configs.iter().filter_map(|c| c.age_ms).min();
        limit.map_or(Ms::MAX, |limit| self.records[usize::from(at)].arrival.earliest + limit - slack)
    }

    /// Whether the record may be as old as the limit by `now`: it may be discarded.
    pub(crate) fn may_be_aged(&self, at: Pos, configs: &[Config], now: When) -> bool {
        now.latest >= self.ages_at(at, configs)
    }

    /// Whether the record may have arrived after the other one.
    pub(crate) fn may_be_younger(&self, at: Pos, other: Pos) -> bool {
        let arrival = |at: Pos| self.records[usize::from(at)].arrival;
        arrival(at).latest > arrival(other).earliest
    }

    /// Whether the record is surely older than the limit and its slack: it must not be delivered (AGE-1).
    pub(crate) fn surely_aged(&self, at: Pos, configs: &[Config], now: When) -> bool {
        let age = now.earliest - self.records[usize::from(at)].arrival.latest;
        configs.iter().all(|c| c.age_ms.is_some_and(|limit| age > limit + self.reading.age_slack_ms))
    }

    /// Whether one of the records `lo..hi`, or the one before them, may have grown too old: fresh records are not to
    /// leave with it (AGE-4).
    pub(crate) fn some_aged(
        &self,
        before: Option<Done>,
        lo: Pos,
        hi: Pos,
        configs: &[Config],
        now: When,
    ) -> bool {
        before == Some(Done::Aged) || (lo..hi).any(|at| self.may_be_aged(at, configs, now))
    }

    /// Whether the stream may have dropped the record by `now`.
    pub(crate) fn may_be_gone(&self, at: Pos, now: When) -> bool {
        now.latest - self.records[usize::from(at)].arrival.earliest >= self.retention_ms
    }

    /// Whether the record may have arrived at this time, as a document states it (REC-11, DDB-2).
    pub(crate) fn may_arrive(&self, at: Pos, ms: Ms) -> bool {
        let arrival = self.records[usize::from(at)].arrival;
        let slack = if self.whole_seconds { 999 } else { 0 };
        (arrival.earliest - slack..=arrival.latest).contains(&ms)
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
        self.facts.changes.iter().any(|c| c.meets(from, now.latest))
    }

    /// Whether a record that is too large has a quota that it must use up.
    pub(crate) fn must_give_up(&self, state: &State, at: When) -> bool {
        self.configs(self.may_begin(state, state.front + 1, at), at).iter().all(|c| c.retries.is_some())
    }

    /// Whether LATEST may have missed everything, so that nothing can be said.
    pub(crate) fn says_nothing(&self, state: &State) -> bool {
        let every = (0..self.records.len() as u16).all(|at| self.may_precede_start(at, true));
        !state.started && every && !self.records.is_empty() && self.reading.update_settle_ms > 0
    }
}
