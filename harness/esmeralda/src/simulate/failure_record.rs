//! The entries of failure records: what they will say, as far as the sources determine it.
//!
//! When they are written, and in which order, is open (AMB-18).

use super::entry::{Kind, Moment};
use super::timeline::Teller;
use super::words::{name, number, place};
use esm_model::catalogue::{self as c, AmbiguityId};
use esm_model::event::{Condition, Discard, ResponseFact};
use esm_model::label::Label;
use esm_model::mapping::DestinationKind;
use esm_model::script::How;

impl Teller<'_> {
    /// Failure records: one, or several for records that became too old together.
    pub(super) fn written(&mut self, documents: &[Discard]) {
        let (Some(destination), Some(first)) = (&self.settings.destination, documents.first()) else {
            return;
        };
        let labels: Vec<Label> = documents.iter().flat_map(|document| self.covered(document)).collect();
        let aged = first.condition == Condition::RecordAgeExceeded;
        let called = self.out.iter().any(|entry| {
            let call = matches!(entry.kind, Kind::Failure | Kind::Success);
            call && labels.iter().any(|label| entry.records.contains(&number(*label)))
        });
        let count = match (aged, called) {
            (false, _) => format!("approximateInvokeCount {}", first.count),
            (true, false) => "approximateInvokeCount 1".to_owned(),
            (true, true) => "approximateInvokeCount near the number of calls".to_owned(),
        };
        let response = match first.response {
            ResponseFact::Absent => "no responseContext",
            ResponseFact::NoError => "functionError null",
            ResponseFact::Unhandled | ResponseFact::OtherError => "functionError \"Unhandled\"",
        };
        let condition = if aged { "RecordAgeExceeded" } else { "RetryAttemptsExhausted" };
        let (noun, each) = match documents.len() {
            1 => ("failure record of", String::new()),
            n if n == labels.len() => ("failure records of", ", one for each".to_owned()),
            n => ("failure records of", format!(", {n} in all")),
        };
        let size = if documents.len() == 1 || documents.len() == labels.len() {
            format!("batchSize {}, ", first.batch_size)
        } else {
            String::new()
        };
        let place = place(destination);
        let text =
            format!("{noun} {} to {place}{each}: {condition}, {count}, {size}{response}", name(&labels));
        let timed_out = matches!(self.options.behaviour, How::TimeOut | How::Crash);
        let open = [
            (true, c::AMB_18),
            (first.response != ResponseFact::Absent && timed_out, c::AMB_20),
            (aged && called, c::AMB_2),
            (!aged && labels.len() > first.batch_size as usize, c::AMB_3),
            (aged && labels.len() > 1, c::AMB_4),
        ];
        let open: Vec<AmbiguityId> =
            open.into_iter().filter(|(is_open, _)| *is_open).map(|(_, id)| id).collect();
        let mut rules = match destination.kind() {
            DestinationKind::S3 => vec![c::DISCARD_2, c::S3_1, c::S3_3],
            _ => vec![c::DISCARD_2, c::DISCARD_8],
        };
        rules.push(if aged { c::AGE_6 } else { c::REC_6 });
        self.add(Moment::Next, Kind::FailureRecord, &labels, text, &rules, &open);
    }

    /// The records in the range of a failure record.
    fn covered(&self, document: &Discard) -> Vec<Label> {
        let (first, last) = (document.first.and_then(Label::index), document.last.and_then(Label::index));
        let (Some(first), Some(last)) = (first, last) else { return Vec::new() };
        (first..=last)
            .filter(|index| self.case.records[*index].shard == self.shard)
            .map(Label::record)
            .collect()
    }
}
