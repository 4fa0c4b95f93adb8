//! What a function returns under `ReportBatchItemFailures`, classified by JSON shape alone.
//!
//! Whether an identifier names a record of the batch, and so whether an answer is a success, is not known
//! here: the rules PBR-2, PBR-3 and AMB-13 to AMB-15 are applied by those who know the batch.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The shape of a function's answer, from plain to odd.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Response {
    /// `null` (PBR-2).
    Null,
    /// `""` (PBR-2).
    EmptyString,
    /// `[]` (PBR-2).
    EmptyList,
    /// `{}` (PBR-2).
    EmptyObject,
    /// `{"batchItemFailures": null}` (PBR-2).
    ItemsNull,
    /// `{"batchItemFailures": […]}`, empty for success (PBR-2), whatever other members stand beside it
    /// (PBR-12).
    Items(Vec<Identifier>),
    /// `batchItemFailures` is neither a list nor null (AMB-14).
    ItemsOfWrongType,
    /// A non-empty string, a number, a boolean, a non-empty list, or a non-empty object without
    /// `batchItemFailures` (AMB-14). `{"state": …}` alone is among them: what it means depends on the mapping
    /// having a window.
    Unrecognised,
}

/// One entry of `batchItemFailures` (PBR-3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Identifier {
    /// A non-empty string; a sequence number if the function is right.
    Sequence(String),
    /// `{"itemIdentifier": ""}`.
    EmptyString,
    /// `{"itemIdentifier": null}`.
    Null,
    /// An `itemIdentifier` of another type, such as `123`.
    WrongType,
    /// No `itemIdentifier`, as in `{"foo": 123}`, or an entry that is no object.
    Missing,
}

const FAILURES: &str = "batchItemFailures";
const IDENTIFIER: &str = "itemIdentifier";

/// The shape of `value`. Every JSON value has one.
pub fn read_response(value: &Value) -> Response {
    match value {
        Value::Null => Response::Null,
        Value::String(text) if text.is_empty() => Response::EmptyString,
        Value::Array(list) if list.is_empty() => Response::EmptyList,
        Value::Object(members) if members.is_empty() => Response::EmptyObject,
        Value::Object(members) => match members.get(FAILURES) {
            None => Response::Unrecognised,
            Some(Value::Null) => Response::ItemsNull,
            Some(Value::Array(entries)) => Response::Items(entries.iter().map(read_identifier).collect()),
            Some(_) => Response::ItemsOfWrongType,
        },
        _ => Response::Unrecognised,
    }
}

fn read_identifier(entry: &Value) -> Identifier {
    match entry.as_object().and_then(|members| members.get(IDENTIFIER)) {
        None => Identifier::Missing,
        Some(Value::Null) => Identifier::Null,
        Some(Value::String(text)) if text.is_empty() => Identifier::EmptyString,
        Some(Value::String(text)) => Identifier::Sequence(text.clone()),
        Some(_) => Identifier::WrongType,
    }
}

impl Response {
    /// A value of this shape; [`read_response`] gives the shape back. Where a shape has many values, the one
    /// recorded (PBR-3) or the commonest mistake (AMB-14) is taken.
    pub fn to_value(&self) -> Value {
        match self {
            Response::Null => Value::Null,
            Response::EmptyString => json!(""),
            Response::EmptyList => json!([]),
            Response::EmptyObject => json!({}),
            Response::ItemsNull => json!({ FAILURES: null }),
            Response::Items(entries) => {
                json!({ FAILURES: entries.iter().map(Identifier::to_value).collect::<Vec<_>>() })
            }
            Response::ItemsOfWrongType => json!({ FAILURES: "none" }),
            Response::Unrecognised => json!({ "statusCode": 200, "body": "ok" }),
        }
    }
}

impl Identifier {
    /// An entry of this shape.
    pub fn to_value(&self) -> Value {
        match self {
            Identifier::Sequence(text) => json!({ IDENTIFIER: text }),
            Identifier::EmptyString => json!({ IDENTIFIER: "" }),
            Identifier::Null => json!({ IDENTIFIER: null }),
            Identifier::WrongType => json!({ IDENTIFIER: 123 }),
            Identifier::Missing => json!({ "foo": 123 }),
        }
    }
}
