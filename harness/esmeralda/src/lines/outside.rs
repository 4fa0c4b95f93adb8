//! The world of one session as the harness holds it: the function service, the destinations, and their windows.
//!
//! It decides what becomes of a call, and through the ports records it before it answers. Time is told to it.

use super::message::{CallError, Deliver, Invoke, Reply};
use crate::machine::response_text;
use crate::ports::{Call, Ports};
use esm_model::SequenceNumber;
use esm_model::answer::Answer;
use esm_model::case::{Action, Case, PAYLOAD_LIMIT};
use esm_model::event::{Batch, Bound, Document, Object};
use esm_model::label::Label;
use esm_model::mapping::{Destination, DestinationKind};
use esm_model::when::{Ms, When};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Bytes of an event record beside its data.
const ENVELOPE: u64 = 500;
/// Most calls of a case that are refused as too large: as many as take longer than the longest admitted stall.
const TOO_LARGE_TRIES: u32 = 1_000;

/// A call that will be answered.
struct Pending {
    at: Ms,
    order: u32,
    call: u64,
    end: End,
}

/// How a call ends.
enum End {
    /// It did not reach the function.
    Refused(CallError),
    /// The invocation, its answer, and the value as text.
    Reached { id: u32, answer: Answer, text: Option<Box<str>>, documents: bool },
}

/// A mapping as its surroundings know it.
#[derive(Default)]
struct Slot {
    created: bool,
    throttled: Window,
    failing: Window,
    refusing: Window,
    invocations: Vec<u32>,
    destinations: Vec<Destination>,
}

/// When something goes wrong: until a time, or for as long as some step has not ended.
#[derive(Default)]
struct Window {
    until: Option<Ms>,
    open: u32,
}

impl Window {
    fn is_open(&self, now: Ms) -> bool {
        self.open > 0 || self.until.is_some_and(|until| now < until)
    }
}

/// The world of one session.
pub(super) struct Outside {
    case: Rc<Case>,
    ports: Ports,
    slots: Vec<Slot>,
    labels: BTreeMap<SequenceNumber, Label>,
    sequences: BTreeMap<Label, SequenceNumber>,
    pending: Vec<Pending>,
    order: u32,
    too_large: u32,
    used_up: bool,
}

impl Outside {
    pub(super) fn new(case: Rc<Case>, ports: Ports) -> Outside {
        let slot = || Slot { invocations: vec![0; usize::from(case.shards)], ..Slot::default() };
        Outside {
            slots: case.mappings.iter().map(|_| slot()).collect(),
            case,
            ports,
            labels: BTreeMap::new(),
            sequences: BTreeMap::new(),
            pending: Vec::new(),
            order: 0,
            too_large: 0,
            used_up: false,
        }
    }

    /// Whether a shard has used up its calls: the case is cut when those under way have ended.
    pub(super) fn is_used_up(&self) -> bool {
        self.used_up
    }

    /// A mapping is there.
    pub(super) fn created(&mut self, mapping: u8) {
        let index = usize::from(mapping);
        self.slots[index].created = true;
        if let Some(destination) = self.case.mappings[index].settings.destination.clone() {
            self.slots[index].note(destination);
        }
    }

    /// A step of the timeline. In virtual time a window is known to its end.
    pub(super) fn step(&mut self, at: Ms, action: &Action, wall: bool) {
        let slot = &mut self.slots[usize::from(action.mapping())];
        if let Action::Update { set, .. } = action
            && let Some(destination) = set.destination.as_ref().and_then(|arn| arn.parse().ok())
        {
            slot.note(destination);
        }
        let until = at + action.lasts();
        match slot.window(action) {
            Some(window) if wall => window.open += 1,
            Some(window) => window.until = window.until.max(Some(until)),
            None => {}
        }
    }

    /// The end of a window on a wall clock.
    pub(super) fn end(&mut self, action: &Action) {
        if let Some(window) = self.slots[usize::from(action.mapping())].window(action) {
            window.open = window.open.saturating_sub(1);
        }
    }

