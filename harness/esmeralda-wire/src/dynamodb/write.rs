//! What changes items: puts, updates and deletions, each under its condition, alone, in batches and in transactions.

use super::expression::{condition, update};
use super::store::{Item, Table, Tables};
use super::{BATCH, TRANSACTION};
use crate::http::{ApiError, text};
use serde_json::{Value as Json, json};

/// One change, worked out and not yet made.
struct Change {
    table: String,
    key: Item,
    new: Option<Item>,
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "ValidationException", message)
}

pub(super) fn member<'b>(body: &'b Json, name: &str) -> Result<&'b Item, ApiError> {
    body.get(name).and_then(Json::as_object).ok_or_else(|| invalid(format!("{name} is missing or no object")))
}

/// `PutItem`, `UpdateItem` or `DeleteItem`: its output.
pub(super) fn write(
    tables: &mut Tables,
    operation: &str,
    body: &Json,
    now_ms: i64,
) -> Result<Json, ApiError> {
    let change = change(tables, operation, body)?;
    let new = change.new.clone();
    let old = make(tables, change, now_ms)?;
    Ok(shown(body["ReturnValues"].as_str().unwrap_or_default(), old, new))
}

/// The attributes that a request wants to see.
fn shown(wanted: &str, old: Option<Item>, new: Option<Item>) -> Json {
    let of = |item: Option<Item>, other: Option<Item>| {
        let (item, other) = (item.unwrap_or_default(), other.unwrap_or_default());
        let differs = |(name, value): &(String, Json)| other.get(name) != Some(value);
        item.into_iter().filter(differs).collect::<Item>()
    };
    let attributes = match wanted {
        "ALL_OLD" => old,
        "ALL_NEW" => new,
        "UPDATED_NEW" => Some(of(new, old)),
        "UPDATED_OLD" => Some(of(old, new)),
        _ => None,
    };
    attributes.map_or_else(|| json!({}), |attributes| json!({"Attributes": attributes}))
}

/// What a request would change. Its condition must hold.
fn change(tables: &mut Tables, operation: &str, body: &Json) -> Result<Change, ApiError> {
    let name = text(body, "TableName")?;
    let table: &Table = tables.get_mut(name)?;
    let key = match operation {
        "PutItem" => table.key_of(member(body, "Item")?)?,
        _ => table.key_of(member(body, "Key")?)?,
    };
    let old = table.get(&key);
    if !condition(body, old)? {
        let failed = ApiError::new(400, "ConditionalCheckFailedException", "The conditional request failed");
        return Err(match old.filter(|_| body["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD") {
            Some(old) => failed.with("Item", json!(old)),
            None => failed,
        });
    }
    let new = match operation {
        "PutItem" => Some(member(body, "Item")?.clone()),
        "UpdateItem" => Some(update(body, &key, old)?),
        "ConditionCheck" => old.cloned(),
        _ => None,
    };
    Ok(Change { table: name.to_owned(), key, new })
}

fn make(tables: &mut Tables, change: Change, now_ms: i64) -> Result<Option<Item>, ApiError> {
    tables.get_mut(&change.table)?.write(change.key, change.new, now_ms)
}

/// `BatchWriteItem`: each request by itself.
pub(super) fn batch(tables: &mut Tables, body: &Json, now_ms: i64) -> Result<Json, ApiError> {
    let requests = member(body, "RequestItems")?;
    let count: usize = requests.values().filter_map(Json::as_array).map(Vec::len).sum();
    if count == 0 || count > BATCH {
        return Err(invalid(format!("a batch has 1 to {BATCH} requests")));
    }
    for (table, requests) in requests {
        for request in requests.as_array().into_iter().flatten() {
            let (operation, inner) = match (request.get("PutRequest"), request.get("DeleteRequest")) {
                (Some(inner), None) => ("PutItem", inner),
                (None, Some(inner)) => ("DeleteItem", inner),
                _ => return Err(invalid("a request of a batch is a PutRequest or a DeleteRequest")),
            };
            let mut inner = inner.clone();
            inner["TableName"] = table.as_str().into();
            let change = change(tables, operation, &inner)?;
            make(tables, change, now_ms)?;
        }
    }
    Ok(json!({"UnprocessedItems": {}}))
}

/// `TransactWriteItems`: all or none.
pub(super) fn transact(tables: &mut Tables, body: &Json, now_ms: i64) -> Result<Json, ApiError> {
    let items = body["TransactItems"].as_array().map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() || items.len() > TRANSACTION {
        return Err(invalid(format!("a transaction has 1 to {TRANSACTION} items")));
    }
    let (mut changes, mut reasons) = (Vec::new(), Vec::new());
    for item in items {
        let known = [
            ("Put", "PutItem"),
            ("Update", "UpdateItem"),
            ("Delete", "DeleteItem"),
            ("ConditionCheck", "ConditionCheck"),
        ];
        let found = known.into_iter().find_map(|(member, operation)| Some((operation, item.get(member)?)));
        let (operation, request) = found
            .ok_or_else(|| invalid("an item of a transaction is a Put, Update, Delete or ConditionCheck"))?;
        match change(tables, operation, request) {
            Ok(change) => {
                changes.push(change);
                reasons.push(json!({"Code": "None"}));
            }
            Err(error) if error.kind == "ConditionalCheckFailedException" => {
                let mut reason = json!({"Code": "ConditionalCheckFailed", "Message": error.message});
                if let Some(item) = error.members.get("Item") {
                    reason["Item"] = item.clone();
                }
                reasons.push(reason);
            }
            Err(error) => return Err(error),
        }
    }
    if changes.len() < items.len() {
        let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        );
        let cancelled = ApiError::new(400, "TransactionCanceledException", message);
        return Err(cancelled.with("CancellationReasons", reasons.into()));
    }
    for change in changes {
        make(tables, change, now_ms)?;
    }
    Ok(json!({}))
}
