//! A failure record in words, whatever its form.
//!
//! What it breaks is not said here.

use super::words::{duration, range};
use crate::event::{Condition, Document, ResponseFact};
use crate::label::Label;
use crate::texts::{self, Said};
use crate::trace::TraceRef;

/// A failure record that arrived.
pub(super) struct Told {
    said: Said,
    /// The shard that it is about, as far as it can be told.
    pub(super) shard: Option<u8>,
}

impl Told {
    pub(super) fn of(trace: TraceRef<'_>, mapping: u8, document: &Document) -> Told {
        let (said, _) = texts::document(trace, mapping, document);
        let named = said.first.or(said.last).and_then(|label| trace.case.shard_of(label));
        Told { shard: named.or(said.shard), said }
    }

    /// The records of its range, by the order of the puts.
    fn labels(&self, trace: TraceRef<'_>) -> Vec<Label> {
        let (Some(first), Some(last)) = (self.said.first, self.said.last) else {
            return self.said.first.or(self.said.last).into_iter().collect();
        };
        let shard = trace.case.shard_of(first);
        let own = shard_labels(trace, shard);
        let place = |label| own.iter().position(|known| *known == label);
        match (place(first), place(last)) {
            (Some(lo), Some(hi)) if lo <= hi => own[lo..=hi].to_vec(),
            _ => vec![first, last],
        }
    }

    /// The records of its range, in words.
    pub(super) fn records(&self, trace: TraceRef<'_>) -> String {
        range(&self.labels(trace))
    }

    /// For a line of the story.
    pub(super) fn briefly(&self, trace: TraceRef<'_>) -> String {
        let condition = self.said.condition.map_or("no condition that is known", condition);
        let count = self.said.count.map_or_else(|| "no count".to_owned(), |n| format!("count {n}"));
        format!("failure record of {}: {condition}, {count}", self.records(trace))
    }

    /// For the event that could not be explained.
    pub(super) fn fully(&self, trace: TraceRef<'_>) -> String {
        let labels = self.labels(trace);
        let mut text = self.briefly(trace);
        if let Some(fact) = self.said.response {
            text += &format!(", {}", response(fact));
        }
        if let Some(size) = self.said.size.filter(|size| *size as usize != labels.len() || *size > 1) {
            text += &format!(", batchSize {size}");
        }
        let stated = [(self.said.first_arrival, labels.first()), (self.said.last_arrival, labels.last())];
        let several = labels.len().clamp(1, 2);
        for (index, (said, label)) in stated.into_iter().enumerate().take(several) {
            let arrival = label.and_then(|label| arrival(trace, *label));
            if let (Some(said), Some(real)) = (said, arrival)
                && (said < real.earliest - 999 || said > real.latest)
            {
                let (which, real) = (["first", "last"][index], duration(real.earliest));
                text += &format!(", arrival of the {which} record +{} (it was +{real})", duration(said));
            }
        }
        text
    }
}

/// `RetryAttemptsExhausted` or `RecordAgeExceeded`.
pub(super) fn condition(condition: Condition) -> &'static str {
    match condition {
        Condition::RetryAttemptsExhausted => "RetryAttemptsExhausted",
        Condition::RecordAgeExceeded => "RecordAgeExceeded",
    }
}

/// What a failure record says of the function's response.
pub(super) fn response(fact: ResponseFact) -> &'static str {
    match fact {
        ResponseFact::Absent => "no responseContext",
        ResponseFact::NoError => "functionError null",
        ResponseFact::Unhandled => "functionError Unhandled",
        ResponseFact::OtherError => "functionError of another text",
    }
}

/// The records of a shard that were put, in the order of their sequence numbers.
pub(super) fn shard_labels(trace: TraceRef<'_>, shard: Option<u8>) -> Vec<Label> {
    let mut own: Vec<_> = puts(trace).filter(|b| trace.case.shard_of(b.label) == shard).collect();
    own.sort_by(|a, b| a.sequence.cmp(&b.sequence));
    own.into_iter().map(|bound| bound.label).collect()
}

/// When a record arrived.
pub(super) fn arrival(trace: TraceRef<'_>, label: Label) -> Option<crate::when::When> {
    puts(trace).find(|bound| bound.label == label).map(|bound| bound.arrival)
}

fn puts<'t>(trace: TraceRef<'t>) -> impl Iterator<Item = &'t crate::event::Bound> {
    let records = trace.events.iter().filter_map(|event| match event {
        crate::event::Event::Put { records, .. } => Some(records),
        _ => None,
    });
    records.flatten()
}
