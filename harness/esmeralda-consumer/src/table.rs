//! Samples for the stream of a table: the change of an item, as events show it.
//!
//! A line holds an item in the service's typed JSON, which was inserted; its first attribute is the key. Or it holds a
//! whole record of an event, with `eventName` and `dynamodb`, where more is to be said.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esm_model::sequence::SequenceNumber;
use serde_json::{Map, Value as Json, json};

/// Types of values.
const TYPES: [&str; 10] = ["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"];
/// What can happen to an item.
const EVENTS: [&str; 3] = ["INSERT", "MODIFY", "REMOVE"];

/// The change that a sample tells of, without number and time.
///
/// # Errors
/// What is wrong with the sample.
pub fn change(sample: &str) -> Result<Json, String> {
    let sample: Json = serde_json::from_str(sample).map_err(|error| format!("is no JSON: {error}"))?;
    let members = sample.as_object().ok_or("is no object")?;
    let Some(inner) = members.get("dynamodb") else {
        let image = typed(&sample, "the item")?;
        let (name, value) = image.iter().next().ok_or("has no attribute")?;
        let keys: Map<String, Json> = [(name.clone(), value.clone())].into_iter().collect();
        return Ok(whole("INSERT", &keys, Some(image), None, None));
    };
    let event =
        members.get("eventName").map_or(Some("INSERT"), Json::as_str).filter(|name| EVENTS.contains(name));
    let event = event.ok_or_else(|| format!("has an eventName that is none of {}", EVENTS.join(", ")))?;
    let image = |member: &str| inner.get(member).map(|image| typed(image, member)).transpose();
    let keys = image("Keys")?.ok_or("has no dynamodb.Keys")?;
    let view = inner.get("StreamViewType").and_then(Json::as_str);
    let mut change = whole(event, keys, image("NewImage")?, image("OldImage")?, view);
    if let Some(identity) = members.get("userIdentity") {
        change["userIdentity"] = identity.clone();
    }
    Ok(change)
}

fn typed<'j>(image: &'j Json, what: &str) -> Result<&'j Map<String, Json>, String> {
    let members = image.as_object().ok_or_else(|| format!("has in place of {what} no object"))?;
    let is_typed = |value: &Json| {
        let members = value.as_object().filter(|members| members.len() == 1);
        members.is_some_and(|members| members.keys().all(|kind| TYPES.contains(&kind.as_str())))
    };
    match members.iter().find(|(_, value)| !is_typed(value)) {
        Some((name, _)) => {
            Err(format!("has in {what} the attribute {name:?} without a type, such as {{\"S\": \"text\"}}"))
        }
        None => Ok(members),
    }
}

fn whole(
    event: &str,
    keys: &Map<String, Json>,
    new: Option<&Map<String, Json>>,
    old: Option<&Map<String, Json>>,
    view: Option<&str>,
) -> Json {
    let mut change = json!({"ApproximateCreationDateTime": 0, "Keys": keys});
    let mut size = bytes(keys);
    for (member, image) in [("NewImage", new), ("OldImage", old)] {
        if let Some(image) = image {
            change[member] = json!(image);
            size += bytes(image);
        }
    }
    let shown = match (new, old) {
        (Some(_), Some(_)) => "NEW_AND_OLD_IMAGES",
        (Some(_), None) => "NEW_IMAGE",
        (None, Some(_)) => "OLD_IMAGE",
        (None, None) => "KEYS_ONLY",
    };
    change["SequenceNumber"] = "".into();
    change["SizeBytes"] = size.into();
    change["StreamViewType"] = view.unwrap_or(shown).into();
    json!({"eventName": event, "dynamodb": change})
}

/// The change with its number and time, in whole seconds (DDB-2, DDB-7).
pub fn numbered(mut change: Json, sequence: &SequenceNumber, epoch_ms: i64) -> Json {
    change["dynamodb"]["SequenceNumber"] = sequence.to_string().into();
    change["dynamodb"]["ApproximateCreationDateTime"] = epoch_ms.div_euclid(1_000).into();
    change
}

/// How large the service says that attributes are.
fn bytes(image: &Map<String, Json>) -> usize {
    image.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &Json) -> usize {
    /// What a list or a map takes beside what is in it, and for each thing in it.
    const COLLECTION: usize = 3;
    let Some((kind, held)) = value.as_object().and_then(|members| members.iter().next()) else { return 0 };
    let text = |held: &Json| held.as_str().map_or(0, str::len);
    let number = |held: &Json| held.as_str().map_or(0, |digits| digits.len().div_ceil(2) + 1);
    let binary =
        |held: &Json| held.as_str().and_then(|text| STANDARD.decode(text).ok()).map_or(0, |all| all.len());
    let all = |held: &Json, of: &dyn Fn(&Json) -> usize| {
        held.as_array().into_iter().flatten().map(of).sum::<usize>()
    };
    match kind.as_str() {
        "S" => text(held),
        "N" => number(held),
        "B" => binary(held),
        "SS" => all(held, &text),
        "NS" => all(held, &number),
        "BS" => all(held, &binary),
        "L" => COLLECTION + all(held, &|value| 1 + value_bytes(value)),
        "M" => COLLECTION + held.as_object().map_or(0, |members| members.len() + bytes(members)),
        _ => 1,
    }
}