    /// Records got their sequence numbers. Calls name records by nothing else, so that no two may have the same.
    pub(super) fn bound(&mut self, records: &[Bound]) -> Result<(), String> {
        for Bound { label, sequence, .. } in records {
            if let Some(other) = self.labels.insert(sequence.clone(), *label) {
                return Err(format!("put: {other} and {label} were given one sequence number, {sequence}"));
            }
            self.sequences.insert(*label, sequence.clone());
        }
        Ok(())
    }

    /// The function is called. Once the case's calls are used up and `stop` was said, nothing comes of it.
    pub(super) fn invoke(
        &mut self,
        at: When,
        call: u64,
        invoke: Invoke,
        stopped: bool,
    ) -> Result<(), String> {
        let mapping = invoke.mapping;
        let Some(slot) = self.slots.get(usize::from(mapping)).filter(|slot| slot.created) else {
            return Err(format!("invoke: there is no mapping {mapping} at this time"));
        };
        if self.pending.iter().any(|pending| pending.call == call) {
            return Err(format!("invoke: the call {call} is still open, so another one needs another id"));
        }
        let records = self.records(&invoke)?;
        if stopped {
            return Ok(());
        }
        let now = at.latest;
        let size = invoke.size.unwrap_or_else(|| self.size(&records));
        let refused = if slot.throttled.is_open(now) {
            Some(CallError::Throttled)
        } else if slot.failing.is_open(now) {
            Some(CallError::ServiceError)
        } else if size > PAYLOAD_LIMIT {
            Some(CallError::TooLarge)
        } else {
            None
        };
        let (ends, end) = match refused {
            Some(error) => {
                // A record that never fits is tried for ever where no limit is set: such tries use the case up too.
                if error == CallError::TooLarge {
                    self.too_large += 1;
                    self.used_up |= self.too_large >= TOO_LARGE_TRIES;
                }
                (now, End::Refused(error))
            }
            None => {
                let shard = records.first().and_then(|label| self.case.shard_of(*label)).unwrap_or(0);
                let text: Option<Box<str>> = invoke.event.map(|event| event.get().into());
                let documents = text.is_some();
                let reply = self.ports.invoke(at, Call { mapping, request: invoke.request, records, text });
                let calls = &mut self.slots[usize::from(mapping)].invocations[usize::from(shard)];
                *calls += 1;
                self.used_up |= *calls >= self.case.max_invocations;
                let text = self.text(&reply.answer);
                (now + reply.takes, End::Reached { id: reply.id, answer: reply.answer, text, documents })
            }
        };
        self.order += 1;
        self.pending.push(Pending { at: ends, order: self.order, call, end });
        Ok(())
    }

    /// A failure record is written; whether the destination takes it.
    pub(super) fn deliver(&mut self, at: When, deliver: Deliver) -> Result<bool, String> {
        let Deliver { mapping, destination: arn, body, key, content_type } = deliver;
        let Some(slot) = self.slots.get_mut(usize::from(mapping)).filter(|slot| slot.created) else {
            return Err(format!("deliver: there is no mapping {mapping} at this time"));
        };
        let destination: Destination =
            arn.parse().map_err(|error| format!("deliver: destination: {error}"))?;
        if slot.refusing.is_open(at.latest) {
            return Ok(false);
        }
        let known = slot.destinations.iter().position(|known| *known == destination);
        let index = known.unwrap_or(slot.destinations.len()) as u8;
        let document = match (destination.kind(), key) {
            (DestinationKind::S3, Some(key)) => Document::S3(Box::new(Object { key, body, content_type })),
            (DestinationKind::S3, None) => {
                return Err("deliver: an object in a bucket needs its key".to_owned());
            }
            (DestinationKind::Sqs, _) => Document::Sqs(body.into()),
            (DestinationKind::Sns, _) => Document::Sns(body.into()),
        };
        self.ports.deliver(at, mapping, index, document);
        Ok(true)
    }

    /// When the next call ends, if any is under way.
    pub(super) fn next(&self) -> Option<Ms> {
        self.pending.iter().map(|pending| pending.at).min()
    }

