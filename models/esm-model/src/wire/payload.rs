//! The `payload` of an S3 failure record: a JSON string holding the whole invocation event (S3-3).
//!
//! The event is judged by its own rules as well; here it is held against the batch beside it.

use super::event::SeenRecord;
use super::event_read::{Expected, judge_event};
use super::found::{Found, FoundBatch};
use super::judge::{Judge, seen};
use crate::catalogue as rules;
use crate::mapping::SourceKind;
use serde_json::Value;

pub(super) fn read_payload(judge: &mut Judge, value: Option<&Value>, source: SourceKind, found: &mut Found) {
    let (text, event) = match value {
        Some(Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(event) => (text.clone(), event),
            Err(error) => {
                let seen = format!("is a string that is not JSON ({error})");
                judge.complain(rules::S3_3, "payload", &seen, "the invocation event as a JSON string");
                found.payload = Some(text.clone());
                return;
            }
        },
        Some(event @ Value::Object(_)) => {
            judge.complain(rules::S3_3, "payload", "is an object", "a JSON string");
            (event.to_string(), event.clone())
        }
        other => {
            judge.complain(rules::S3_3, "payload", &seen(other), "a JSON string");
            return;
        }
    };
    found.payload = Some(text);
    let expected = Expected { not_an_event: rules::S3_3, ..Expected::of(source) };
    let Some(records) = judge_event(judge, &event, &expected, "payload") else { return };
    if let Some(seen) = difference(&records, &found.batch) {
        judge.complain(rules::S3_3, "payload", &seen, "the event of the batch that the record describes");
    }
    found.payload_records = Some(records);
}

/// How the event's records differ from the batch, as far as both are known.
fn difference(records: &[SeenRecord], batch: &FoundBatch) -> Option<String> {
    if let Some(size) = batch.batch_size
        && records.len() as u64 != size
    {
        return Some(format!("holds {} records, batchSize is {size}", records.len()));
    }
    let ends = [("first", records.first(), &batch.start), ("last", records.last(), &batch.end)];
    ends.into_iter().find_map(|(which, record, wanted)| {
        let (have, want) = (record?.sequence.as_ref()?, wanted.as_ref()?);
        (have != want).then(|| format!("has {have} as its {which} record, the batch {want}"))
    })
}
