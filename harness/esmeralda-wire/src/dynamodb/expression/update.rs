//! Updates: what an item becomes. Everything is read from the item as it was.

use super::value::{sum, typed};
use super::{Item, Reader, Step, found, invalid};
use crate::http::ApiError;
use serde_json::{Map, Value as Json, json};

/// What the item of a request becomes; one that is not there begins with its key.
///
/// # Errors
/// The update cannot be read, or does not fit what is there.
pub(in crate::dynamodb) fn update(request: &Json, key: &Item, old: Option<&Item>) -> Result<Item, ApiError> {
    let mut new = old.unwrap_or(key).clone();
    let Some(text) = request.get("UpdateExpression").and_then(Json::as_str) else { return Ok(new) };
    let mut reader = Reader::new(text, request)?;
    let mut changed_paths: Vec<Vec<Step>> = Vec::new();
    while reader.peek().is_some() {
        let clause = ["SET", "REMOVE", "ADD", "DELETE"].into_iter().find(|clause| reader.word(clause));
        let clause = clause.ok_or_else(|| reader.unexpected("SET, REMOVE, ADD or DELETE"))?;
        loop {
            let path = reader.path()?;
            if matches!(path.as_slice(), [Step::Attribute(name), ..] if key.contains_key(name)) {
                return Err(invalid("Cannot update attribute: This attribute is part of the key"));
            }
            if changed_paths.iter().any(|other| other.starts_with(&path) || path.starts_with(other)) {
                return Err(invalid("Invalid UpdateExpression: Two document paths overlap with each other"));
            }
            changed_paths.push(path.clone());
            match clause {
                "SET" => {
                    reader.need("=")?;
                    let value = value(&mut reader, old)?;
                    put(&mut new, &path, value)?;
                }
                "REMOVE" => remove(&mut new, &path),
                _ => {
                    let change = reader.placeholder()?.ok_or_else(|| reader.unexpected("a value"))?;
                    let value = changed(found(old, &path), &change, clause == "ADD")?;
                    match value {
                        Some(value) => put(&mut new, &path, value)?,
                        None => remove(&mut new, &path),
                    }
                }
            }
            if !reader.symbol(",") {
                break;
            }
        }
    }
    Ok(new)
}

fn value(reader: &mut Reader<'_>, old: Option<&Item>) -> Result<Json, ApiError> {
    let first = operand(reader, old)?;
    for (symbol, minus) in [("+", false), ("-", true)] {
        if reader.symbol(symbol) {
            return sum(&first, &operand(reader, old)?, minus);
        }
    }
    Ok(first)
}

fn operand(reader: &mut Reader<'_>, old: Option<&Item>) -> Result<Json, ApiError> {
    if let Some(value) = reader.placeholder()? {
        return Ok(value);
    }
    if reader.word("if_not_exists") {
        reader.need("(")?;
        let path = reader.path()?;
        reader.need(",")?;
        let other = operand(reader, old)?;
        reader.need(")")?;
        return Ok(found(old, &path).cloned().unwrap_or(other));
    }
    if reader.word("list_append") {
        reader.need("(")?;
        let first = operand(reader, old)?;
        reader.need(",")?;
        let second = operand(reader, old)?;
        reader.need(")")?;
        let list = |value: Json| {
            value["L"].as_array().cloned().ok_or_else(|| invalid("list_append takes two lists"))
        };
        let both = [list(first)?, list(second)?].concat();
        return Ok(json!({"L": both}));
    }
    let path = reader.path()?;
    found(old, &path).cloned().ok_or_else(|| {
        invalid("The provided expression refers to an attribute that does not exist in the item")
    })
}

/// A number or set after ADD or DELETE; `None` if nothing is left of it.
fn changed(old: Option<&Json>, change: &Json, add: bool) -> Result<Option<Json>, ApiError> {
    let wrong = || invalid("An operand in the update expression has an incorrect data type");
    match (typed(change).ok_or_else(wrong)?, old) {
        (("N", _), None) if add => Ok(Some(change.clone())),
        (("N", _), Some(old)) if add => sum(old, change, false).map(Some),
        ((kind @ ("SS" | "NS" | "BS"), members), old) => {
            let members = members.as_array().ok_or_else(wrong)?;
            let mut set = match old {
                Some(old) => old[kind].as_array().cloned().ok_or_else(wrong)?,
                None => Vec::new(),
            };
            set.retain(|member| add || !members.contains(member));
            if add {
                let new: Vec<Json> = members.iter().filter(|member| !set.contains(member)).cloned().collect();
                set.extend(new);
            }
            Ok(if set.is_empty() { None } else { Some(json!({kind: set})) })
        }
        _ => Err(wrong()),
    }
}

fn not_there() -> ApiError {
    invalid("The document path provided in the update expression is invalid for update")
}

/// The place that a path leads to, but for its last step.
fn place<'i>(item: &'i mut Item, path: &[Step]) -> Option<&'i mut Json> {
    let [Step::Attribute(first), rest @ .., _] = path else { return None };
    rest.iter().try_fold(item.get_mut(first)?, |value, step| match step {
        Step::Attribute(name) => value.get_mut("M")?.get_mut(name),
        Step::Index(index) => value.get_mut("L")?.get_mut(*index),
    })
}

fn put(item: &mut Item, path: &[Step], value: Json) -> Result<(), ApiError> {
    if let [Step::Attribute(name)] = path {
        item.insert(name.clone(), value);
        return Ok(());
    }
    let place = place(item, path).ok_or_else(not_there)?;
    match path.last() {
        Some(Step::Attribute(name)) => {
            let members = place.get_mut("M").and_then(Json::as_object_mut).ok_or_else(not_there)?;
            members.insert(name.clone(), value);
        }
        Some(Step::Index(index)) => {
            let list = place.get_mut("L").and_then(Json::as_array_mut).ok_or_else(not_there)?;
            // Behind its end a list grows by one.
            match list.get_mut(*index) {
                Some(old) => *old = value,
                None => list.push(value),
            }
        }
        None => return Err(not_there()),
    }
    Ok(())
}

fn remove(item: &mut Item, path: &[Step]) {
    if let [Step::Attribute(name)] = path {
        item.shift_remove(name);
        return;
    }
    let Some(place) = place(item, path) else { return };
    match path.last() {
        Some(Step::Attribute(name)) => {
            place
                .get_mut("M")
                .and_then(Json::as_object_mut)
                .map(|members: &mut Map<_, _>| members.shift_remove(name));
        }
        Some(Step::Index(index)) => {
            if let Some(list) =
                place.get_mut("L").and_then(Json::as_array_mut).filter(|list| *index < list.len())
            {
                list.remove(*index);
            }
        }
        None => {}
    }
}