    /// Ends the first call that is due, and says so.
    pub(super) fn answer(&mut self, at: When, now: Ms) -> Option<Reply> {
        let due = self.pending.iter().enumerate().filter(|(_, pending)| pending.at <= now);
        let (index, _) = due.min_by_key(|(_, pending)| (pending.at, pending.order))?;
        // The order of the others is kept in `order`.
        let Pending { call, end, .. } = self.pending.swap_remove(index);
        let mut reply = Reply { id: call, now, returned: None, error: None, stop: false };
        match end {
            End::Refused(error) => reply.error = Some(error),
            End::Reached { id, answer, text, documents } => {
                reply.error = match &answer {
                    Answer::Returned(_) => None,
                    Answer::Raised => Some(CallError::Raised),
                    Answer::TimedOut => Some(CallError::TimedOut),
                    Answer::Crashed => Some(CallError::Crashed),
                };
                reply.returned = text.as_ref().map(|text| {
                    RawValue::from_string(String::from(&**text)).expect("what the function returns is JSON")
                });
                self.ports.answered(at, id, answer, text.filter(|_| documents));
            }
        }
        Some(reply)
    }

    /// What the function returns, as text.
    fn text(&self, answer: &Answer) -> Option<Box<str>> {
        let Answer::Returned(response) = answer else { return None };
        Some(response_text(response, |label| self.sequences.get(&label).cloned()))
    }

    /// The records of a call: by the sequence numbers told, or by those of the event.
    fn records(&self, invoke: &Invoke) -> Result<Batch, String> {
        let found: Result<Batch, String> = match (&invoke.records, &invoke.event) {
            (Some(records), _) => {
                let label = |sequence| {
                    self.labels.get(sequence).copied().ok_or_else(|| {
                        format!("invoke: no record with the sequence number {sequence} was put")
                    })
                };
                records.iter().map(label).collect()
            }
            (None, Some(event)) => self.named(event),
            (None, None) => Err("invoke: it has neither records nor an event".to_owned()),
        };
        match found {
            Ok(records) if records.is_empty() => Err("invoke: there are no records".to_owned()),
            found => found,
        }
    }

    /// The records of an event: by sequence number, or by key where that is damaged.
    fn named(&self, event: &RawValue) -> Result<Batch, String> {
        let event: Value =
            serde_json::from_str(event.get()).map_err(|error| format!("invoke: event: {error}"))?;
        let Some(records) = event.get("Records").and_then(Value::as_array) else {
            return Err("invoke: the event has no list Records".to_owned());
        };
        let label = |(index, record): (usize, &Value)| {
            let (kinesis, table) = (&record["kinesis"], &record["dynamodb"]);
            let number = [&kinesis["sequenceNumber"], &table["SequenceNumber"]].into_iter();
            let mut number = number.filter_map(|number| number.as_str()?.parse::<SequenceNumber>().ok());
            let key = || kinesis["partitionKey"].as_str().or(table["Keys"]["id"]["S"].as_str())?.parse().ok();
            let by_number = number.find_map(|number| self.labels.get(&number).copied());
            let by_key = || key().filter(|label| self.sequences.contains_key(label));
            by_number.or_else(by_key).ok_or_else(|| {
                format!("invoke: event: neither the sequence number nor the key of Records[{index}] was put")
            })
        };
        records.iter().enumerate().map(label).collect()
    }

    fn size(&self, records: &[Label]) -> u64 {
        let sizes = records.iter().filter_map(|label| self.case.record(*label));
        sizes.map(|record| record.payload_at_least() + ENVELOPE).sum()
    }
}

impl Slot {
    fn note(&mut self, destination: Destination) {
        if !self.destinations.contains(&destination) {
            self.destinations.push(destination);
        }
    }

    fn window(&mut self, action: &Action) -> Option<&mut Window> {
        match action {
            Action::Throttle { .. } => Some(&mut self.throttled),
            Action::ServiceError { .. } => Some(&mut self.failing),
            Action::RefuseWrites { .. } => Some(&mut self.refusing),
            Action::Disable { .. } | Action::Enable { .. } | Action::Update { .. } => None,
        }
    }
}
