//! Whether an invocation is one that the sources allow next.

use crate::answer::Answer;
use crate::catalogue::*;
use crate::mapping::StartingPosition;
use crate::rule::RuleId;
use crate::spec::lane::Lane;
use crate::spec::state::{Done, Fail, Origin, Part, Pos, Split, State};
use crate::when::{Ms, When};
use smallvec::SmallVec;

/// Slack of a batching window (AMB-33).
const WINDOW_SLACK_MS: Ms = 1_000;
/// A batch that the next record would bring near 6 MB counts as full (BATCH-1).
const NEARLY_FULL: u64 = 5_900_000;

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
        let Some((earlier, _)) = state.flight else { return self.start(state, call, out) };
        // The target no longer waits for the earlier call: to it that call has timed out.
        let mut failed = self.timed_out(state, call.at);
        if failed.is_empty()
            && let Some(next) = self.forgiven(state, ORDER_1)
        {
            self.answered(&next, earlier, call.at, &Answer::TimedOut, &mut failed);
        }
        failed.iter().for_each(|next| self.start(next, call, out));
    }

    /// Rules on the call itself; then every way in which it can follow from the state.
    fn start(&self, state: &State, call: &Call, out: &mut Vec<State>) {
        let records = &self.records[usize::from(call.lo)..usize::from(call.hi)];
        let payload: u64 = records.iter().map(|r| r.payload).sum();
        let large = payload > crate::case::PAYLOAD_LIMIT;
        self.reach(&[
            (STATE_5, !self.facts.disabled.is_empty()),
            (BATCH_2, self.several_shards),
            (ORDER_1, state.started),
        ]);
        let rule = match () {
            () if self.delivered_while_disabled(call) => STATE_5,
            () if large && records.len() == 1 => BATCH_9,
            () if large => BATCH_1,
            () => return self.serve(state, call, out),
        };
        if let Some(next) = self.forgiven(state, rule) {
            self.serve(&next, call, out);
        }
    }

    /// STATE-5: a record put after the mapping was surely disabled, delivered while it surely was.
    fn delivered_while_disabled(&self, call: &Call) -> bool {
        let newest = &self.records[usize::from(call.hi) - 1];
        let settle = self.reading.update_settle_ms;
        self.facts.disabled.iter().any(|d| {
            d.seen.is_some_and(|seen| {
                newest.put.began.earliest >= seen.latest + settle
                    && call.at.earliest > seen.latest + settle
                    && d.until.is_none_or(|until| call.at.surely_before(until.began))
            })
        })
    }

    fn serve(&self, state: &State, call: &Call, out: &mut Vec<State>) {
        if call.lo < state.head() {
            return self.delivered_again(state, call, out);
        }
        let Some(part) = state.top() else { return self.fresh(state, call, out) };
        if call.lo == part.lo {
            self.serve_part(state, part, call, out);
        } else {
            self.serve_later(state, part, call, out);
        }
        if part.split != Split::No {
            self.reach(&[(self.unsplit_rule(&part, call), part.split == Split::Must)]);
            self.splits(state, part).iter().for_each(|next| self.serve(next, call, out));
            self.resplit(state, part, call, out);
        }
        if let Some(next) = self.discarded_unsplit(state, part, call.at) {
            self.serve(&next, call, out);
        }
    }

    /// The call begins where the next part begins.
    fn serve_part(&self, state: &State, part: Part, call: &Call, out: &mut Vec<State>) {
        let mut next = state.clone();
        let unreachable = self.unreachable_between(part.due, call.at);
        let bisect = self.configs_of(&part, call.at).iter().any(|c| c.bisect);
        let more = usize::from(state.front) < self.records.len();
        self.reach(&[
            (RETRY_2, part.attempts > 0),
            (RETRY_10, part.attempts > 0),
            (RETRY_4, part.attempts > 0 && more),
            (RETRY_1, unreachable),
            (BISECT_14, unreachable && bisect && part.len() > 1),
            (ORDER_2, more),
            (BISECT_1, part.origin == Origin::Half),
            (BISECT_4, part.origin == Origin::Half && state.parts.len() > 1),
        ]);
        if part.split == Split::Must {
            let rule = self.unsplit_rule(&part, call);
            if call.hi != part.hi || !self.forgives(&mut next, rule) {
                return;
            }
        } else if part.split == Split::May && call.hi == part.hi {
            if !self.admits(AMB_6, 0) {
                return;
            }
            next.take(AMB_6, 0);
        }
        if call.hi > part.hi {
            let room = self.configs(part.began, call.at).iter().map(|c| c.batch_size).max().unwrap_or(0);
            let refilled =
                part.refill && part.attempts == 0 && call.hi - part.lo <= room && self.admits(AMB_9, 1);
            if refilled {
                next.take(AMB_9, 1);
            } else if !self.forgives(&mut next, if part.origin == Origin::Half { BISECT_1 } else { RETRY_4 })
            {
                return;
            }
        } else if call.hi < part.hi {
            if !self.forgives(&mut next, self.shrunk_rule(&part, call)) {
                return;
            }
            next.parts.pop();
            next.parts.push(Part { lo: call.hi, ..part });
            next.parts.push(Part { hi: call.hi, ..part });
        } else if part.refill && part.attempts == 0 {
            // AMB-9: exactly the remainder; whether it could have been filled up is not asked.
            if !self.admits(AMB_9, 0) {
                return;
            }
            next.take(AMB_9, 0);
        }
        let due = self.free_at(part.due.max(state.free_since.latest), call.at);
        if self.stalled(due, 0, call.at) && !self.forgives(&mut next, RETRY_2) {
            return;
        }
        self.fly(next, call, out);
    }

    /// Which rule says that the part is to be split before it is tried again.
    fn unsplit_rule(&self, part: &Part, call: &Call) -> RuleId {
        match part.failed {
            Some(Fail::NoProgress) => BISECT_12,
            Some(Fail::Malformed) => PBR_5,
            Some(Fail::Raised) if self.configs_of(part, call.at).iter().all(|c| c.reports) => BISECT_10,
            _ => BISECT_1,
        }
    }

    fn shrunk_rule(&self, part: &Part, call: &Call) -> RuleId {
        let bisect = self.configs_of(part, call.at).iter().any(|c| c.bisect);
        match part.origin {
            _ if bisect && self.unreachable_between(part.due, call.at) => BISECT_14,
            Origin::Remainder if part.attempts == 0 => PBR_4,
            _ => RETRY_4,
        }
    }

    /// The call begins behind the start of the next part: what lies between must have left.
    fn serve_later(&self, state: &State, part: Part, call: &Call, out: &mut Vec<State>) {
        let mut after = Vec::new();
        self.dropped_to(state, call.lo, call.at, &mut after);
        for next in &after {
            if next.top().is_none_or(|p| p.lo != part.lo) {
                self.serve(next, call, out);
            }
        }
        let older = state.parts[..state.parts.len() - 1].iter().rposition(|p| p.lo == call.lo);
        if let Some(index) = older
            && let Some(mut next) = self.forgiven(state, BISECT_4)
        {
            let chosen = next.parts.remove(index);
            next.parts.push(chosen);
            self.serve_part(&next, chosen, call, out);
        }
        if call.lo >= state.front
            && let Some(next) = self.forgiven(state, ORDER_2)
        {
            self.fresh(&next, call, out);
        }
        if call.lo >= part.hi
            && let Some(mut next) = self.forgiven(state, self.abandoned_rule(&part, call.at))
        {
            next.parts.pop();
            next.resolve(part.lo, part.hi, Done::Skipped);
            self.serve(&next, call, out);
        }
        self.drop_fresh(state, call, out);
    }

    /// Fresh records that leave together with an expired one (AGE-4), or too early (AGE-7).
    fn drop_fresh(&self, state: &State, call: &Call, out: &mut Vec<State>) {
        let Some(part) = state.top().filter(|part| call.lo >= part.hi) else { return };
        let configs = self.configs_of(&part, call.at);
        let after_old = part.lo > 0 && state.done.get(usize::from(part.lo) - 1) == Some(&Done::Aged);
        let some_old = after_old || (part.lo..part.hi).any(|at| self.may_be_aged(at, configs, call.at));
        let limited = configs.iter().any(|c| c.age_ms.is_some());
        let rule = if some_old { AGE_4 } else { AGE_7 };
        if let Some(mut next) = self.forgiven(state, rule).filter(|_| limited) {
            // A batch that vanishes for its age without a failure record takes more than one fault.
            next.cost += 1;
            next.parts.pop();
            self.owe_unknown(&mut next, part.lo, part.hi, &part, call.at);
            next.resolve(part.lo, part.hi, Done::Aged);
            self.serve(&next, call, out);
        }
    }

    /// Which rule says that a part is still to be tried.
    pub(crate) fn abandoned_rule(&self, part: &Part, now: When) -> RuleId {
        match (part.origin, part.failed) {
            (Origin::Half, None) => BISECT_1,
            (Origin::Remainder, None) => PBR_4,
            _ if self.unreachable_between(part.due, now) => RETRY_1,
            _ => RETRY_2,
        }
    }

    /// A split elsewhere than in the middle (BISECT-5).
    fn resplit(&self, state: &State, part: Part, call: &Call, out: &mut Vec<State>) {
        if part.split != Split::Must || !(part.lo == call.lo && call.hi < part.hi) {
            return;
        }
        let left = call.hi - call.lo;
        let admitted = self.splits(state, part).iter().any(|s| s.top().is_some_and(|p| p.len() == left));
        if let Some(next) = self.forgiven(state, BISECT_5).filter(|_| !admitted) {
            let next = self.split_at(&next, part, left, None);
            self.serve(&next, call, out);
        }
    }

    /// A new batch, behind everything that was taken before.
    fn fresh(&self, state: &State, call: &Call, out: &mut Vec<State>) {
        let begin = |next: &State, out: &mut Vec<State>| {
            let dropped = matches!(next.done.last(), Some(Done::Aged | Done::Expired | Done::NotStarted));
            self.begin(next, state.front == call.lo && !dropped, call, out);
        };
        if state.front == call.lo {
            begin(state, out);
        } else if state.parts.is_empty() {
            let mut after = Vec::new();
            self.dropped_to(state, call.lo, call.at, &mut after);
            after.iter().for_each(|next| begin(next, out));
        }
        if state.front < call.lo {
            for rule in self.skipped_rules(state, call) {
                if let Some(mut next) = self.forgiven(state, rule) {
                    let single = Part::fresh(state.front, call.lo, self.may_begin(state, call.lo, call.at));
                    self.owe_unknown(&mut next, state.front, call.lo, &single, call.at);
                    next.resolve(state.front, call.lo, Done::Skipped);
                    return self.begin(&next, false, call, out);
                }
            }
        }
    }

    /// The rules that say that the records before the call were to be delivered.
    fn skipped_rules(&self, state: &State, call: &Call) -> SmallVec<[RuleId; 3]> {
        let configs = self.configs(self.may_begin(state, call.lo, call.at), call.at);
        let after_old = state.done.last() == Some(&Done::Aged);
        let some_old = after_old || (state.front..call.lo).any(|at| self.may_be_aged(at, configs, call.at));
        let age = match configs.iter().any(|c| c.age_ms.is_some()) {
            true if some_old => Some(AGE_4),
            true => Some(AGE_7),
            false => None,
        };
        let specific = match () {
            () if self.others.1 => Some(ORDER_6),
            () if self.changed_between(state.free_since.earliest, call.at) => Some(STATE_6),
            () if !state.started && self.facts.starting == StartingPosition::TrimHorizon => Some(STATE_7),
            () => None,
        };
        age.into_iter().chain(specific).chain([ORDER_8]).collect()
    }

    /// A failure record about which nothing is known may come for these records.
    pub(crate) fn owe_unknown(&self, state: &mut State, lo: Pos, hi: Pos, part: &Part, now: When) {
        let before = state.owed.len();
        self.owe(state, lo, hi, part, crate::spec::state::Why::Unknown, Default::default(), now);
        if let Some(owed) = state.owed.get_mut(before) {
            owed.optional = true;
        }
    }

    /// The call is a new batch that begins at the front.
    fn begin(&self, state: &State, directly: bool, call: &Call, out: &mut Vec<State>) {
        let mut next = state.clone();
        let latest = self.facts.starting == StartingPosition::Latest;
        let at_time = matches!(self.facts.starting, StartingPosition::AtTimestamp(_));
        let last = state.done.last().copied();
        self.reach(&[
            (ORDER_8, true),
            (ORDER_6, self.others.1),
            (ORDER_2, self.others.0),
            (STATE_6, self.changed_between(state.free_since.earliest, call.at)),
            (STATE_7, !state.started && !latest && !at_time),
            (STATE_8, !state.started && latest),
            (STATE_9, !state.started && at_time),
            (DISCARD_1, matches!(last, Some(Done::Exhausted | Done::Aged))),
            (
                DISCARD_7,
                !self.facts.refusing.is_empty() && matches!(last, Some(Done::Exhausted | Done::Aged)),
            ),
        ]);
        if let Some(how) = last {
            self.tries(self.again_rule(state, how, call));
        }
        let began = self.may_begin(state, call.hi, call.at);
        let configs = self.configs(began, call.at);
        let size = call.hi - call.lo;
        let full = configs.iter().any(|c| size >= c.batch_size) || self.nearly_full(call);
        let behind = usize::from(call.hi) < self.records.len();
        self.reach(&[
            (BATCH_1, full && behind),
            (BATCH_3, !full),
            (AGE_7, configs.iter().any(|c| c.age_ms.is_some())),
            (AGE_10, configs.iter().any(|c| c.age_ms.is_none())),
        ]);
        if configs.iter().all(|c| size > c.batch_size) && !self.forgives(&mut next, BATCH_1) {
            return;
        }
        if (call.lo..call.hi).any(|at| self.surely_precedes_start(at)) {
            let rule =
                if matches!(self.facts.starting, StartingPosition::Latest) { STATE_8 } else { STATE_9 };
            if !self.forgives(&mut next, rule) {
                return;
            }
        }
        let opened = state.completed.earliest;
        let while_open = self.configs(opened, call.at);
        let window = while_open.iter().map(|c| c.window_ms).min().unwrap_or(0);
        // A batch may have been formed long before a call of it reached the function.
        let seen = directly && !self.unreachable_between(opened, call.at);
        self.reach(&[(BATCH_4, window > 0 && seen), (BATCH_8, window > 0 && seen && state.split)]);
        if window > 0 && !full && seen && call.at.latest < opened + window - WINDOW_SLACK_MS {
            let more = usize::from(call.hi) < self.records.len()
                && self.records[usize::from(call.hi)].put.ended.latest <= call.at.earliest;
            let rule = if state.split && more { BATCH_8 } else { BATCH_4 };
            if !self.forgives(&mut next, rule) {
                return;
            }
        }
        let longest = while_open.iter().map(|c| c.window_ms).max().unwrap_or(0);
        let first = &self.records[usize::from(call.lo)];
        let due = self.free_at(state.free_since.latest.max(first.put.ended.latest), call.at);
        let late = self.stalled(due, longest, call.at);
        if late && directly && !self.forgives(&mut next, self.stalled_rule(state)) {
            return;
        }
        next.parts.push(Part { due: call.at.earliest, ..Part::fresh(call.lo, call.hi, began) });
        self.fly(next, call, out);
    }

    fn nearly_full(&self, call: &Call) -> bool {
        let next = usize::from(call.hi) + 1;
        let records = &self.records[usize::from(call.lo)..next.min(self.records.len())];
        records.iter().map(|r| r.payload + 500).sum::<u64>() > NEARLY_FULL
    }

    /// Which rule a shard breaks that is due and not served.
    pub(crate) fn stalled_rule(&self, state: &State) -> RuleId {
        let last = state.done.iter().rev().copied().find(|done| *done != Done::Skipped);
        match last {
            _ if self.facts.refusing.iter().any(|w| {
                w.began.earliest <= state.free_since.latest && state.free_since.earliest <= w.ended.latest
            }) =>
            {
                DISCARD_7
            }
            Some(Done::Exhausted | Done::Aged) => DISCARD_1,
            _ if self.others.0 => ORDER_2,
            _ if self.others.1 => ORDER_6,
            _ => ORDER_8,
        }
    }

    /// The call begins with a record that was resolved before.
    fn delivered_again(&self, state: &State, call: &Call, out: &mut Vec<State>) {
        if self.reading.duplicates && call.hi <= state.head() {
            let mut next = state.clone();
            self.reach(&[(ORDER_4, true)]);
            next.mark(ORDER_4);
            next.take(AMB_24, 1);
            next.flight = Some((call.id, true));
            out.push(next);
        }
        let how = state.done.get(usize::from(call.lo)).copied().unwrap_or(Done::Skipped);
        let rule = self.again_rule(state, how, call);
        let Some(mut next) = self.forgiven(state, rule) else { return };
        // Whatever the target thinks, it starts over from here.
        next.parts.retain(|part| part.hi > call.hi);
        next.parts.iter_mut().for_each(|part| part.lo = part.lo.max(call.hi));
        for owed in &mut next.owed {
            owed.optional |= owed.lo < call.hi && call.lo < owed.hi;
        }
        next.front = next.front.max(call.hi);
        next.parts.push(Part { root: call.lo, ..Part::fresh(call.lo, call.hi, call.at.earliest) });
        self.fly(next, call, out);
    }

    fn again_rule(&self, state: &State, how: Done, call: &Call) -> RuleId {
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

    /// The last part of the state is called.
    fn fly(&self, mut state: State, call: &Call, out: &mut Vec<State>) {
        let top = state.parts.len() - 1;
        let part = &mut state.parts[top];
        let previous = *part;
        part.hi = call.hi;
        part.refill = false;
        part.split = Split::No;
        part.last = Some(call.id);
        if call.hi > state.front {
            state.front = call.hi;
        }
        state.started = true;
        state.flight = Some((call.id, false));
        let configs = self.configs_of(&previous, call.at);
        self.reach(&[
            (AGE_1, configs.iter().any(|c| c.age_ms.is_some())),
            (RETRY_5, previous.attempts > 0),
            (BISECT_6, previous.origin == Origin::Half),
            (BISECT_9, previous.origin == Origin::Half),
        ]);
        let too_old = (call.lo..call.hi).any(|at| self.surely_aged(at, configs, call.at));
        if too_old && !self.forgives(&mut state, AGE_1) {
            return;
        }
        self.note_request(&mut state, &previous, call);
        let split_now = previous.origin == Origin::Half
            && previous.attempts == 0
            && state.free_since.latest == previous.due
            && !self.unreachable_between(previous.due, call.at);
        let patience = SPLIT_WAIT_MS + self.reading.status_settle_ms();
        if split_now && call.at.earliest - self.free_at(previous.due, call.at) > patience {
            state.mark(BISECT_6);
        }
        out.push(state);
    }

    /// RETRY-5 and BISECT-9 only warn.
    fn note_request(&self, state: &mut State, previous: &Part, call: &Call) {
        let retry = previous.attempts > 0 && previous.last.is_some();
        match call.request {
            Some(None) if retry => state.mark(RETRY_5),
            Some(Some(earlier)) if previous.origin == Origin::Half && previous.last != Some(earlier) => {
                state.mark(BISECT_9)
            }
            _ => {}
        }
    }
}

/// A split is tried at once; what takes longer than this is warned about (BISECT-6).
const SPLIT_WAIT_MS: Ms = 2_000;
