//! What must have happened by the end of a run.

use crate::catalogue::*;
use crate::event::Settled;
use crate::lane::Lane;
use crate::state::{Owed, Split, State, Why};
use crate::when::When;

impl Lane<'_> {
    /// All states in which the run may end like this; none if something is still owed.
    pub(crate) fn settled(&self, state: &State, at: When, how: Settled, out: &mut Vec<State>) {
        // Where time passes by itself nobody knows that nothing is pending.
        let rest = if self.reading.wall.is_some() { Settled::Deadline } else { how };
        let mut ends = Vec::new();
        self.resolve_rest(state, at, rest, &mut ends);
        for mut end in ends {
            let overdue = |since: When| self.is_missing(since, at, how == Settled::Quiet);
            // A failure record may wait for those of its neighbours (AMB-3).
            let waits = |o: &Owed| o.half && end.parts.iter().any(|p| p.root == o.root);
            let due = |o: &&Owed| self.shows(o, at) && !waits(o);
            let owes = end.owed.iter().any(|o| due(&o));
            let missing = end.owed.iter().filter(due).any(|o| overdue(o.since));
            if !missing || self.forgives(&mut end, DISCARD_2) {
                // Who takes what is owed for missing only later has not seen that it came.
                end.doubt |= owes && !missing && self.reading.wall.is_some() && how == Settled::Quiet;
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
            if how == Settled::Quiet {
                return out.push(state.clone());
            }
            // What may have grown too old this very moment would show by a failure record, and was due long before.
            let shown = |state: &State| state.owed.iter().filter(|owed| self.shows(owed, at)).count();
            let doubt = shown(state) > shown(original) && self.is_doubtful(original, at);
            return out.push(State { doubt, ..original.clone() });
        }
        if how != Settled::Quiet && [state, original].iter().any(|state| self.may_wait(state, at)) {
            let doubt = [state, original].iter().all(|state| self.is_doubtful(state, at));
            return out.push(State { doubt, ..original.clone() });
        }
        let known = out.len();
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

    /// Whether a failure record is sure to come.
    fn shows(&self, owed: &Owed, at: When) -> bool {
        !owed.optional && !self.may_be_refused(owed.since, at)
    }

    /// Whether what is left need not have been done by now.
    fn may_wait(&self, state: &State, at: When) -> bool {
        if state.parts.is_empty() && self.oversized(state.front) && !self.must_give_up(state, at) {
            return true;
        }
        let (free, window) = self.could_go_on(state, at);
        !self.stalled(free, window, at)
    }

    /// The state after everything that may have left unseen by now has left.
    fn without_lost(&self, state: &State, at: When, how: Settled) -> State {
        let all = self.records.len() as u16;
        let mut dropped = Vec::new();
        for to in (state.head() + 1..=all).rev() {
            self.dropped_to(state, to, at, &mut dropped);
            // A discard is seen by its failure record: without one only what leaves silently can have left. Records
            // of which no batch was made may have grown too old this very moment.
            let owed = |next: &State| next.owed.iter().filter(|owed| self.shows(owed, at)).count();
            let tried = |next: &State| {
                how != Settled::Quiet && next.owed.iter().any(|o| o.why == Why::TooLarge && self.shows(o, at))
            };
            dropped.retain(|next| !tried(next) && (state.parts.is_empty() || owed(next) == owed(state)));
            if let Some(next) = dropped.drain(..).min_by_key(owed) {
                return next;
            }
        }
        state.clone()
    }
}
