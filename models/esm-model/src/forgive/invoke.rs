//! What follows a call that is forbidden.

use crate::answer::Answer;
use crate::catalogue::*;
use crate::lane::Lane;
use crate::spec::Call;
use crate::state::{Done, Origin, Part, Pos, Split, State};
use crate::verdict::MAX_BLAME;

impl Lane<'_> {
    /// The call comes while an earlier one is under way (ORDER-1): to the target that one has timed out.
    pub(crate) fn overtaken(&self, state: &State, earlier: u32, call: &Call, out: &mut Vec<State>) {
        let mut failed = self.timed_out(state, call.at);
        if failed.is_empty()
            && let Some(next) = self.forgiven(state, ORDER_1)
        {
            self.answered(&next, earlier, call.at, &Answer::TimedOut, &mut failed);
        }
        failed.iter().for_each(|next| self.start(next, call, out));
    }

    /// The call has only the first records of the part; the others are a part of their own then.
    pub(crate) fn shrunk(&self, state: &mut State, part: &Part, call: &Call) -> bool {
        let forgiven = self.forgives(state, self.shrunk_rule(part, call));
        if forgiven {
            state.parts.pop();
            state.parts.push(Part { lo: call.hi, ..*part });
            state.parts.push(*part);
        }
        forgiven
    }

    /// The call has more records than the part.
    pub(crate) fn enlarged(&self, state: &mut State, part: &Part) -> bool {
        self.forgives(state, if part.origin == Origin::Half { BISECT_1 } else { RETRY_4 })
    }

    /// The call begins behind the start of the next part, which is still to be tried.
    pub(crate) fn out_of_turn(&self, state: &State, part: Part, call: &Call, out: &mut Vec<State>) {
        let older = state.parts.iter().rposition(|p| p.lo == call.lo);
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
            if part.failed.is_none() {
                // The target may not have made this part, and have discarded all of the batch.
                self.owe_unknown(&mut next, &part, call.at);
            }
            next.resolve(part.lo, part.hi, Done::Skipped);
            self.serve(&next, call, out);
        }
        if call.lo >= part.hi {
            self.drop_fresh(state, part, call, out);
        }
    }

    /// Fresh records leave together with an expired one (AGE-4), or too early (AGE-7).
    fn drop_fresh(&self, state: &State, part: Part, call: &Call, out: &mut Vec<State>) {
        let configs = self.configs_of(&part, call.at);
        let some_old = self.some_aged(state.done_before(part.lo), part.lo, part.hi, configs, call.at);
        let limited = configs.iter().any(|c| c.age_ms.is_some());
        let rule = if some_old { AGE_4 } else { AGE_7 };
        if let Some(mut next) = self.forgiven(state, rule).filter(|_| limited) {
            // A batch that vanishes for its age without a failure record takes more than one fault.
            next.cost += 1;
            next.parts.pop();
            self.owe_unknown(&mut next, &part, call.at);
            next.resolve(part.lo, part.hi, Done::Aged);
            self.serve(&next, call, out);
        }
    }

    /// A split elsewhere than in the middle (BISECT-5).
    pub(crate) fn split_elsewhere(&self, state: &State, part: Part, call: &Call, out: &mut Vec<State>) {
        if part.split != Split::Must || !(part.lo == call.lo && call.hi < part.hi) {
            return;
        }
        let Some(next) = self.forgiven(state, BISECT_5) else { return };
        let left = call.hi - call.lo;
        if !self.splits(state, part).iter().any(|split| split.top().is_some_and(|p| p.len() == left)) {
            self.serve(&self.split_at(&next, part, left, None), call, out);
        }
    }

    /// The call begins behind records that were to be delivered first.
    pub(crate) fn skipped(&self, state: &State, call: &Call, out: &mut Vec<State>) {
        let rules = self.skipped_rules(state, call);
        for rule in &rules {
            if let Some(mut next) = self.forgiven(state, *rule) {
                // Of more than can be blamed, the one that says least comes last.
                next.cost += u32::from(*rule == ORDER_8 && rules.len() > MAX_BLAME);
                let left_out = Part::fresh(state.front, call.lo, self.may_begin(state, call.lo, call.at));
                self.owe_unknown(&mut next, &left_out, call.at);
                next.resolve(state.front, call.lo, Done::Skipped);
                return self.begin(&next, false, call, out);
            }
        }
    }

    /// The call begins with a record that was resolved before: whatever the target thinks, it starts over from here.
    pub(crate) fn delivered_again(&self, state: &State, call: &Call, out: &mut Vec<State>) {
        let how = state.done.get(usize::from(call.lo)).copied().unwrap_or(Done::Skipped);
        let rule = self.again_rule(state, how, call);
        let Some(mut next) = self.forgiven(state, rule) else { return };
        if rule == STATE_6 {
            // The position was lost: what lies behind these records comes again as well.
            let mut back = next.clone();
            back.rewind(call.lo);
            self.starts_over(back, call, Pos::MAX, out);
        }
        next.parts.retain(|part| part.hi > call.hi);
        next.parts.iter_mut().for_each(|part| part.lo = part.lo.max(call.hi));
        self.starts_over(next, call, call.hi, out);
    }

    /// The call is a new batch of records that were resolved before; what is owed for those before `to` need not come.
    fn starts_over(&self, mut next: State, call: &Call, to: Pos, out: &mut Vec<State>) {
        for owed in &mut next.owed {
            owed.optional |= owed.overlaps(call.lo, to);
        }
        next.front = next.front.max(call.hi);
        next.parts.push(Part::fresh(call.lo, call.hi, call.at.earliest));
        if self.flies(&mut next, call) {
            out.push(next);
        }
    }
}
