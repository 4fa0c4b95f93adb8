//! The story of one shard of one mapping, a line for each thing that happened, repetitions told once.
//!
//! Only what was observed, up to an event and at that event. What would have been right is in [`super::allowed`].

use super::document::{Told, arrival, shard_labels};
use super::words::{answer, duration, ordinal, range, time};
use crate::case::{Action, Patch};
use crate::event::{Event, Settled};
use crate::label::Label;
use crate::mapping::{Destination, DestinationKind, Mapping, StartingPosition};
use crate::trace::TraceRef;
use crate::when::When;
use std::cell::RefCell;

/// Most lines of a story; the middle of a longer one is left out.
const MOST_LINES: usize = 10;
/// How many of them stand before the gap.
const BEFORE_GAP: usize = 3;

/// What an explanation is about: one mapping, or all; one of its shards, or all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'t> {
    pub(super) trace: TraceRef<'t>,
    pub(super) mapping: Option<u8>,
    pub(super) shard: Option<u8>,
}

/// One line.
struct Line {
    at: When,
    until: When,
    text: String,
    /// A call: its ID, its records, how it ended, and how many equal ones this line stands for.
    call: Option<(u32, Vec<Label>, Option<String>, usize)>,
}

impl<'t> Scope<'t> {
    /// The scope of an event that no state explains.
    pub(super) fn of(trace: TraceRef<'t>, event: usize, lane: Option<(u8, u8)>) -> Scope<'t> {
        let (mapping, shard) = match (lane, trace.events.get(event)) {
            (Some((mapping, shard)), _) => (Some(mapping), Some(shard)),
            (None, Some(Event::Invoked { mapping, records, .. })) => {
                (Some(*mapping), records.first().and_then(|label| trace.case.shard_of(*label)))
            }
            (None, Some(Event::Delivered { mapping, document, .. })) => {
                (Some(*mapping), Told::of(trace, *mapping, document).shard)
            }
            (None, Some(Event::Status { mapping, .. })) => (Some(*mapping), None),
            _ => (None, None),
        };
        Scope { trace, mapping, shard }
    }

    /// `shard 1 of mapping 0`, as far as there is more than one of each.
    pub(super) fn name(&self) -> String {
        let case = self.trace.case;
        let shard = self.shard.filter(|_| case.shards > 1).map(|shard| format!("shard {shard}"));
        let mapping = self.mapping.filter(|_| case.mappings.len() > 1).map(|m| format!("mapping {m}"));
        shard.into_iter().chain(mapping).collect::<Vec<_>>().join(" of ")
    }

    /// The settings that decide, in one line.
    pub(super) fn settings(&self) -> String {
        let mapping = self.trace.case.mappings.get(usize::from(self.mapping.unwrap_or(0)));
        mapping.map_or_else(String::new, |mapping| settings(&mapping.settings))
    }

    fn has(&self, mapping: u8, shard: Option<u8>) -> bool {
        self.mapping.is_none_or(|own| own == mapping) && (shard.is_none() || self.has_shard(shard))
    }

    fn has_shard(&self, shard: Option<u8>) -> bool {
        self.shard.is_none() || self.shard == shard
    }

    /// The lines before an event, the middle left out where there are too many.
    pub(super) fn lines(&self, event: usize) -> Vec<(String, String)> {
        let lines = RefCell::new(Vec::new());
        for observed in self.trace.events.iter().take(event) {
            self.tell(observed, &lines);
        }
        let lines = merged(lines.into_inner());
        let gap = lines.len().saturating_sub(MOST_LINES);
        let calls = |lines: &[Line]| -> usize {
            lines.iter().filter_map(|line| line.call.as_ref().map(|(.., times)| *times)).sum()
        };
        let mut told = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            if gap > 0 && index == BEFORE_GAP {
                let left_out = &lines[BEFORE_GAP..=BEFORE_GAP + gap];
                told.push((
                    "…".to_owned(),
                    format!("({} lines with {} calls left out)", left_out.len(), calls(left_out)),
                ));
            }
            if gap == 0 || index < BEFORE_GAP || index > BEFORE_GAP + gap {
                told.push(line.told());
            }
        }
        told
    }

