//! The JSON of DynamoDB's tables: one function for each operation.

use super::BATCH;
use super::store::{Item, Table, Tables};
use crate::http::{ApiError, text};
use crate::world::World;
use esm_model::mapping::Timestamp;
use serde_json::{Value as Json, json};

/// Answers an operation: its output.
///
/// # Errors
/// What the service refuses.
pub fn answer(world: &World, operation: &str, body: &Json) -> Result<Json, ApiError> {
    let now = world.clock.epoch_ms();
    let mut tables = world.tables.borrow_mut();
    for unsupported in ["ConditionExpression", "Expected", "UpdateExpression"] {
        if body.get(unsupported).is_some() {
            return Err(invalid(format!("this endpoint has no {unsupported}")));
        }
    }
    match operation {
        "CreateTable" => {
            let name = text(body, "TableName")?;
            let numbering = world.config.numbering;
            let table = tables.create(&world.config.account, name, body, numbering, now)?;
            Ok(json!({"TableDescription": description(table, now)}))
        }
        "DescribeTable" => {
            let table = tables.get_mut(text(body, "TableName")?)?;
            Ok(json!({"Table": description(table, now)}))
        }
        "UpdateTable" => {
            let table = tables.get_mut(text(body, "TableName")?)?;
            table.set_stream(&body["StreamSpecification"], world.config.numbering, now);
            Ok(json!({"TableDescription": description(table, now)}))
        }
        "DeleteTable" => {
            let table = tables.get_mut(text(body, "TableName")?)?;
            let mut shown = description(table, now);
            shown["TableStatus"] = "DELETING".into();
            let name = table.name.clone();
            tables.remove(&name);
            Ok(json!({"TableDescription": shown}))
        }
        "ListTables" => Ok(json!({"TableNames": tables.iter().map(|table| &table.name).collect::<Vec<_>>()})),
        "PutItem" => {
            let old = put(&mut tables, text(body, "TableName")?, body, now)?;
            Ok(with_old(body, old))
        }
        "DeleteItem" => {
            let old = delete(&mut tables, text(body, "TableName")?, body, now)?;
            Ok(with_old(body, old))
        }
        "GetItem" => {
            let table = tables.get_mut(text(body, "TableName")?)?;
            let key = table.key_of(member(body, "Key")?)?;
            Ok(table.get(&key).map_or_else(|| json!({}), |item| json!({"Item": item})))
        }
        "Scan" => {
            let table = tables.get_mut(text(body, "TableName")?)?;
            let items: Vec<&Item> = table.items.values().collect();
            Ok(json!({"Count": items.len(), "Items": items, "ScannedCount": items.len()}))
        }
        "BatchWriteItem" => batch(&mut tables, body, now),
        other => Err(ApiError::new(400, "UnknownOperationException", format!("unknown operation {other}"))),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "ValidationException", message)
}

fn member<'b>(body: &'b Json, name: &str) -> Result<&'b Item, ApiError> {
    body.get(name).and_then(Json::as_object).ok_or_else(|| invalid(format!("{name} is missing or no object")))
}

fn put(tables: &mut Tables, table: &str, body: &Json, now: i64) -> Result<Option<Item>, ApiError> {
    let table = tables.get_mut(table)?;
    let item = member(body, "Item")?;
    table.write(table.key_of(item)?, Some(item.clone()), now)
}

fn delete(tables: &mut Tables, table: &str, body: &Json, now: i64) -> Result<Option<Item>, ApiError> {
    let table = tables.get_mut(table)?;
    table.write(table.key_of(member(body, "Key")?)?, None, now)
}

fn with_old(body: &Json, old: Option<Item>) -> Json {
    match old.filter(|_| body["ReturnValues"] == "ALL_OLD") {
        Some(old) => json!({"Attributes": old}),
        None => json!({}),
    }
}

fn batch(tables: &mut Tables, body: &Json, now: i64) -> Result<Json, ApiError> {
    let requests = member(body, "RequestItems")?;
    let count: usize = requests.values().filter_map(Json::as_array).map(Vec::len).sum();
    if count == 0 || count > BATCH {
        return Err(invalid(format!("a batch has 1 to {BATCH} requests")));
    }
    for (table, requests) in requests {
        for request in requests.as_array().into_iter().flatten() {
            match (request.get("PutRequest"), request.get("DeleteRequest")) {
                (Some(request), None) => put(tables, table, request, now)?,
                (None, Some(request)) => delete(tables, table, request, now)?,
                _ => return Err(invalid("a request of a batch is a PutRequest or a DeleteRequest")),
            };
        }
    }
    Ok(json!({"UnprocessedItems": {}}))
}

fn description(table: &Table, now: i64) -> Json {
    let mut shown = json!({
        "CreationDateTime": Timestamp { ms: table.created_ms }.to_value(),
        "ItemCount": table.items.len(),
        "TableArn": table.arn,
        "TableName": table.name,
        "TableSizeBytes": 0,
        "TableStatus": table.status(now),
    });
    if let Some(members) = shown.as_object_mut() {
        members.extend(table.shown.clone());
    }
    if let Some(stream) = &table.stream {
        shown["LatestStreamArn"] = stream.arn.as_str().into();
        shown["LatestStreamLabel"] = stream.label.as_str().into();
        shown["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": stream.view});
    }
    shown
}
