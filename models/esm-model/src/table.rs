//! Everything about a trace that does not depend on how it is judged: who put what where, which settings were in
//! force when, which call had which records. And the check that it *is* a trace of its case.
//!
//! The script is run again over the deliveries, so that the harness's own answers are checked too.

use crate::answer::Answer;
use crate::call::CallFacts;
use crate::case::Action;
use crate::catalogue::{BATCH_2, ORDER_1, ORDER_8};
use crate::event::{Event, MappingState, RequestId};
use crate::label::Label;
use crate::lane::{Config, Disabled, Lane, MappingFacts, Rec};
use crate::mapping::{Mapping, SourceKind};
use crate::passage::Plain;
use crate::rule::RuleSet;
use crate::script::{Deliveries, respond};
use crate::spec::Reading;
use crate::state::Pos;
use crate::texts;
use crate::trace::TraceRef;
use crate::when::{Ms, Span, When};
use smallvec::SmallVec;
use std::cell::RefCell;

/// How many earlier calls of a shard are compared for equal request IDs.
const REQUESTS_COMPARED: usize = 64;

/// The events do not fit the case, or each other: nothing is said about any implementation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {event} is not one of this case: {problem}")]
pub struct NotATrace {
    /// Index of the event, from 0.
    pub event: usize,
    /// What does not fit.
    pub problem: String,
}

/// What is known about a trace before it is judged.
#[derive(Debug)]
pub(crate) struct Table<'t> {
    pub(crate) shards: SmallVec<[Vec<Rec>; 4]>,
    pub(crate) mappings: SmallVec<[MappingFacts; 2]>,
    pub(crate) calls: Vec<CallFacts>,
    /// Shards and mappings in which some call failed.
    failed: SmallVec<[(u8, u8); 4]>,
    places: SmallVec<[Pos; 16]>,
    sentinels: SmallVec<[Pos; 4]>,
    pub(crate) trace: TraceRef<'t>,
}

const NOWHERE: Pos = Pos::MAX;

