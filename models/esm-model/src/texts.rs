//! Texts of a trace, read leniently and judged strictly: what they say, and each rule that they break by themselves.

use crate::catalogue::{
    BATCH_11, DDB_1, DDB_7, DISCARD_8, DISCARD_9, REC_1, REC_3, REC_4, REC_5, REC_7, REC_8, REC_9, REC_10,
    REC_11, REC_12, REC_13, S3_1, S3_2, S3_3, S3_4, S3_5, S3_6,
};
use crate::event::{Condition, Document, RequestId, ResponseFact};
use crate::label::Label;
use crate::mapping::SourceKind;
use crate::passage::Plain;
use crate::rule::RuleId;
use crate::sequence::SequenceNumber;
use crate::state::Pos;
use crate::table::Table;
use crate::trace::TraceRef;
use crate::when::{EPOCH_MS, Ms};
use crate::wire::{self, Complaint};
use std::ops::Range;

/// What a failure record says; `None` for what it does not say, or says wrongly and is blamed for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said {
    pub(crate) condition: Option<Condition>,
    pub(crate) count: Option<u32>,
    pub(crate) request: Option<RequestId>,
    pub(crate) response: Option<ResponseFact>,
    pub(crate) shard: Option<u8>,
    pub(crate) first: Option<Label>,
    pub(crate) last: Option<Label>,
    pub(crate) size: Option<u32>,
    pub(crate) first_arrival: Option<Ms>,
    pub(crate) last_arrival: Option<Ms>,
}

impl Said {
    /// The shard that it is about, and which of its records; `None` if it names no shard, or no records of one.
    pub(crate) fn place(&self, table: &Table<'_>) -> Option<(u8, Range<Pos>)> {
        let of = |label: Option<Label>| label.and_then(|label| table.position(label));
        let (first, last) = (of(self.first), of(self.last));
        let shard = self.shard.or(first.or(last).map(|(shard, _)| shard))?;
        if first.or(last).is_some_and(|(named, _)| named != shard) {
            return None;
        }
        let size = self.size.unwrap_or(1).clamp(1, u32::from(Pos::MAX)) as Pos;
        let (lo, hi) = match (first, last) {
            (Some((_, lo)), Some((other, hi))) if other == shard && lo <= hi => (lo, hi + 1),
            (Some((_, lo)), None) => (lo, lo.saturating_add(size)),
            (None, Some((_, hi))) => ((hi + 1).saturating_sub(size), hi + 1),
            _ => return None,
        };
        (usize::from(hi) <= table.shards[usize::from(shard)].len()).then_some((shard, lo..hi))
    }
}

/// Reads a failure record.
pub(crate) fn document(trace: TraceRef<'_>, mapping: u8, document: &Document) -> (Said, Vec<Plain>) {
    let source = trace.case.source;
    let epoch_ms = trace.setup.map_or(EPOCH_MS, |setup| setup.epoch_ms);
    let read = match document {
        Document::Typed(facts) => {
            let said = Said {
                condition: Some(facts.condition),
                count: Some(facts.count),
                request: Some(facts.request),
                response: Some(facts.response),
                shard: facts.shard,
                first: facts.first,
                last: facts.last,
                size: Some(facts.batch_size),
                first_arrival: Some(facts.first_arrival),
                last_arrival: Some(facts.last_arrival),
            };
            let unknown = facts.first.is_none() || facts.last.is_none() || facts.shard.is_none();
            let breach = Plain::new(REC_7, "it names records or a shard that the stream does not have");
            return (said, unknown.then_some(breach).into_iter().collect());
        }
        Document::Sqs(text) => wire::read_sqs(text, source),
        Document::Sns(text) => wire::read_sns(text, source),
        Document::S3(object) => {
            wire::read_s3(&object.key, &object.body, object.content_type.as_deref(), source)
        }
    };
    let mut breaches: Vec<Plain> = read.complaints.iter().map(complaint).collect();
    let Some(found) = read.record else { return (Said::default(), breaches) };
    let blamed = |rules: &[RuleId]| read.complaints.iter().any(|c| rules.contains(&c.rule));
    let mut said = Said {
        condition: found.condition_guess.as_ref().and_then(|condition| match condition {
            wire::Condition::RetryAttemptsExhausted => Some(Condition::RetryAttemptsExhausted),
            wire::Condition::RecordAgeExceeded => Some(Condition::RecordAgeExceeded),
            wire::Condition::Other(_) => None,
        }),
        count: found.approximate_invoke_count.and_then(|count| u32::try_from(count).ok()),
        request: found.request_id.as_deref().and_then(RequestId::parse),
        response: response(&found),
        size: found.batch.batch_size.and_then(|size| u32::try_from(size).ok()),
        first_arrival: found.batch.first_arrival_ms.map(|ms| ms - epoch_ms),
        last_arrival: found.batch.last_arrival_ms.map(|ms| ms - epoch_ms),
        ..Said::default()
    };
    said.shard = trace.setup.and_then(|setup| setup.shard(found.batch.shard_id.as_deref()?));
    said.first = found.batch.start.as_ref().and_then(|sequence| label_of(trace, said.shard, sequence));
    said.last = found.batch.end.as_ref().and_then(|sequence| label_of(trace, said.shard, sequence));
    let misnamed = (found.batch.start.is_some() && said.first.is_none())
        || (found.batch.end.is_some() && said.last.is_none());
    if misnamed && !blamed(&[REC_7]) {
        breaches.push(Plain::new(REC_7, "it names sequence numbers that the stream does not have"));
    }
    if let Some(setup) = trace.setup {
        let names = &setup.mappings[usize::from(mapping)];
        if let Some(arn) =
            found.function_arn.as_ref().filter(|arn| **arn != names.function_arn && !blamed(&[REC_3]))
        {
            breaches.push(Plain::new(
                REC_3,
                format!("functionArn is {arn}; the mapping's is {}", names.function_arn),
            ));
        }
        if let Some(arn) =
            found.batch.stream_arn.as_ref().filter(|arn| **arn != setup.stream_arn && !blamed(&[REC_8]))
        {
            breaches.push(Plain::new(
                REC_8,
                format!("streamArn is {arn}; the mapping's is {}", setup.stream_arn),
            ));
        }
        if let Some(id) = found.key.mapping.as_ref().filter(|id| **id != names.uuid && !blamed(&[S3_1])) {
            breaches.push(Plain::new(S3_1, format!("the key names the mapping {id}; it is {}", names.uuid)));
        }
    }
    (said, breaches)
}

