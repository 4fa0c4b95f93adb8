//! One session in virtual time: machines, the calls under way, and the faults that the case asks of their world.

use super::MachineTarget;
use super::documents::Documents;
use super::stream::Stream;
use crate::ports::{Call, Ports};
use crate::target::{Acted, Ran, Seen, Session, Stimulus, TargetError};
use esm_model::answer::{Answer, Identifier, Response};
use esm_model::case::{Action, Case, PAYLOAD_LIMIT};
use esm_model::event::{Batch, RequestId};
use esm_model::mapping::Destination;
use esm_model::reference::{
    Fault, FunctionResult, Input, Machine, Named, Output, Policy, Position, Request, Value, Write,
};
use esm_model::setup::Setup;
use esm_model::when::{Ms, Span, When};
use smallvec::SmallVec;
use std::rc::Rc;

/// Most turns of the loop at one instant; more means that a machine does not let time pass.
const MAX_TURNS: u32 = 1_000_000;

/// Most calls of a case that are refused as too large: as many as take longer than the longest admitted stall.
const TOO_LARGE_TRIES: u32 = 1_000;

/// A call that will be answered.
struct Pending {
    at: Ms,
    order: u32,
    mapping: u8,
    shard: u8,
    request: RequestId,
    /// The invocation and its answer, if the call reached the function.
    reached: Option<(u32, Answer, Option<Box<str>>)>,
    result: FunctionResult,
}

/// A mapping and the world it meets.
struct Slot {
    machine: Option<Machine>,
    throttled_until: Ms,
    failing_until: Ms,
    refusing_until: Ms,
    wakes: SmallVec<[Ms; 8]>,
    invocations: SmallVec<[u32; 4]>,
    destinations: SmallVec<[Destination; 2]>,
}

/// A session of an in-tree target.
pub struct MachineSession {
    case: Rc<Case>,
    ports: Ports,
    policy: Policy,
    fault: Option<Fault>,
    documents: Option<Documents>,
    now: Ms,
    stream: Stream,
    slots: SmallVec<[Slot; 2]>,
    pending: Vec<Pending>,
    order: u32,
    out: Vec<Output>,
    last: Ms,
    cut: bool,
    too_large: u32,
    due: bool,
    shared: SmallVec<[Option<esm_model::SequenceNumber>; 4]>,
}

impl MachineSession {
    pub(super) fn new(
        target: &MachineTarget,
        case: Rc<Case>,
        setup: Option<&Rc<Setup>>,
        ports: Ports,
    ) -> MachineSession {
        let slot = || Slot {
            machine: None,
            throttled_until: Ms::MIN,
            failing_until: Ms::MIN,
            refusing_until: Ms::MIN,
            wakes: SmallVec::new(),
            invocations: SmallVec::from_elem(0, usize::from(case.shards)),
            destinations: SmallVec::new(),
        };
        MachineSession {
            stream: Stream::new(&case),
            slots: case.mappings.iter().map(|_| slot()).collect(),
            documents: setup.filter(|_| target.texts).map(|setup| Documents::new(&case, setup, target.fault)),
            shared: SmallVec::from_elem(None, usize::from(case.shards)),
            case,
            ports,
            policy: target.policy,
            fault: target.fault,
            now: 0,
            pending: Vec::new(),
            order: 0,
            out: Vec::new(),
            last: 0,
            cut: false,
            too_large: 0,
            due: false,
        }
    }

    /// Lets every machine work at the present instant, and does what they ask for.
    fn work(&mut self) {
        self.due = false;
        for mapping in 0..self.slots.len() {
            self.tell(mapping, Input::Tick);
            self.serve(mapping);
        }
    }

    fn tell(&mut self, mapping: usize, input: Input<'_>) {
        let Some(machine) = &mut self.slots[mapping].machine else { return };
        machine.tell(self.now, input, &mut self.out);
        if !self.cut {
            machine.work(self.now, &mut self.out);
        }
    }

    /// Does what the machine asked for, until it asks for nothing more.
    fn serve(&mut self, mapping: usize) {
        for _ in 0..MAX_TURNS {
            if self.out.is_empty() {
                return;
            }
            let mut asked = std::mem::take(&mut self.out);
            for output in asked.drain(..) {
                match output {
                    Output::Fetch { shard, position, limit } => self.fetch(mapping, shard, position, limit),
                    Output::Invoke(request) => self.invoke(mapping, request),
                    Output::Write(write) => self.write(mapping, &write),
                    Output::WakeAt(at) => self.slots[mapping].wakes.push(at),
                    Output::Checkpoint { shard, sequence } => {
                        if self.fault == Some(Fault::MappingsSharePosition) {
                            self.shared[usize::from(shard)] = Some(sequence);
                        }
                    }
                }
            }
            if self.out.is_empty() {
                self.out = asked;
                return;
            }
        }
        unreachable!("a machine asked {MAX_TURNS} times at one instant");
    }

