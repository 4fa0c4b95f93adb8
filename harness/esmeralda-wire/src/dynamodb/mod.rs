//! DynamoDB: tables in memory, and the streams of their changes.
//!
//! No indexes and no queries: items are read whole, by their keys. A stream has one shard.

mod api;
mod expression;
mod store;
mod streams_api;
mod write;

pub use api::answer;
pub use expression::wanted_absent;
pub use store::{Item, Table, TableStream, Tables};
pub use streams_api::answer as answer_streams;

/// The prefix of the target header of tables.
pub const TARGET: &str = "DynamoDB_20120810";
/// The prefix of the target header of their streams.
pub const STREAMS_TARGET: &str = "DynamoDBStreams_20120810";
/// Most tables of an endpoint.
const MAX_TABLES: usize = 2_500;
/// Most items of a table.
const MAX_ITEMS: usize = 1_000_000;
/// Most bytes of an item.
const ITEM_BYTES: usize = 400 * 1024;
/// Most items of one BatchWriteItem.
const BATCH: usize = 25;
/// Most items of one TransactWriteItems.
const TRANSACTION: usize = 100;
/// Most records of one GetRecords.
const GET_RECORDS: usize = 1_000;
/// How long streams keep records (DDB-4).
const RETENTION_MS: i64 = 24 * 3_600_000;
/// How long a table is in creation.
const CREATION_MS: i64 = 100;
