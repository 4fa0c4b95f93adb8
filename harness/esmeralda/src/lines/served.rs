//! The session of an in-tree target behind the protocol: machines and a stream in the child, everything else at the
//! other end of the line.
//!
//! It works as `machine/session.rs` does, but for what a child cannot know: how a call ends, and when.

use super::message::{
    Act, Acted, Call, CallError, Change, Deliver, Events, Invoke, Open, PutRecord, PutResult, Reply, Status,
};
use super::server::{Caller, done};
use crate::documents::Documents;
use crate::machine::{MachineTarget, Stream, event_records};
use esm_model::SequenceNumber;
use esm_model::case::{Case, FORMAT, Function, Record};
use esm_model::event::{Batch, Document, Object, RequestId};
use esm_model::label::Label;
use esm_model::mapping::Mapping;
use esm_model::reference::{
    Fault, FunctionResult, Input, Machine, Output, Policy, Position, Request, Value, Write,
};
use esm_model::when::{EPOCH_MS, Ms};
use serde_json::value::RawValue;
use std::io;
use std::rc::Rc;

/// Most turns of the loop at one instant; more means that a machine does not let time pass.
const MAX_TURNS: u32 = 1_000_000;

/// Why the child works.
pub(super) enum Turn {
    /// Time goes on.
    Run,
    /// A call has ended.
    Reply(Reply),
}

/// A session.
pub(super) struct Served {
    policy: Policy,
    fault: Option<Fault>,
    events: Events,
    documents: Documents,
    case: Case,
    now: Ms,
    stop: bool,
    stream: Stream,
    slots: Vec<Slot>,
    calls: Vec<Calling>,
    out: Vec<Output>,
    shared: Vec<Option<SequenceNumber>>,
}

/// A mapping.
struct Slot {
    machine: Option<Machine>,
    wakes: Vec<Ms>,
}

/// A call under way.
struct Calling {
    id: u64,
    mapping: usize,
    shard: u8,
    request: RequestId,
}

impl Served {
    pub(super) fn new(target: &MachineTarget, open: Open) -> Result<Served, String> {
        if open.epoch_ms != EPOCH_MS {
            return Err(format!(
                "epoch_ms {}: the reference dates everything from {EPOCH_MS}",
                open.epoch_ms
            ));
        }
        let setup = Rc::new(open.names);
        // What a stream and its texts look at; the script stays with the harness.
        let case = Case {
            format: FORMAT,
            source: open.source,
            shards: open.shards,
            retention_ms: open.retention_ms,
            function: Function { timeout_ms: open.timeout_ms, ..Function::default() },
            mappings: Vec::new(),
            records: Vec::new(),
            actions: Vec::new(),
            closing_at: None,
            horizon_ms: Ms::MAX,
            max_invocations: u32::MAX,
        };
        Ok(Served {
            policy: target.policy,
            fault: target.fault,
            events: open.events,
            documents: Documents::new(case.source, setup.clone(), target.fault),
            now: 0,
            stop: false,
            stream: Stream::new(&case),
            slots: setup.mappings.iter().map(|_| Slot { machine: None, wakes: Vec::new() }).collect(),
            calls: Vec::new(),
            out: Vec::new(),
            shared: vec![None; usize::from(case.shards)],
            case,
        })
    }

    /// Carries out what is done to the session.
    pub(super) fn act(&mut self, act: Act) -> Result<Acted, String> {
        self.now = act.now;
        match act {
            Act { create: Some(Change { mapping, settings }), .. } => {
                let settings = settings.over(&Mapping::default()).map_err(|error| error.to_string())?;
                let (shards, retention) = (self.case.shards, self.case.retention_ms);
                let seed = u64::from(mapping) + 1;
                let machine =
                    Machine::new(settings, shards, retention, self.policy, self.fault, seed, self.now);
                self.slot(mapping)?.machine = Some(machine);
                Ok(done())
            }
            Act { put: Some(records), .. } => self.put(&records),
            Act { update: Some(Change { mapping, settings }), .. } => {
                let machine = self.machine(mapping)?;
                let current = &machine.versions[machine.versions.len() - 1];
                let settings = settings.over(current).map_err(|error| error.to_string())?;
                self.tell_only(mapping, Input::Configure(Box::new(settings)))
            }
            Act { enable: Some(which), .. } => self.tell_only(which.mapping, Input::Enable(true)),
            Act { disable: Some(which), .. } => self.tell_only(which.mapping, Input::Enable(false)),
            Act { status: Some(which), .. } => {
                let now = self.now;
                let (state, result) = self.machine(which.mapping)?.status(now);
                let text = |value: serde_json::Result<serde_json::Value>| {
                    value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
                };
                let (state, result) = (serde_json::to_value(state), serde_json::to_value(result));
                Ok(Acted { status: Some(Status { state: text(state), result: text(result) }), put: None })
            }
            Act { .. } => Err("an act that protocol 1 does not have".to_owned()),
        }
    }