    fn fetch(&mut self, mapping: usize, shard: u8, mut position: Position, limit: u32) {
        if let Some(done) = &self.shared[usize::from(shard)] {
            let behind = match &position {
                Position::After(sequence) => sequence < done,
                _ => true,
            };
            if behind && mapping > 0 {
                position = Position::After(done.clone());
            }
        }
        let (records, more) = self.stream.read(shard, &position, limit, self.now);
        let Some(machine) = &mut self.slots[mapping].machine else { return };
        machine.input(self.now, Input::Fetched { shard, records, more }, &mut self.out);
    }

    fn invoke(&mut self, mapping: usize, request: Request) {
        self.last = self.now;
        let slot = &self.slots[mapping];
        let Some(machine) = &slot.machine else { return };
        let lies = match self.fault {
            Some(Fault::PayloadLimitIgnored) => request.records() > 1,
            Some(Fault::OversizedDelivered) => request.records() == 1,
            _ => false,
        };
        let refused = if self.now < slot.throttled_until {
            Some(FunctionResult::Throttled)
        } else if self.now < slot.failing_until {
            Some(FunctionResult::ServiceError)
        } else if request.size > PAYLOAD_LIMIT && !lies {
            Some(FunctionResult::TooLarge)
        } else {
            None
        };
        let shard = request.shard;
        let (at, reached, result) = match refused {
            Some(result) => {
                // A record that never fits is tried for ever where no limit is set: such tries use the case up too.
                if result == FunctionResult::TooLarge {
                    self.too_large += 1;
                    self.cut |= self.too_large >= TOO_LARGE_TRIES;
                }
                (self.now, None, result)
            }
            None => {
                let held = machine.batch(&request);
                let records: Batch = held.iter().filter_map(|h| self.stream.label(&h.sequence)).collect();
                let text = self.documents.as_ref().map(|d| d.event(shard, held, &records));
                let call = Call { mapping: mapping as u8, request: Some(request.id), records, text };
                let reply = self.ports.invoke(When::at(self.now), call);
                self.count(mapping, shard);
                let (result, text) = self.result(&reply.answer);
                (self.now + reply.takes, Some((reply.id, reply.answer, text)), result)
            }
        };
        self.order += 1;
        let order = self.order;
        self.pending.push(Pending {
            at,
            order,
            mapping: mapping as u8,
            shard,
            request: request.id,
            reached,
            result,
        });
    }

    /// One more call of a shard; the case is cut when they are used up.
    fn count(&mut self, mapping: usize, shard: u8) {
        let calls = &mut self.slots[mapping].invocations[usize::from(shard)];
        *calls += 1;
        self.cut |= *calls >= self.case.max_invocations;
    }

    /// What the service reports of an answer: through text where texts are used.
    fn result(&self, answer: &Answer) -> (FunctionResult, Option<Box<str>>) {
        let response = match answer {
            Answer::Raised => return (FunctionResult::Raised, None),
            Answer::TimedOut => return (FunctionResult::TimedOut, None),
            Answer::Crashed => return (FunctionResult::Crashed, None),
            Answer::Returned(response) => response,
        };
        if self.documents.is_some() {
            let text = Documents::response_text(response, |label| self.stream.sequence(label));
            let value = Documents::read_response(&text);
            return (FunctionResult::Returned(value), Some(text));
        }
        let named = |identifier: &Identifier| match identifier {
            Identifier::Record(label) => self.stream.sequence(*label).map_or(Named::Wrong, Named::Sequence),
            Identifier::Empty => Named::Empty,
            Identifier::Null => Named::Null,
            Identifier::Missing => Named::Missing,
            Identifier::WrongType | Identifier::Unknown => Named::Wrong,
        };
        let value = match response {
            Response::Null => Value::Null,
            Response::EmptyString => Value::EmptyString,
            Response::EmptyList => Value::EmptyList,
            Response::EmptyObject => Value::EmptyObject,
            Response::ItemsNull => Value::ItemsNull,
            Response::Items(items) => Value::Items(items.iter().map(named).collect()),
            Response::ItemsOfWrongType | Response::Unrecognised(_) => Value::Other,
        };
        (FunctionResult::Returned(value), None)
    }

    fn write(&mut self, mapping: usize, write: &Write) {
        self.last = self.now;
        let slot = &mut self.slots[mapping];
        let Some(machine) = &mut slot.machine else { return };
        let accepted = self.now >= slot.refusing_until;
        let destination = machine.versions[usize::from(write.version)].destination.clone();
        if let Some(destination) = destination.filter(|_| accepted) {
            let known = slot.destinations.iter().position(|known| *known == destination);
            let index = known.unwrap_or(slot.destinations.len()) as u8;
            let document =
                Documents::document(self.documents.as_ref(), &self.stream, mapping, write, &destination);
            self.ports.deliver(When::at(self.now), mapping as u8, index, document);
        }
        self.tell(mapping, Input::Written { token: write.token, accepted });
    }

    /// The destinations that the mapping has named so far, in order.
    fn note_destination(&mut self, mapping: usize) {
        let slot = &mut self.slots[mapping];
        let named =
            slot.machine.as_ref().and_then(|m| m.versions.last()).and_then(|v| v.destination.as_ref());
        if let Some(named) = named.filter(|named| !slot.destinations.contains(named)) {
            slot.destinations.push(named.clone());
        }
    }

