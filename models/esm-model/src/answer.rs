//! What a function call came to: an answer, with every shape of returned value that the documents tell apart.
//!
//! Only shapes are told apart here. What a shape *means* is said twice, independently: by [`crate::spec`] and by
//! [`crate::reference`].

use crate::label::Label;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// How one call of the function ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It returned a value.
    Returned(Response),
    /// It raised an error: `FunctionError: Unhandled`.
    Raised,
    /// It ran longer than its timeout (RETRY-6).
    TimedOut,
    /// Its process ended without an answer (RETRY-6).
    Crashed,
}

/// A returned value, by its shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// `{"batchItemFailures": [...]}`: success if empty (PBR-2), else a report (PBR-3, PBR-4).
    Items(SmallVec<[Identifier; 2]>),
    /// `batchItemFailures` is neither a list nor null (AMB-14).
    ItemsOfWrongType,
    /// Any other value: a non-empty string, a number, a non-empty list, an object of another form (AMB-14).
    Unrecognised(Unrecognised),
}

/// A common mistake in place of a batch response (AMB-14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unrecognised {
    /// `"failed"`.
    Text,
    /// `42`.
    Number,
    /// `[1]`.
    List,
    /// `{"statusCode": 200, "body": "…"}`: the answer of an HTTP API.
    StatusCode,
    /// `{"batch_item_failures": […]}`.
    WrongKey,
    /// Somebody else's value, kept as text beside the event.
    Other,
}

/// The `itemIdentifier` of one entry of `batchItemFailures`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identifier {
    /// The sequence number of that record.
    Record(Label),
    /// `""` (PBR-3).
    Empty,
    /// `null` (PBR-3).
    Null,
    /// Not a string, such as `123` (PBR-3).
    WrongType,
    /// The entry has no `itemIdentifier`, such as `{"foo": 123}` (PBR-3).
    Missing,
    /// A string that names no record of the case (PBR-3).
    Unknown,
}
