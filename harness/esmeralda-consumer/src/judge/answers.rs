//! Each call by itself: what the function answered to a batch whose bad records are known.

use super::words::{be, numbers, shown};
use super::{Breach, Change, Judging, is_bad};
use crate::effects::Did;
use crate::handler::Raw;
use crate::history::History;
use crate::sample::BadMeans;
use crate::world::{Played, PlayedCall};
use esm_model::catalogue as c;
use esm_model::label::Label;
use esm_model::mapping::SourceKind;
use esm_model::rule::RuleId;
use esm_model::wire::{Identifier, Response};
use serde_json::Value;

struct Call<'c> {
    judging: &'c Judging,
    history: &'c History,
    played: &'c Played,
    index: usize,
    call: &'c PlayedCall,
    bad: Vec<Label>,
    out: &'c mut Vec<Breach>,
}

pub(super) fn judge(
    judging: &Judging,
    history: &History,
    played: &Played,
    index: usize,
    out: &mut Vec<Breach>,
) {
    let call = &played.calls[index];
    let bad = call.records.iter().copied().filter(|label| is_bad(history, *label)).collect();
    let mut call = Call { judging, history, played, index, call, bad, out };
    match &call.call.raw {
        Raw::Returned(text) => call.returned(text),
        Raw::Raised(error) => call.ended(&format!("the function raises {}", shown(error))),
        Raw::TimedOut => call.ended("the function does not end before its timeout"),
        Raw::Died(how) => call.ended(&format!("the function's process dies ({})", shown(how))),
    }
}

