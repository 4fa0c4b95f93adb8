//! What would be the case had something forbidden been allowed: for finding blame, not for saying what is allowed.
//!
//! Every prohibition in [`crate::spec`] has a way on here, which is followed only where the reading waives its rule.
//! A trace goes on furthest where the rule that is to blame is waived, so a way on does no more than that rule
//! forbids. Beside it: which rule stands in the way of a branch (`rules`), and which an event brought into reach
//! (`reach`).

mod answer;
mod deliver;
mod invoke;
mod reach;
mod rules;
mod settle;
mod warn;

use crate::lane::Lane;
use crate::rule::RuleId;
use crate::state::{Counts, Part, State, Why};
use crate::when::When;

impl Lane<'_> {
    /// Whether a branch that breaks `rule` is followed; if so the state is marked.
    pub(crate) fn forgives(&self, state: &mut State, rule: RuleId) -> bool {
        let waived = self.waives(rule);
        if waived {
            state.forgive(rule);
        }
        waived
    }

    /// The state in which a branch that breaks `rule` is followed, if it is.
    pub(crate) fn forgiven(&self, state: &State, rule: RuleId) -> Option<State> {
        self.waives(rule).then(|| {
            let mut next = state.clone();
            next.forgive(rule);
            next
        })
    }

    /// Whether a branch that breaks `rule` is followed. The rule was in reach then.
    pub(crate) fn waives(&self, rule: RuleId) -> bool {
        self.tries(rule);
        self.reading.waives(rule)
    }

    /// A failure record about which nothing is known may come for these records.
    fn owe_unknown(&self, state: &mut State, part: &Part, now: When) {
        self.owe(state, part, Why::Unknown, Counts::new(), true, now);
    }
}
