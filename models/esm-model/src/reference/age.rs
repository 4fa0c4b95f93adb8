//! Records that grow too old for the mapping, or for the stream itself.

use crate::event::{Condition, RequestId};
use crate::reference::discard::Lost;
use crate::reference::exchange::Output;
use crate::reference::machine::Machine;
use crate::reference::mutant::Fault;
use crate::reference::policy::{
    AgeAttempts, AgeBoundary, AgeCount, CountScope, Expired, PartlyExpired, RetentionRecord,
};
use crate::when::Ms;

impl Machine {
    /// The age limit of the batch in hand, in milliseconds.
    fn age_limit(&self, shard: usize) -> Option<Ms> {
        if self.is(Fault::AgeIgnored) {
            return None;
        }
        match self.settings(shard).maximum_record_age_in_seconds {
            Some(seconds) if self.is(Fault::AgeEarly) => Some(Ms::from(seconds) * 800),
            Some(seconds) => Some(Ms::from(seconds) * 1_000),
            None => self.is(Fault::AgeUnlimitedIsZero).then_some(0),
        }
    }

    fn too_old(&self, shard: usize, arrival: Ms, now: Ms) -> bool {
        self.age_limit(shard).is_some_and(|limit| match self.policy.age_boundary {
            AgeBoundary::Greater => now - arrival > limit,
            AgeBoundary::GreaterOrEqual => now - arrival >= limit,
        })
    }

    /// The moment from which the age of a record counts: its arrival, but for a fault.
    fn age_from(&self, shard: usize, index: usize) -> Ms {
        let state = &self.shards[shard];
        if self.is(Fault::AgeFromFirstTry) {
            return state.begun.max(state.hand[index].arrival);
        }
        state.hand[index].arrival
    }

    /// Records lost in the stream while they were held and not yet tried (RETRY-11).
    pub(super) fn forget_expired(&mut self, now: Ms, shard: usize, out: &mut Vec<Output>) {
        let retention = self.retention_ms;
        let lost = self.shards[shard].hand.iter().take_while(|r| now - r.arrival > retention).count();
        if lost > 0 {
            self.gone(shard, 0, lost, 0, None, out);
            self.shards[shard].hand.drain(..lost);
        }
    }

    /// A failure record for records that the source no longer holds, where the policy writes one (AMB-27).
    fn gone(
        &mut self,
        shard: usize,
        lo: usize,
        hi: usize,
        count: u32,
        request: Option<RequestId>,
        out: &mut Vec<Output>,
    ) {
        if self.policy.retention == RetentionRecord::Written {
            self.discard(
                shard,
                Lost {
                    lo,
                    hi,
                    condition: Condition::RecordAgeExceeded,
                    count: count.max(1),
                    request,
                    ..Lost::default()
                },
                out,
            );
        }
    }

    /// Drops what is too old from the part that comes next; parts that end up empty are gone.
    pub(super) fn expire(&mut self, now: Ms, shard: usize, out: &mut Vec<Output>) {
        while let Some(part) = self.shards[shard].parts.last().copied() {
            let hand = &self.shards[shard].hand;
            let gone =
                hand[part.lo..part.hi].iter().take_while(|r| now - r.arrival > self.retention_ms).count();
            let old =
                (part.lo..part.hi).take_while(|&i| self.too_old(shard, self.age_from(shard, i), now)).count();
            let tried = part.attempts > 0;
            if part.ghost || (gone == 0 && old == 0) || (self.is(Fault::AgeOnlyBeforeFirstTry) && tried) {
                return;
            }
            let whole = (tried && self.policy.partly_expired == PartlyExpired::WholeBatch)
                || self.is(Fault::AgeDropsNeighbours);
            // Where both limits are met the mapping's own limit decides, for it comes with a failure record.
            let dropped = match (old, whole) {
                (0, _) => gone,
                (_, true) => part.len(),
                (old, false) => old,
            };
            let hi = part.lo + dropped;
            if old == 0 {
                self.gone(shard, part.lo, hi, part.attempts, part.request, out);
            } else {
                self.grown_too_old(shard, part.lo, hi, out);
            }
            let reset = self.policy.age_attempts == AgeAttempts::Reset;
            let state = &mut self.shards[shard];
            let top = state.parts.len() - 1;
            state.parts[top].lo = hi;
            if hi < part.hi {
                if reset {
                    state.parts[top].before += state.parts[top].attempts;
                    state.parts[top].attempts = 0;
                }
                return;
            }
            state.parts.pop();
        }
    }

    fn grown_too_old(&mut self, shard: usize, lo: usize, hi: usize, out: &mut Vec<Output>) {
        let part = self.shards[shard].parts[self.shards[shard].parts.len() - 1];
        let quota = self.settings(shard).maximum_retry_attempts;
        if self.is(Fault::TwoReasonsLoseRecord) && quota.is_some() && part.attempts > 0 {
            return;
        }
        let counted = match self.policy.count_scope {
            CountScope::SinceSplit => part.attempts,
            CountScope::WithAncestors => part.attempts + part.before,
        };
        let count = match self.policy.age_count {
            _ if self.is(Fault::AgeCountFromZero) => counted.saturating_sub(1),
            AgeCount::Attempts => counted.max(1),
            AgeCount::AttemptsPlusOne => counted + 1,
        };
        let lost =
            Lost { condition: Condition::RecordAgeExceeded, count, request: part.request, ..Lost::default() };
        match self.policy.expired {
            Expired::Run => self.discard(shard, Lost { lo, hi, ..lost }, out),
            Expired::Each => {
                for index in lo..hi {
                    self.discard(shard, Lost { lo: index, hi: index + 1, ..lost }, out);
                }
            }
        }
    }
}