    fn tell(&self, observed: &Event, lines: &RefCell<Vec<Line>>) {
        let line = |at: When, text: String| {
            lines.borrow_mut().push(Line { at, until: at, text, call: None });
        };
        match observed {
            Event::Created { mapping, at } if self.has(*mapping, None) => {
                if at.ended.latest > 0 {
                    line(at.began, "the mapping is created".to_owned());
                }
            }
            Event::Put { at, records } => {
                let own: Vec<Label> = records
                    .iter()
                    .map(|bound| bound.label)
                    .filter(|label| self.has_shard(self.trace.case.shard_of(*label)))
                    .collect();
                if !own.is_empty() {
                    let sentinel = own.iter().all(|label| label.is_sentinel());
                    let what = if sentinel { " put, to close the case" } else { " put" };
                    line(at.began, range(&own) + what);
                }
            }
            Event::Acted { step, at } => {
                let Some(step) = self.trace.case.actions.get(usize::from(*step)) else { return };
                if self.has(step.action.mapping(), None) {
                    line(at.began, action(&step.action));
                }
            }
            Event::Invoked { id, mapping, at, records, .. } => {
                let shard = records.first().and_then(|label| self.trace.case.shard_of(*label));
                if self.has(*mapping, shard) {
                    let call = Some((*id, records.to_vec(), None, 1));
                    lines.borrow_mut().push(Line { at: *at, until: *at, text: String::new(), call });
                }
            }
            Event::Answered { id, at, answer: ended, .. } => {
                let mut lines = lines.borrow_mut();
                let call = lines.iter_mut().rev().find(|l| l.call.as_ref().is_some_and(|(i, ..)| i == id));
                if let Some(Line { at: began, call: Some((_, _, end, _)), .. }) = call {
                    let took = at.earliest - began.latest;
                    let after = if took > 0 { format!(" after {}", duration(took)) } else { String::new() };
                    *end = Some(answer(ended) + &after);
                }
            }
            Event::Delivered { mapping, at, document, destination } => {
                let told = Told::of(self.trace, *mapping, document);
                if self.has(*mapping, told.shard) {
                    line(*at, told.briefly(self.trace) + &elsewhere(*destination));
                }
            }
            Event::Created { .. } | Event::Status { .. } | Event::Settled { .. } => {}
        }
    }

    /// The event itself, at length.
    pub(super) fn came(&self, event: usize) -> (String, String) {
        match self.trace.events.get(event) {
            Some(Event::Invoked { at, records, mapping, .. }) => {
                (time(*at), self.call(event, *mapping, *at, records))
            }
            Some(Event::Delivered { mapping, at, document, destination }) => {
                let told = Told::of(self.trace, *mapping, document);
                (time(*at), told.fully(self.trace) + &elsewhere(*destination))
            }
            Some(Event::Settled { at, how }) => {
                let how = match how {
                    Settled::Quiet => "the end of the run: nothing more was pending",
                    Settled::Horizon => "the end of the run: its time or its calls were used up",
                    Settled::Deadline => "the end of the run: the wall clock ran out",
                };
                (time(*at), how.to_owned())
            }
            Some(Event::Answered { at, answer: ended, .. }) => {
                (time(*at), format!("the end of a call: {}", answer(ended)))
            }
            Some(Event::Status { at, state, .. }) => {
                (time(*at), format!("the mapping was read, in state {state:?}"))
            }
            Some(Event::Put { at, .. } | Event::Created { at, .. } | Event::Acted { at, .. }) => {
                (time(at.began), "something that the harness did itself".to_owned())
            }
            None => (String::new(), "nothing: the trace is shorter".to_owned()),
        }
    }

    /// The event itself, in a few words.
    pub(super) fn short(&self, event: usize) -> String {
        match self.trace.events.get(event) {
            Some(Event::Invoked { records, .. }) => format!("call of {}", range(records)),
            Some(Event::Delivered { mapping, document, .. }) => {
                let told = Told::of(self.trace, *mapping, document);
                format!("failure record of {}", told.records(self.trace))
            }
            Some(Event::Answered { .. }) => "end of a call".to_owned(),
            Some(Event::Status { .. }) => "state of the mapping".to_owned(),
            _ => "next event".to_owned(),
        }
    }

    /// A call, with what is remarkable about its records.
    fn call(&self, event: usize, mapping: u8, at: When, records: &[Label]) -> String {
        let earlier = self.trace.events[..event].iter().filter_map(|known| match known {
            Event::Invoked { mapping: m, records, .. } if *m == mapping => Some(records),
            _ => None,
        });
        let same = earlier.clone().filter(|known| known.as_slice() == records).count();
        let again: Vec<Label> =
            records.iter().copied().filter(|l| earlier.clone().any(|known| known.contains(l))).collect();
        let mut text = format!("call of {}", range(records));
        let again_too = if records.len() > 1 { "with " } else { "of " };
        if same > 0 {
            text += &format!(", the {} call {again_too}exactly this", ordinal(same + 1));
            text += if records.len() > 1 { " batch" } else { " record" };
        } else if !again.is_empty() && again.len() < records.len() {
            text += &format!("; {} had been delivered before", range(&again));
        } else if again.is_empty() && records.len() < 100 {
            text += ", for the first time";
        }
        let limited = self.limited(mapping);
        let oldest = records.first().and_then(|label| arrival(self.trace, *label)).filter(|_| limited);
        if let Some(arrival) = oldest {
            text += &format!("; {} is {} old", records[0], duration(at.earliest - arrival.latest));
        }
        text
    }

    fn limited(&self, mapping: u8) -> bool {
        let case = self.trace.case;
        let from_start =
            case.mappings.get(usize::from(mapping)).and_then(|m| m.settings.maximum_record_age_in_seconds);
        let updated = case.actions.iter().any(|step| {
            matches!(&step.action, Action::Update { set, .. } if set.maximum_record_age_in_seconds.is_some())
        });
        from_start.is_some() || updated
    }