    fn put(&mut self, records: &[PutRecord]) -> Result<Acted, String> {
        let mut results = Vec::with_capacity(records.len());
        for record in records {
            let label: Label =
                record.key.parse().map_err(|_| format!("a record with the key {:?}", record.key))?;
            if record.shard >= self.case.shards {
                return Err(format!("a record in shard {}", record.shard));
            }
            let known = Record { shard: record.shard, size: record.size, ..Record::healthy(self.now) };
            let bound = self.stream.put(label, &known, self.now);
            results.push(PutResult { sequence: bound.sequence, arrival: Some(self.now) });
            for slot in &mut self.slots {
                if let Some(machine) = &mut slot.machine {
                    machine.tell(self.now, Input::Arrived { shard: record.shard }, &mut self.out);
                }
            }
        }
        Ok(Acted { put: Some(results), status: None })
    }

    fn slot(&mut self, mapping: u8) -> Result<&mut Slot, String> {
        self.slots.get_mut(usize::from(mapping)).ok_or_else(|| format!("a mapping {mapping}"))
    }

    fn machine(&mut self, mapping: u8) -> Result<&mut Machine, String> {
        self.slot(mapping)?.machine.as_mut().ok_or_else(|| format!("mapping {mapping} before it is created"))
    }

    fn tell_only(&mut self, mapping: u8, input: Input<'_>) -> Result<Acted, String> {
        let mut out = std::mem::take(&mut self.out);
        let now = self.now;
        let told = self.machine(mapping).map(|machine| machine.tell(now, input, &mut out));
        self.out = out;
        told.map(|()| done())
    }

    /// Works, and says when to go on.
    pub(super) fn turn(
        &mut self,
        caller: &mut impl Caller,
        now: Ms,
        stop: bool,
        turn: Turn,
    ) -> io::Result<Option<Ms>> {
        (self.now, self.stop) = (now, stop);
        match turn {
            Turn::Run => {
                self.slots.iter_mut().for_each(|slot| slot.wakes.retain(|at| *at > now));
                for mapping in 0..self.slots.len() {
                    self.tell(mapping, Input::Tick);
                    self.serve(caller, mapping)?;
                }
            }
            Turn::Reply(reply) => {
                let index = self.calls.iter().position(|call| call.id == reply.id);
                let Some(index) = index else { return Ok(self.wake()) };
                let Calling { mapping, shard, request, .. } = self.calls.swap_remove(index);
                let result = result(&reply);
                self.tell(mapping, Input::Answered { shard, request, result });
                self.serve(caller, mapping)?;
            }
        }
        Ok(self.wake())
    }

    fn wake(&self) -> Option<Ms> {
        self.slots.iter().flat_map(|slot| slot.wakes.iter().copied()).min()
    }

    fn tell(&mut self, mapping: usize, input: Input<'_>) {
        let Some(machine) = &mut self.slots[mapping].machine else { return };
        if self.stop {
            machine.tell(self.now, input, &mut self.out);
        } else {
            machine.input(self.now, input, &mut self.out);
        }
    }

    /// Does what the machine asked for, until it asks for nothing more.
    fn serve(&mut self, caller: &mut impl Caller, mapping: usize) -> io::Result<()> {
        for _ in 0..MAX_TURNS {
            if self.out.is_empty() {
                return Ok(());
            }
            for output in std::mem::take(&mut self.out) {
                match output {
                    Output::Fetch { shard, position, limit } => self.fetch(mapping, shard, position, limit),
                    Output::Invoke(request) => self.invoke(caller, mapping, request)?,
                    Output::Write(write) => self.write(caller, mapping, &write)?,
                    Output::WakeAt(at) => self.slots[mapping].wakes.push(at),
                    Output::Checkpoint { shard, sequence } => {
                        if self.fault == Some(Fault::MappingsSharePosition) {
                            self.shared[usize::from(shard)] = Some(sequence);
                        }
                    }
                }
            }
        }
        unreachable!("a machine asked {MAX_TURNS} times at one instant");
    }

