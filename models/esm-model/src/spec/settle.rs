//! What must have happened by the end of a run.

use crate::catalogue::*;
use crate::event::Settled;
use crate::lane::{Disabled, Lane};
use crate::state::{Owed, Part, Split, State, Why};
use crate::when::{Ms, When};

impl Lane<'_> {
    /// All states in which the run may end like this; none if something is still owed.
    pub(crate) fn settled(&self, state: &State, at: When, how: Settled, out: &mut Vec<State>) {
        let mut ends = Vec::new();
        self.resolve_rest(state, at, how, &mut ends);
        for mut end in ends {
            let overdue = |since: When| {
                how == Settled::Quiet || at.latest - since.latest > self.reading.progress_bound_ms
            };
            // A failure record may wait for those of its neighbours (AMB-3).
            let waits = |o: &Owed| o.half && end.parts.iter().any(|p| p.root == o.root);
            let late =
                |o: &Owed| !o.optional && overdue(o.since) && !self.may_be_refused(o.since, at) && !waits(o);
            let missing = end.owed.iter().any(late);
            if !missing || self.forgives(&mut end, DISCARD_2) {
                out.push(end);
            }
        }
    }

    /// Every record is resolved, or may still be waiting.
    pub(crate) fn resolve_rest(&self, state: &State, at: When, how: Settled, out: &mut Vec<State>) {
        let all = self.records.len() as u16;
        if state.flight.is_some() || (state.parts.is_empty() && state.front >= all) {
            return out.push(state.clone());
        }
        // What a mapping that ends disabled left undone counts up to its disabling.
        let (at, how) = match self.off_since(at) {
            Some(since) => (since, Settled::Horizon),
            None => (at, how),
        };
        let original = state;
        let state = &self.without_lost(state, at, how);
        if state.parts.is_empty() && state.front >= all {
            return out.push(if how == Settled::Quiet { state } else { original }.clone());
        }
        if how != Settled::Quiet && [state, original].iter().any(|state| self.may_wait(state, at)) {
            return out.push(original.clone());
        }
        let known = out.len();
        if let Some(part) = state.top().filter(|_| how != Settled::Quiet) {
            for next in self.left_unseen(state, part, at) {
                self.resolve_rest(&next, at, how, out);
            }
            if out.len() > known {
                return;
            }
        }
        // Nobody asks for records that are gone: from here on they count as dropped if they may be.
        self.dropped_to(state, all, at, out);
        if out.len() > known {
            return;
        }
        // What is in hand may have left, while newer records behind it may still wait.
        if let Some(part) = state.top().filter(|_| how != Settled::Quiet) {
            let mut without = Vec::new();
            self.dropped_to(state, part.hi, at, &mut without);
            let left = |next: &&State| next.head() >= part.hi;
            without.iter().filter(left).for_each(|next| self.resolve_rest(next, at, how, out));
            if out.len() > known {
                return;
            }
        }
        let Some(part) = state.top() else { return self.leftover(state, at, how, out) };
        if part.split != Split::No {
            self.splits(state, part).iter().for_each(|next| self.resolve_rest(next, at, how, out));
        }
        if let Some(next) = self.discarded_unsplit(state, part, at) {
            self.resolve_rest(&next, at, how, out);
        }
        self.abandoned(state, part, at, how, out);
    }

    /// Whether what is left need not have been done by now.
    fn may_wait(&self, state: &State, at: When) -> bool {
        if state.parts.is_empty() && self.oversized(state.front) && !self.must_give_up(state, at) {
            return true;
        }
        let since = state
            .top()
            .map_or_else(|| self.waiting_since(state), |part| part.due.max(state.free_since.latest));
        let window = self.configs(at.earliest, at).iter().map(|c| c.window_ms).max().unwrap_or(0);
        self.stalled(since, at) <= self.reading.progress_bound_ms + window
    }

    /// The state after everything that may have left unseen by now has left.
    fn without_lost(&self, state: &State, at: When, how: Settled) -> State {
        let all = self.records.len() as u16;
        let mut dropped = Vec::new();
        for to in (state.head() + 1..=all).rev() {
            self.dropped_to(state, to, at, &mut dropped);
            // A discard is seen by its failure record: without one only what leaves silently can have left. Records
            // of which no batch was made may have grown too old this very moment.
            let shows = |owed: &Owed| !owed.optional && !self.may_be_refused(owed.since, at);
            let owed = |next: &State| next.owed.iter().filter(|owed| shows(owed)).count();
            let tried = |next: &State| {
                how != Settled::Quiet && next.owed.iter().any(|o| o.why == Why::TooLarge && shows(o))
            };
            dropped.retain(|next| !tried(next) && (state.parts.is_empty() || owed(next) == owed(state)));
            if let Some(next) = dropped.drain(..).min_by_key(owed) {
                return next;
            }
        }
        state.clone()
    }

    /// All states in which the last part has left by age and owes no failure record for it.
    fn left_unseen(&self, state: &State, part: Part, at: When) -> Vec<State> {
        let owed = |state: &State| state.owed.iter().filter(|owed| !owed.optional).count();
        let limit = self.configs_of(&part, at).iter().filter_map(|c| c.age_ms).max();
        let last = self.records[usize::from(part.hi) - 1].arrival.latest;
        let mut left = Vec::new();
        self.dropped_to(state, part.hi, at, &mut left);
        left.retain(|next| !next.same(state) && owed(next) == owed(state));
        for next in &mut left {
            // What lies behind it could go on from then.
            let from = limit.map_or(at.latest, |limit| part.due.max(last + limit).min(at.latest));
            next.free_since.latest = state.free_since.latest.max(from);
        }
        left
    }

    /// Whether a record that is too large has a quota that it must use up.
    pub(crate) fn must_give_up(&self, state: &State, at: When) -> bool {
        self.configs(self.may_begin(state, state.front + 1, at), at).iter().all(|c| c.retries.is_some())
    }

    /// Since when the first record of which no batch was made could have been delivered.
    fn waiting_since(&self, state: &State) -> Ms {
        let first = &self.records[usize::from(state.front)];
        state.free_since.latest.max(first.put.ended.latest)
    }

    /// Since when the mapping is off, if it may be off at the end.
    fn off_since(&self, at: When) -> Option<When> {
        let ends = |d: &&Disabled| d.until.is_none_or(|until| until.ended.latest > at.earliest);
        self.facts.disabled.iter().find(ends).map(|d| d.from.began)
    }

    /// Whether LATEST may have missed everything, so that nothing can be said.
    pub(crate) fn says_nothing(&self, state: &State) -> bool {
        let every = (0..self.records.len() as u16).all(|at| self.may_precede_start(at, true));
        !state.started && every && !self.records.is_empty() && self.reading.update_settle_ms > 0
    }
}
