//! Since when something was due, and when it has waited too long: by one bound in virtual time, by what went on
//! meanwhile where time passes by itself (ORDER-2, RETRY-2, DISCARD-2).

use crate::lane::{Disabled, Lane};
use crate::state::State;
use crate::when::{Ms, When};

impl Lane<'_> {
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
            .filter(|(from, _)| from.earliest < now.latest)
            .fold(since, |free, (_, until)| free.max(until))
    }

    /// How long it surely was not served, having been due since `since`: windows and changes do not count.
    pub(crate) fn idle_for(&self, since: Ms, now: When) -> Ms {
        now.earliest.saturating_sub(self.free_at(since, now))
    }

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

    /// Since when what is left could have been done, and how long a window may have held it back then.
    pub(crate) fn could_go_on(&self, state: &State, at: When) -> (Ms, Ms) {
        let since = state
            .top()
            .map_or_else(|| self.waiting_since(state), |part| part.due.max(state.free_since.latest));
        let window = self.configs(at.earliest, at).iter().map(|c| c.window_ms).max().unwrap_or(0);
        (since, window)
    }

    /// Since when the first record of which no batch was made could have been delivered.
    fn waiting_since(&self, state: &State) -> Ms {
        let first = &self.records[usize::from(state.front)];
        state.free_since.latest.max(first.put.ended.latest)
    }

    /// Since when the mapping is off, if it may be off at the end.
    pub(crate) fn off_since(&self, at: When) -> Option<When> {
        let ends = |d: &&Disabled| d.until.is_none_or(|until| until.ended.latest > at.earliest);
        self.facts.disabled.iter().find(ends).map(|d| d.from.began)
    }

    /// When an answer may have counted: a time-out does from the moment at which it may have come.
    pub(crate) fn since_timed_out(&self, id: u32, now: When) -> When {
        let from = self.calls.get(id as usize).and_then(|call| call.times_out_from);
        When { earliest: from.map_or(now.earliest, |from| now.earliest.min(from)), latest: now.latest }
    }
}
