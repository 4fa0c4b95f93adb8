//! One history, played in virtual time: the reference asks for reads, calls and failure records, and the function
//! answers for itself.
//!
//! Knows nothing about rules. The stream is as the model's own targets have it: what was put is there in order.

use crate::effects::{Effect, Patterns, Read};
use crate::handler::{Given, Handler, HandlerError, Raw};
use crate::history::History;
use crate::sample::Samples;
use crate::table;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esm_model::event::RequestId;
use esm_model::label::Label;
use esm_model::mapping::SourceKind;
use esm_model::reference::{FunctionResult, Held, Input, Machine, Output, Position, Request, Value};
use esm_model::sequence::SequenceNumber;
use esm_model::setup::Setup;
use esm_model::when::{EPOCH_MS, Ms};
use esm_model::wire::{EventContext, EventRecord, Response, entry_text, event_of, read_response};
use esmeralda::documents::Documents;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most instants of one history; more means that the machine does not come to an end.
const MAX_INSTANTS: u32 = 1_000_000;
/// Bytes of an event record beside its data.
const ENVELOPE: u64 = 500;
/// How long a call takes in virtual time if it ends by itself.
const CALL_MS: Ms = 1;

/// One call of the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayedCall {
    /// The shard.
    pub shard: u8,
    /// The records, in order.
    pub records: Vec<Label>,
    /// The sequence numbers of these records.
    pub sequences: Vec<Arc<str>>,
    /// The event.
    pub event: String,
    /// How the function ended it.
    pub raw: Raw,
    /// What it returned, as the mapping sees it; nothing where it returned nothing.
    pub response: Option<Response>,
    /// Whether the answer got lost: Lambda saw a time-out.
    pub lost: bool,
    /// What it did.
    pub effects: Vec<Effect>,
    /// How long it took by the clock, where time is not virtual.
    pub took_ms: Option<Ms>,
}

/// What happened in a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Played {
    /// The calls, in order.
    pub calls: Vec<PlayedCall>,
    /// The records of each discard.
    pub discards: Vec<Vec<Label>>,
    /// Records that Lambda will not deliver again.
    pub resolved: BTreeSet<Label>,
    /// What is to stay in order, of each record: shard and partition key, or the key of the item.
    pub keys: Vec<String>,
    /// How many effects name no record.
    pub unnamed: u32,
    /// Whether the function wrote so much that some of it was forgotten: effects may be among it.
    pub forgot: bool,
    /// Whether a shard used up its calls.
    pub cut: bool,
}

/// A call that will be answered.
struct Pending {
    at: Ms,
    shard: u8,
    request: RequestId,
    result: FunctionResult,
}

/// What a record holds.
struct Content {
    data: String,
    key: String,
    sequence: SequenceNumber,
    /// The sequence number as text.
    number: Arc<str>,
    /// In the stream of a table.
    change: Option<Json>,
    /// As events show it; empty until it was put.
    entry: String,
}

/// What a shard holds: its records in order, and which these are.
struct Shard {
    held: Vec<Held>,
    labels: Vec<Label>,
    context: EventContext,
}

impl Shard {
    fn label(&self, sequence: &SequenceNumber) -> Option<Label> {
        let found = self.held.binary_search_by(|held| held.sequence.cmp(sequence));
        found.ok().map(|at| self.labels[at])
    }

    fn labels(&self, held: &[Held]) -> Vec<Label> {
        held.iter().filter_map(|held| self.label(&held.sequence)).collect()
    }
}

/// Plays histories one after the other: no two records ever have the same sequence number or name, and no two calls the
/// same request ID.
#[derive(Debug, Default)]
pub struct World {
    given: u64,
    histories: u32,
}

struct Play<'p> {
    history: &'p History,
    patterns: &'p Patterns,
    machine: Machine,
    shards: Vec<Shard>,
    records: Vec<Content>,
    names: BTreeMap<String, Label>,
    out: Vec<Output>,
    pending: Vec<Pending>,
    wakes: BTreeSet<Ms>,
    now: Ms,
    calls: Vec<u32>,
    played: Played,
}

impl Played {
    /// Whether effects may be there that are not known.
    pub fn unsure(&self) -> bool {
        self.unnamed > 0 || self.forgot
    }
}

impl World {
    /// The world once these have been played.
    pub fn after(histories: &[History]) -> World {
        let given = histories.iter().map(|history| history.marks.len() as u64).sum();
        World { given, histories: histories.len() as u32 }
    }

