//! The task of one mapping: takes what has happened to the machine, and does what the machine asks for.

use super::note::{Note, Span};
use super::texts::{Records, held};
use super::{Command, Handle, Resume, Start, add, less_one};
use crate::upstream::{Call, Read, Reply, Successor, Upstream};
use bytes::Bytes;
use esm_model::case::PAYLOAD_LIMIT;
use esm_model::event::RequestId;
use esm_model::mapping::SourceKind;
use esm_model::reference::{Fault, FunctionResult, Held, Input, Machine, Output, Position, Request, Write};
use esm_model::sequence::SequenceNumber;
use esm_model::setup::Setup;
use esm_model::when::{EPOCH_MS, Ms};
use esmeralda::clock::Wall;
use esmeralda::documents::Documents;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Most turns at one instant; more means that the machine does not let time pass.
const MAX_TURNS: u32 = 1_000_000;
/// The longest sleep, so that a machine that forgot to ask for a wake-up shows as slow and not as dead.
const IDLE: Duration = Duration::from_secs(60);
/// The wait before a failed read is tried again.
pub(super) const READ_AGAIN: Duration = Duration::from_millis(500);
/// So many calls keep the request ID that the function saw: failure records may be written late.
const KEPT_REQUESTS: usize = 4_096;

pub(super) enum Happened {
    Fetched { shard: u8, read: Read },
    Unreadable { shard: u8, why: String },
    Answered { shard: u8, request: RequestId, reply: Reply },
    Written { write: Box<Write>, accepted: bool },
    News,
    Follow { successors: Vec<Successor> },
    Told(Command),
    Changed,
}

/// What is known of a shard beside what the machine knows.
#[derive(Default)]
struct Shard {
    /// The records that the function has.
    span: Option<Span>,
    /// Failure records without an answer.
    writes: u32,
    /// Done, and not yet passed on, because a failure record of it is not written.
    done: Option<SequenceNumber>,
    /// There will be no more records.
    ended: bool,
    /// Everything of it is done, and what follows was asked for.
    followed: bool,
}

pub(super) struct Driver<U> {
    pub(super) upstream: Rc<U>,
    pub(super) handle: Handle,
    pub(super) machine: Rc<RefCell<Machine>>,
    documents: Documents,
    setup: Setup,
    source: SourceKind,
    fault: Option<Fault>,
    clock: Wall,
    out: Vec<Output>,
    wakes: BTreeSet<Ms>,
    pub(super) records: Records,
    shards: Vec<Shard>,
    resume: Option<Resume>,
    rests: bool,
    /// The request IDs that the function saw, where they are not the machine's.
    requests: BTreeMap<RequestId, RequestId>,
}