    fn fetch(&mut self, mapping: usize, shard: u8, mut position: Position, limit: u32) {
        if let Some(done) = self.shared[usize::from(shard)].as_ref().filter(|_| mapping > 0) {
            let ahead = matches!(&position, Position::After(sequence) if sequence >= done);
            if !ahead {
                position = Position::After(done.clone());
            }
        }
        let (records, more) = self.stream.read(shard, &position, limit, self.now);
        let Some(machine) = &mut self.slots[mapping].machine else { return };
        machine.input(self.now, Input::Fetched { shard, records, more }, &mut self.out);
    }

    fn invoke(&mut self, caller: &mut impl Caller, mapping: usize, request: Request) -> io::Result<()> {
        let Some(machine) = &self.slots[mapping].machine else { return Ok(()) };
        // Whoever ignores the limit makes the service believe that there is none.
        let lies = match self.fault {
            Some(Fault::PayloadLimitIgnored) => request.records() > 1,
            Some(Fault::OversizedDelivered) => request.records() == 1,
            _ => false,
        };
        let held = machine.batch(&request);
        let (records, event) = match self.events {
            Events::Records => (Some(held.iter().map(|held| held.sequence.clone()).collect()), None),
            Events::Documents => {
                let labels: Batch =
                    held.iter().filter_map(|held| self.stream.label(&held.sequence)).collect();
                let text = self.documents.event(request.shard, &event_records(held, &labels));
                (None, Some(RawValue::from_string(text.into()).map_err(io::Error::other)?))
            }
        };
        let size = Some(if lies { 0 } else { request.size });
        let invoke = Invoke { mapping: mapping as u8, request: Some(request.id), records, event, size };
        let id = caller.call(Call { id: 0, invoke: Some(invoke), deliver: None })?;
        self.calls.push(Calling { id, mapping, shard: request.shard, request: request.id });
        Ok(())
    }

    fn write(&mut self, caller: &mut impl Caller, mapping: usize, write: &Write) -> io::Result<()> {
        let Some(machine) = &self.slots[mapping].machine else { return Ok(()) };
        let destination = machine.versions[usize::from(write.version)].destination.clone();
        let mut accepted = true;
        if let Some(destination) = destination {
            let document = self.documents.document(mapping, write, &destination, || {
                let held = &write.records;
                let labels: Batch =
                    held.iter().filter_map(|held| self.stream.label(&held.sequence)).collect();
                self.documents.event(write.shard, &event_records(held, &labels)).into_string()
            });
            let (body, key, content_type) = match document {
                Document::Sqs(body) | Document::Sns(body) => (body.into_string(), None, None),
                Document::S3(object) => {
                    let Object { key, body, content_type } = *object;
                    (body, Some(key), content_type)
                }
                Document::Typed(_) => unreachable!("the child writes texts"),
            };
            let destination = destination.arn().to_owned();
            let deliver = Deliver { mapping: mapping as u8, destination, body, key, content_type };
            accepted = caller.call_and_wait(Call { id: 0, invoke: None, deliver: Some(deliver) })?;
        }
        self.tell(mapping, Input::Written { token: write.token, accepted });
        Ok(())
    }
}

/// How the call ended, as a mapping sees it.
fn result(reply: &Reply) -> FunctionResult {
    match reply.error {
        Some(CallError::Raised) => FunctionResult::Raised,
        Some(CallError::TimedOut) => FunctionResult::TimedOut,
        Some(CallError::Crashed) => FunctionResult::Crashed,
        Some(CallError::Throttled) => FunctionResult::Throttled,
        Some(CallError::TooLarge) => FunctionResult::TooLarge,
        Some(CallError::ServiceError | CallError::Refused) => FunctionResult::ServiceError,
        None => FunctionResult::Returned(
            reply.returned.as_ref().map_or(Value::Null, |value| Documents::read_response(value.get())),
        ),
    }
}
