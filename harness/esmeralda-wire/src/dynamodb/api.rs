//! The JSON of DynamoDB's tables: one function for each operation.

use super::store::{Item, Table};
use super::write::{batch, member, transact, write};
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
    // What expressions replaced.
    for unsupported in ["AttributeUpdates", "ConditionalOperator", "Expected"] {
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
        "PutItem" | "UpdateItem" | "DeleteItem" => write(&mut tables, operation, body, now),
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
        "TransactWriteItems" => transact(&mut tables, body, now),
        other => Err(ApiError::new(400, "UnknownOperationException", format!("unknown operation {other}"))),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "ValidationException", message)
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
