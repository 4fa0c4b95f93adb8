//! Whether a failure record is one that is owed, and says what it must say.

use crate::catalogue::*;
use crate::event::Condition;
use crate::lane::Lane;
use crate::rule::RuleId;
use crate::state::{Owed, Pos, State, Why};
use crate::texts::Said;
use crate::when::{Ms, When};
use smallvec::SmallVec;

/// A failure record for the lane's records `lo..hi`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) at: When,
    pub(crate) destination: u8,
    pub(crate) lo: Pos,
    pub(crate) hi: Pos,
    pub(crate) said: Said,
}

impl Lane<'_> {
    /// All states after the failure record.
    pub(crate) fn delivered(&self, state: &State, doc: &Facts, out: &mut Vec<State>) {
        let known = out.len();
        self.consume(state, doc, out);
        if out.len() > known {
            return;
        }
        for next in self.timed_out(state, doc.at) {
            self.delivered(&next, doc, out);
        }
        if out.len() > known {
            return;
        }
        // What is not owed yet may have been discarded unseen.
        let mut later = Vec::new();
        if doc.said.condition == Some(Condition::RetryAttemptsExhausted) {
            self.exhausted_unseen(state, doc, &mut later);
        } else {
            self.dropped_to(state, doc.hi, doc.at, &mut later);
            // The part before it may have been given up already, its own failure record still to come (AMB-18).
            let before = state.top().filter(|part| part.hi <= doc.lo);
            if let Some(next) = before.and_then(|part| self.discarded_unsplit(state, part, doc.at)) {
                self.dropped_to(&next, doc.hi, doc.at, &mut later);
            }
        }
        later.retain(|next| !next.same(state));
        later.iter().for_each(|next| self.consume(next, doc, out));
        if out.len() == known {
            self.unexplained(state, doc, out);
        }
    }

    /// Discards by quota that leave no trace but their failure record: AMB-7, and records that are too large.
    fn exhausted_unseen(&self, state: &State, doc: &Facts, out: &mut Vec<State>) {
        let mut before = Vec::new();
        self.dropped_to(state, doc.lo.max(state.head()), doc.at, &mut before);
        for next in before {
            match next.top() {
                Some(part) => out.extend(self.discarded_unsplit(&next, part, doc.at)),
                None if self.oversized(doc.lo) => self.dropped_to(&next, doc.hi, doc.at, out),
                None => {}
            }
        }
    }

    /// The owed members that the document covers are taken out (AMB-3, AMB-4).
    pub(crate) fn consume(&self, state: &State, doc: &Facts, out: &mut Vec<State>) {
        let condition = |owed: &Owed| owed.why.condition().zip(doc.said.condition);
        let covers = |owed: &Owed| {
            owed.lo >= doc.lo && owed.hi <= doc.hi && condition(owed).is_none_or(|(due, said)| due == said)
        };
        let members: SmallVec<[&Owed; 8]> = state.owed.iter().filter(|owed| covers(owed)).collect();
        let Some(first) = members.first() else { return };
        let covered: u16 = members.iter().map(|owed| owed.hi - owed.lo).sum();
        let ends = members.iter().any(|o| o.lo == doc.lo) && members.iter().any(|o| o.hi == doc.hi);
        let exhausted = first.why != Why::Aged;
        let merged = members.len() > 1;
        let one_root = members.iter().all(|o| o.root == first.root && o.half);
        let gaps = covered != doc.hi - doc.lo;
        if !ends || (gaps && !(exhausted && merged && one_root)) {
            return;
        }
        let mut next = state.clone();
        if exhausted && merged && !one_root && !self.forgives(&mut next, BISECT_8) {
            return;
        }
        if merged && !self.takes(&mut next, if exhausted { AMB_3 } else { AMB_4 }, 1) {
            return;
        }
        if gaps {
            next.mark(BISECT_8);
        }
        next.owed.retain(|owed| !covers(owed));
        if self.says_right(&mut next, &members, covered, doc) {
            out.push(next);
        }
    }

    /// Whether the document says of its members what they were.
    fn says_right(&self, next: &mut State, members: &[&Owed], covered: u16, doc: &Facts) -> bool {
        let (first, said) = (members[0], &doc.said);
        let (count, response) = match first.why {
            Why::Aged => (AGE_6, AGE_3),
            Why::TooLarge => (REC_14, REC_5),
            Why::Exhausted(_) | Why::Unknown => (REC_6, REC_4),
        };
        let counted = |n: u32| {
            members.iter().any(|o| o.counts.is_empty() || o.counts.contains(&n) || first.why == Why::Unknown)
        };
        let wrong_arrival = |stated: Option<Ms>, at: Pos| stated.is_some_and(|ms| !self.may_arrive(at, ms));
        let breaches: [(bool, RuleId); 5] = [
            (!members.iter().any(|o| self.goes_to(o, doc)), DISCARD_4),
            (said.size.is_some_and(|size| size != u32::from(covered)), REC_7),
            (said.count.is_some_and(|n| !counted(n)), count),
            (said.response.is_some_and(|fact| !members.iter().any(|o| o.why.admits(fact))), response),
            (
                wrong_arrival(said.first_arrival, doc.lo) || wrong_arrival(said.last_arrival, doc.hi - 1),
                REC_11,
            ),
        ];
        self.warn_of_request(next, members, doc);
        self.reach_document(next, first, doc, count, response);
        breaches.iter().all(|(broken, rule)| !broken || self.forgives(next, *rule))
    }

    /// Whether it may go to the document's destination. A failure record that waits for its neighbours goes where
    /// they go (AMB-3, AMB-22).
    fn goes_to(&self, owed: &Owed, doc: &Facts) -> bool {
        let configs = self.configs(owed.since.earliest, doc.at);
        owed.destinations & Owed::bit(doc.destination) != 0
            || (owed.half
                && self.admits(AMB_3, 1)
                && configs.iter().any(|c| c.destination == Some(doc.destination)))
    }
}
