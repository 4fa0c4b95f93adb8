//! Typed values: which are equal, which is less, and sums.

use super::invalid;
use crate::http::ApiError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use std::cmp::Ordering;

/// The type of a value and what it holds.
pub(super) fn typed(value: &Json) -> Option<(&str, &Json)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.iter().next().map(|(kind, held)| (kind.as_str(), held))
}

/// A number; the service has more digits than this.
pub(super) fn number(value: &Json) -> Result<Decimal, ApiError> {
    let text = value["N"].as_str().ok_or_else(|| {
        invalid("An operand in the expression has an incorrect data type: a number was expected")
    })?;
    let read = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
    read.map_err(|_| invalid(format!("this endpoint cannot compute with {text}")))
}

pub(super) fn sum(one: &Json, other: &Json, minus: bool) -> Result<Json, ApiError> {
    let (one, other) = (number(one)?, number(other)?);
    let sum = if minus { one.checked_sub(other) } else { one.checked_add(other) };
    let sum = sum.ok_or_else(|| invalid("Number overflow"))?;
    Ok(json!({"N": sum.normalize().to_string()}))
}

/// Whether two values are equal: numbers by what they are, sets in any order.
pub(super) fn equal(one: &Json, other: &Json) -> bool {
    match (typed(one), typed(other)) {
        (Some(("N", _)), Some(("N", _))) => order(one, other) == Some(Ordering::Equal),
        (Some((a @ ("SS" | "NS" | "BS"), x)), Some((b, y))) if a == b => {
            let sorted = |set: &Json| {
                let mut all: Vec<String> =
                    set.as_array().into_iter().flatten().map(Json::to_string).collect();
                all.sort();
                all
            };
            sorted(x) == sorted(y)
        }
        _ => one == other,
    }
}

/// Which is less, if both are texts, numbers or bytes.
pub(super) fn order(one: &Json, other: &Json) -> Option<Ordering> {
    match (typed(one)?, typed(other)?) {
        (("N", _), ("N", _)) => Some(number(one).ok()?.cmp(&number(other).ok()?)),
        (("S", a), ("S", b)) => Some(a.as_str()?.cmp(b.as_str()?)),
        (("B", a), ("B", b)) => Some(bytes(a)?.cmp(&bytes(b)?)),
        _ => None,
    }
}

fn bytes(held: &Json) -> Option<Vec<u8>> {
    STANDARD.decode(held.as_str()?).ok()
}

/// The length of a text, bytes, or a collection.
pub(super) fn size(value: &Json) -> Option<usize> {
    match typed(value)? {
        ("S", held) => held.as_str().map(|text| text.chars().count()),
        ("B", held) => bytes(held).map(|bytes| bytes.len()),
        ("L" | "SS" | "NS" | "BS", held) => held.as_array().map(Vec::len),
        ("M", held) => held.as_object().map(serde_json::Map::len),
        _ => None,
    }
}

/// Whether a text begins with another.
pub(super) fn begins(value: &Json, with: &Json) -> bool {
    let text = |value: &Json| value["S"].as_str().map(str::to_owned);
    matches!((text(value), text(with)), (Some(value), Some(with)) if value.starts_with(&with))
}

/// Whether a text holds another, or a collection a value.
pub(super) fn contains(value: &Json, part: &Json) -> bool {
    let holds = |held: &Json, wanted: &Json| held.as_array().is_some_and(|all| all.contains(wanted));
    match (typed(value), typed(part)) {
        (Some(("S", text)), Some(("S", part))) => {
            text.as_str().zip(part.as_str()).is_some_and(|(text, part)| text.contains(part))
        }
        (Some(("L", held)), _) => holds(held, part),
        (Some(("SS", held)), Some(("S", part)))
        | (Some(("NS", held)), Some(("N", part)))
        | (Some(("BS", held)), Some(("B", part))) => holds(held, part),
        _ => false,
    }
}
