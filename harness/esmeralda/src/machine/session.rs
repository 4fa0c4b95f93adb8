//! One session in virtual time: machines, the calls under way, and the faults that the case asks of their world.

use super::MachineTarget;
use super::stream::Stream;
use crate::documents::Documents;
use crate::ports::Ports;
use crate::target::{Acted, Ran, Seen, Session, Stimulus, TargetError};
use esm_model::answer::Answer;
use esm_model::case::{Action, Case};
use esm_model::event::RequestId;
use esm_model::mapping::Destination;
use esm_model::reference::{Fault, FunctionResult, Input, Machine, Output, Policy};
use esm_model::setup::Setup;
use esm_model::when::{Ms, Span, When};
use smallvec::SmallVec;
use std::rc::Rc;

/// Most calls that end at one instant; more means that a machine does not let time pass.
const MAX_ANSWERS: u32 = 1_000_000;

/// A call that will be answered.
pub(super) struct Pending {
    pub(super) at: Ms,
    pub(super) order: u32,
    pub(super) mapping: u8,
    pub(super) shard: u8,
    pub(super) request: RequestId,
    /// The invocation and its answer, if the call reached the function.
    pub(super) reached: Option<(u32, Answer, Option<Box<str>>)>,
    pub(super) result: FunctionResult,
}

/// A mapping and the world it meets.
pub(super) struct Slot {
    pub(super) machine: Option<Machine>,
    pub(super) throttled_until: Ms,
    pub(super) failing_until: Ms,
    pub(super) refusing_until: Ms,
    pub(super) wakes: SmallVec<[Ms; 8]>,
    pub(super) invocations: SmallVec<[u32; 4]>,
    pub(super) destinations: SmallVec<[Destination; 2]>,
}

impl Slot {
    /// Something is to be done then. A machine says so as often as it is asked.
    pub(super) fn wake(&mut self, at: Ms) {
        if !self.wakes.contains(&at) {
            self.wakes.push(at);
        }
    }
}

/// A session of an in-tree target. On the heap: it is handed on a few times while it is opened, driven and closed.
pub struct MachineSession(Box<World>);

/// What a session consists of.
pub(super) struct World {
    pub(super) case: Rc<Case>,
    pub(super) ports: Ports,
    pub(super) policy: Policy,
    pub(super) fault: Option<Fault>,
    pub(super) documents: Option<Documents>,
    pub(super) now: Ms,
    pub(super) stream: Stream,
    pub(super) slots: Vec<Slot>,
    pub(super) pending: Vec<Pending>,
    pub(super) order: u32,
    /// What a machine asked for.
    pub(super) out: Vec<Output>,
    pub(super) last: Ms,
    pub(super) used_up: bool,
    pub(super) cut: bool,
    pub(super) too_large: u32,
    pub(super) due: bool,
    pub(super) shared: SmallVec<[Option<esm_model::SequenceNumber>; 4]>,
}

impl World {
    pub(super) fn new(
        target: &MachineTarget,
        case: Rc<Case>,
        setup: Option<&Rc<Setup>>,
        ports: Ports,
    ) -> World {
        let slot = || Slot {
            machine: None,
            throttled_until: Ms::MIN,
            failing_until: Ms::MIN,
            refusing_until: Ms::MIN,
            wakes: SmallVec::new(),
            invocations: SmallVec::from_elem(0, usize::from(case.shards)),
            destinations: SmallVec::new(),
        };
        World {
            stream: Stream::new(&case),
            slots: case.mappings.iter().map(|_| slot()).collect(),
            documents: setup
                .filter(|_| target.texts)
                .map(|setup| Documents::new(case.source, setup.clone(), target.fault)),
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
            used_up: false,
            cut: false,
            too_large: 0,
            due: false,
        }
    }

    /// Lets every machine work at the present instant, and does what they ask for.
    fn work(&mut self) {
        self.due = false;
        self.cut = self.used_up;
        let now = self.now;
        self.slots.iter_mut().for_each(|slot| slot.wakes.retain(|at| *at > now));
        for mapping in 0..self.slots.len() {
            self.tell(mapping, Input::Tick);
            self.serve(mapping);
        }
    }

    pub(super) fn tell(&mut self, mapping: usize, input: Input<'_>) {
        let Some(machine) = &mut self.slots[mapping].machine else { return };
        if self.cut {
            machine.tell(self.now, input, &mut self.out);
        } else {
            machine.input(self.now, input, &mut self.out);
        }
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
        for _ in 0..MAX_ANSWERS {
            let due = self
                .pending
                .iter()
                .enumerate()
                .filter(|(_, p)| p.at <= self.now)
                .min_by_key(|(_, p)| (p.at, p.order));
            let Some((index, _)) = due else { return };
            self.cut = self.used_up;
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

impl MachineSession {
    pub(super) fn new(
        target: &MachineTarget,
        case: Rc<Case>,
        setup: Option<&Rc<Setup>>,
        ports: Ports,
    ) -> MachineSession {
        MachineSession(Box::new(World::new(target, case, setup, ports)))
    }
}

impl Session for MachineSession {
    async fn act(&mut self, at: Ms, stimulus: Stimulus<'_>) -> Result<Acted, TargetError> {
        Ok(self.0.act(at, stimulus))
    }

    async fn run(&mut self, until: Ms) -> Result<Ran, TargetError> {
        Ok(self.0.run(until))
    }

    async fn close(self) -> Result<(), TargetError> {
        Ok(())
    }

    async fn status(&mut self, at: Ms, mapping: u8) -> Result<Option<Seen>, TargetError> {
        let machine = self.0.slots[usize::from(mapping)].machine.as_ref();
        Ok(machine.map(|machine| machine.status(at)).map(|(state, result)| Seen {
            at: When::at(at),
            state,
            result,
        }))
    }
}

impl World {
    fn act(&mut self, at: Ms, stimulus: Stimulus<'_>) -> Acted {
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
                Acted::done(Span::at(at))
            }
            Stimulus::Put(labels) => {
                let mut bound = Vec::with_capacity(labels.len());
                for &label in labels {
                    let Some(record) = self.case.record(label) else { continue };
                    bound.push(self.stream.put(label, &record, at));
                    self.arrived(record.shard);
                }
                Acted { at: Span::at(at), put: bound }
            }
            // Windows end by themselves here.
            Stimulus::End(_) => Acted::done(Span::at(at)),
            Stimulus::Step(action) => {
                self.step(at, action);
                Acted::done(Span::at(at))
            }
        }
    }

    fn run(&mut self, until: Ms) -> Ran {
        if self.due && self.now < until {
            self.work();
        }
        while let Some(next) = self.next().filter(|next| *next < until) {
            if self.used_up && self.pending.is_empty() {
                break;
            }
            self.now = self.now.max(next);
            self.answer();
            let woken = self.slots.iter().any(|slot| slot.wakes.iter().any(|at| *at <= self.now));
            if woken && !self.used_up {
                // Something may be lost unseen now: the run is not over before.
                self.last = self.now;
                self.work();
            } else if woken {
                let now = self.now;
                self.slots.iter_mut().for_each(|slot| slot.wakes.retain(|at| *at > now));
            }
        }
        if self.used_up && self.pending.is_empty() {
            return Ran::Cut(self.now);
        }
        if self.next().is_none() { Ran::Quiet(self.last) } else { Ran::Reached }
    }

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