fn response(found: &wire::Found) -> Option<ResponseFact> {
    match &found.response {
        wire::Member::Absent => Some(ResponseFact::Absent),
        wire::Member::Null | wire::Member::WrongType => None,
        wire::Member::Found(response) => match &response.function_error {
            wire::Member::Null => Some(ResponseFact::NoError),
            wire::Member::Found(text) if text == "Unhandled" => Some(ResponseFact::Unhandled),
            wire::Member::Found(_) => Some(ResponseFact::OtherError),
            wire::Member::Absent | wire::Member::WrongType => None,
        },
    }
    // A context beside RecordAgeExceeded was blamed already.
    .filter(|fact| {
        *fact == ResponseFact::Absent
            || !matches!(found.condition_guess, Some(wire::Condition::RecordAgeExceeded))
    })
}

/// Judges the text of an invocation event against the records that it is said to deliver.
pub(crate) fn event(trace: TraceRef<'_>, shard: u8, records: &[Label], text: &str) -> Vec<Plain> {
    let source = trace.case.source;
    let names = trace.setup;
    let context = wire::EventContext {
        source,
        shard_id: names.map_or_else(String::new, |setup| setup.shard_ids[usize::from(shard)].clone()),
        stream_arn: names.map_or_else(String::new, |setup| setup.stream_arn.clone()),
        region: names.map_or_else(String::new, |setup| setup.region.clone()),
        role_arn: String::new(),
    };
    let read = wire::read_event(text, &context);
    let mut breaches: Vec<Plain> = read.complaints.iter().map(complaint).collect();
    let label = |sequence| label_of(trace, Some(shard), sequence);
    let said = read.records.iter().map(|seen| seen.sequence.as_ref().and_then(label));
    if breaches.is_empty() && !said.eq(records.iter().copied().map(Some)) {
        let rule = event_rule(trace);
        breaches.push(Plain::new(rule, "the sequence numbers of the event are not those of its records"));
    }
    breaches
}

/// The record that was put with that sequence number: that of the shard, if it has one. Numbers are unique within a
/// shard, and another shard may have the same.
fn label_of(trace: TraceRef<'_>, shard: Option<u8>, sequence: &SequenceNumber) -> Option<Label> {
    let puts = trace.events.iter().filter_map(|event| match event {
        crate::event::Event::Put { records, .. } => Some(records),
        _ => None,
    });
    let labels = puts.flatten().filter(|bound| bound.sequence == *sequence).map(|bound| bound.label);
    labels.min_by_key(|label| shard.is_some() && trace.case.shard_of(*label) != shard)
}

/// The rule that the text of an event can break.
pub(crate) fn event_rule(trace: TraceRef<'_>) -> RuleId {
    if trace.case.source == SourceKind::Kinesis { BATCH_11 } else { DDB_7 }
}

/// The rules that a document of this form can break by itself.
pub(crate) fn rules_of(trace: TraceRef<'_>, document: &Document) -> Vec<RuleId> {
    let mut rules = vec![REC_1, REC_3, REC_4, REC_5, REC_8, REC_9, REC_10, REC_11, REC_12, REC_13];
    match document {
        Document::Typed(_) => return Vec::new(),
        Document::Sqs(_) => rules.push(DISCARD_8),
        Document::Sns(_) => rules.extend([DISCARD_8, DISCARD_9]),
        Document::S3(_) => rules.extend([S3_1, S3_2, S3_3, S3_4, S3_5, S3_6]),
    }
    if trace.case.source == SourceKind::DynamoDb {
        rules.push(DDB_1);
    }
    rules
}

fn complaint(complaint: &Complaint) -> Plain {
    Plain { warns: complaint.warning, ..Plain::new(complaint.rule, complaint.to_string()) }
}
