//! The two ports that the harness lends: the function, and the destination. They record before they answer.
//!
//! An adapter cannot forget or reorder an observation, and every target is observed alike.

use esm_model::answer::Answer;
use esm_model::case::Case;
use esm_model::event::{Batch, Document, Event, RequestId, Settled};
use esm_model::script::{Deliveries, respond};
use esm_model::setup::Setup;
use esm_model::trace::TraceRef;
use esm_model::when::{Ms, When};
use std::cell::RefCell;
use std::rc::Rc;

/// Says whether a trace took a course that nothing allows.
pub type Judge = Rc<dyn Fn(TraceRef<'_>) -> bool>;

/// Both ports of one session. Clones share the record.
#[derive(Clone)]
pub struct Ports(Rc<RefCell<Recorder>>);

/// What has been observed, and how often each record was delivered.
struct Recorder {
    case: Rc<Case>,
    events: Vec<Event>,
    invocations: u32,
    deliveries: Vec<Deliveries>,
    judge: Option<Judge>,
}

/// A call of the function as the target made it.
pub struct Call {
    /// Index of the mapping.
    pub mapping: u8,
    /// The request ID that the function sees.
    pub request: Option<RequestId>,
    /// The records, in order.
    pub records: Batch,
    /// The event as text, where there is one.
    pub text: Option<Box<str>>,
}

/// What the function will do with a call.
pub struct Reply {
    /// Names the call in [`Ports::answered`].
    pub id: u32,
    /// How it ends.
    pub answer: Answer,
    /// After how many milliseconds.
    pub takes: Ms,
}

impl Ports {
    /// Fresh ports for a case. `buffer` is emptied and used for the events. `judge` is who is asked while the case is
    /// still running, if anybody.
    pub fn new(case: Rc<Case>, mut buffer: Vec<Event>, judge: Option<Judge>) -> Ports {
        buffer.clear();
        let deliveries = case.mappings.iter().map(|_| Deliveries::of(&case)).collect();
        Ports(Rc::new(RefCell::new(Recorder { case, events: buffer, invocations: 0, deliveries, judge })))
    }

    /// Whether the course of events is red already, whatever comes: then nothing is gained by waiting as long as for what
    /// may only be late. `names` are those of the session.
    pub fn is_red(&self, now: Ms, names: Option<&Setup>) -> bool {
        let recorder = self.0.borrow();
        let Some(judge) = &recorder.judge else { return false };
        let mut events = recorder.events.clone();
        events.push(Event::Settled { at: When::at(now), how: Settled::Horizon });
        judge(TraceRef { case: &recorder.case, setup: names, events: &events })
    }

    /// The function is called.
    pub fn invoke(&self, at: When, call: Call) -> Reply {
        let recorder = &mut *self.0.borrow_mut();
        let id = recorder.invocations;
        recorder.invocations += 1;
        let (answer, takes) =
            respond(&recorder.case, &call.records, &mut recorder.deliveries[usize::from(call.mapping)]);
        let Call { mapping, request, records, text } = call;
        recorder.events.push(Event::Invoked { id, mapping, at, request, records, text });
        Reply { id, answer, takes }
    }

    /// The function's answer goes back.
    pub fn answered(&self, at: When, id: u32, answer: Answer, text: Option<Box<str>>) {
        self.record(Event::Answered { id, at, answer, text });
    }

    /// A document arrives at a destination.
    pub fn deliver(&self, at: When, mapping: u8, destination: u8, document: Document) {
        self.record(Event::Delivered { mapping, at, destination, document });
    }

    /// For the runner alone: what it did itself.
    pub(crate) fn record(&self, event: Event) {
        self.0.borrow_mut().events.push(event);
    }

    /// For the runner alone: the window that a step opened has ended.
    pub(crate) fn ended(&self, step: u16, ended: When) {
        let mut recorder = self.0.borrow_mut();
        let opened = recorder.events.iter_mut().rev().find_map(|event| match event {
            Event::Acted { step: known, at } if *known == step => Some(at),
            _ => None,
        });
        if let Some(at) = opened {
            at.ended = ended;
        }
    }

    /// For the runner alone: everything observed, in order.
    pub(crate) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.borrow_mut().events)
    }
}