    /// Plays a history.
    ///
    /// # Errors
    /// [`HandlerError`] if the function could not be called at all.
    pub async fn play<H: Handler>(
        &mut self,
        history: &History,
        samples: &Samples,
        patterns: &Patterns,
        handler: &mut H,
    ) -> Result<Played, HandlerError> {
        handler.reset().await?;
        let (records, names) = self.records(history, samples, patterns.look());
        let of_item =
            |record: &Content| record.change.as_ref().map(|change| change["dynamodb"]["Keys"].to_string());
        let keys =
            records.iter().map(|record| of_item(record).unwrap_or_else(|| record.key.clone())).collect();
        self.histories += 1;
        let seed = u64::from(self.histories);
        let case = &history.case;
        let settings = history.mapping().clone();
        let setup = Setup::in_tree(case);
        let shard = |shard| Shard {
            held: Vec::new(),
            labels: Vec::new(),
            context: setup.event_context(case.source, shard),
        };
        let shards: Vec<Shard> = (0..case.shards).map(shard).collect();
        let play = Play {
            history,
            patterns,
            machine: Machine::new(settings, case.shards, case.retention_ms, history.policy, None, seed, 0),
            calls: vec![0; shards.len()],
            shards,
            records,
            names,
            out: Vec::new(),
            pending: Vec::new(),
            wakes: BTreeSet::new(),
            now: 0,
            played: Played { keys, ..Played::default() },
        };
        play.run(handler).await
    }

    /// What the records hold, and by which names they are known where somebody looks for names.
    fn records(
        &mut self,
        history: &History,
        samples: &Samples,
        named: bool,
    ) -> (Vec<Content>, BTreeMap<String, Label>) {
        let mut names = BTreeMap::new();
        let mut records = Vec::new();
        let mut twice = BTreeSet::new();
        for (index, mark) in history.marks.iter().enumerate() {
            self.given += 1;
            let label = Label::record(index);
            let name = format!("esm-{}", self.given);
            let key = format!("key-{}-{}", history.case.records[index].shard, mark.key);
            let data = samples.data(mark.bad, mark.sample, &name, &key);
            let (sequence, change) = match history.case.source {
                // 56 digits, like those of Kinesis.
                SourceKind::Kinesis => (format!("49590338271490256608{:036}", self.given), None),
                // As many as those of DynamoDB have.
                SourceKind::DynamoDb => {
                    (format!("442158450000000001{:010}", self.given), table::change(&data).ok())
                }
            };
            let number: Arc<str> = sequence.as_str().into();
            if named {
                let encoded = STANDARD.encode(&data);
                if names.insert(encoded.clone(), label).is_some() {
                    twice.insert(encoded);
                }
                names.extend([(sequence, label), (name, label)]);
            }
            let sequence: SequenceNumber = number.parse().expect("digits");
            records.push(Content { data, key, sequence, number, change, entry: String::new() });
        }
        // Data that two records have names neither.
        names.retain(|name, _| !twice.contains(name));
        (records, names)
    }
}

