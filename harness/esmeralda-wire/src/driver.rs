//! One mapping in real time: the reference machine, and a task that does what it asks for.
//!
//! Which world it acts in is for [`Upstream`] to say; nothing here decides about retries, batches or records.

use crate::upstream::{Call, Record, Upstream};
use bytes::Bytes;
use esm_model::case::PAYLOAD_LIMIT;
use esm_model::event::RequestId;
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::reference::{
    Fault, FunctionResult, Held, Input, Machine, Output, Policy, Position, Request, Write,
};
use esm_model::sequence::SequenceNumber;
use esm_model::setup::Setup;
use esm_model::when::{EPOCH_MS, Ms};
use esm_model::wire::EventRecord;
use esmeralda::clock::Wall;
use esmeralda::documents::Documents;
use serde_json::Value as Json;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Most things that have happened and wait for the machine: each shard has a read, a call and some writes under way.
const QUEUE: usize = 4_096;
/// Most turns at one instant; more means that the machine does not let time pass.
const MAX_TURNS: u32 = 1_000_000;
/// The longest sleep, so that a machine that forgot to ask for a wake-up shows as slow and not as dead.
const IDLE: Duration = Duration::from_secs(60);
/// The wait before a failed read is tried again.
const READ_AGAIN: Duration = Duration::from_millis(500);
/// Bytes of an event record beside its data.
const ENVELOPE: u64 = 500;
/// For so many checkpoints behind the last one records are kept: failure records may be written late.
const KEPT_CHECKPOINTS: usize = 8;

/// What a mapping is started with.
pub struct Start {
    /// Its settings.
    pub settings: Mapping,
    /// The kind of its stream.
    pub source: SourceKind,
    /// The names that its texts use; one mapping.
    pub setup: Setup,
    /// How long the stream keeps records.
    pub retention_ms: Ms,
    /// How the machine decides what the documents leave open.
    pub policy: Policy,
    /// What it does wrong.
    pub fault: Option<Fault>,
    /// Makes its request IDs its own.
    pub seed: u64,
    /// After how many milliseconds a command takes effect.
    pub change_delay_ms: u64,
}

/// What the control plane asks of a running mapping.
#[derive(Debug, Clone)]
pub enum Command {
    /// Run by these settings from now on.
    Configure(Box<Mapping>),
    /// Call this function from now on.
    Function(String),
    /// Poll, or do not.
    Enable(bool),
    /// End.
    Stop,
}

/// A running mapping, as the control plane holds it.
#[derive(Clone)]
pub struct Handle {
    machine: Rc<RefCell<Machine>>,
    happened: mpsc::Sender<Happened>,
    outstanding: Rc<Cell<u32>>,
    change_delay: Duration,
}

impl Handle {
    /// The machine, to be asked for its status.
    pub fn machine(&self) -> &RefCell<Machine> {
        &self.machine
    }

    /// Whether a command has not taken effect yet.
    pub fn is_changing(&self) -> bool {
        self.outstanding.get() > 0
    }

    /// Gives commands, which take effect together, in order, after the delay set at the start.
    pub fn tell(&self, commands: Vec<Command>) {
        self.outstanding.set(self.outstanding.get() + 1);
        let this = self.clone();
        tokio::task::spawn_local(async move {
            if !this.change_delay.is_zero() {
                tokio::time::sleep(this.change_delay).await;
            }
            for command in commands {
                // A mapping that has ended takes no commands.
                let _ = this.happened.send(Happened::Told(command)).await;
            }
            let _ = this.happened.send(Happened::Changed).await;
        });
    }
}

enum Happened {
    Fetched { shard: u8, records: Vec<Record>, more: bool },
    Answered { shard: u8, request: RequestId, result: FunctionResult },
    Written { token: u32, accepted: bool },
    News,
    Told(Command),
    Changed,
}

struct Driver<U> {
    upstream: Rc<U>,
    machine: Rc<RefCell<Machine>>,
    documents: Documents,
    setup: Setup,
    source: SourceKind,
    fault: Option<Fault>,
    clock: Wall,
    happened: mpsc::Sender<Happened>,
    outstanding: Rc<Cell<u32>>,
    out: Vec<Output>,
    wakes: BTreeSet<Ms>,
    /// What was read and may still be needed.
    records: BTreeMap<SequenceNumber, Record>,
    checkpoints: Vec<VecDeque<SequenceNumber>>,
}

