//! The tables of an endpoint: items by key, and the record that each change leaves in the stream.
//!
//! Not the JSON around them: see `api` and `streams_api`.

use super::{CREATION_MS, ITEM_BYTES, MAX_ITEMS, MAX_TABLES, RETENTION_MS};
use crate::account::Account;
use crate::http::ApiError;
use crate::log::{Log, Numbering};
use bytes::Bytes;
use esm_model::mapping::Timestamp;
use esm_model::wire::timestamp::format_millis;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// An item: attributes by name, each with its type.
pub type Item = Map<String, Json>;

/// The stream of a table.
pub struct TableStream {
    /// Its ARN.
    pub arn: String,
    /// The time at which it was switched on, which is its name.
    pub label: String,
    /// Which images its records hold.
    pub view: String,
    /// Its records.
    pub log: Log,
}

impl TableStream {
    /// The stream of a table, switched on at this time, with such a view.
    pub fn new(table_arn: &str, view: &str, numbering: Numbering, now_ms: i64) -> TableStream {
        let label = format_millis(now_ms).trim_end_matches('Z').to_owned();
        let arn = format!("{table_arn}/stream/{label}");
        TableStream { arn, label, view: view.to_owned(), log: Log::new(1, numbering) }
    }

    /// The ID of its only shard.
    pub fn shard_id(&self) -> String {
        let digits: String = self.label.chars().filter(char::is_ascii_digit).collect();
        format!("shardId-{digits:0>20}-00000000")
    }

    /// How long it keeps records.
    pub fn retention_ms(&self) -> i64 {
        RETENTION_MS
    }
}

/// A table.
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What was asked for at creation: key schema, attribute definitions, billing.
    pub shown: Map<String, Json>,
    /// The names of its key attributes.
    pub keys: Vec<String>,
    /// Its stream, if it has one.
    pub stream: Option<TableStream>,
    /// Its items, by their keys as text.
    pub items: BTreeMap<String, Item>,
    /// When it was created.
    pub created_ms: i64,
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "ValidationException", message)
}

impl Table {
    /// `CREATING` or `ACTIVE`.
    pub fn status(&self, now_ms: i64) -> &'static str {
        if now_ms < self.created_ms + CREATION_MS { "CREATING" } else { "ACTIVE" }
    }

    /// The key attributes of an item, or of a key.
    ///
    /// # Errors
    /// One is missing.
    pub fn key_of(&self, item: &Item) -> Result<Item, ApiError> {
        if self.keys.is_empty() {
            return Ok(item.clone());
        }
        let attribute = |name: &String| {
            let value = item
                .get(name)
                .ok_or_else(|| invalid(format!("One of the required keys was not given a value: {name}")))?;
            Ok((name.clone(), value.clone()))
        };
        self.keys.iter().map(attribute).collect()
    }

    /// Learns what its key is: its items are found by that from now on. A table that was made as it was first named
    /// knows no key, and the whole item stands for it.
    pub(crate) fn learn_keys(&mut self, keys: Vec<String>) {
        if !self.keys.is_empty() || keys.is_empty() || keys.len() > 2 {
            return;
        }
        self.keys = keys;
        for item in std::mem::take(&mut self.items).into_values() {
            // What lacks such an attribute could not have been put.
            if let Ok(key) = self.key_of(&item) {
                self.items.insert(name(&key), item);
            }
        }
    }

    /// The item with that key.
    pub fn get(&self, key: &Item) -> Option<&Item> {
        self.items.get(&name(key))
    }

    /// Writes an item, or removes one, and returns what was there.
    ///
    /// # Errors
    /// The key is incomplete, the item too large, or the table full.
    pub fn write(&mut self, key: Item, new: Option<Item>, now_ms: i64) -> Result<Option<Item>, ApiError> {
        if new.as_ref().is_some_and(|item| Json::from(item.clone()).to_string().len() > ITEM_BYTES) {
            return Err(invalid("Item size has exceeded the maximum allowed size"));
        }
        if self.items.len() >= MAX_ITEMS {
            return Err(invalid(format!("this endpoint holds at most {MAX_ITEMS} items of a table")));
        }
        let id = name(&key);
        let old = self.items.get(&id).cloned();
        // What changes nothing leaves no record (DDB-8).
        if old != new
            && let Some(stream) = &mut self.stream
        {
            stream.record(&id, key, old.as_ref(), new.as_ref(), now_ms)?;
        }
        match new {
            Some(item) => self.items.insert(id, item),
            None => self.items.remove(&id),
        };
        Ok(old)
    }
}

