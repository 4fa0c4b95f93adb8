//! What a session sees while it runs: calls of its functions and documents at its destinations, told to the ports.
//!
//! Knows the endpoint by what comes in alone. Everything here happens on the session's own thread: a call is recorded,
//! and only then is its answer given.

use crate::bounds::Bounds;
use crate::listener::{Incoming, Told};
use crate::source::label_of;
use crate::watch::Watch;
use esm_model::answer::Answer;
use esm_model::case::Case;
use esm_model::event::{Batch, Bound, Document, RequestId};
use esm_model::label::Label;
use esm_model::sequence::SequenceNumber;
use esm_model::when::{Ms, When};
use esm_model::wire::{self, EventContext};
use esmeralda::clock::Wall;
use esmeralda::machine::response_text;
use esmeralda::ports::{Call, Ports, Reply};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// How long a call that timed out is left without an answer beyond its time: longer than anybody takes to end it.
const BEYOND_MS: Ms = 10_000;

/// The eyes of one session.
pub(crate) struct Hub {
    case: Rc<Case>,
    shard_ids: Vec<String>,
    pub(crate) ports: Ports,
    bounds: Bounds,
    wall: Wall,
    /// When the case began, in milliseconds since 1970.
    pub(crate) epoch_ms: i64,
    pub(crate) watch: RefCell<Watch>,
    /// Told whenever something was seen.
    pub(crate) seen: Notify,
    sequences: RefCell<BTreeMap<Label, SequenceNumber>>,
    /// Mappings whose calls fail as a service error now.
    pub(crate) failing: RefCell<Vec<bool>>,
    /// What happens now is no longer of the case.
    over: Cell<bool>,
}

impl Hub {
    pub(crate) fn new(
        case: Rc<Case>,
        shard_ids: Vec<String>,
        ports: Ports,
        bounds: Bounds,
        wall: Wall,
    ) -> Hub {
        Hub {
            watch: RefCell::new(Watch::new(&case)),
            failing: RefCell::new(vec![false; case.mappings.len()]),
            case,
            shard_ids,
            ports,
            bounds,
            wall,
            epoch_ms: wall.epoch_ms(),
            seen: Notify::new(),
            sequences: RefCell::default(),
            over: Cell::new(false),
        }
    }

    /// The time of the case.
    pub(crate) fn now(&self) -> Ms {
        self.wall.epoch_ms() - self.epoch_ms
    }

    /// From now on nothing is recorded.
    pub(crate) fn end(&self) {
        self.over.set(true);
    }

    /// Records were put.
    pub(crate) fn put(&self, records: &[Bound]) {
        let mut sequences = self.sequences.borrow_mut();
        sequences.extend(records.iter().map(|bound| (bound.label, bound.sequence.clone())));
    }

    /// Serves the calls of the session's functions until nobody can send any more.
    pub(crate) async fn serve(self: Rc<Hub>, mut calls: mpsc::UnboundedReceiver<Incoming>) {
        while let Some(call) = calls.recv().await {
            self.call(call);
        }
    }

    /// Records a call and sees to its answer.
    fn call(self: &Rc<Hub>, incoming: Incoming) {
        let Incoming { mapping, text, request, at_ms, answer } = incoming;
        let failing = self.failing.borrow().get(usize::from(mapping)) == Some(&true);
        if self.over.get() || failing {
            // Nobody may wait any more: then there is nobody to tell.
            let _ = answer.send(if failing { Told::ServiceError } else { Told::Nothing });
            return;
        }
        let records = match self.labels(&text) {
            Ok(records) => records,
            Err(why) => {
                self.watch.borrow_mut().breaks(why);
                self.seen.notify_waiters();
                let _ = answer.send(Told::Raise);
                return;
            }
        };
        let latest = self.now();
        // Recorded now: what was recorded while the call waited for its turn may not lie behind it.
        let called = at_ms - self.epoch_ms - self.bounds.call_ms;
        let at = When { earliest: called.max(0), latest };
        let request = request.as_deref().and_then(RequestId::parse);
        let sentinels = records.clone();
        let call = Call { mapping, request, records, text: Some(text.into()) };
        let Reply { id, answer: planned, takes } = self.ports.invoke(at, call);
        let shard = sentinels.first().and_then(|label| self.case.shard_of(*label)).unwrap_or(0);
        self.watch.borrow_mut().called(&self.case, mapping, shard, latest);
        self.seen.notify_waiters();
        let hub = self.clone();
        let plan = Plan { id, mapping, at, planned, takes, records: sentinels };
        if takes == 0 {
            hub.answer(plan, answer);
        } else {
            tokio::task::spawn_local(async move { hub.answer_later(plan, answer).await });
        }
    }

    async fn answer_later(&self, plan: Plan, answer: tokio::sync::oneshot::Sender<Told>) {
        let timed_out = plan.planned == Answer::TimedOut;
        let due = if timed_out {
            // Whoever runs the function began to count before the harness heard of it.
            plan.at.earliest + plan.takes
        } else {
            // Nearer to the timeout it might be taken for one.
            plan.at.latest + plan.takes.min(self.case.function.timeout_ms - 2 * self.bounds.call_ms).max(0)
        };
        self.sleep_until(due).await;
        self.answer_if(plan, timed_out, answer).await;
    }