/// Starts a mapping on the present `LocalSet`.
pub fn start<U: Upstream + 'static>(upstream: Rc<U>, clock: Wall, start: Start) -> Handle {
    let (happened, waiting) = mpsc::channel(QUEUE);
    let shards = start.setup.shard_ids.len();
    let now = clock.epoch_ms() - EPOCH_MS;
    let machine = Machine::new(
        start.settings,
        shards as u8,
        start.retention_ms,
        start.policy,
        start.fault,
        start.seed,
        now,
    );
    let machine = Rc::new(RefCell::new(machine));
    let outstanding = Rc::new(Cell::new(0));
    let driver = Driver {
        upstream,
        machine: machine.clone(),
        documents: Documents::new(start.source, Rc::new(start.setup.clone()), start.fault),
        setup: start.setup,
        source: start.source,
        fault: start.fault,
        clock,
        happened: happened.clone(),
        outstanding: outstanding.clone(),
        out: Vec::new(),
        wakes: BTreeSet::new(),
        records: BTreeMap::new(),
        checkpoints: vec![VecDeque::new(); shards],
    };
    tokio::task::spawn_local(driver.run(waiting));
    let change_delay = Duration::from_millis(start.change_delay_ms);
    Handle { machine, happened, outstanding, change_delay }
}

