//! What happens to a mapping, told twice: as log lines that read as a story, and as what became of each record lately.

use esm_model::event::Condition;
use esm_model::reference::FunctionResult;
use esm_model::sequence::SequenceNumber;
use esm_model::wire::timestamp::format_millis;
use esmeralda_wire::driver::{Note, Span};
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::IsTerminal as _;
use tracing::{Level, Subscriber};
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::MakeWriter;

/// So many things that happened are kept for each mapping.
const KEPT: usize = 2_000;
/// Most records of a timeline.
const MAX_RECORDS: usize = 500;
/// Digits of a sequence number that tell records of one shard apart in a log.
const DIGITS: usize = 6;

struct Happened {
    at_ms: i64,
    shard: u8,
    span: Span,
    what: Json,
}

/// The story of one mapping.
pub struct Story {
    uuid: String,
    lately: RefCell<VecDeque<Happened>>,
    unreadable: RefCell<Option<String>>,
}

impl Story {
    /// An empty one.
    pub fn new(uuid: &str) -> Story {
        Story { uuid: uuid.to_owned(), lately: RefCell::default(), unreadable: RefCell::default() }
    }

    /// Tells of something that happened; `shards` are the IDs of the shards.
    pub fn tell(&self, note: &Note<'_>, shards: &[String], now_ms: i64) {
        let mapping = self.uuid.as_str();
        let id = |shard: u8| shards.get(usize::from(shard)).map_or("", String::as_str);
        let keep = |shard: u8, span: &Span, what: Json| {
            let mut lately = self.lately.borrow_mut();
            if lately.len() == KEPT {
                lately.pop_front();
            }
            lately.push_back(Happened { at_ms: now_ms, shard, span: span.clone(), what });
        };
        match note {
            Note::Called { shard, request, span } => {
                self.unreadable.replace(None);
                tracing::info!(
                    mapping,
                    shard = id(*shard),
                    records = span.records,
                    "batch {} goes to the function",
                    shown(span)
                );
                keep(
                    *shard,
                    span,
                    json!({"what": "delivered", "records": span.records, "call": request.to_string()}),
                );
            }
            Note::Answered { shard, request, span, result, next, wait_ms } => {
                let (outcome, text) = outcome(result);
                let follows = follows(span, next, *wait_ms);
                let said = format!("batch {} {text}{follows}", shown(span));
                match outcome {
                    "succeeded" => tracing::info!(mapping, shard = id(*shard), "{said}"),
                    _ => tracing::warn!(mapping, shard = id(*shard), "{said}"),
                }
                keep(
                    *shard,
                    span,
                    json!({"what": outcome, "records": span.records, "call": request.to_string()}),
                );
            }
            Note::Discarded { write, destination } => {
                let Some(span) = Span::of(&write.records) else { return };
                let condition = match write.condition {
                    Condition::RetryAttemptsExhausted => "RetryAttemptsExhausted",
                    Condition::RecordAgeExceeded => "RecordAgeExceeded",
                };
                tracing::warn!(
                    mapping,
                    shard = id(write.shard),
                    condition,
                    "batch {} is discarded after {}, its failure record goes to {}",
                    shown(&span),
                    times(write.count),
                    destination.arn()
                );
                let what =
                    json!({"what": "discarded", "condition": condition, "destination": destination.arn()});
                keep(write.shard, &span, what);
            }
            Note::Written { shard, span, accepted: true } => {
                tracing::info!(
                    mapping,
                    shard = id(*shard),
                    "the failure record of {} is written",
                    shown(span)
                );
                keep(*shard, span, json!({"what": "failure record written"}));
            }
            Note::Written { shard, span, accepted: false } => {
                tracing::error!(
                    mapping,
                    shard = id(*shard),
                    "the failure record of {} was refused",
                    shown(span)
                );
                keep(*shard, span, json!({"what": "failure record refused"}));
            }
            Note::Done { shard, sequence } => {
                tracing::debug!(mapping, shard = id(*shard), "done up to {}", short(sequence));
            }
            Note::Unreadable { shard, why } => self.cannot_read(id(*shard), why),
            Note::Ended { shard } => {
                tracing::info!(mapping, shard = id(*shard), "the shard has ended and is done");
            }
            Note::Opened { id, .. } => tracing::info!(mapping, shard = *id, "the shard is read from now on"),
            Note::TooManyShards { id } => {
                tracing::error!(
                    mapping,
                    shard = *id,
                    "the shard is not read: a mapping has at most 255 in its life"
                );
            }
        }
    }

