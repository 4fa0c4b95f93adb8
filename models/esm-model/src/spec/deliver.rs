//! Whether a failure record is one that is owed, and says what it must say.

use crate::catalogue::*;
use crate::event::{Condition, RequestId, ResponseFact};
use crate::spec::lane::Lane;
use crate::spec::state::{Done, Fail, Owed, Part, Pos, State, Why};
use crate::when::{Ms, When};
use smallvec::SmallVec;

/// A failure record for the lane, in terms of its records. What a document does not say, or says wrongly and was
/// blamed for already, is `None`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) at: When,
    pub(crate) destination: u8,
    pub(crate) condition: Option<Condition>,
    pub(crate) count: Option<u32>,
    pub(crate) request: Option<RequestId>,
    pub(crate) response: Option<ResponseFact>,
    pub(crate) lo: Pos,
    /// Behind the last record.
    pub(crate) hi: Pos,
    pub(crate) size: Option<u32>,
    pub(crate) first_arrival: Option<Ms>,
    pub(crate) last_arrival: Option<Ms>,
}

impl Lane<'_> {
    /// All states after the failure record. `request_of` gives the request ID of an invocation.
    pub(crate) fn delivered(
        &self,
        state: &State,
        doc: &Facts,
        request_of: &dyn Fn(u32) -> Option<RequestId>,
        out: &mut Vec<State>,
    ) {
        let known = out.len();
        self.consume(state, doc, request_of, out);
        if out.len() > known {
            return;
        }
        for next in self.timed_out(state, doc.at) {
            self.delivered(&next, doc, request_of, out);
        }
        if out.len() > known {
            return;
        }
        // What is not owed yet may have been discarded unseen.
        let mut later = Vec::new();
        if doc.condition != Some(Condition::RetryAttemptsExhausted) {
            self.dropped_to(state, doc.hi, doc.at, &mut later);
            // The part before it may have been given up already, its own failure record still to come (AMB-18).
            let before = state.top().filter(|part| part.hi <= doc.lo);
            if let Some(next) = before.and_then(|part| self.discarded_unsplit(state, part, doc.at)) {
                self.dropped_to(&next, doc.hi, doc.at, &mut later);
            }
        } else {
            self.discards_before(state, doc, &mut later);
        }
        later.retain(|next| !next.same(state));
        later.iter().for_each(|next| self.consume(next, doc, request_of, out));
        if out.len() == known {
            self.unexplained(state, doc, request_of, out);
        }
    }

    /// Discards by quota that leave no trace but their failure record: AMB-7, and records that are too large.
    fn discards_before(&self, state: &State, doc: &Facts, out: &mut Vec<State>) {
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
    fn consume(
        &self,
        state: &State,
        doc: &Facts,
        request_of: &dyn Fn(u32) -> Option<RequestId>,
        out: &mut Vec<State>,
    ) {
        let covers = |owed: &Owed| owed.lo >= doc.lo && owed.hi <= doc.hi && compatible(owed, doc.condition);
        let members: SmallVec<[&Owed; 8]> = state.owed.iter().filter(|owed| covers(owed)).collect();
        let covered: u16 = members.iter().map(|owed| owed.hi - owed.lo).sum();
        let Some(first) = members.first() else { return };
        let ends = members.iter().any(|o| o.lo == doc.lo) && members.iter().any(|o| o.hi == doc.hi);
        let exhausted = !matches!(first.why, Why::Aged);
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
        if merged {
            let (ambiguity, variant) = if exhausted { (AMB_3, 1) } else { (AMB_4, 1) };
            if !self.admits(ambiguity, variant) {
                return;
            }
            next.take(ambiguity, variant);
        }
        if gaps {
            next.mark(BISECT_8);
        }
        next.owed.retain(|owed| !covers(owed));
        if self.says_right(&mut next, &members, covered, doc, request_of) {
            out.push(next);
        }
    }

    /// Whether the document says of its members what they were; breaks are forgiven or final.
    fn says_right(
        &self,
        next: &mut State,
        members: &[&Owed],
        covered: u16,
        doc: &Facts,
        request_of: &dyn Fn(u32) -> Option<RequestId>,
    ) -> bool {
        let first = members[0];
        let wrong = |is_wrong: bool, rule| is_wrong.then_some(rule);
        let count_rule = match first.why {
            Why::Aged => AGE_6,
            Why::TooLarge => REC_14,
            Why::Exhausted(_) | Why::Unknown => REC_6,
        };
        let count = doc.count.is_some_and(|count| {
            first.why != Why::Unknown
                && !members.iter().any(|o| o.counts.is_empty() || o.counts.contains(&count))
        });
        let response = doc.response.is_some_and(|fact| !members.iter().any(|o| o.why.admits(fact)));
        let response_rule = match first.why {
            Why::Aged => AGE_3,
            Why::TooLarge => REC_5,
            Why::Exhausted(_) | Why::Unknown => REC_4,
        };
        let arrival = |stated: Option<Ms>, at: Pos| {
            stated.is_some_and(|ms| {
                let arrival = self.records[usize::from(at)].arrival;
                let slack = if self.whole_seconds { 999 } else { 0 };
                ms < arrival.earliest - slack || ms > arrival.latest
            })
        };
        // A failure record that waits for its neighbours goes where they go (AMB-3, AMB-22).
        let later = |o: &Owed| {
            let configs = self.configs(o.since.earliest, doc.at);
            o.half && self.admits(AMB_3, 1) && configs.iter().any(|c| c.destination == Some(doc.destination))
        };
        let nowhere =
            members.iter().all(|o| o.destinations & (1 << doc.destination.min(15)) == 0 && !later(o));
        let rules = [
            wrong(nowhere, DISCARD_4),
            wrong(doc.size.is_some_and(|size| size != u32::from(covered)), REC_7),
            wrong(count, count_rule),
            wrong(response, response_rule),
            wrong(arrival(doc.first_arrival, doc.lo) || arrival(doc.last_arrival, doc.hi - 1), REC_11),
        ];
        if let (Some(said), Some(last)) = (doc.request, members.iter().rev().find_map(|o| o.last))
            && request_of(last).is_some_and(|known| known != said)
            && !members.iter().filter_map(|o| o.last).any(|id| request_of(id) == Some(said))
        {
            next.mark(REC_2);
        }
        let aged = first.why == Why::Aged;
        self.reach(&[
            (DISCARD_3, true),
            (REC_7, true),
            (REC_11, true),
            (REC_2, doc.request.is_some()),
            (REC_1, !aged),
            (AGE_2, aged),
            (AGE_8, aged),
            (BISECT_8, first.half),
            (PBR_7, doc.lo > 0 && next.done.get(usize::from(doc.lo) - 1) == Some(&Done::Checkpoint)),
            (count_rule, doc.count.is_some()),
            (response_rule, doc.response.is_some()),
        ]);
        rules.into_iter().flatten().all(|rule| self.forgives(next, rule))
    }

    /// No way explains the document: which rules it breaks, and how things go on if they are forgiven.
    fn unexplained(
        &self,
        state: &State,
        doc: &Facts,
        request_of: &dyn Fn(u32) -> Option<RequestId>,
        out: &mut Vec<State>,
    ) {
        let overlapping = |owed: &&Owed| owed.lo < doc.hi && doc.lo < owed.hi;
        let near = state.owed.iter().find(overlapping);
        let in_hand = state
            .top()
            .filter(|part| doc.lo >= part.lo || state.owed.is_empty())
            .filter(|_| doc.hi > state.head());
        let mut ignore = |rule| {
            let mut next = state.clone();
            if self.forgives(&mut next, rule) {
                for owed in next.owed.iter_mut().filter(|owed| owed.lo < doc.hi && doc.lo < owed.hi) {
                    owed.optional = true;
                }
                out.push(next);
            }
        };
        let configs = self.configs(doc.at.earliest - 1, doc.at);
        if configs.iter().all(|c| c.destination.is_none()) && near.is_none() {
            return ignore(DISCARD_4);
        }
        if let Some(owed) = near {
            let rule = match (owed.why, doc.condition) {
                (Why::Aged, Some(Condition::RetryAttemptsExhausted)) => AGE_2,
                (Why::Exhausted(_) | Why::TooLarge, Some(Condition::RecordAgeExceeded)) => REC_1,
                _ if doc.lo >= owed.lo && doc.hi == owed.hi - 1 => REC_7,
                _ if doc.lo >= owed.lo && doc.hi <= owed.hi => DISCARD_2,
                _ if doc.lo < owed.lo && state.done[usize::from(doc.lo)] == Done::Checkpoint => PBR_7,
                _ if state.owed.iter().filter(overlapping).count() > 1 => BISECT_8,
                _ => REC_7,
            };
            ignore(rule);
            if rule == REC_7 && doc.hi == owed.hi - 1 {
                ignore(DISCARD_2);
            }
            return;
        }
        let resolved = doc.hi <= state.head();
        let done = |how: &[Done]| {
            (doc.lo..doc.hi).all(|at| state.done.get(usize::from(at)).is_some_and(|d| how.contains(d)))
        };
        if resolved {
            let succeeded = done(&[Done::Success, Done::Unread, Done::Shaped, Done::Half, Done::Checkpoint]);
            return ignore(if succeeded { DISCARD_5 } else { DISCARD_3 });
        }
        let part = in_hand.unwrap_or(Part::fresh(doc.lo, doc.hi, doc.at.earliest));
        self.misnamed_age(state, doc, request_of, out);
        let rule = self.too_early_rule(state, &part, doc);
        let mut next = state.clone();
        if self.forgives(&mut next, rule) {
            if in_hand.is_some() {
                next.parts.pop();
            }
            let (lo, hi) = (part.lo.max(state.head()), part.hi.max(doc.hi));
            self.owe_unknown(&mut next, lo, hi, &part, doc.at);
            next.resolve(lo, hi, if rule == RETRY_1 { Done::Exhausted } else { Done::Aged });
            self.consume(&next, doc, request_of, out);
            if out.is_empty() {
                next.owed.retain(|owed| owed.why != Why::Unknown);
                out.push(next);
            }
        }
    }

    /// Records that grew too old, under the name of the other condition (AGE-2).
    fn misnamed_age(
        &self,
        state: &State,
        doc: &Facts,
        request_of: &dyn Fn(u32) -> Option<RequestId>,
        out: &mut Vec<State>,
    ) {
        let mut next = state.clone();
        let mut dropped = Vec::new();
        if doc.condition == Some(Condition::RetryAttemptsExhausted) {
            self.dropped_to(state, doc.hi, doc.at, &mut dropped);
        }
        if dropped.is_empty() || !self.forgives(&mut next, AGE_2) {
            return;
        }
        let renamed = Facts { condition: Some(Condition::RecordAgeExceeded), ..*doc };
        for mut next in dropped {
            next.forgive(AGE_2);
            self.consume(&next, &renamed, request_of, out);
        }
    }

    /// A discard of records that were not to be discarded yet.
    fn too_early_rule(&self, state: &State, part: &Part, doc: &Facts) -> crate::rule::RuleId {
        let configs = self.configs_of(part, doc.at);
        if doc.condition == Some(Condition::RecordAgeExceeded) {
            let limited = configs.iter().any(|c| c.age_ms.is_some());
            let after_old = doc.lo > 0 && state.done.get(usize::from(doc.lo) - 1) == Some(&Done::Aged);
            let some_old = after_old || (doc.lo..doc.hi).any(|at| self.may_be_aged(at, configs, doc.at));
            return match (limited, some_old) {
                (false, _) => AGE_10,
                (true, true) => AGE_4,
                (true, false) => AGE_7,
            };
        }
        self.early_rule(part, &configs[0], doc.at)
    }
}

fn compatible(owed: &Owed, condition: Option<Condition>) -> bool {
    match (owed.why.condition(), condition) {
        (Some(known), Some(stated)) => known == stated,
        _ => true,
    }
}

impl Why {
    /// Whether the failure record may say so of the function's response (REC-4, REC-5, AGE-3, AMB-20).
    fn admits(self, fact: ResponseFact) -> bool {
        match self {
            Why::Exhausted(Fail::Raised) => fact == ResponseFact::Unhandled,
            Why::Exhausted(Fail::Broken) => {
                matches!(fact, ResponseFact::Unhandled | ResponseFact::OtherError)
            }
            Why::Exhausted(Fail::Malformed | Fail::NoProgress) => fact == ResponseFact::NoError,
            Why::TooLarge | Why::Aged => fact == ResponseFact::Absent,
            Why::Unknown => true,
        }
    }
}