impl<U: Upstream + 'static> Driver<U> {
    async fn run(mut self, mut waiting: mpsc::Receiver<Happened>) {
        let news = self.watch();
        self.input(Input::Tick);
        loop {
            self.serve();
            tokio::select! {
                biased;
                happened = waiting.recv() => match happened {
                    Some(Happened::Told(Command::Stop)) | None => break,
                    Some(happened) => self.take(happened),
                },
                () = tokio::time::sleep(self.idle()) => {
                    let now = self.now();
                    self.wakes = self.wakes.split_off(&(now + 1));
                    self.input(Input::Tick);
                }
            }
        }
        news.abort();
    }

    /// Tells the machine of new records for as long as it runs.
    fn watch(&self) -> tokio::task::JoinHandle<()> {
        let (upstream, happened) = (self.upstream.clone(), self.happened.clone());
        tokio::task::spawn_local(async move {
            loop {
                upstream.news().await;
                if happened.send(Happened::News).await.is_err() {
                    return;
                }
            }
        })
    }

    fn now(&self) -> Ms {
        self.clock.epoch_ms() - EPOCH_MS
    }

    /// How long there is nothing to do.
    fn idle(&self) -> Duration {
        let due = self.wakes.first().map(|at| (at - self.now()).max(0) as u64);
        due.map_or(IDLE, |ms| Duration::from_millis(ms).min(IDLE))
    }

    fn input(&mut self, input: Input<'_>) {
        let now = self.now();
        self.machine.borrow_mut().input(now, input, &mut self.out);
    }

    fn take(&mut self, happened: Happened) {
        match happened {
            Happened::Fetched { shard, records, more } => {
                let held: Vec<Held> = records.iter().map(held).collect();
                for record in records {
                    self.records.insert(record.sequence.clone(), record);
                }
                self.input(Input::Fetched { shard, records: &held, more });
            }
            Happened::Answered { shard, request, result } => {
                self.input(Input::Answered { shard, request, result });
            }
            Happened::Written { token, accepted } => self.input(Input::Written { token, accepted }),
            Happened::News => {
                let now = self.now();
                for shard in 0..self.setup.shard_ids.len() {
                    let arrived = Input::Arrived { shard: shard as u8 };
                    self.machine.borrow_mut().tell(now, arrived, &mut self.out);
                }
                self.machine.borrow_mut().work(now, &mut self.out);
            }
            Happened::Told(command) => self.obey(command),
            Happened::Changed => self.outstanding.set(self.outstanding.get().saturating_sub(1)),
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Configure(settings) => self.input(Input::Configure(settings)),
            Command::Enable(enabled) => self.input(Input::Enable(enabled)),
            Command::Function(arn) => {
                for mapping in &mut self.setup.mappings {
                    mapping.function_arn = arn.clone();
                }
                self.documents = Documents::new(self.source, Rc::new(self.setup.clone()), self.fault);
            }
            // Ends the loop instead.
            Command::Stop => {}
        }
    }

    /// Does what the machine asked for. Nothing of it is awaited here: one slow shard must not hold up another.
    fn serve(&mut self) {
        for _ in 0..MAX_TURNS {
            if self.out.is_empty() {
                return;
            }
            for output in std::mem::take(&mut self.out) {
                match output {
                    Output::Fetch { shard, position, limit } => self.fetch(shard, position, limit),
                    Output::Invoke(request) => self.invoke(request),
                    Output::Write(write) => self.write(*write),
                    Output::WakeAt(at) => {
                        self.wakes.insert(at);
                    }
                    Output::Checkpoint { shard, sequence } => self.checkpoint(shard, sequence),
                }
            }
        }
        unreachable!("a machine asked {MAX_TURNS} times at one instant");
    }

    fn fetch(&self, shard: u8, position: Position, limit: u32) {
        let (upstream, happened) = (self.upstream.clone(), self.happened.clone());
        tokio::task::spawn_local(async move {
            // Until the stream answers or the mapping is gone: a mapping outlives its stream (STATE-11).
            while !happened.is_closed() {
                match upstream.fetch(shard, position.clone(), limit).await {
                    Ok((records, more)) => {
                        let _ = happened.send(Happened::Fetched { shard, records, more }).await;
                        return;
                    }
                    Err(_) => tokio::time::sleep(READ_AGAIN).await,
                }
            }
        });
    }

    fn invoke(&self, request: Request) {
        let lies = match self.fault {
            Some(Fault::PayloadLimitIgnored) => request.records() > 1,
            Some(Fault::OversizedDelivered) => request.records() == 1,
            _ => false,
        };
        let too_large = request.size > PAYLOAD_LIMIT && !lies;
        let event = match too_large {
            true => Bytes::new(),
            false => Bytes::from(self.event(request.shard, self.machine.borrow().batch(&request))),
        };
        let function_arn = self.setup.mappings[0].function_arn.clone();
        let (upstream, happened) = (self.upstream.clone(), self.happened.clone());
        tokio::task::spawn_local(async move {
            let result = match too_large {
                true => FunctionResult::TooLarge,
                false => upstream.invoke(Call { function_arn, request: request.id, event }).await,
            };
            let answered = Happened::Answered { shard: request.shard, request: request.id, result };
            let _ = happened.send(answered).await;
        });
    }

    fn write(&self, write: Write) {
        let destination = self.machine.borrow().versions[usize::from(write.version)].destination.clone();
        let Some(destination) = destination else { return };
        let payload = || self.event(write.shard, &write.records);
        let document = self.documents.document(0, &write, &destination, payload);
        let (upstream, happened) = (self.upstream.clone(), self.happened.clone());
        tokio::task::spawn_local(async move {
            let accepted = upstream.write(destination, document).await;
            let _ = happened.send(Happened::Written { token: write.token, accepted }).await;
        });
    }

    /// The event of some records.
    fn event(&self, shard: u8, held: &[Held]) -> String {
        let found: Vec<&Record> = held.iter().filter_map(|held| self.records.get(&held.sequence)).collect();
        let record = |record: &&Record| EventRecord {
            sequence: record.sequence.clone(),
            data: record.data.to_vec(),
            partition_key: record.partition_key.clone(),
            arrival_ms: record.arrival_ms,
        };
        let text = self.documents.event(shard, &found.iter().map(record).collect::<Vec<_>>());
        if found.iter().all(|record| record.change.is_none()) {
            return text.into_string();
        }
        with_changes(&text, &found)
    }

    fn checkpoint(&mut self, shard: u8, sequence: SequenceNumber) {
        self.upstream.checkpoint(shard, &sequence);
        let done = &mut self.checkpoints[usize::from(shard)];
        done.push_back(sequence);
        if done.len() > KEPT_CHECKPOINTS
            && let Some(old) = done.pop_front()
            // Sequence numbers of other shards lie among those of this one; they keep theirs a little longer.
            && let Some(oldest) = self.checkpoints.iter().filter_map(|done| done.front()).min()
        {
            let keep = old.min(oldest.clone());
            self.records = self.records.split_off(&keep);
        }
    }
}

/// A record as the machine holds it.
fn held(record: &Record) -> Held {
    let encoded = match &record.change {
        Some(change) => change.to_string().len() as u64,
        None => record.data.len().div_ceil(3) as u64 * 4,
    };
    Held {
        sequence: record.sequence.clone(),
        arrival: record.arrival_ms - EPOCH_MS,
        size: encoded + record.partition_key.len() as u64 + ENVELOPE,
    }
}

/// The event of a table's stream shows the changes as they were, and not the harness's own items.
fn with_changes(text: &str, records: &[&Record]) -> String {
    let Ok(mut event) = serde_json::from_str::<Json>(text) else { return text.to_owned() };
    for (written, record) in event["Records"].as_array_mut().into_iter().flatten().zip(records) {
        let Some(members) = record.change.as_ref().and_then(Json::as_object) else { continue };
        for (member, value) in members {
            written[member] = value.clone();
        }
    }
    event.to_string()
}
