//! What follows where a run ends with something undone.

use crate::catalogue::*;
use crate::event::Settled;
use crate::lane::Lane;
use crate::state::{Done, Part, State};
use crate::when::When;

impl Lane<'_> {
    /// A part is left that was to be tried again.
    pub(crate) fn abandoned(&self, state: &State, part: Part, at: When, how: Settled, out: &mut Vec<State>) {
        let rule = match self.stalled_rule(state) {
            // A shard that waits for another one, or for its destination, says more than a retry that is missing.
            rule if rule == DISCARD_7 || rule == ORDER_2 && how != Settled::Quiet => rule,
            _ => self.abandoned_rule(&part, at),
        };
        if let Some(mut next) = self.forgiven(state, rule) {
            next.parts.pop();
            next.resolve(part.lo, part.hi, Done::Skipped);
            self.resolve_rest(&next, at, how, out);
        }
    }

    /// Records are left of which no batch was made.
    pub(crate) fn leftover(&self, state: &State, at: When, how: Settled, out: &mut Vec<State>) {
        let head = state.front;
        let specific = match () {
            () if self.oversized(head) && self.must_give_up(state, at) => REC_14,
            () if !state.started && self.facts.changes.is_empty() && state.done.is_empty() => {
                if self.others.0 { ORDER_2 } else { STATE_7 }
            }
            () if self.changed_between(state.free_since.earliest, at) => STATE_6,
            () => self.stalled_rule(state),
        };
        let general = if specific == REC_14 { REC_14 } else { self.stalled_rule(state) };
        let unreached = self.unreached_rule(state, at).filter(|_| specific != REC_14);
        let mut rules = unreached.into_iter().chain([specific, general]);
        if let Some(mut next) = rules.find_map(|rule| self.forgiven(state, rule)) {
            next.resolve(head, head + 1, Done::Skipped);
            self.resolve_rest(&next, at, how, out);
        }
    }
}