    /// What the other shards or mappings did meanwhile, where the blame is that this one did not.
    pub(super) fn meanwhile(&self, event: usize) -> Vec<String> {
        let (Some(mapping), Some(shard)) = (self.mapping, self.shard) else { return Vec::new() };
        let case = self.trace.case;
        let lanes = (0..case.mappings.len() as u8).flat_map(|m| (0..case.shards).map(move |s| (m, s)));
        let mut told = Vec::new();
        for (m, s) in lanes.filter(|lane| *lane != (mapping, shard)) {
            let other = Scope { mapping: Some(m), shard: Some(s), ..*self };
            let own = shard_labels(self.trace, Some(s));
            let calls = self.trace.events[..event].iter().filter_map(|known| match known {
                Event::Invoked { mapping, at, records, .. } if *mapping == m && own.contains(&records[0]) => {
                    Some(*at)
                }
                _ => None,
            });
            let times: Vec<When> = calls.collect();
            if let (Some(first), Some(last)) = (times.first(), times.last()) {
                let (from, to) = (time(*first), time(*last));
                let word = if times.len() == 1 { "call" } else { "calls" };
                told.push(format!("{} had {} {word}, from {from} to {to}", other.name(), times.len()));
            } else {
                told.push(format!("{} had no calls", other.name()));
            }
        }
        told
    }
}

impl Line {
    fn told(&self) -> (String, String) {
        let Some((_, records, ended, times)) = &self.call else { return (time(self.at), self.text.clone()) };
        let ended = ended.clone().unwrap_or_else(|| "not ended yet".to_owned());
        let records = range(records);
        if *times == 1 {
            return (time(self.at), format!("call of {records}{}: {ended}", self.text));
        }
        (time(self.at), format!("{times} more calls of {records} until {}: {ended}", time(self.until)))
    }
}

/// Calls of the same records with the same end become one line, from the second on.
fn merged(lines: Vec<Line>) -> Vec<Line> {
    let mut told: Vec<Line> = Vec::new();
    let mut last: Option<Vec<Label>> = None;
    for mut line in lines {
        let Some((_, records, ended, _)) = &line.call else {
            told.push(line);
            continue;
        };
        let again = last.as_ref() == Some(records);
        last = Some(records.clone());
        if again {
            line.text = " again".to_owned();
        }
        if let Some(Line { until, text, call: Some((_, known, before, times)), .. }) = told.last_mut()
            && text == " again"
            && (&*known, &*before) == (records, ended)
        {
            (*until, *times) = (line.at, *times + 1);
            continue;
        }
        told.push(line);
    }
    told
}

fn elsewhere(destination: u8) -> String {
    if destination == 0 { String::new() } else { format!(", at destination {destination}") }
}

fn action(action: &Action) -> String {
    let until = |what: &str, ms| format!("{what}, for {}", duration(ms));
    match action {
        Action::Throttle { for_ms, .. } => until("the function is throttled from here on", *for_ms),
        Action::ServiceError { for_ms, .. } => until("calls fail with a service error from here on", *for_ms),
        Action::RefuseWrites { for_ms, .. } => until("the destination refuses writes from here on", *for_ms),
        Action::Disable { .. } => "the mapping is disabled".to_owned(),
        Action::Enable { .. } => "the mapping is enabled".to_owned(),
        Action::Update { set, .. } => format!("the mapping is updated: {}", patch(set)),
    }
}

fn patch(set: &Patch) -> String {
    let value = serde_json::to_value(set).unwrap_or_default();
    let members = value.as_object().into_iter().flatten();
    members.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

fn settings(mapping: &Mapping) -> String {
    let retries = mapping.maximum_retry_attempts.map_or("-1 (no limit)".to_owned(), |n| n.to_string());
    let mut told =
        vec![format!("BatchSize {}", mapping.batch_size), format!("MaximumRetryAttempts {retries}")];
    if let Some(seconds) = mapping.maximum_record_age_in_seconds {
        told.push(format!("MaximumRecordAgeInSeconds {seconds}"));
    }
    if mapping.maximum_batching_window_in_seconds > 0 {
        told.push(format!("MaximumBatchingWindowInSeconds {}", mapping.maximum_batching_window_in_seconds));
    }
    let flags = [
        (mapping.bisect_batch_on_function_error, "BisectBatchOnFunctionError"),
        (mapping.report_batch_item_failures, "ReportBatchItemFailures"),
        (!mapping.enabled, "created disabled"),
    ];
    told.extend(flags.iter().filter(|(on, _)| *on).map(|(_, name)| (*name).to_owned()));
    match mapping.starting_position {
        StartingPosition::TrimHorizon => {}
        other => told.push(other.text().to_owned()),
    }
    told.push(
        match mapping.destination.as_ref().map(Destination::kind) {
            Some(DestinationKind::Sqs) => "failure records to SQS",
            Some(DestinationKind::Sns) => "failure records to SNS",
            Some(DestinationKind::S3) => "failure records to S3",
            None => "no destination",
        }
        .to_owned(),
    );
    told.join(", ")
}