impl<U: Upstream + 'static> Driver<U> {
    pub(super) fn new(upstream: Rc<U>, clock: Wall, start: Start, handle: Handle) -> Driver<U> {
        let machine = handle.machine.clone();
        let count = machine.borrow().shards();
        let mut shards = Vec::new();
        shards.resize_with(count, Shard::default);
        let documents = Documents::new(start.source, Rc::new(start.setup.clone()), start.fault);
        let (source, fault) = (start.source, start.fault);
        Driver {
            upstream,
            handle,
            machine,
            documents,
            setup: start.setup,
            source,
            fault,
            clock,
            out: Vec::new(),
            wakes: BTreeSet::new(),
            records: Records::default(),
            shards,
            resume: start.resume,
            rests: false,
            requests: BTreeMap::new(),
        }
    }

    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Happened>) {
        for id in self.setup.shard_ids.iter().skip(self.shards.len()) {
            self.upstream.note(Note::TooManyShards { id });
        }
        if let Some(resume) = self.resume.take() {
            self.recall(&resume).await;
        }
        let news = self.watch();
        self.input(Input::Tick);
        loop {
            self.serve();
            self.settle();
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
        let (upstream, happened) = (self.upstream.clone(), self.handle.happened.clone());
        tokio::task::spawn_local(async move {
            loop {
                upstream.news().await;
                if happened.send(Happened::News).await.is_err() {
                    return;
                }
            }
        })
    }

    pub(super) fn now(&self) -> Ms {
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
            Happened::Fetched { shard, read } => {
                self.shards[usize::from(shard)].ended |= read.ended;
                let held: Vec<Held> = read.records.iter().map(held).collect();
                for record in read.records {
                    self.records.keep(shard, record);
                }
                self.input(Input::Fetched { shard, records: &held, more: read.more && !read.ended });
            }
            Happened::Unreadable { shard, why } => self.upstream.note(Note::Unreadable { shard, why }),
            Happened::Answered { shard, request, reply } => self.answered(shard, request, reply),
            Happened::Written { write, accepted } => {
                less_one(&self.handle.counts.writes);
                let shard = &mut self.shards[usize::from(write.shard)];
                shard.writes = shard.writes.saturating_sub(1);
                if let Some(span) = Span::of(&write.records) {
                    self.upstream.note(Note::Written { shard: write.shard, span, accepted });
                }
                self.input(Input::Written { token: write.token, accepted });
            }
            Happened::News => {
                let now = self.now();
                for shard in (0..self.shards.len()).filter(|shard| !self.shards[*shard].ended) {
                    let arrived = Input::Arrived { shard: shard as u8 };
                    self.machine.borrow_mut().tell(now, arrived, &mut self.out);
                }
                self.machine.borrow_mut().work(now, &mut self.out);
            }
            Happened::Follow { successors } => {
                successors.into_iter().for_each(|successor| self.open(&successor));
                self.input(Input::Tick);
            }
            Happened::Told(command) => self.obey(command),
            Happened::Changed => less_one(&self.handle.counts.commands),
        }
    }

    fn answered(&mut self, shard: u8, request: RequestId, reply: Reply) {
        less_one(&self.handle.counts.calls);
        if let Some(seen) = reply.request {
            self.requests.insert(request, seen);
            if self.requests.len() > KEPT_REQUESTS {
                self.requests.pop_first();
            }
        }
        let result = reply.result.clone();
        self.input(Input::Answered { shard, request, result });
        let Some(span) = self.shards[usize::from(shard)].span.take() else { return };
        let machine = self.machine.borrow();
        let next = machine.ahead(shard).filter_map(Span::of).filter(|part| part.meets(&span)).collect();
        let wait_ms = machine.rests_until(shard).saturating_sub(self.now()).max(0);
        self.upstream.note(Note::Answered { shard, request, span, result: &reply.result, next, wait_ms });
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Configure(settings) => self.input(Input::Configure(settings)),
            Command::Enable(enabled) => self.input(Input::Enable(enabled)),
            Command::Rest => self.rests = true,
            Command::Function { arn, behind } => {
                for mapping in &mut self.setup.mappings {
                    mapping.function_arn = arn.clone();
                    if let Some(behind) = &behind {
                        mapping.executed_version = behind.version.clone();
                    }
                }
                self.setup.role_arn = behind.map_or_else(|| self.setup.role_arn.clone(), |it| it.role_arn);
                self.name_anew();
            }
            // Ends the loop instead.
            Command::Stop => {}
        }
    }

    /// Texts use the names of the setup as it is now.
    fn name_anew(&mut self) {
        self.documents = Documents::new(self.source, Rc::new(self.setup.clone()), self.fault);
    }

    /// Does what the machine asked for. Nothing of it is awaited here: one slow shard must not hold up another.
    fn serve(&mut self) {
        for _ in 0..MAX_TURNS {
            if self.out.is_empty() {
                return;
            }
            for output in std::mem::take(&mut self.out) {
                match output {
                    // The machine waits for an answer that will not come, until it is revived.
                    Output::Fetch { .. } | Output::Invoke(_) if self.rests => {}
                    Output::Fetch { shard, position, limit } => self.fetch(shard, position, limit),
                    Output::Invoke(request) => self.invoke(request),
                    Output::Write(write) => self.write(write),
                    Output::WakeAt(at) => {
                        self.wakes.insert(at);
                    }
                    Output::Checkpoint { shard, sequence } => {
                        self.records.done(shard, sequence.clone());
                        self.shards[usize::from(shard)].done = Some(sequence);
                    }
                }
            }
        }
        unreachable!("a machine asked {MAX_TURNS} times at one instant");
    }

    /// Passes on what is done for good, and goes on behind shards that have ended.
    fn settle(&mut self) {
        for (index, shard) in self.shards.iter_mut().enumerate() {
            let machine = self.machine.borrow();
            // Until its failure record is written a discarded record is neither here nor there.
            if shard.writes > 0 || machine.owes(index as u8) {
                continue;
            }
            if let Some(sequence) = shard.done.take() {
                self.upstream.checkpoint(index as u8, &sequence);
                self.upstream.note(Note::Done { shard: index as u8, sequence: &sequence });
            }
            if !shard.ended || shard.followed || !machine.is_idle(index as u8) {
                continue;
            }
            shard.followed = true;
            self.upstream.note(Note::Ended { shard: index as u8 });
            let (upstream, happened) = (self.upstream.clone(), self.handle.happened.clone());
            tokio::task::spawn_local(async move {
                while !happened.is_closed() {
                    match upstream.successors(index as u8).await {
                        Ok(successors) => {
                            let _ = happened.send(Happened::Follow { successors }).await;
                            return;
                        }
                        Err(_) => tokio::time::sleep(READ_AGAIN).await,
                    }
                }
            });
        }
    }

    /// Reads a shard that follows on others, once all of them are done.
    fn open(&mut self, successor: &Successor) {
        let known = |id: &String| self.setup.shard_ids.iter().position(|known| known == id);
        let waits = |id| known(id).is_some_and(|index| self.shards.get(index).is_none_or(|it| !it.followed));
        if known(&successor.shard_id).is_some() || successor.parents.iter().any(waits) {
            return;
        }
        let origin = self.handle.origin.clone();
        let opened = self.machine.borrow_mut().open(origin, self.clock.epoch_ms() - EPOCH_MS);
        let id = successor.shard_id.as_str();
        match opened {
            None => self.upstream.note(Note::TooManyShards { id }),
            Some(shard) => {
                self.setup.shard_ids.push(id.to_owned());
                self.shards.push(Shard::default());
                self.name_anew();
                self.upstream.note(Note::Opened { shard, id });
            }
        }
    }

    fn fetch(&self, shard: u8, position: Position, limit: u32) {
        let (upstream, happened) = (self.upstream.clone(), self.handle.happened.clone());
        tokio::task::spawn_local(async move {
            // Until the stream answers or the mapping is gone: a mapping outlives its stream (STATE-11).
            while !happened.is_closed() {
                match upstream.fetch(shard, position.clone(), limit).await {
                    Ok(read) => {
                        let _ = happened.send(Happened::Fetched { shard, read }).await;
                        return;
                    }
                    Err(error) => {
                        let _ = happened.send(Happened::Unreadable { shard, why: error.0 }).await;
                        tokio::time::sleep(READ_AGAIN).await;
                    }
                }
            }
        });
    }

    fn invoke(&mut self, request: Request) {
        let lies = match self.fault {
            Some(Fault::PayloadLimitIgnored) => request.records() > 1,
            Some(Fault::OversizedDelivered) => request.records() == 1,
            _ => false,
        };
        let too_large = request.size > PAYLOAD_LIMIT && !lies;
        let (shard, id) = (request.shard, request.id);
        let machine = self.machine.borrow();
        let batch = machine.batch(&request);
        let event = match too_large {
            true => Bytes::new(),
            false => Bytes::from(self.records.event(&self.documents, shard, batch)),
        };
        if let Some(span) = Span::of(batch) {
            self.shards[usize::from(shard)].span = Some(span.clone());
            self.upstream.note(Note::Called { shard, request: id, span });
        }
        add(&self.handle.counts.calls, 1);
        let function_arn = self.setup.mappings[0].function_arn.clone();
        let (upstream, happened) = (self.upstream.clone(), self.handle.happened.clone());
        tokio::task::spawn_local(async move {
            let reply = match too_large {
                true => FunctionResult::TooLarge.into(),
                false => upstream.invoke(Call { function_arn, request: id, event }).await,
            };
            let _ = happened.send(Happened::Answered { shard, request: id, reply }).await;
        });
    }

    fn write(&mut self, write: Box<Write>) {
        let destination = self.machine.borrow().versions[usize::from(write.version)].destination.clone();
        let Some(destination) = destination else { return };
        let payload = || self.records.event(&self.documents, write.shard, &write.records);
        let request = self.requests.get(&write.request).copied().unwrap_or(write.request);
        let mut told = (*write).clone();
        told.request = request;
        let document = self.documents.document(0, &told, &destination, payload);
        self.upstream.note(Note::Discarded { write: &told, destination: &destination });
        self.shards[usize::from(write.shard)].writes += 1;
        add(&self.handle.counts.writes, 1);
        let (upstream, happened) = (self.upstream.clone(), self.handle.happened.clone());
        tokio::task::spawn_local(async move {
            let accepted = upstream.write(destination, document).await;
            let _ = happened.send(Happened::Written { write, accepted }).await;
        });
    }
}
