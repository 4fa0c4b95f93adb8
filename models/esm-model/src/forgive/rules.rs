//! Which rule stands in the way: the one that says most closely why a branch is forbidden.

use crate::catalogue::*;
use crate::event::Condition;
use crate::lane::{Config, Lane};
use crate::mapping::StartingPosition;
use crate::rule::RuleId;
use crate::spec::{Call, Facts};
use crate::state::{Done, Fail, Origin, Part, State};
use crate::when::When;
use smallvec::SmallVec;

impl Lane<'_> {
    /// A part is tried that is to be split first.
    pub(crate) fn unsplit_rule(&self, part: &Part, call: &Call) -> RuleId {
        match part.failed {
            Some(Fail::NoProgress) => BISECT_12,
            Some(Fail::Malformed) => PBR_5,
            Some(Fail::Raised) if self.configs_of(part, call.at).iter().all(|c| c.reports) => BISECT_10,
            _ => BISECT_1,
        }
    }

    /// A part is tried without its last records.
    pub(super) fn shrunk_rule(&self, part: &Part, call: &Call) -> RuleId {
        let bisect = self.configs_of(part, call.at).iter().any(|c| c.bisect);
        match part.origin {
            _ if bisect && self.unreachable_between(part.due, call.at) => BISECT_14,
            Origin::Remainder if part.attempts == 0 => PBR_4,
            _ => RETRY_4,
        }
    }

    /// A part is not tried any more.
    pub(super) fn abandoned_rule(&self, part: &Part, now: When) -> RuleId {
        match (part.origin, part.failed) {
            (Origin::Half, None) => BISECT_1,
            (Origin::Remainder, None) => PBR_4,
            _ if self.unreachable_between(part.due, now) => RETRY_1,
            _ => RETRY_2,
        }
    }

    /// The rule for records that were never delivered, if calls for them may have failed to reach the function.
    pub(super) fn unreached_rule(&self, state: &State, now: When) -> Option<RuleId> {
        let began = self.may_begin(state, state.front + 1, now);
        self.unreachable_between(began, now).then_some(RETRY_1)
    }

    /// Records before a new batch were left out.
    pub(super) fn skipped_rules(&self, state: &State, call: &Call) -> SmallVec<[RuleId; 4]> {
        let configs = self.configs(self.may_begin(state, call.lo, call.at), call.at);
        let last = state.done.last().copied();
        let age = match configs.iter().any(|c| c.age_ms.is_some()) {
            true if self.some_aged(last, state.front, call.lo, configs, call.at) => Some(AGE_4),
            true => Some(AGE_7),
            false => None,
        };
        let specific = match () {
            () if self.others.1 => Some(ORDER_6),
            () if self.changed_between(state.free_since.earliest, call.at) => Some(STATE_6),
            () if !state.started && self.facts.starting == StartingPosition::TrimHorizon => Some(STATE_7),
            () => None,
        };
        let unreached = self.unreached_rule(state, call.at);
        age.into_iter().chain(unreached).chain(specific).chain([ORDER_8]).collect()
    }

    /// A record is delivered although it was resolved.
    pub(super) fn again_rule(&self, state: &State, how: Done, call: &Call) -> RuleId {
        match how {
            Done::NotStarted if matches!(self.facts.starting, StartingPosition::Latest) => STATE_8,
            Done::NotStarted => STATE_9,
            _ if self.changed_between(state.completed.earliest, call.at) => STATE_6,
            Done::Half => BISECT_7,
            Done::Checkpoint => PBR_4,
            Done::Unread => PBR_1,
            Done::Shaped => PBR_2,
            Done::Exhausted => RETRY_3,
            Done::Aged => AGE_1,
            Done::Expired => RETRY_11,
            Done::Success | Done::Skipped => RETRY_2,
        }
    }

    /// A shard is due and not served.
    pub(crate) fn stalled_rule(&self, state: &State) -> RuleId {
        let free = state.free_since;
        let last = state.done.iter().rev().copied().find(|done| *done != Done::Skipped);
        match last {
            _ if self.facts.refusing.iter().any(|w| w.meets(free.earliest, free.latest)) => DISCARD_7,
            Some(Done::Exhausted | Done::Aged) => DISCARD_1,
            _ if self.others.0 => ORDER_2,
            _ if self.others.1 => ORDER_6,
            _ => ORDER_8,
        }
    }

    /// A part is given up by quota, too early.
    pub(super) fn early_rule(&self, part: &Part, config: &Config, now: When) -> RuleId {
        let due_for_split = config.bisect && part.len() > 1;
        match (config.retries, part.origin) {
            (_, _) if due_for_split => BISECT_2,
            _ if self.unreachable_between(part.began, now) => RETRY_1,
            (None, _) => RETRY_11,
            (_, Origin::Half) => BISECT_3,
            (_, Origin::Remainder) => RETRY_8,
            (_, Origin::Fresh) => RETRY_2,
        }
    }

    /// A failure record says that records were discarded which were not to be discarded yet.
    pub(super) fn too_early_rule(&self, state: &State, part: &Part, doc: &Facts) -> RuleId {
        let configs = self.configs_of(part, doc.at);
        if doc.said.condition != Some(Condition::RecordAgeExceeded) {
            return self.early_rule(part, &configs[0], doc.at);
        }
        if configs.iter().all(|c| c.age_ms.is_none()) {
            return AGE_10;
        }
        let before = state.done_before(doc.lo);
        if self.some_aged(before, doc.lo, doc.hi, configs, doc.at) { AGE_4 } else { AGE_7 }
    }
}
