//! What the function does: a behaviour per record and delivery count, never per invocation.
//!
//! "The third invocation fails" means something else on every target; "record r1 raises the first two times it is
//! delivered" means the same on all of them, whatever batches they form. [`respond`] is a pure function, so the
//! judge can run the script again over a trace and check the harness's own answers.

use crate::answer::{Answer, Identifier, Response, Unrecognised};
use crate::case::Case;
use crate::label::Label;
use crate::when::Ms;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// How one record behaves when it is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// What it makes the function do.
    pub how: How,
    /// For its first so many deliveries; for ever if absent. At least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u16>,
}

/// What a record makes the function do, from simple to complex (shrinking moves towards the first).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// The function raises an error when it comes to this record.
    Raise,
    /// The record is named in `batchItemFailures`.
    Report,
    /// The function does not end before its timeout.
    TimeOut,
    /// The function's process dies.
    Crash,
    /// An entry with an empty identifier (PBR-3).
    EmptyIdentifier,
    /// An entry with a null identifier (PBR-3).
    NullIdentifier,
    /// An entry without an identifier (PBR-3).
    MissingIdentifier,
    /// An entry whose identifier is a number (PBR-3).
    WrongTypeIdentifier,
    /// An entry that names a record which is not in the batch (PBR-3).
    ForeignIdentifier,
    /// The record is named, and a record which is not in the batch beside it (AMB-13).
    MixedIdentifiers,
    /// The record is named twice (AMB-15).
    DuplicateIdentifier,
    /// The entry names the record just before the batch, which may have been done already (AMB-15).
    EarlierIdentifier,
    /// `batchItemFailures` is a string (AMB-14).
    ItemsOfWrongType,
    /// The function returns a text (AMB-14).
    ReturnText,
    /// The function returns a number (AMB-14).
    ReturnNumber,
    /// The function returns a non-empty list (AMB-14).
    ReturnList,
    /// The function answers like an HTTP API (AMB-14).
    ReturnStatusCode,
    /// The function misspells `batchItemFailures` (AMB-14).
    ReturnWrongKey,
}

impl How {
    /// Every way to fail, simplest first.
    pub const ALL: &[How] = &[
        How::Raise,
        How::Report,
        How::TimeOut,
        How::Crash,
        How::EmptyIdentifier,
        How::NullIdentifier,
        How::MissingIdentifier,
        How::WrongTypeIdentifier,
        How::ForeignIdentifier,
        How::MixedIdentifiers,
        How::DuplicateIdentifier,
        How::EarlierIdentifier,
        How::ItemsOfWrongType,
        How::ReturnText,
        How::ReturnNumber,
        How::ReturnList,
        How::ReturnStatusCode,
        How::ReturnWrongKey,
    ];
}

/// What the function returns when no record of the batch misbehaves: each is a complete success (PBR-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuccessShape {
    /// `{"batchItemFailures": []}`.
    #[default]
    NoItems,
    /// `null`.
    Null,
    /// `""`.
    EmptyString,
    /// `[]`.
    EmptyList,
    /// `{}`.
    EmptyObject,
    /// `{"batchItemFailures": null}`.
    ItemsNull,
}

impl SuccessShape {
    /// Every shape of a complete success.
    pub const ALL: &[SuccessShape] = &[
        SuccessShape::NoItems,
        SuccessShape::Null,
        SuccessShape::EmptyString,
        SuccessShape::EmptyList,
        SuccessShape::EmptyObject,
        SuccessShape::ItemsNull,
    ];

    /// The response of this shape.
    pub fn response(self) -> Response {
        match self {
            SuccessShape::NoItems => Response::Items(SmallVec::new()),
            SuccessShape::Null => Response::Null,
            SuccessShape::EmptyString => Response::EmptyString,
            SuccessShape::EmptyList => Response::EmptyList,
            SuccessShape::EmptyObject => Response::EmptyObject,
            SuccessShape::ItemsNull => Response::ItemsNull,
        }
    }
}

/// How often each record of a case has been delivered to one function.
#[derive(Debug, Clone)]
pub struct Deliveries {
    records: SmallVec<[u16; 16]>,
}

