//! A trace as text without times: batches, retries, the tree of splits, discards, and the shapes of failure records.
//!
//! Two runs that differ only in when things happened have the same text. Failure records stand behind the
//! invocations, because their order among these is open (AMB-18).

use super::observed::{FailureRecord, Invocation, failure_records, invocations};
use esm_model::answer::{Answer, Identifier, Response, Unrecognised};
use esm_model::case::Action;
use esm_model::event::{Condition, Event, ResponseFact};
use esm_model::label::Label;
use esm_model::trace::TraceRef;
use std::fmt::Write;

/// More records than this are written as first and last.
const LISTED: usize = 6;

/// The normalised history: for each shard of each mapping its invocations, one to a line, below the batch of which
/// they are a part; then its failure records; then records that were delivered and left without success or record.
pub fn history(trace: TraceRef<'_>) -> String {
    let mut text = String::new();
    for line in stimuli(trace) {
        let _ = writeln!(text, "{line}");
    }
    let (calls, documents) = (invocations(trace), failure_records(trace));
    for mapping in 0..trace.case.mappings.len() as u8 {
        for shard in 0..trace.case.shards {
            let _ = writeln!(text, "mapping {mapping}, shard {shard}:");
            let own: Vec<&Invocation<'_>> =
                calls.iter().filter(|call| call.mapping == mapping && call.shard == Some(shard)).collect();
            tree(&own, &mut text);
            let mut failures: Vec<&FailureRecord> =
                documents.iter().filter(|d| d.mapping == mapping && d.shard == Some(shard)).collect();
            failures.sort_by_key(|failure| (failure.first, failure.last));
            for failure in &failures {
                let _ = writeln!(text, "  {}", shape(failure));
            }
            rest(trace, shard, &own, &failures, &mut text);
        }
        for lost in documents.iter().filter(|d| d.mapping == mapping && d.shard.is_none()) {
            let _ = writeln!(text, "mapping {mapping}, no shard of the stream: {}", shape(lost));
        }
    }
    text
}

/// What was done, in order.
fn stimuli(trace: TraceRef<'_>) -> Vec<String> {
    let line = |event: &Event| match event {
        Event::Created { mapping, .. } => Some(format!("create mapping {mapping}")),
        Event::Put { records, .. } => {
            let labels: Vec<Label> = records.iter().map(|bound| bound.label).collect();
            Some(format!("put {}", batch(&labels)))
        }
        Event::Acted { step, .. } => {
            let action = &trace.case.actions.get(usize::from(*step))?.action;
            let mapping = action.mapping();
            Some(match action {
                Action::Throttle { .. } => format!("throttle mapping {mapping}"),
                Action::ServiceError { .. } => format!("service errors for mapping {mapping}"),
                Action::RefuseWrites { .. } => format!("refuse writes of mapping {mapping}"),
                Action::Disable { .. } => format!("disable mapping {mapping}"),
                Action::Enable { .. } => format!("enable mapping {mapping}"),
                Action::Update { set, .. } => {
                    format!("update mapping {mapping} {}", serde_json::to_string(set).unwrap_or_default())
                }
            })
        }
        _ => None,
    };
    trace.events.iter().filter_map(line).collect()
}

