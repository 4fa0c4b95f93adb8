//! What happens unseen: records grow too old, leave the stream, or are too large; a batch is split; a part is given up.

use crate::catalogue::*;
use crate::lane::{Config, Lane};
use crate::state::{Counts, Done, Fail, Origin, Part, Pos, Split, State, Why};
use crate::when::When;
use smallvec::SmallVec;

impl Lane<'_> {
    /// All states in which every record before `to` has left by age, by the source's retention, or because it is
    /// too large; the parts at the head are cut accordingly. Nothing if some record cannot have left.
    pub(crate) fn dropped_to(&self, state: &State, to: Pos, now: When, out: &mut Vec<State>) {
        let Some(part) = state.top() else { return self.skipped_to(state, to, now, out) };
        if part.lo >= to {
            return out.push(state.clone());
        }
        let configs = self.configs_of(&part, now);
        let end = part.hi.min(to);
        if (part.lo..end).all(|at| self.may_be_aged(at, configs, now) || self.may_be_gone(at, now)) {
            self.dropped_to(&self.cut(state, part, end, now), to, now, out);
        }
        let whole_first = self.may_be_aged(part.lo, configs, now);
        if part.tried() > 0 && part.len() > 1 && whole_first && self.admits(AMB_31, 1) {
            // AMB-31: the fresh records of the part are dropped with the old ones.
            let mut next = state.clone();
            next.take(AMB_31, 1);
            next.parts.pop();
            (part.lo..part.hi).for_each(|at| self.owe_aged(&mut next, at, &part, false, now));
            next.resolve(part.lo, part.hi, Done::Aged);
            self.dropped_to(&next, to, now, out);
        }
        // A part that is to be split may have been split before its records grew too old.
        if part.split == Split::No {
            return;
        }
        for next in self.splits(state, part) {
            self.dropped_to(&next, to, now, out);
        }
    }

    /// The state after the records before `end` have left the last part.
    fn cut(&self, state: &State, part: Part, end: Pos, now: When) -> State {
        let configs = self.configs_of(&part, now);
        let mut next = state.clone();
        next.parts.pop();
        if part.refill {
            let room = configs.iter().map(|c| c.batch_size).max().unwrap_or(0);
            next.refilled_to = part.lo.saturating_add(room);
            next.refilled_began = part.began;
        }
        (part.lo..end).for_each(|at| {
            // One that is younger may have left later, when what was before it had left already.
            let cut = part.cut || (part.attempts > 0 && self.may_be_younger(at, part.lo));
            self.leave(&mut next, at, &Part { cut, ..part }, configs, now);
        });
        if end < part.hi {
            // AMB-12: whether the attempts go on or begin anew shows at the next answer.
            let split = if part.hi - end > 1 { part.split } else { Split::No };
            let last = part.last.filter(|_| part.split == Split::No);
            let cut = part.cut || part.attempts > 0;
            next.parts.push(Part { lo: end, split, last, cut, ..part });
        }
        next
    }

    /// One record leaves by age, with a failure record, or by retention, for which none is expected (AMB-27).
    fn leave(&self, state: &mut State, at: Pos, part: &Part, configs: &[Config], now: When) {
        let (aged, gone) = (self.may_be_aged(at, configs, now), self.may_be_gone(at, now));
        self.reach([(AGE_1, aged), (AGE_4, aged && usize::from(at) + 1 < self.records.len())]);
        if aged || self.admits(AMB_27, 1) {
            self.owe_aged(state, at, part, gone, now);
        }
        state.free_since.latest = state.free_since.latest.max(now.latest);
        state.resolve(at, at + 1, if aged { Done::Aged } else { Done::Expired });
    }

    /// Owes a failure record for an expired record; a document may join neighbours (AMB-4).
    fn owe_aged(&self, state: &mut State, at: Pos, part: &Part, optional: bool, now: When) {
        let mut counts = Counts::new();
        for (scope, n) in [(0, part.attempts), (1, part.tried())] {
            for (form, count) in [(0, n.max(1)), (1, n + 1)] {
                let admitted = self.admits(AMB_2, form) && self.admits(AMB_32, scope);
                if admitted && !counts.contains(&u32::from(count)) {
                    counts.push(count.into());
                }
            }
        }
        let forgotten = part.forgotten > 0 || self.forgets(part, now).is_some();
        let refilled = at < state.refilled_to && self.admits(AMB_9, 1);
        if self.oversized(at) || optional || forgotten || refilled {
            // Not said: whether tries that never reach the function count, what a record lost by retention states,
            // what a disabled mapping remembers, what a remainder hands on to records that fill it up. Any will do.
            counts.clear();
        }
        // Not before the first of them was as old as the limit: what the destination refused earlier was not this.
        let due = part.due.max(self.ages_at(part.lo, self.configs_of(part, now))).min(now.latest);
        let one = Part { lo: at, hi: at + 1, due, ..*part };
        self.owe(state, &one, Why::Aged, counts, optional, now);
    }

    /// All states in which the records from `front` to `to`, of which no batch was made, have left.
    fn skipped_to(&self, state: &State, to: Pos, now: When, out: &mut Vec<State>) {
        let at = state.front;
        if at >= to {
            return out.push(state.clone());
        }
        let mut began = self.may_begin(state, at + 1, now);
        if at < state.refilled_to {
            began = began.min(state.refilled_began);
        }
        let configs = self.configs(began, now);
        let single = Part::fresh(at, at + 1, began);
        // A starting position is one place: what lies before it is one run from the beginning, but for later gaps.
        let from_start = state.done.last().is_none_or(|done| *done == Done::NotStarted);
        if self.may_precede_start(at, from_start) {
            let mut next = state.clone();
            next.resolve(at, at + 1, Done::NotStarted);
            self.skipped_to(&next, to, now, out);
            if self.surely_precedes_start(at) {
                return;
            }
        }
        if self.may_be_aged(at, configs, now) || self.may_be_gone(at, now) {
            let mut next = state.clone();
            self.leave(&mut next, at, &single, configs, now);
            self.skipped_to(&next, to, now, out);
        }
        if self.oversized(at)
            && let Some(next) = self.skip_oversized(state, single, configs, now)
        {
            self.skipped_to(&next, to, now, out);
        }
    }

    /// A record that is too large uses its quota up without ever reaching the function (REC-14).
    fn skip_oversized(&self, state: &State, single: Part, configs: &[Config], now: When) -> Option<State> {
        let mut counts: Counts = configs.iter().filter_map(|c| c.retries).map(|quota| quota + 1).collect();
        let first = *counts.first()?;
        if counts.iter().any(|count| *count != first) {
            // An update in the middle: how many tries there were before it shows nowhere.
            counts.clear();
        }
        self.reach([(BATCH_9, true), (REC_14, true)]);
        let mut next = state.clone();
        let part = Part::fresh(single.lo, single.hi, self.may_begin(state, single.hi, now));
        self.owe(&mut next, &part, Why::TooLarge, counts, false, now);
        next.free_since.latest = next.free_since.latest.max(now.latest);
        next.resolve(single.lo, single.hi, Done::Exhausted);
        Some(next)
    }

    /// All states after the split of the last part (BISECT-1, AMB-5, AMB-6).
    pub(crate) fn splits(&self, state: &State, part: Part) -> SmallVec<[State; 3]> {
        let mut states = SmallVec::new();
        let n = part.len();
        if part.split == Split::May && !self.admits(AMB_6, 1) {
            return states;
        }
        let odd = !n.is_multiple_of(2);
        if !odd || self.admits(AMB_5, 0) {
            states.push(self.split_at(state, part, n / 2, odd.then_some(0)));
        }
        if odd && self.admits(AMB_5, 1) {
            states.push(self.split_at(state, part, n.div_ceil(2), Some(1)));
        }
        if part.failed == Some(Fail::NoProgress) && n > 3 && self.admits(AMB_5, 2) {
            states.push(self.split_at(state, part, 1, Some(2)));
        }
        states
    }

    /// The state after a split behind the first `left` records of the last part.
    pub(crate) fn split_at(&self, state: &State, part: Part, left: u16, variant: Option<usize>) -> State {
        let mut next = state.clone();
        next.parts.pop();
        if let Some(variant) = variant {
            next.take(AMB_5, variant);
        }
        if part.split == Split::May {
            next.take(AMB_6, 1);
        }
        next.split = true;
        let half = |lo, hi| part.out_of(lo, hi, Origin::Half, part.tried());
        next.parts.push(half(part.lo + left, part.hi));
        next.parts.push(half(part.lo, part.lo + left));
        next
    }

    /// The state after the last part was discarded at once because no retry is allowed (AMB-7).
    pub(crate) fn discarded_unsplit(&self, state: &State, part: Part, now: When) -> Option<State> {
        let fail = part.failed.filter(|_| part.split == Split::Must)?;
        let zero = self.configs_of(&part, now).iter().any(|c| c.bisect && c.retries == Some(0));
        if !zero || part.attempts != 1 || !self.admits(AMB_7, 1) {
            return None;
        }
        let mut next = state.clone();
        next.parts.pop();
        next.take(AMB_7, 1);
        // No split came: its own invocation is the last one.
        self.exhaust(&mut next, Part { split: Split::No, ..part }, Why::Exhausted(fail), now);
        Some(next)
    }
}
