//! The calls of the function: which records each delivered, and whether its answer is the one of the script.

use super::{NotATrace, Table};
use crate::answer::Answer;
use crate::call::CallFacts;
use crate::catalogue::{BATCH_2, ORDER_1, ORDER_8};
use crate::event::{Event, RequestId};
use crate::label::Label;
use crate::passage::Plain;
use crate::script::{Deliveries, respond};
use crate::texts;
use crate::when::{Ms, When};
use smallvec::SmallVec;

/// How many earlier calls of a shard are compared for equal request IDs.
const REQUESTS_COMPARED: usize = 64;

impl Table<'_> {
    /// Invocations and answers, and whether the answers are those of the script.
    pub(super) fn calls(&mut self) -> Result<(), NotATrace> {
        let case = self.trace.case;
        let mut deliveries: SmallVec<[Deliveries; 2]> =
            case.mappings.iter().map(|_| Deliveries::of(case)).collect();
        let mut before = When::at(Ms::MIN);
        for (event, observed) in self.trace.events.iter().enumerate() {
            let bad = |problem: String| Err(NotATrace { event, problem });
            let at = observed.at();
            if observed.during().surely_before(before) {
                return bad("it lies before the event in front of it".to_owned());
            }
            before.earliest = before.earliest.max(at.earliest);
            match observed {
                Event::Invoked { id, mapping, at, request, records, text } => {
                    let Some(facts) = self.mappings.get(usize::from(*mapping)) else {
                        return bad("the case has no such mapping".to_owned());
                    };
                    if *id as usize != self.calls.len() || facts.configs.is_empty() || records.is_empty() {
                        return bad("an invocation without records, out of turn, or of a mapping that does not exist yet".to_owned());
                    }
                    let Some(mut call) = self.call(*mapping, *at, *request, records) else {
                        return bad("a record is delivered that was never put".to_owned());
                    };
                    if let Some(text) = text {
                        call.breaches.extend(texts::event(self.trace, call.shard, records, text));
                    }
                    if !case.function.foreign {
                        let (answer, _) = respond(case, records, &mut deliveries[usize::from(*mapping)]);
                        let times_out = answer == Answer::TimedOut;
                        call.times_out_from = times_out.then_some(at.earliest + case.function.timeout_ms);
                        call.answer = Some(answer);
                    }
                    self.calls.push(call);
                }
                Event::Answered { id, at, answer, .. } => {
                    let Some(call) = self.calls.get_mut(*id as usize).filter(|call| !call.answered) else {
                        return bad("an answer to no call, or a second one".to_owned());
                    };
                    call.answered = true;
                    if call.answer.take().is_some_and(|planned| planned != *answer) {
                        return bad("the function answered otherwise than its script says".to_owned());
                    }
                    if !call.ends(*at, answer, case.function.timeout_ms) {
                        return bad("the answer comes before it can".to_owned());
                    }
                    let (mapping, shard) = (call.mapping, call.shard);
                    let well = matches!(answer, Answer::Returned(_));
                    if !well && !self.failed.contains(&(mapping, shard)) {
                        self.failed.push((mapping, shard));
                    }
                }
                Event::Delivered { mapping, .. }
                    if self.mappings.get(usize::from(*mapping)).is_none_or(|m| m.configs.is_empty()) =>
                {
                    return bad("a failure record of a mapping that does not exist".to_owned());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The facts of a call; `None` if it delivers a record that was never put.
    fn call(
        &self,
        mapping: u8,
        at: When,
        request: Option<RequestId>,
        records: &[Label],
    ) -> Option<CallFacts> {
        let (shard, first) = self.position(*records.first()?)?;
        let (mut lo, mut hi, mut last, mut count) = (first, first, None, 0_usize);
        let (mut mixed, mut ordered) = (false, true);
        for label in records {
            let (other, place) = self.position(*label)?;
            if other != shard {
                mixed = true;
                continue;
            }
            (lo, hi, count) = (lo.min(place), hi.max(place), count + 1);
            ordered &= last.replace(place).is_none_or(|last| last < place);
        }
        let hi = hi + 1;
        let mut breaches = Vec::new();
        let mut breach = |rule, what: &str| breaches.push(Plain::new(rule, what));
        if mixed {
            breach(BATCH_2, "one batch has records of several shards");
        }
        if !ordered {
            breach(ORDER_1, "the records of the batch are not in the order of their sequence numbers");
        } else if count < usize::from(hi - lo) {
            breach(ORDER_8, "the batch leaves records out between its first and its last");
        }
        let request = request.map(|id| {
            let lane =
                self.calls.iter().enumerate().rev().filter(|(_, c)| c.mapping == mapping && c.shard == shard);
            let earlier =
                lane.take(REQUESTS_COMPARED).find(|(_, c)| c.request.is_some_and(|(known, _)| known == id));
            (id, earlier.map(|(index, _)| index as u32))
        });
        Some(CallFacts {
            mapping,
            shard,
            lo,
            hi,
            at,
            request,
            breaches,
            times_out_from: None,
            answered: false,
            answer: None,
        })
    }
}
