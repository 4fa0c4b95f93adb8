//! What a case adds to the documents of in-tree targets: labels as data, and the function's answers as texts.
//!
//! The documents themselves are in [`crate::documents`].

use super::stream::Stream;
use esm_model::answer::{Identifier, Response, Unrecognised};
use esm_model::event::{Batch, Discard, Document};
use esm_model::label::Label;
use esm_model::reference::{Held, Write};
use esm_model::sequence::SequenceNumber;
use esm_model::when::EPOCH_MS;
use esm_model::wire::{self, EventRecord};
use serde_json::Value as Json;

/// What an unknown identifier looks like.
const UNKNOWN_IDENTIFIER: &str = "not-a-sequence-number";

/// The records of an event, with their labels as data.
pub(crate) fn event_records(held: &[Held], labels: &Batch) -> Vec<EventRecord> {
    let record = |(held, label): (&Held, &Label)| EventRecord {
        sequence: held.sequence.clone(),
        data: label_data(*label),
        partition_key: label.to_string(),
        arrival_ms: EPOCH_MS + held.arrival,
    };
    held.iter().zip(labels).map(record).collect()
}

/// A failure record without a document around it.
pub(crate) fn typed(stream: &Stream, write: &Write) -> Document {
    Document::Typed(Box::new(Discard {
        condition: write.condition,
        count: write.count,
        request: write.request,
        response: write.response,
        shard: Some(write.shard),
        first: stream.label(&write.first),
        last: stream.label(&write.last),
        batch_size: write.batch_size,
        first_arrival: write.first_arrival,
        last_arrival: write.last_arrival,
        timestamp: write.timestamp,
    }))
}

/// A returned value as text; `sequence` gives the number of a label, once it has one.
pub fn response_text(response: &Response, sequence: impl Fn(Label) -> Option<SequenceNumber>) -> Box<str> {
    let identifier = |identifier: &Identifier| match identifier {
        Identifier::Record(label) => match sequence(*label) {
            Some(sequence) => wire::Identifier::Sequence(sequence.to_string()),
            None => wire::Identifier::Sequence(UNKNOWN_IDENTIFIER.to_owned()),
        },
        Identifier::Empty => wire::Identifier::EmptyString,
        Identifier::Null => wire::Identifier::Null,
        Identifier::Missing => wire::Identifier::Missing,
        Identifier::WrongType => wire::Identifier::WrongType,
        Identifier::Unknown => wire::Identifier::Sequence(UNKNOWN_IDENTIFIER.to_owned()),
    };
    let value = match response {
        Response::Null => wire::Response::Null.to_value(),
        Response::EmptyString => wire::Response::EmptyString.to_value(),
        Response::EmptyList => wire::Response::EmptyList.to_value(),
        Response::EmptyObject => wire::Response::EmptyObject.to_value(),
        Response::ItemsNull => wire::Response::ItemsNull.to_value(),
        Response::Items(items) => wire::Response::Items(items.iter().map(identifier).collect()).to_value(),
        Response::ItemsOfWrongType => wire::Response::ItemsOfWrongType.to_value(),
        Response::Unrecognised(form) => unrecognised(*form),
    };
    value.to_string().into()
}

/// The data of a record: its label, so that whoever gets it can name it.
pub fn label_data(label: Label) -> Vec<u8> {
    format!("{{\"label\":\"{label}\"}}").into_bytes()
}

fn unrecognised(form: Unrecognised) -> Json {
    match form {
        Unrecognised::Text => Json::from("failed"),
        Unrecognised::Number | Unrecognised::Other => Json::from(42),
        Unrecognised::List => serde_json::json!([1]),
        Unrecognised::StatusCode => serde_json::json!({"statusCode": 200, "body": "failed"}),
        Unrecognised::WrongKey => serde_json::json!({"batch_item_failures": [{"item_identifier": "1"}]}),
    }
}
