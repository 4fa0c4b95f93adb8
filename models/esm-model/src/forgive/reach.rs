//! Which rules an event brought into reach: an implementation could have broken them here. What no case brings into
//! reach is told as not exercised, and what a trace never brought into reach is never to blame.

use crate::catalogue::*;
use crate::lane::{Config, Lane};
use crate::mapping::StartingPosition;
use crate::rule::RuleId;
use crate::spec::{Call, Facts};
use crate::state::{Done, Origin, Owed, Part, State, Why};

impl Lane<'_> {
    /// Notes that the rule was in reach.
    pub(crate) fn tries(&self, rule: RuleId) {
        self.refused.borrow_mut().insert(rule);
    }

    /// Notes that each rule was in reach, where its condition holds.
    #[inline]
    pub(crate) fn reach<const N: usize>(&self, rules: [(RuleId, bool); N]) {
        let mut refused = self.refused.borrow_mut();
        rules.into_iter().for_each(|(rule, within)| refused.insert_if(rule, within));
    }

    /// By any call.
    pub(crate) fn reach_call(&self, state: &State) {
        self.reach([
            (STATE_5, !self.facts.disabled.is_empty()),
            (BATCH_2, self.several_shards),
            (ORDER_1, state.started),
        ]);
    }

    /// By a call that begins where the next part begins.
    pub(crate) fn reach_part(&self, state: &State, part: &Part, call: &Call) {
        let unreachable = self.unreachable_between(part.due, call.at);
        let bisect = self.configs_of(part, call.at).iter().any(|c| c.bisect);
        let more = usize::from(state.front) < self.records.len();
        self.reach([
            (RETRY_2, part.attempts > 0),
            (RETRY_10, part.attempts > 0),
            (RETRY_4, part.attempts > 0 && more),
            (RETRY_1, unreachable),
            (BISECT_14, unreachable && bisect && part.len() > 1),
            (ORDER_2, more),
            (BISECT_1, part.origin == Origin::Half),
            (BISECT_4, part.origin == Origin::Half && state.parts.len() > 1),
        ]);
    }

    /// By a new batch.
    pub(crate) fn reach_fresh(&self, state: &State, call: &Call) {
        let latest = self.facts.starting == StartingPosition::Latest;
        let at_time = matches!(self.facts.starting, StartingPosition::AtTimestamp(_));
        let last = state.done.last().copied();
        let discarded = matches!(last, Some(Done::Exhausted | Done::Aged));
        self.reach([
            (ORDER_8, true),
            (ORDER_6, self.others.1),
            (ORDER_2, self.others.0),
            (STATE_6, self.changed_between(state.free_since.earliest, call.at)),
            (STATE_7, !state.started && !latest && !at_time),
            (STATE_8, !state.started && latest),
            (STATE_9, !state.started && at_time),
            (DISCARD_1, discarded),
            (DISCARD_7, discarded && !self.facts.refusing.is_empty()),
        ]);
        if let Some(how) = last {
            self.tries(self.again_rule(state, how, call));
        }
    }

    /// By the size of a new batch, and the age of its records.
    pub(crate) fn reach_size(&self, call: &Call, full: bool, configs: &[Config]) {
        self.reach([
            (BATCH_1, full && usize::from(call.hi) < self.records.len()),
            (BATCH_3, !full),
            (AGE_7, configs.iter().any(|c| c.age_ms.is_some())),
            (AGE_10, configs.iter().any(|c| c.age_ms.is_none())),
        ]);
    }

    /// By the delivery of a part.
    pub(crate) fn reach_flight(&self, part: &Part, configs: &[Config]) {
        self.reach([
            (AGE_1, configs.iter().any(|c| c.age_ms.is_some())),
            (RETRY_5, part.attempts > 0),
            (BISECT_6, part.origin == Origin::Half),
            (BISECT_9, part.origin == Origin::Half),
        ]);
    }

    /// By a failure record for what was owed; `count` and `response` are the rules on what it says of them.
    pub(crate) fn reach_document(
        &self,
        state: &State,
        first: &Owed,
        doc: &Facts,
        count: RuleId,
        response: RuleId,
    ) {
        let aged = first.why == Why::Aged;
        self.reach([
            (DISCARD_3, true),
            (REC_7, true),
            (REC_11, true),
            (REC_2, doc.said.request.is_some()),
            (REC_1, !aged),
            (AGE_2, aged),
            (AGE_8, aged),
            (BISECT_8, first.half),
            (PBR_7, state.done_before(doc.lo) == Some(Done::Checkpoint)),
            (count, doc.said.count.is_some()),
            (response, doc.said.response.is_some()),
        ]);
    }
}
