//! What follows a failure record that nothing explains.

use crate::catalogue::*;
use crate::event::Condition;
use crate::lane::Lane;
use crate::rule::RuleId;
use crate::spec::Facts;
use crate::state::{Done, Owed, Part, State, Why};

impl Lane<'_> {
    /// No way explains the document: which rules it breaks, and how things go on if they are forgiven.
    pub(crate) fn unexplained(&self, state: &State, doc: &Facts, out: &mut Vec<State>) {
        let near = state.owed.iter().find(|owed| owed.overlaps(doc.lo, doc.hi));
        let configs = self.configs(doc.at.earliest, doc.at);
        if configs.iter().all(|c| c.destination.is_none()) && near.is_none() {
            return self.ignored(state, doc, DISCARD_4, out);
        }
        if let Some(owed) = near {
            let rule = self.misfit_rule(state, owed, doc);
            self.ignored(state, doc, rule, out);
            if rule == REC_7 && doc.hi == owed.hi - 1 {
                self.ignored(state, doc, DISCARD_2, out);
            }
            return;
        }
        if doc.hi <= state.head() {
            let success = [Done::Success, Done::Unread, Done::Shaped, Done::Half, Done::Checkpoint];
            let done = |at| state.done.get(usize::from(at)).is_some_and(|done| success.contains(done));
            let rule = if (doc.lo..doc.hi).all(done) { DISCARD_5 } else { DISCARD_3 };
            return self.ignored(state, doc, rule, out);
        }
        self.misnamed_age(state, doc, out);
        self.discarded_early(state, doc, out);
    }

    /// The document is not looked at any further; what is owed for its records need not come.
    fn ignored(&self, state: &State, doc: &Facts, rule: RuleId, out: &mut Vec<State>) {
        if let Some(mut next) = self.forgiven(state, rule) {
            for owed in next.owed.iter_mut().filter(|owed| owed.overlaps(doc.lo, doc.hi)) {
                owed.optional = true;
            }
            out.push(next);
        }
    }

    /// The document overlaps what is owed, and is not it.
    fn misfit_rule(&self, state: &State, owed: &Owed, doc: &Facts) -> RuleId {
        let overlapping = || state.owed.iter().filter(|owed| owed.overlaps(doc.lo, doc.hi)).count();
        match (owed.why, doc.said.condition) {
            (Why::Aged, Some(Condition::RetryAttemptsExhausted)) => AGE_2,
            (Why::Exhausted(_) | Why::TooLarge, Some(Condition::RecordAgeExceeded)) => REC_1,
            _ if doc.lo >= owed.lo && doc.hi == owed.hi - 1 => REC_7,
            _ if doc.lo >= owed.lo && doc.hi <= owed.hi => DISCARD_2,
            _ if state.done.get(usize::from(doc.lo)) == Some(&Done::Checkpoint) => PBR_7,
            _ if overlapping() > 1 => BISECT_8,
            _ => REC_7,
        }
    }

    /// Records that grew too old, under the name of the other condition (AGE-2).
    fn misnamed_age(&self, state: &State, doc: &Facts, out: &mut Vec<State>) {
        if doc.said.condition != Some(Condition::RetryAttemptsExhausted) {
            return;
        }
        let mut dropped = Vec::new();
        self.dropped_to(state, doc.hi, doc.at, &mut dropped);
        let mut renamed = *doc;
        renamed.said.condition = Some(Condition::RecordAgeExceeded);
        for next in dropped {
            if let Some(next) = self.forgiven(&next, AGE_2) {
                self.consume(&next, &renamed, out);
            }
        }
    }

    /// Records are discarded that were not to be discarded yet.
    fn discarded_early(&self, state: &State, doc: &Facts, out: &mut Vec<State>) {
        let in_hand = state.top().filter(|part| doc.lo >= part.lo || state.owed.is_empty());
        let part = in_hand.unwrap_or(Part::fresh(doc.lo, doc.hi, doc.at.earliest));
        let rule = self.too_early_rule(state, &part, doc);
        let Some(mut next) = self.forgiven(state, rule) else { return };
        if in_hand.is_some() {
            next.parts.pop();
        }
        let all = Part { lo: part.lo.max(state.head()), hi: part.hi.max(doc.hi), ..part };
        self.owe_unknown(&mut next, &all, doc.at);
        next.resolve(all.lo, all.hi, if rule == RETRY_1 { Done::Exhausted } else { Done::Aged });
        self.consume(&next, doc, out);
        if out.is_empty() {
            next.owed.retain(|owed| owed.why != Why::Unknown);
            out.push(next);
        }
    }
}