    /// Once for each trouble, and not with every try.
    fn cannot_read(&self, shard: &str, why: &str) {
        let known = self.unreadable.borrow().as_deref() == Some(why);
        if !known {
            tracing::warn!(
                mapping = self.uuid.as_str(),
                shard,
                "the shard cannot be read, trying again: {why}"
            );
            self.unreadable.replace(Some(why.to_owned()));
        }
    }

    /// What became of each record lately.
    pub fn timeline(&self, shards: &[String]) -> Json {
        let lately = self.lately.borrow();
        let mut ends: Vec<(u8, SequenceNumber)> = lately
            .iter()
            .flat_map(|it| [(it.shard, it.span.first.clone()), (it.shard, it.span.last.clone())])
            .collect();
        ends.sort();
        ends.dedup();
        let from = ends.len().saturating_sub(MAX_RECORDS);
        let record = |(shard, sequence): &(u8, SequenceNumber)| {
            let of_record = |it: &&Happened| it.shard == *shard && it.span.holds(sequence);
            let happened: Vec<Json> = lately.iter().filter(of_record).map(entry).collect();
            json!({
                "shardId": shards.get(usize::from(*shard)),
                "sequenceNumber": sequence.to_string(),
                "happened": happened,
            })
        };
        json!({"UUID": self.uuid, "records": ends[from..].iter().map(record).collect::<Vec<_>>()})
    }
}

fn entry(happened: &Happened) -> Json {
    let mut entry = json!({"at": format_millis(happened.at_ms)});
    if let (Some(entry), Some(what)) = (entry.as_object_mut(), happened.what.as_object()) {
        entry.extend(what.clone());
        let (first, last) = (happened.span.first.to_string(), happened.span.last.to_string());
        entry.insert("batch".to_owned(), json!({"first": first, "last": last}));
    }
    entry
}

/// What a call came to, as a word and in a sentence.
fn outcome(result: &FunctionResult) -> (&'static str, &'static str) {
    match result {
        FunctionResult::Returned(_) => ("succeeded", "was answered"),
        FunctionResult::Raised => ("failed", "failed"),
        FunctionResult::TimedOut => ("timed out", "timed out"),
        FunctionResult::Crashed => ("crashed", "crashed the function"),
        FunctionResult::Throttled => ("throttled", "was throttled"),
        FunctionResult::ServiceError => ("not reached", "did not reach the function"),
        FunctionResult::TooLarge => ("too large", "is too large for the function"),
    }
}

/// What follows from it, as the rest of the sentence.
fn follows(span: &Span, next: &[Span], wait_ms: i64) -> String {
    let wait = if wait_ms > 0 { format!(" in {wait_ms} ms") } else { String::new() };
    match next {
        [] => ", done with it".to_owned(),
        [same] if same == span => format!(", trying again{wait}"),
        [rest] => format!(", going on with {}{wait}", shown(rest)),
        [first, second] => format!(", splitting into {} and {}{wait}", shown(first), shown(second)),
        [first, ..] => format!(", going on with {} of {} parts{wait}", shown(first), next.len()),
    }
}

fn times(count: u32) -> String {
    if count == 1 { "1 try".to_owned() } else { format!("{count} tries") }
}

/// The end of a sequence number; what comes before is the same for a whole shard.
fn short(sequence: &SequenceNumber) -> String {
    let text = sequence.to_string();
    match text.len().checked_sub(DIGITS) {
        Some(cut) if cut > 0 => format!("…{}", &text[cut..]),
        _ => text,
    }
}

fn shown(span: &Span) -> String {
    match span.records {
        1 => short(&span.first),
        _ => format!("{}..{}", short(&span.first), short(&span.last)),
    }
}

/// Writes log lines, for a person or as JSON.
pub fn lines<W>(as_json: bool, colour: bool, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt().with_writer(writer).with_ansi(colour).with_target(false).with_max_level(Level::INFO);
    match as_json {
        true => Box::new(lines.json().flatten_event(true).finish()),
        false => Box::new(lines.finish()),
    }
}

/// From now on log lines go to stderr.
pub fn install(as_json: bool) {
    let colour = std::io::stderr().is_terminal();
    // A second subscriber in one process is a test's affair: the first one stays.
    let _ = tracing::subscriber::set_global_default(lines(as_json, colour, std::io::stderr));
}