impl Call<'_> {
    fn add(&mut self, rule: RuleId, records: &[Label], happened: &str, change: Change) {
        let happened = format!("Call {} with {}: {happened}", self.index + 1, numbers(&self.call.records));
        let (call, records) = (Some(self.index), records.to_vec());
        self.out.push(Breach { rule, call, records, happened, change });
    }

    fn returned(&mut self, text: &str) {
        let response = self.call.response.clone().unwrap_or(Response::Unrecognised);
        if !self.history.reports() {
            return self.unread(&response, text);
        }
        match response {
            Response::Unrecognised | Response::ItemsOfWrongType => self.unrecognised(text),
            Response::Items(items) if !items.is_empty() => self.reported(&items),
            _ => self.succeeded("the function returns a success"),
        }
    }

    /// The mapping looks at no response.
    fn unread(&mut self, response: &Response, text: &str) {
        match response {
            Response::Items(items) if !items.is_empty() => {
                let batch = self.call.records.clone();
                self.add(
                    c::CONS_6,
                    &batch,
                    &format!(
                        "the function returns {}, but the mapping lacks ReportBatchItemFailures: Lambda takes the batch \
                         as done, and nothing tells of the failures",
                        shown(text)
                    ),
                    Change::Mapping(
                        "set FunctionResponseTypes to [\"ReportBatchItemFailures\"]; or let the function raise".to_owned(),
                    ),
                );
            }
            _ => self.succeeded("the function returns without an error"),
        }
    }

    fn unrecognised(&mut self, text: &str) {
        let bad = self.bad.clone();
        let lost = if bad.is_empty() {
            "Lambda may never see your failures".to_owned()
        } else {
            format!("Lambda may never see that {} failed", numbers(&bad))
        };
        let misspelt = text.contains("batch_item_failures") || text.contains("BatchItemFailures");
        let advice = if misspelt {
            "spell the member batchItemFailures, and in each entry itemIdentifier"
        } else {
            "return {\"batchItemFailures\": [{\"itemIdentifier\": SEQUENCE NUMBER}]}, with an empty list if all is well"
        };
        let happened = format!(
            "the function returns {}, which is no batch response; whether that is a success or a failure is open \
             (AMB-14): {lost}",
            shown(text)
        );
        self.add(c::CONS_1, &bad, &happened, Change::Code(advice.to_owned()));
    }

    fn reported(&mut self, items: &[Identifier]) {
        let place = |item: &Identifier| match item {
            Identifier::Sequence(text) => self.call.sequences.iter().position(|known| **known == **text),
            _ => None,
        };
        let places: Vec<Option<usize>> = items.iter().map(place).collect();
        if let Some(wrong) = places.iter().position(Option::is_none) {
            return self.misnamed(&items[wrong]);
        }
        let Some(lowest) = places.into_iter().flatten().min() else { return };
        let named = self.call.records[lowest];
        let first = self.call.records.iter().position(|label| is_bad(self.history, *label));
        let reported = matches!(self.judging.patterns.means, BadMeans::Reported);
        match first {
            None => self.add(
                c::CONS_3,
                &[named],
                &format!("the function reports {}, and every record of the batch is good", numbers(&[named])),
                Change::Code("report only what failed".to_owned()),
            ),
            Some(first) if first < lowest && reported => {
                let lost = self.call.records[first];
                self.add(
                    c::CONS_4,
                    &[lost],
                    &format!(
                        "the lowest record reported is {}, but {} is bad: Lambda takes everything in front of the \
                         lowest one as done, so {} is lost",
                        super::number(named),
                        numbers(&[lost]),
                        numbers(&[lost])
                    ),
                    Change::Code(
                        "report every record that failed; or stop at the first one and report it".to_owned(),
                    ),
                );
            }
            Some(first) if lowest < first => {
                let good = self.call.records[lowest..first].to_vec();
                self.add(
                    c::CONS_4,
                    &good,
                    &format!(
                        "the lowest record reported is {}, but the first bad one is {}: {} {} good, and tried again",
                        super::number(named),
                        super::number(self.call.records[first]),
                        numbers(&good),
                        be(&good)
                    ),
                    Change::Code("report nothing in front of the first record that failed".to_owned()),
                );
            }
            _ => {}
        }
    }

    /// An identifier that names no record of the batch.
    fn misnamed(&mut self, item: &Identifier) {
        let (what, advice) = match item {
            Identifier::EmptyString => ("is empty".to_owned(), String::new()),
            Identifier::Null => ("is null".to_owned(), String::new()),
            Identifier::Missing => ("is missing".to_owned(), "name the member itemIdentifier; ".to_owned()),
            Identifier::WrongType => ("is no text".to_owned(), String::new()),
            Identifier::Sequence(text) => self.mistaken(text),
        };
        let happened = format!("an item identifier {what}: Lambda takes the whole batch as failed (PBR-3)");
        let number = match self.history.case.source {
            SourceKind::Kinesis => "record[\"kinesis\"][\"sequenceNumber\"]",
            SourceKind::DynamoDb => "record[\"dynamodb\"][\"SequenceNumber\"]",
        };
        let advice = format!("{advice}report {number} of a record of this batch");
        let batch = self.call.records.clone();
        self.add(c::CONS_2, &batch, &happened, Change::Code(advice));
    }

    /// What was meant by an identifier that is none.
    fn mistaken(&self, text: &str) -> (String, String) {
        let event: Value = serde_json::from_str(&self.call.event).unwrap_or_default();
        let records = event["Records"].as_array().cloned().unwrap_or_default();
        let is =
            |pointer: &str| records.iter().any(|r| r.pointer(pointer).and_then(Value::as_str) == Some(text));
        let earlier =
            self.played.calls[..self.index].iter().any(|call| call.sequences.iter().any(|s| **s == *text));
        let shown = shown(text);
        match () {
            () if is("/eventID") => (format!("is the eventID {shown}"), String::new()),
            () if is("/kinesis/partitionKey") => (format!("is the partition key {shown}"), String::new()),
            () if is("/kinesis/data") => ("is the data of a record".to_owned(), String::new()),
            () if earlier => (
                format!("is {shown}, a record of an earlier batch"),
                "keep no list of failures from one invocation to the next; ".to_owned(),
            ),
            () if text.len() <= 5 && text.parse::<usize>().is_ok() => {
                (format!("is {shown}, which looks like an index"), String::new())
            }
            () => (format!("is {shown}, which names no record of the batch"), String::new()),
        }
    }

    /// Lambda takes the whole batch as done: bad records had better been seen to.
    fn succeeded(&mut self, what: &str) {
        let diverted = |label: &Label| {
            let calls = self.played.calls[..=self.index].iter();
            let mut effects = calls.flat_map(|call| &call.effects);
            effects.any(|effect| effect.did == Did::Diverted && effect.label == *label)
        };
        let silent: Vec<Label> = match self.judging.patterns.means {
            BadMeans::Dropped => return,
            // What was put aside and named no record may be this one.
            BadMeans::Diverted(_) if self.played.unsure() => return,
            BadMeans::Reported => self.bad.clone(),
            BadMeans::Diverted(_) => self.bad.iter().copied().filter(|label| !diverted(label)).collect(),
        };
        if silent.is_empty() {
            return;
        }
        let (missing, advice) = match self.judging.patterns.means {
            BadMeans::Diverted(_) => ("was put aside", "put bad records aside before the function returns"),
            _ if self.history.reports() => (
                "was reported",
                "add the sequence number of each failed record to batchItemFailures; do not only log the error",
            ),
            _ => (
                "made the function fail",
                "let the error out; or set ReportBatchItemFailures and report the failed records",
            ),
        };
        let happened = format!(
            "{what}, although {} {} bad and none of it {missing}: Lambda takes the batch as done, and what was bad is lost",
            numbers(&silent),
            be(&silent)
        );
        self.add(c::CONS_5, &silent, &happened, Change::Code(advice.to_owned()));
    }

    /// An error, a time-out or the end of the process.
    fn ended(&mut self, what: &str) {
        let batch = self.call.records.clone();
        let Some(first) = batch.iter().position(|label| is_bad(self.history, *label)) else {
            return self.ended_without_cause(what, &batch);
        };
        if !self.history.reports() || first == 0 {
            return;
        }
        let again = &batch[..first];
        let happened = format!(
            "{what}: the whole batch has failed, and {}, good and in front of the bad {}, {} tried again",
            numbers(again),
            numbers(&[batch[first]]),
            be(again)
        );
        let advice =
            "catch the error of each record, parsing included, and report the record's sequence number";
        self.add(c::CONS_7, again, &happened, Change::Code(advice.to_owned()));
    }

    fn ended_without_cause(&mut self, what: &str, batch: &[Label]) {
        if self.call.raw == Raw::TimedOut {
            let timeout = self.history.case.function.timeout_ms;
            let happened = format!(
                "{what} of {timeout} ms, with nothing but good records: the whole batch is tried again"
            );
            let fewer = match batch.len() {
                1 => "make the function faster, or its Timeout longer: one record is too much already"
                    .to_owned(),
                n => format!("set BatchSize below {n}, or the function's Timeout higher; or make it faster"),
            };
            self.add(c::CONS_11, batch, &happened, Change::Mapping(fewer));
        } else {
            let happened = format!("{what}, and every record of the batch is good");
            let advice = "see what the function trips over: nothing in the batch was meant to be refused";
            self.add(c::CONS_3, batch, &happened, Change::Code(advice.to_owned()));
        }
    }
}