/// Invocations as a tree: a batch stands below the nearest earlier one that holds all of its records and is larger.
fn tree(calls: &[&Invocation<'_>], text: &mut String) {
    let mut above: Vec<&[Label]> = Vec::new();
    let mut index = 0;
    while index < calls.len() {
        let records = &calls[index].records[..];
        while above.last().is_some_and(|outer| {
            outer.len() <= records.len() || !records.iter().all(|label| outer.contains(label))
        }) {
            above.pop();
        }
        let words = answer(calls[index].answer);
        let same = |call: &&&Invocation<'_>| call.records[..] == *records && answer(call.answer) == words;
        let times = calls[index..].iter().take_while(same).count();
        let again = if times > 1 { format!(" x{times}") } else { String::new() };
        let _ =
            writeln!(text, "{:indent$}{} {words}{again}", "", batch(records), indent = 2 + 2 * above.len());
        above.push(records);
        index += times;
    }
}

/// Records that were tried, did not succeed, and are in no failure record; and those that were never delivered.
fn rest(
    trace: TraceRef<'_>,
    shard: u8,
    calls: &[&Invocation<'_>],
    failures: &[&FailureRecord],
    text: &mut String,
) {
    let put = trace.events.iter().filter_map(|event| match event {
        Event::Put { records, .. } => Some(records.iter().map(|bound| bound.label)),
        _ => None,
    });
    let (mut tried, mut never) = (Vec::new(), Vec::new());
    for label in put.flatten().filter(|label| trace.case.shard_of(*label) == Some(shard)) {
        let recorded = failures.iter().any(|failure| match (failure.first, failure.last) {
            (Some(first), Some(last)) => (first..=last).contains(&label),
            _ => false,
        });
        match calls.iter().rev().find(|call| call.records.contains(&label)) {
            _ if recorded => {}
            None => never.push(label),
            Some(call) if failed(trace, call, label) => tried.push(label),
            Some(_) => {}
        }
    }
    for (labels, what) in [(tried, "given up or still due"), (never, "never delivered")] {
        if !labels.is_empty() {
            let _ = writeln!(text, "  {what}: {}", batch(&labels));
        }
    }
}

/// Whether the answer says that this record was not processed.
fn failed(trace: TraceRef<'_>, call: &Invocation<'_>, label: Label) -> bool {
    let reports = trace.case.mappings[usize::from(call.mapping)].settings.report_batch_item_failures;
    match call.answer {
        Some(Answer::Returned(Response::Items(items))) if reports && !items.is_empty() => {
            let position = |l: Label| call.records.iter().position(|known| *known == l);
            let reported = items.iter().filter_map(|item| match item {
                Identifier::Record(record) => position(*record),
                _ => None,
            });
            // Nothing of the batch is named: all of it failed (PBR-3).
            reported.min().is_none_or(|lowest| position(label).is_some_and(|own| own >= lowest))
        }
        Some(Answer::Returned(_)) => false,
        Some(Answer::Raised | Answer::TimedOut | Answer::Crashed) | None => true,
    }
}

fn batch(labels: &[Label]) -> String {
    match labels {
        [first, .., last] if labels.len() > LISTED => {
            format!("[{first} .. {last}, {} records]", labels.len())
        }
        _ => format!("[{}]", labels.iter().map(Label::to_string).collect::<Vec<_>>().join(" ")),
    }
}

/// The last answer in a few words.
fn answer(answer: Option<&Answer>) -> String {
    let response = match answer {
        None => return "unanswered".to_owned(),
        Some(Answer::Raised) => return "raised".to_owned(),
        Some(Answer::TimedOut) => return "timed out".to_owned(),
        Some(Answer::Crashed) => return "crashed".to_owned(),
        Some(Answer::Returned(response)) => response,
    };
    match response {
        Response::Null => "returned null".to_owned(),
        Response::EmptyString => "returned \"\"".to_owned(),
        Response::EmptyList => "returned []".to_owned(),
        Response::EmptyObject => "returned {}".to_owned(),
        Response::ItemsNull => "returned null for its items".to_owned(),
        Response::Items(items) if items.is_empty() => "ok".to_owned(),
        Response::Items(items) => {
            format!("reported {}", items.iter().map(identifier).collect::<Vec<_>>().join(", "))
        }
        Response::ItemsOfWrongType => "returned items of a wrong type".to_owned(),
        Response::Unrecognised(form) => {
            let form = match form {
                Unrecognised::Text => "a text",
                Unrecognised::Number => "a number",
                Unrecognised::List => "a list",
                Unrecognised::StatusCode => "a status code",
                Unrecognised::WrongKey => "a misspelt key",
                Unrecognised::Other => "something else",
            };
            format!("returned {form}")
        }
    }
}

fn identifier(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Record(label) => label.to_string(),
        Identifier::Empty => "\"\"".to_owned(),
        Identifier::Null => "null".to_owned(),
        Identifier::WrongType => "a number".to_owned(),
        Identifier::Missing => "an entry without identifier".to_owned(),
        Identifier::Unknown => "an unknown record".to_owned(),
    }
}

/// A failure record on one line.
fn shape(failure: &FailureRecord) -> String {
    let condition = match failure.condition {
        Some(Condition::RetryAttemptsExhausted) => "RetryAttemptsExhausted",
        Some(Condition::RecordAgeExceeded) => "RecordAgeExceeded",
        None => "another condition",
    };
    let response = match failure.response {
        Some(ResponseFact::Absent) => "no responseContext",
        Some(ResponseFact::NoError) => "functionError null",
        Some(ResponseFact::Unhandled) => "functionError \"Unhandled\"",
        Some(ResponseFact::OtherError) => "another functionError",
        None => "responseContext unclear",
    };
    let number = |value: Option<u32>| value.map_or_else(|| "?".to_owned(), |value| value.to_string());
    let end = |label: Option<Label>| label.map_or_else(|| "?".to_owned(), |label| label.to_string());
    format!(
        "{condition} count {} [{}..{}] x{} {response}",
        number(failure.count),
        end(failure.first),
        end(failure.last),
        number(failure.batch_size)
    )
}
