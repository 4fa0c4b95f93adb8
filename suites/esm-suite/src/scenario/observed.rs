//! What a trace shows, in terms of labels: calls by lane, and failure records whether they came typed or as text.
//!
//! No opinion on any of it.

use esm_model::answer::Answer;
use esm_model::event::{Batch, Condition, Document, Event, ResponseFact};
use esm_model::label::Label;
use esm_model::trace::TraceRef;
use esm_model::when::Ms;
use esm_model::{SequenceNumber, wire};

/// One invocation.
pub(super) struct Invocation<'t> {
    pub(super) mapping: u8,
    pub(super) shard: Option<u8>,
    pub(super) at: Ms,
    pub(super) records: &'t Batch,
    /// `None` if the trace ends before it.
    pub(super) answer: Option<&'t Answer>,
}

/// One failure record; `None` for what it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FailureRecord {
    pub(super) mapping: u8,
    pub(super) shard: Option<u8>,
    pub(super) condition: Option<Condition>,
    pub(super) count: Option<u32>,
    pub(super) first: Option<Label>,
    pub(super) last: Option<Label>,
    pub(super) batch_size: Option<u32>,
    pub(super) response: Option<ResponseFact>,
}

/// The invocations, in order.
pub(super) fn invocations(trace: TraceRef<'_>) -> Vec<Invocation<'_>> {
    let mut calls: Vec<(u32, Invocation<'_>)> = Vec::new();
    for event in trace.events {
        match event {
            Event::Invoked { id, mapping, at, records, .. } => {
                let shard = records.first().and_then(|label| trace.case.shard_of(*label));
                let call = Invocation { mapping: *mapping, shard, at: at.earliest, records, answer: None };
                calls.push((*id, call));
            }
            Event::Answered { id, answer, .. } => {
                if let Some((_, call)) = calls.iter_mut().rev().find(|(known, _)| known == id) {
                    call.answer = Some(answer);
                }
            }
            _ => {}
        }
    }
    calls.into_iter().map(|(_, call)| call).collect()
}

/// The failure records, in the order in which they arrived.
pub(super) fn failure_records(trace: TraceRef<'_>) -> Vec<FailureRecord> {
    let read = |event: &Event| match event {
        Event::Delivered { mapping, document, .. } => Some(failure_record(trace, *mapping, document)),
        _ => None,
    };
    trace.events.iter().filter_map(read).collect()
}

fn failure_record(trace: TraceRef<'_>, mapping: u8, document: &Document) -> FailureRecord {
    let source = trace.case.source;
    let read = match document {
        Document::Typed(facts) => {
            return FailureRecord {
                mapping,
                shard: facts.shard,
                condition: Some(facts.condition),
                count: Some(facts.count),
                first: facts.first,
                last: facts.last,
                batch_size: Some(facts.batch_size),
                response: Some(facts.response),
            };
        }
        Document::Sqs(text) => wire::read_sqs(text, source),
        Document::Sns(text) => wire::read_sns(text, source),
        Document::S3(object) => {
            wire::read_s3(&object.key, &object.body, object.content_type.as_deref(), source)
        }
    };
    let found = read.record.unwrap_or_default();
    let label = |sequence: &Option<SequenceNumber>| sequence.as_ref().and_then(|s| label_of(trace, s));
    FailureRecord {
        mapping,
        shard: found.batch.shard_id.as_deref().and_then(|id| trace.setup.and_then(|setup| setup.shard(id))),
        condition: match &found.condition {
            Some(wire::Condition::RetryAttemptsExhausted) => Some(Condition::RetryAttemptsExhausted),
            Some(wire::Condition::RecordAgeExceeded) => Some(Condition::RecordAgeExceeded),
            _ => None,
        },
        count: found.approximate_invoke_count.and_then(|count| u32::try_from(count).ok()),
        first: label(&found.batch.start),
        last: label(&found.batch.end),
        batch_size: found.batch.batch_size.and_then(|size| u32::try_from(size).ok()),
        response: response(&found),
    }
}

fn response(found: &wire::Found) -> Option<ResponseFact> {
    match &found.response {
        wire::Member::Absent => Some(ResponseFact::Absent),
        wire::Member::Null | wire::Member::WrongType => None,
        wire::Member::Found(context) => match &context.function_error {
            wire::Member::Null => Some(ResponseFact::NoError),
            wire::Member::Found(text) if text == "Unhandled" => Some(ResponseFact::Unhandled),
            wire::Member::Found(_) => Some(ResponseFact::OtherError),
            wire::Member::Absent | wire::Member::WrongType => None,
        },
    }
}

fn label_of(trace: TraceRef<'_>, sequence: &SequenceNumber) -> Option<Label> {
    let puts = trace.events.iter().filter_map(|event| match event {
        Event::Put { records, .. } => Some(records),
        _ => None,
    });
    puts.flatten().find(|bound| bound.sequence == *sequence).map(|bound| bound.label)
}