impl Play<'_> {
    async fn run<H: Handler>(mut self, handler: &mut H) -> Result<Played, HandlerError> {
        let mut put = 0;
        self.tell(Input::Tick);
        for _ in 0..MAX_INSTANTS {
            while let Some(record) = self.history.case.records.get(put).filter(|r| r.at <= self.now) {
                self.put(put, record.shard);
                put += 1;
            }
            for shard in 0..self.shards.len() as u8 {
                self.tell(Input::Arrived { shard });
            }
            self.serve(handler).await?;
            let next_put = self.history.case.records.get(put).map(|record| record.at);
            let ends = self.pending.iter().map(|pending| pending.at);
            let next = ends.chain(next_put).chain(self.wakes.first().copied()).min();
            let Some(next) = next.filter(|next| *next <= self.history.case.horizon_ms) else { break };
            if self.played.cut {
                break;
            }
            self.now = self.now.max(next);
            self.wakes.retain(|at| *at > next);
            let due: Vec<Pending> = self.pending.extract_if(.., |pending| pending.at <= next).collect();
            for Pending { shard, request, result, .. } in due {
                self.tell(Input::Answered { shard, request, result });
            }
            self.tell(Input::Tick);
        }
        Ok(self.played)
    }

    fn tell(&mut self, input: Input<'_>) {
        self.machine.input(self.now, input, &mut self.out);
    }

    fn put(&mut self, index: usize, shard: u8) {
        let shard = &mut self.shards[usize::from(shard)];
        let Content { data, key, sequence, change, entry, .. } = &mut self.records[index];
        let arrival_ms = EPOCH_MS + self.now;
        let record = EventRecord {
            sequence: sequence.clone(),
            data: data.clone().into_bytes(),
            partition_key: key.clone(),
            arrival_ms,
        };
        let change = change.clone().map(|change| table::numbered(change, sequence, arrival_ms));
        *entry = entry_text(&shard.context, &record, change.as_ref());
        let size = data.len().div_ceil(3) as u64 * 4 + ENVELOPE;
        shard.held.push(Held { sequence: sequence.clone(), arrival: self.now, size });
        shard.labels.push(Label::record(index));
    }

    /// Does what the machine asks for, until it asks for nothing more.
    async fn serve<H: Handler>(&mut self, handler: &mut H) -> Result<(), HandlerError> {
        while !self.out.is_empty() {
            for output in std::mem::take(&mut self.out) {
                match output {
                    Output::Fetch { shard, position, limit } => self.fetch(shard, &position, limit),
                    Output::Invoke(request) => self.invoke(&request, handler).await?,
                    Output::Write(write) => {
                        let shard = &self.shards[usize::from(write.shard)];
                        self.played.discards.push(shard.labels(&write.records));
                        self.tell(Input::Written { token: write.token, accepted: true });
                    }
                    Output::WakeAt(at) => {
                        self.wakes.insert(at);
                    }
                    Output::Checkpoint { shard, sequence } => {
                        let Shard { held, labels, .. } = &self.shards[usize::from(shard)];
                        let done = held.partition_point(|held| held.sequence <= sequence);
                        self.played.resolved.extend(&labels[..done]);
                    }
                }
            }
        }
        Ok(())
    }

    fn fetch(&mut self, shard: u8, position: &Position, limit: u32) {
        let records = &self.shards[usize::from(shard)].held;
        let from = match position {
            Position::TrimHorizon => 0,
            Position::Arrived(ms) => records.partition_point(|record| record.arrival < *ms),
            Position::After(sequence) => records.partition_point(|record| record.sequence <= *sequence),
        };
        let count = (records.len() - from).min(limit as usize);
        let (some, more) = (&records[from..from + count], records.len() - from > count);
        self.machine.input(self.now, Input::Fetched { shard, records: some, more }, &mut self.out);
    }

    async fn invoke<H: Handler>(&mut self, request: &Request, handler: &mut H) -> Result<(), HandlerError> {
        let records = self.shards[usize::from(request.shard)].labels(self.machine.batch(request));
        let event = event_of(records.iter().map(|label| self.content(*label).entry.as_str()));
        let Given { raw, lines, forgot, writes, took_ms, reads: _ } =
            handler.call(&event, request.id).await?;
        let number = self.played.calls.len() as u32;
        let lost = self.history.lost.contains(&number);
        let response = response(&raw);
        let result = if lost { FunctionResult::TimedOut } else { result(&raw, response.clone()) };
        let timeout = self.history.case.function.timeout_ms;
        let takes = if result == FunctionResult::TimedOut { timeout } else { CALL_MS };
        self.pending.push(Pending {
            at: self.now + takes,
            shard: request.shard,
            request: request.id,
            result,
        });
        let Read { effects, unnamed } = self.patterns.read(&lines, &writes, &self.names);
        self.played.unnamed += unnamed;
        self.played.forgot |= forgot;
        let sequences = records.iter().map(|label| self.content(*label).number.clone()).collect();
        self.played.calls.push(PlayedCall {
            shard: request.shard,
            records,
            sequences,
            event,
            raw,
            response,
            lost,
            effects,
            took_ms,
        });
        let calls = &mut self.calls[usize::from(request.shard)];
        *calls += 1;
        self.played.cut |= *calls >= self.history.case.max_invocations;
        Ok(())
    }

    fn content(&self, label: Label) -> &Content {
        &self.records[label.index().unwrap_or(0)]
    }
}

/// What the mapping sees in what was returned. A text that is no JSON is no response.
fn response(raw: &Raw) -> Option<Response> {
    let Raw::Returned(text) = raw else { return None };
    let value = serde_json::from_str(text);
    Some(value.as_ref().map_or(Response::Unrecognised, read_response))
}

/// What the mapping makes of an answer.
fn result(raw: &Raw, response: Option<Response>) -> FunctionResult {
    match raw {
        Raw::Raised(_) => FunctionResult::Raised,
        Raw::TimedOut => FunctionResult::TimedOut,
        Raw::Died(_) => FunctionResult::Crashed,
        Raw::Returned(_) => FunctionResult::Returned(response.map_or(Value::Other, Documents::value)),
    }
}