impl TableStream {
    fn record(
        &mut self,
        id: &str,
        key: Item,
        old: Option<&Item>,
        new: Option<&Item>,
        now_ms: i64,
    ) -> Result<(), ApiError> {
        let kind = match (old, new) {
            (None, _) => "INSERT",
            (Some(_), Some(_)) => "MODIFY",
            (Some(_), None) => "REMOVE",
        };
        let mut change = json!({
            "ApproximateCreationDateTime": Timestamp { ms: now_ms.div_euclid(1_000) * 1_000 }.to_value(),
            "Keys": key,
        });
        let mut size = Json::from(key.clone()).to_string().len();
        for (image, item, views) in [
            ("NewImage", new, ["NEW_IMAGE", "NEW_AND_OLD_IMAGES"]),
            ("OldImage", old, ["OLD_IMAGE", "NEW_AND_OLD_IMAGES"]),
        ] {
            if let Some(item) = item.filter(|_| views.contains(&self.view.as_str())) {
                size += Json::from(item.clone()).to_string().len();
                change[image] = Json::from(item.clone());
            }
        }
        change["SequenceNumber"] = self.log.next_sequence(0).to_string().into();
        change["SizeBytes"] = size.into();
        change["StreamViewType"] = self.view.as_str().into();
        let record = json!({"eventName": kind, "dynamodb": change});
        self.log.put(0, now_ms, id, Bytes::new(), Some(record)).map(|_| ())
    }
}

/// A key as text.
fn name(key: &Item) -> String {
    Json::from(key.clone()).to_string()
}

/// Every table.
#[derive(Default)]
pub struct Tables(BTreeMap<String, Table>);

impl Tables {
    /// Creates a table from the members of a request.
    ///
    /// # Errors
    /// The request is incomplete, the name is taken, or there are too many tables.
    pub fn create(
        &mut self,
        account: &Account,
        name: &str,
        body: &Json,
        numbering: Numbering,
        now_ms: i64,
    ) -> Result<&mut Table, ApiError> {
        if self.0.contains_key(name) {
            let message = format!("Table already exists: {name}");
            return Err(ApiError::new(400, "ResourceInUseException", message));
        }
        if self.0.len() >= MAX_TABLES {
            let message = format!("at most {MAX_TABLES} tables");
            return Err(ApiError::new(400, "LimitExceededException", message));
        }
        let schema = body["KeySchema"].as_array().map(Vec::as_slice).unwrap_or_default();
        let keys: Vec<String> =
            schema.iter().filter_map(|key| key["AttributeName"].as_str().map(str::to_owned)).collect();
        if keys.is_empty() || keys.len() > 2 {
            return Err(invalid("1 validation error detected: a KeySchema has one or two attributes"));
        }
        let kept = ["KeySchema", "AttributeDefinitions", "ProvisionedThroughput"];
        let shown = kept.iter().filter_map(|member| Some(((*member).to_owned(), body.get(*member)?.clone())));
        let mut table = Table {
            name: name.to_owned(),
            arn: account.arn("dynamodb", &format!("table/{name}")),
            shown: shown.collect(),
            keys,
            stream: None,
            items: BTreeMap::new(),
            created_ms: now_ms,
        };
        table.set_stream(&body["StreamSpecification"], numbering, now_ms);
        Ok(self.0.entry(name.to_owned()).or_insert(table))
    }

    /// The table of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn get_mut(&mut self, name: &str) -> Result<&mut Table, ApiError> {
        // A table may be named by its ARN.
        let name = name.rsplit_once(":table/").map_or(name, |(_, name)| name);
        self.0.get_mut(name).ok_or_else(|| {
            let message = format!("Requested resource not found: Table: {name} not found");
            ApiError::new(400, "ResourceNotFoundException", message)
        })
    }

    /// The table of that name, made if there is none: without a key, as long as nobody says what it is.
    pub fn provide(&mut self, account: &Account, name: &str) -> Option<&mut Table> {
        if !self.0.contains_key(name) && self.0.len() >= MAX_TABLES {
            return None;
        }
        let (name, arn) = (name.to_owned(), account.arn("dynamodb", &format!("table/{name}")));
        Some(self.0.entry(name.clone()).or_insert(Table {
            name,
            arn,
            shown: Map::new(),
            keys: Vec::new(),
            stream: None,
            items: BTreeMap::new(),
            created_ms: 0,
        }))
    }

    /// The table with that stream.
    pub fn by_stream(&self, arn: &str) -> Option<(&Table, &TableStream)> {
        let (head, _) = arn.split_once("/stream/")?;
        let table = self.0.get(head.rsplit_once(":table/")?.1)?;
        table.stream.as_ref().filter(|stream| stream.arn == arn).map(|stream| (table, stream))
    }

    /// Removes a table.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// All tables, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Table> {
        self.0.values()
    }
}

impl Table {
    /// Switches the stream on or off.
    pub fn set_stream(&mut self, specification: &Json, numbering: Numbering, now_ms: i64) {
        match specification["StreamEnabled"].as_bool() {
            Some(true) => {
                let view = specification["StreamViewType"].as_str().unwrap_or("NEW_AND_OLD_IMAGES");
                self.stream = Some(TableStream::new(&self.arn, view, numbering, now_ms));
            }
            Some(false) => self.stream = None,
            None => {}
        }
    }
}
