//! Whether an invocation is one that the sources allow next.

use crate::catalogue::*;
use crate::lane::Lane;
use crate::mapping::StartingPosition;
use crate::state::{Done, Part, Pos, Split, State};
use crate::when::{Ms, When};
use std::cmp::Ordering;

/// Slack of a batching window (AMB-33).
const WINDOW_SLACK_MS: Ms = 1_000;
/// An invocation of the lane's function: records `lo..hi`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) id: u32,
    pub(crate) lo: Pos,
    pub(crate) hi: Pos,
    pub(crate) at: When,
    /// The latest earlier invocation with the same request ID; the outer `None` if the ID is not known.
    pub(crate) request: Option<Option<u32>>,
}

impl Lane<'_> {
    /// All states in which the call is under way.
    pub(crate) fn invoked(&self, state: &State, call: &Call, out: &mut Vec<State>) {
        match state.flight {
            Some((earlier, _)) => self.overtaken(state, earlier, call, out),
            None => self.start(state, call, out),
        }
    }

    /// Rules on the call itself; then every way in which it can follow from the state.
    pub(crate) fn start(&self, state: &State, call: &Call, out: &mut Vec<State>) {
        self.reach_call(state);
        let rule = match () {
            () if self.came_and_went_while_off(call.hi - 1, call.at) => STATE_5,
            () if call.hi - call.lo == 1 && self.oversized(call.lo) => BATCH_9,
            () if self.too_large(call.lo, call.hi) => BATCH_1,
            () => return self.serve(state, call, out),
        };
        if let Some(next) = self.forgiven(state, rule) {
            self.serve(&next, call, out);
        }
    }

    /// The call is a repetition, the next part, a part after it if what lies before has left, or a new batch.
    pub(crate) fn serve(&self, state: &State, call: &Call, out: &mut Vec<State>) {
        if call.lo < state.head() {
            self.duplicate(state, call, out);
            return self.delivered_again(state, call, out);
        }
        let Some(part) = state.top() else { return self.fresh(state, call, out) };
        if call.lo == part.lo {
            self.serve_part(state, part, call, out);
        } else {
            let mut after = Vec::new();
            self.dropped_to(state, call.lo, call.at, &mut after);
            after.retain(|next| next.top().is_none_or(|p| p.lo != part.lo));
            after.iter().for_each(|next| self.serve(next, call, out));
            self.out_of_turn(state, part, call, out);
        }
        if part.split != Split::No {
            self.reach([(self.unsplit_rule(&part, call), part.split == Split::Must)]);
            self.splits(state, part).iter().for_each(|next| self.serve(next, call, out));
            self.split_elsewhere(state, part, call, out);
        }
        if let Some(next) = self.discarded_unsplit(state, part, call.at) {
            self.serve(&next, call, out);
        }
    }

    /// A repeated delivery that changes nothing (ORDER-4, AMB-24).
    fn duplicate(&self, state: &State, call: &Call, out: &mut Vec<State>) {
        if self.reading.duplicates && call.hi <= state.head() {
            let mut next = state.clone();
            self.tries(ORDER_4);
            next.mark(ORDER_4);
            next.take(AMB_24, 1);
            next.flight = Some((call.id, true));
            out.push(next);
        }
    }

    /// The call begins where the next part begins: exactly that part, but that a remainder may be filled up (AMB-9).
    pub(crate) fn serve_part(&self, state: &State, part: Part, call: &Call, out: &mut Vec<State>) {
        self.reach_part(state, &part, call);
        let size = call.hi.cmp(&part.hi);
        if part.split == Split::Must && size != Ordering::Equal {
            return;
        }
        let mut next = state.clone();
        let split = match part.split {
            Split::Must => self.forgives(&mut next, self.unsplit_rule(&part, call)),
            Split::May => size != Ordering::Equal || self.takes(&mut next, AMB_6, 0),
            Split::No => true,
        };
        let refills = part.refill && part.attempts == 0;
        let room = || self.configs_of(&part, call.at).iter().map(|c| c.batch_size).max().unwrap_or(0);
        let whole = split
            && match size {
                Ordering::Equal => !refills || self.takes(&mut next, AMB_9, 0),
                Ordering::Less => self.shrunk(&mut next, &part, call),
                Ordering::Greater if refills && call.hi - part.lo <= room() => {
                    self.takes(&mut next, AMB_9, 1) || self.enlarged(&mut next, &part)
                }
                Ordering::Greater => self.enlarged(&mut next, &part),
            };
        let late = || {
            let due = part.due.max(state.free_since.latest);
            self.stalled(due, 0, call.at)
        };
        if whole && (!late() || self.forgives(&mut next, RETRY_2)) && self.flies(&mut next, call) {
            out.push(next);
        }
    }

    /// A new batch, behind everything that was taken before.
    pub(crate) fn fresh(&self, state: &State, call: &Call, out: &mut Vec<State>) {
        let mut after = Vec::new();
        if state.front == call.lo {
            self.begin(state, self.follows(state), call, out);
        } else if state.parts.is_empty() {
            self.dropped_to(state, call.lo, call.at, &mut after);
            after.iter().for_each(|next| self.begin(next, false, call, out));
        }
        if state.front < call.lo {
            self.skipped(state, call, out);
        }
    }

    /// Whether nothing was left out right before the front.
    fn follows(&self, state: &State) -> bool {
        !matches!(state.done.last(), Some(Done::Aged | Done::Expired | Done::NotStarted))
    }

    /// The call is a new batch that begins at the front; `directly`: behind the one before.
    pub(crate) fn begin(&self, state: &State, directly: bool, call: &Call, out: &mut Vec<State>) {
        let mut next = state.clone();
        self.reach_fresh(state, call);
        let began = self.may_begin(state, call.hi, call.at);
        let configs = self.configs(began, call.at);
        let size = call.hi - call.lo;
        let full = configs.iter().any(|c| size >= c.batch_size) || self.nearly_full(call.lo, call.hi);
        self.reach_size(call, full, configs);
        let too_many = configs.iter().all(|c| size > c.batch_size);
        if too_many && !self.forgives(&mut next, BATCH_1) {
            return;
        }
        let latest = self.facts.starting == StartingPosition::Latest;
        let too_early = (call.lo..call.hi).any(|at| self.surely_precedes_start(at));
        if too_early && !self.forgives(&mut next, if latest { STATE_8 } else { STATE_9 }) {
            return;
        }
        if !self.window_is_over(state, &mut next, directly, full, call) {
            return;
        }
        let window = self.configs(state.completed.earliest, call.at).iter().map(|c| c.window_ms).max();
        let first = &self.records[usize::from(call.lo)];
        let due = state.free_since.latest.max(first.put.ended.latest);
        let late = directly && self.stalled(due, window.unwrap_or(0), call.at);
        if late && !self.forgives(&mut next, self.stalled_rule(state)) {
            return;
        }
        next.parts.push(Part::fresh(call.lo, call.hi, began));
        if self.flies(&mut next, call) {
            out.push(next);
        }
    }

    /// A batch that is not full waits for the end of its window (BATCH-4, BATCH-8). One may have been formed long
    /// before a call of it reached the function.
    fn window_is_over(
        &self,
        state: &State,
        next: &mut State,
        directly: bool,
        full: bool,
        call: &Call,
    ) -> bool {
        let opened = state.completed.earliest;
        let window = self.configs(opened, call.at).iter().map(|c| c.window_ms).min().unwrap_or(0);
        let seen = window > 0 && directly && !self.unreachable_between(opened, call.at);
        self.reach([(BATCH_4, seen), (BATCH_8, seen && state.split)]);
        if !seen || full || call.at.latest >= opened + window - WINDOW_SLACK_MS {
            return true;
        }
        let behind = self.records.get(usize::from(call.hi));
        let more = behind.is_some_and(|record| record.put.ended.latest <= call.at.earliest);
        self.forgives(next, if state.split && more { BATCH_8 } else { BATCH_4 })
    }

    /// The last part of the state is called, if it may be.
    pub(crate) fn flies(&self, state: &mut State, call: &Call) -> bool {
        let Some(part) = state.parts.last_mut() else { return false };
        let previous = *part;
        *part = Part { hi: call.hi, refill: false, split: Split::No, last: Some(call.id), ..previous };
        state.front = state.front.max(call.hi);
        state.started = true;
        state.flight = Some((call.id, false));
        let configs = self.configs_of(&previous, call.at);
        self.reach_flight(&previous, configs);
        let too_old = (call.lo..call.hi).any(|at| self.surely_aged(at, configs, call.at));
        self.warn(state, &previous, call);
        !too_old || self.forgives(state, AGE_1)
    }
}