    /// The next instant at which something is due.
    fn next(&self) -> Option<Ms> {
        let wakes = self.slots.iter().flat_map(|slot| slot.wakes.iter().copied());
        self.pending.iter().map(|pending| pending.at).chain(wakes).min()
    }

    /// Answers every call that ends now.
    fn answer(&mut self) {
        for _ in 0..MAX_TURNS {
            let due = self
                .pending
                .iter()
                .enumerate()
                .filter(|(_, p)| p.at <= self.now)
                .min_by_key(|(_, p)| (p.at, p.order));
            let Some((index, _)) = due else { return };
            let pending = self.pending.swap_remove(index);
            self.last = self.now;
            if let Some((id, answer, text)) = pending.reached {
                self.ports.answered(When::at(self.now), id, answer, text);
            }
            let mapping = usize::from(pending.mapping);
            let Pending { shard, request, result, .. } = pending;
            self.tell(mapping, Input::Answered { shard, request, result });
            self.serve(mapping);
        }
    }
}

impl Session for MachineSession {
    async fn act(&mut self, at: Ms, stimulus: Stimulus<'_>) -> Result<Acted, TargetError> {
        self.now = at;
        self.due = true;
        self.last = at;
        match stimulus {
            Stimulus::Create(mapping) => {
                let index = usize::from(mapping);
                let settings = self.case.mappings[index].settings.clone();
                let (policy, fault) = (self.policy, self.fault);
                let seed = u64::from(mapping) + 1;
                let machine =
                    Machine::new(settings, self.case.shards, self.case.retention_ms, policy, fault, seed, at);
                self.slots[index].machine = Some(machine);
                self.note_destination(index);
                Ok(Acted::done(Span::at(at)))
            }
            Stimulus::Put(labels) => {
                let mut bound = Vec::with_capacity(labels.len());
                for &label in labels {
                    let Some(record) = self.case.record(label) else { continue };
                    bound.push(self.stream.put(label, &record, at));
                    self.arrived(record.shard);
                }
                Ok(Acted { at: Span::at(at), put: bound })
            }
            // Windows end by themselves here.
            Stimulus::End(_) => Ok(Acted::done(Span::at(at))),
            Stimulus::Step(action) => {
                self.step(at, action);
                Ok(Acted::done(Span::at(at)))
            }
        }
    }

    async fn run(&mut self, until: Ms) -> Result<Ran, TargetError> {
        if self.due && self.now < until {
            self.work();
        }
        while let Some(next) = self.next().filter(|next| *next < until) {
            if self.cut && self.pending.is_empty() {
                break;
            }
            self.now = self.now.max(next);
            self.answer();
            let now = self.now;
            let mut woken = false;
            for slot in &mut self.slots {
                slot.wakes.retain(|at| {
                    woken |= *at <= now;
                    *at > now
                });
            }
            if woken && !self.cut {
                // Something may be lost unseen now: the run is not over before.
                self.last = now;
                self.work();
            }
        }
        if self.cut && self.pending.is_empty() {
            return Ok(Ran::Cut(self.now));
        }
        Ok(if self.next().is_none() { Ran::Quiet(self.last) } else { Ran::Reached })
    }

    async fn close(self) -> Result<(), TargetError> {
        Ok(())
    }

    async fn status(&mut self, at: Ms, mapping: u8) -> Result<Option<Seen>, TargetError> {
        let machine = self.slots[usize::from(mapping)].machine.as_ref();
        Ok(machine.map(|machine| machine.status(at)).map(|(state, result)| Seen {
            at: When::at(at),
            state,
            result,
        }))
    }
}

impl MachineSession {
    fn arrived(&mut self, shard: u8) {
        for slot in &mut self.slots {
            if let Some(machine) = &mut slot.machine {
                machine.tell(self.now, Input::Arrived { shard }, &mut self.out);
            }
        }
    }

    fn step(&mut self, at: Ms, action: &Action) {
        let index = usize::from(action.mapping());
        let until = at + action.lasts();
        let slot = &mut self.slots[index];
        let input = match action {
            Action::Throttle { .. } => {
                slot.throttled_until = slot.throttled_until.max(until);
                return;
            }
            Action::ServiceError { .. } => {
                slot.failing_until = slot.failing_until.max(until);
                return;
            }
            Action::RefuseWrites { .. } => {
                slot.refusing_until = slot.refusing_until.max(until);
                return;
            }
            Action::Disable { .. } => Input::Enable(false),
            Action::Enable { .. } => Input::Enable(true),
            Action::Update { set, .. } => {
                let Some(machine) = &slot.machine else { return };
                let mut settings = machine.versions[machine.versions.len() - 1].clone();
                set.apply(&mut settings);
                Input::Configure(Box::new(settings))
            }
        };
        if let Some(machine) = &mut slot.machine {
            machine.tell(at, input, &mut self.out);
        }
        self.note_destination(index);
    }
}