impl Deliveries {
    /// Nothing of the case is delivered yet.
    pub fn of(case: &Case) -> Deliveries {
        Deliveries { records: SmallVec::from_elem(0, case.records.len()) }
    }

    fn count(&mut self, label: Label) -> u16 {
        match label.index().and_then(|index| self.records.get_mut(index)) {
            Some(count) => {
                *count = count.saturating_add(1);
                *count
            }
            None => 0,
        }
    }
}

/// What the function does with this batch, and how long it takes in milliseconds. Counts the deliveries.
///
/// A batch whose records together take longer than the timeout times out, even where each half would not
/// (BISECT-1 is documented as a way around time-outs). Otherwise the first record in the batch that raises, times
/// out or kills the process decides; then the first that spoils the response; then every reported record is named.
pub fn respond(case: &Case, batch: &[Label], deliveries: &mut Deliveries) -> (Answer, Ms) {
    let timeout = case.function.timeout_ms;
    let mut total: Ms = 0;
    let mut fatal = None;
    let mut spoiled = None;
    let mut reported: SmallVec<[Identifier; 2]> = SmallVec::new();
    for &label in batch {
        let seen = deliveries.count(label);
        let Some(record) = label.index().and_then(|index| case.records.get(index)) else { continue };
        total += record.duration_ms;
        let Some(behaviour) = record.behaviour else { continue };
        if behaviour.times.is_some_and(|times| seen > times) {
            continue;
        }
        match behaviour.how {
            How::Raise | How::TimeOut | How::Crash => {
                fatal = fatal.or(Some((behaviour.how, total)));
            }
            How::Report => reported.push(Identifier::Record(label)),
            how => spoiled = spoiled.or(Some((how, label))),
        }
    }
    let ended = fatal.map_or(total, |(_, until)| until);
    if matches!(fatal, Some((How::TimeOut, _))) || ended > timeout {
        return (Answer::TimedOut, timeout);
    }
    match fatal {
        Some((How::Raise, _)) => return (Answer::Raised, ended),
        Some(_) => return (Answer::Crashed, ended),
        None => {}
    }
    if !case.function.reports_ascending {
        reported.reverse();
    }
    let response = match spoiled {
        Some((how, label)) => spoil(case, how, label, batch, reported),
        None if reported.is_empty() => case.function.success.response(),
        None => Response::Items(reported),
    };
    (Answer::Returned(response), ended)
}

fn spoil(
    case: &Case,
    how: How,
    label: Label,
    batch: &[Label],
    mut reported: SmallVec<[Identifier; 2]>,
) -> Response {
    let earlier = || {
        let first = batch.first().copied().unwrap_or(label);
        case.predecessor(first).map_or(Identifier::Unknown, Identifier::Record)
    };
    let alone = |identifier| Response::Items(SmallVec::from_slice(&[identifier]));
    match how {
        How::EmptyIdentifier => alone(Identifier::Empty),
        How::NullIdentifier => alone(Identifier::Null),
        How::MissingIdentifier => alone(Identifier::Missing),
        How::WrongTypeIdentifier => alone(Identifier::WrongType),
        How::ForeignIdentifier => alone(Identifier::Unknown),
        How::EarlierIdentifier => alone(earlier()),
        How::MixedIdentifiers => {
            reported.push(Identifier::Record(label));
            reported.push(Identifier::Unknown);
            Response::Items(reported)
        }
        How::DuplicateIdentifier => {
            reported.push(Identifier::Record(label));
            reported.push(Identifier::Record(label));
            Response::Items(reported)
        }
        How::ItemsOfWrongType => Response::ItemsOfWrongType,
        How::ReturnText => Response::Unrecognised(Unrecognised::Text),
        How::ReturnNumber => Response::Unrecognised(Unrecognised::Number),
        How::ReturnList => Response::Unrecognised(Unrecognised::List),
        How::ReturnStatusCode => Response::Unrecognised(Unrecognised::StatusCode),
        How::ReturnWrongKey | How::Raise | How::Report | How::TimeOut | How::Crash => {
            Response::Unrecognised(Unrecognised::WrongKey)
        }
    }
}