impl<'t> Table<'t> {
    pub(crate) fn new(trace: TraceRef<'t>) -> Result<Table<'t>, NotATrace> {
        let case = trace.case;
        let room = case.records.len() / usize::from(case.shards.max(1)) + 2;
        let mut table = Table {
            shards: (0..case.shards).map(|_| Vec::with_capacity(room)).collect(),
            mappings: case.mappings.iter().map(|m| MappingFacts::of(&m.settings)).collect(),
            calls: Vec::with_capacity(trace.events.len() / 2),
            failed: SmallVec::new(),
            places: SmallVec::from_elem(NOWHERE, case.records.len()),
            sentinels: SmallVec::from_elem(NOWHERE, usize::from(case.shards)),
            trace,
        };
        table.stimuli()?;
        table.calls()?;
        Ok(table)
    }

    /// Where a record lies: its shard and its place in it.
    pub(crate) fn position(&self, label: Label) -> Option<(u8, Pos)> {
        let shard = self.trace.case.shard_of(label)?;
        let place = match label.index() {
            Some(index) => *self.places.get(index)?,
            None => *self.sentinels.get(usize::from(shard))?,
        };
        (place != NOWHERE).then_some((shard, place))
    }

    /// Whether another shard of the mapping, or another mapping, had a failing call.
    pub(crate) fn others(&self, mapping: u8, shard: u8) -> (bool, bool) {
        (self.failed.iter().any(|(m, s)| *m == mapping && *s != shard), self.mappings.len() > 1)
    }

    /// What the steps of one shard of one mapping look at.
    pub(crate) fn lane<'a>(
        &'a self,
        mapping: u8,
        shard: u8,
        reading: &'a Reading,
        refused: &'a RefCell<RuleSet>,
    ) -> Lane<'a> {
        Lane {
            reading,
            facts: &self.mappings[usize::from(mapping)],
            records: &self.shards[usize::from(shard)],
            retention_ms: self.trace.case.retention_ms,
            whole_seconds: self.trace.case.source == SourceKind::DynamoDb,
            several_shards: self.trace.case.shards > 1,
            others: self.others(mapping, shard),
            calls: &self.calls,
            mapping,
            shard,
            refused,
        }
    }

    /// Puts, creations and steps of the timeline.
    fn stimuli(&mut self) -> Result<(), NotATrace> {
        let case = self.trace.case;
        let mut settings: SmallVec<[Option<Mapping>; 2]> = case.mappings.iter().map(|_| None).collect();
        let mut destinations: SmallVec<[Named<'_>; 2]> = case.mappings.iter().map(|_| Named::new()).collect();
        let mut steps: SmallVec<[bool; 16]> = SmallVec::from_elem(false, case.actions.len());
        let mut last_sequence = None;
        let mut ordered = true;
        for (event, observed) in self.trace.events.iter().enumerate() {
            let bad = |problem: &str| Err(NotATrace { event, problem: problem.to_owned() });
            match observed {
                Event::Put { at, records } => {
                    for bound in records {
                        let Some(record) = case.record(bound.label) else {
                            return bad("the case has no such record");
                        };
                        let shard = usize::from(record.shard);
                        let place = match bound.label.index() {
                            Some(index) => &mut self.places[index],
                            None => &mut self.sentinels[shard],
                        };
                        if *place != NOWHERE {
                            return bad("a record is put twice");
                        }
                        *place = self.shards[shard].len() as Pos;
                        ordered &=
                            last_sequence.replace(&bound.sequence).is_none_or(|last| *last < bound.sequence);
                        let payload = record.payload_at_least();
                        self.shards[shard].push(Rec {
                            label: bound.label,
                            arrival: bound.arrival,
                            put: *at,
                            payload,
                        });
                    }
                }
                Event::Created { mapping, at } => {
                    let index = usize::from(*mapping);
                    let Some(known) = case.mappings.get(index) else {
                        return bad("the case has no such mapping");
                    };
                    if !self.mappings[index].configs.is_empty() {
                        return bad("a mapping is created twice");
                    }
                    let arn = known.settings.destination.as_ref().map(|d| d.arn());
                    let destination = destinations[index].index(arn);
                    self.mappings[index].configs.push(Config::of(&known.settings, destination, *at));
                    if !known.settings.enabled {
                        let seen = Some(at.ended);
                        self.mappings[index].disabled.push(Disabled { from: *at, seen, until: None });
                    }
                }
                Event::Acted { step, at } => {
                    let index = usize::from(*step);
                    match steps.get_mut(index) {
                        None => return bad("the case has no such step"),
                        Some(true) => return bad("a step is carried out twice"),
                        Some(done) => *done = true,
                    }
                    let action = &case.actions[index].action;
                    if self.mappings[usize::from(action.mapping())].configs.is_empty() {
                        return bad("the mapping does not exist yet");
                    }
                    let of = usize::from(action.mapping());
                    self.acted(*step, action, *at, &mut settings[of], &mut destinations[of]);
                }
                Event::Status { mapping, at, state, .. } => {
                    let Some(facts) = self.mappings.get_mut(usize::from(*mapping)) else {
                        return bad("the case has no such mapping");
                    };
                    if *state == MappingState::Disabled
                        && let Some(disabled) = facts.disabled.last_mut()
                        && disabled.until.is_none()
                    {
                        disabled.seen = disabled.seen.or(Some(*at));
                    }
                }
                Event::Settled { .. } if event + 1 != self.trace.events.len() => {
                    return bad("the run goes on after its end");
                }
                _ => {}
            }
        }
        if !ordered {
            self.reorder();
        }
        match self.trace.events.last() {
            Some(Event::Settled { .. }) => Ok(()),
            _ => {
                Err(NotATrace { event: self.trace.events.len(), problem: "the trace has no end".to_owned() })
            }
        }
    }

    /// Sequence numbers, not the order of the puts, give the order within a shard.
    fn reorder(&mut self) {
        let puts = self.trace.events.iter().filter_map(|event| match event {
            Event::Put { records, .. } => Some(records),
            _ => None,
        });
        let numbers: std::collections::BTreeMap<Label, &crate::SequenceNumber> =
            puts.flatten().map(|bound| (bound.label, &bound.sequence)).collect();
        for shard in 0..self.shards.len() {
            self.shards[shard].sort_by(|a, b| numbers.get(&a.label).cmp(&numbers.get(&b.label)));
            for (place, record) in self.shards[shard].iter().enumerate() {
                match record.label.index() {
                    Some(index) => self.places[index] = place as Pos,
                    None => self.sentinels[shard] = place as Pos,
                }
            }
        }
    }

    fn acted(
        &mut self,
        step: u16,
        action: &'t Action,
        at: Span,
        settings: &mut Option<Mapping>,
        destinations: &mut Named<'t>,
    ) {
        let of = usize::from(action.mapping());
        let facts = &mut self.mappings[of];
        match action {
            Action::Throttle { .. } | Action::ServiceError { .. } => facts.unreachable.push(at),
            Action::RefuseWrites { .. } => facts.refusing.push(at),
            Action::Disable { .. } => {
                facts.changes.push(at);
                facts.disabled.push(Disabled { from: at, seen: None, until: None });
                facts.enabled.push((step, false));
            }
            Action::Enable { .. } => {
                facts.changes.push(at);
                facts.disabled.iter_mut().filter(|d| d.until.is_none()).for_each(|d| d.until = Some(at));
                facts.enabled.push((step, true));
            }
            Action::Update { set, .. } => {
                facts.changes.push(at);
                let now = settings.get_or_insert_with(|| self.trace.case.mappings[of].settings.clone());
                set.apply(now);
                // A patch holds its destination as text; absent, it stays what it was.
                let named = match &set.destination {
                    Some(arn) => Some(arn.as_str()).filter(|arn| !arn.is_empty()),
                    None => destinations.now,
                };
                let destination = destinations.index(named);
                facts.configs.push(Config::of(now, destination, at));
            }
        }
    }

    /// Invocations and answers, and whether the answers are those of the script.
    fn calls(&mut self) -> Result<(), NotATrace> {
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

/// The destinations that a mapping has named so far.
#[derive(Debug)]
struct Named<'t> {
    all: SmallVec<[&'t str; 2]>,
    now: Option<&'t str>,
}

impl<'t> Named<'t> {
    fn new() -> Named<'t> {
        Named { all: SmallVec::new(), now: None }
    }

    /// The index of the present destination among all that were named.
    fn index(&mut self, arn: Option<&'t str>) -> Option<u8> {
        self.now = arn;
        let arn = arn?;
        let index = self.all.iter().position(|known| *known == arn).unwrap_or_else(|| {
            self.all.push(arn);
            self.all.len() - 1
        });
        Some(index as u8)
    }
}
