//! When something has waited too long: by one bound in virtual time, by what went on meanwhile where time passes by
//! itself (ORDER-2, RETRY-2, DISCARD-2).

use crate::answer::Answer;
use crate::lane::Lane;
use crate::state::State;
use crate::when::{Ms, When};

impl Lane<'_> {
    /// Whether the shard surely was passed over by `now`, though it could have gone on at `due` and `grace` later.
    pub(crate) fn stalled(&self, due: Ms, grace: Ms, now: When) -> bool {
        let Some(wall) = self.reading.wall else {
            return self.idle_for(due, now) > self.reading.progress_bound_ms + grace;
        };
        let from = self.free_at(due, now).saturating_add(grace);
        let shards = self.calls.iter().filter(|call| call.mapping == self.mapping).map(|call| call.shard);
        shards.max().into_iter().flat_map(|last| 0..=last).filter(|shard| *shard != self.shard).any(|shard| {
            let meanwhile = self.calls.iter().filter(|call| {
                let at = call.at;
                (call.mapping, call.shard) == (self.mapping, shard)
                    && at.earliest > from
                    && at.latest < now.earliest
            });
            let count = meanwhile.clone().count();
            let first = meanwhile.clone().map(|call| call.at.latest).min();
            let last = meanwhile.map(|call| call.at.earliest).max();
            let over = first.zip(last).map_or(0, |(first, last)| last - first);
            count >= wall.stall_invocations as usize && over >= wall.stall_ms
        })
    }

    /// Whether a failure record that was due `since` has surely not come in time by `at`. In virtual time the end is
    /// `quiet` when nothing is pending.
    pub(crate) fn is_missing(&self, since: When, at: When, quiet: bool) -> bool {
        match self.reading.wall {
            Some(wall) => at.earliest - since.latest > wall.settle_ms,
            None => quiet || at.latest - since.latest > self.reading.progress_bound_ms,
        }
    }

    /// Whether the end leaves something undone for so long that it is no pass, though it proves no stall.
    pub(crate) fn is_doubtful(&self, state: &State, at: When) -> bool {
        let Some(wall) = self.reading.wall else { return false };
        let (free, window) = self.could_go_on(state, at);
        self.idle_for(free, at) > wall.settle_ms + window
    }

    /// When an answer may have counted: a time-out does from the moment at which it may have come.
    pub(crate) fn since_timed_out(&self, id: u32, answer: &Answer, now: When) -> When {
        let from = self.calls.get(id as usize).and_then(|call| call.times_out_from);
        let from = from.filter(|_| *answer == Answer::TimedOut);
        When { earliest: from.map_or(now.earliest, |from| now.earliest.min(from)), latest: now.latest }
    }

    /// All states in which the invocation under way has timed out by `now`, if it does: the implementation counts the
    /// time by itself, and may be ahead of the answer that is seen.
    pub(crate) fn timed_out(&self, state: &State, now: When) -> Vec<State> {
        let mut out = Vec::new();
        let flight =
            state.flight.and_then(|(id, _)| Some((id, self.calls.get(id as usize)?.times_out_from?)));
        if let Some((id, from)) = flight.filter(|(_, from)| *from <= now.latest) {
            let now = When { earliest: now.earliest.max(from), latest: now.latest };
            self.answered(state, id, now, &Answer::TimedOut, &mut out);
        }
        out
    }
}