    async fn answer_if(&self, plan: Plan, timed_out: bool, answer: tokio::sync::oneshot::Sender<Told>) {
        if !timed_out {
            return self.answer(plan, answer);
        }
        let at = When {
            earliest: plan.at.earliest + plan.takes,
            latest: plan.at.latest + plan.takes + self.bounds.call_ms,
        };
        self.answered(&plan, at, None);
        let give_up = at.latest + BEYOND_MS;
        self.sleep_until(give_up).await;
        drop(answer);
    }

    fn answer(&self, plan: Plan, answer: tokio::sync::oneshot::Sender<Told>) {
        let (told, text) = match &plan.planned {
            Answer::Returned(response) => {
                let sequences = self.sequences.borrow();
                let text = response_text(response, |label| sequences.get(&label).cloned());
                (Told::Return(text.clone()), Some(text))
            }
            Answer::Crashed => (Told::Crash, None),
            Answer::Raised | Answer::TimedOut => (Told::Raise, None),
        };
        self.answered(&plan, When::at(self.now()), text);
        // The function may have been given up; what it would have been told is recorded all the same.
        let _ = answer.send(told);
    }

    /// Records an answer, before it is given.
    fn answered(&self, plan: &Plan, at: When, text: Option<Box<str>>) {
        if self.over.get() {
            return;
        }
        self.ports.answered(at, plan.id, plan.planned.clone(), text);
        // What follows from a time-out is due from the last moment at which it may have come.
        let at = self.now().max(at.latest);
        self.watch.borrow_mut().answered(plan.mapping, &plan.planned, &plan.records, at);
        self.seen.notify_waiters();
    }

    /// Records a document that was found now, and was not there at `before`.
    pub(crate) fn delivered(&self, before: Ms, mapping: u8, destination: u8, document: Document) {
        if self.over.get() {
            return;
        }
        let now = self.now();
        let found = match &document {
            Document::Typed(_) => None,
            Document::Sqs(text) => wire::read_sqs(text, self.case.source).record,
            Document::Sns(text) => wire::read_sns(text, self.case.source).record,
            Document::S3(object) => wire::read_s3(&object.key, &object.body, None, self.case.source).record,
        };
        let records = found.map(|found| self.covered(&found.batch)).unwrap_or_default();
        self.watch.borrow_mut().delivered(mapping, &records, now);
        self.ports.deliver(When { earliest: before, latest: now }, mapping, destination, document);
        self.seen.notify_waiters();
    }

    /// The records that a failure record is of.
    fn covered(&self, batch: &wire::FoundBatch) -> Vec<Label> {
        let (Some(start), Some(end)) = (&batch.start, &batch.end) else { return Vec::new() };
        let sequences = self.sequences.borrow();
        let shard = |label: Label| self.case.shard_of(label);
        let id = batch.shard_id.as_ref();
        let named = id.and_then(|id| self.shard_ids.iter().position(|known| known == id));
        let named = named.and_then(|index| u8::try_from(index).ok());
        // Another shard may have the same numbers.
        let last = sequences.iter().filter(|(_, known)| *known == end).filter_map(|(label, _)| shard(*label));
        let last = last.min_by_key(|shard| named.is_some_and(|named| named != *shard));
        let covers = |(label, known): &(&Label, &SequenceNumber)| {
            (start..=end).contains(known) && last.is_some() && shard(**label) == last
        };
        sequences.iter().filter(covers).map(|(label, _)| *label).collect()
    }

    /// Something broke that the session cannot mend.
    pub(crate) fn breaks(&self, why: String) {
        self.watch.borrow_mut().breaks(why);
        self.seen.notify_waiters();
    }

    /// The records of an event: by the label in their data, else by their sequence number.
    fn labels(&self, text: &str) -> Result<Batch, String> {
        let context = EventContext {
            source: self.case.source,
            shard_id: String::new(),
            stream_arn: String::new(),
            region: String::new(),
            role_arn: String::new(),
        };
        let read = wire::read_event(text, &context);
        let mut sequences = self.sequences.borrow_mut();
        let mut label = |seen: &wire::SeenRecord| {
            let by_data = seen.data.as_deref().and_then(label_of);
            if let (Some(label), Some(sequence)) = (by_data, &seen.sequence) {
                // A call may come before the put has its answer, and is to be answered.
                sequences.entry(label).or_insert_with(|| sequence.clone());
            }
            let wanted = seen.sequence.as_ref();
            by_data.or_else(|| sequences.iter().find(|(_, known)| Some(*known) == wanted).map(|(l, _)| *l))
        };
        let labels: Option<Batch> = read.records.iter().map(&mut label).collect();
        let start = || text.chars().take(200).collect::<String>();
        match labels {
            Some(labels) if labels.is_empty() => {
                Err(format!("the function was called without records: {}", start()))
            }
            Some(labels) => Ok(labels),
            None => Err(format!("the function was called with a record that was never put: {}", start())),
        }
    }

    /// Sleeps until a time of the case.
    pub(crate) async fn sleep_until(&self, at: Ms) {
        let left = at - self.now();
        if left > 0 {
            tokio::time::sleep(Duration::from_millis(left.unsigned_abs())).await;
        }
    }
}

/// An answer that is still to be given.
struct Plan {
    id: u32,
    mapping: u8,
    at: When,
    planned: Answer,
    takes: Ms,
    records: Batch,
}
