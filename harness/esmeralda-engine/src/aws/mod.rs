//! What is said to the upstream: signed requests and their answers, one file for each service.
//!
//! Not the AWS SDK: a dozen operations are needed, of tables' streams the JSON as it is, and time-outs of its own for
//! each. Nothing here decides about mappings.

mod client;
pub mod functions;
pub mod kinesis;
pub mod outbox;
pub mod sts;
pub mod tables;

pub use client::{Ask, Client, Failed, Place, Said, USER_AGENT};

use esmeralda_wire::upstream::Record;
use serde_json::Value as Json;

/// Most pages of a list: at 100 shards each, more than a mapping can read.
const MAX_PAGES: usize = 100;

/// A shard as the stream lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its ID.
    pub id: String,
    /// The IDs of those before it, listed or not.
    pub parents: Vec<String>,
}

/// Where an iterator begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begin {
    /// At the oldest record.
    TrimHorizon,
    /// Behind the newest one.
    Latest,
    /// At the first record of that time or later, milliseconds since 1970.
    At(i64),
    /// Behind this record.
    After(String),
}

/// What one read of a shard came to.
#[derive(Debug)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// Where reading goes on; `None` if the shard has ended.
    pub next: Option<String>,
    /// Whether the service says that newer records are there already.
    pub behind: bool,
}

/// The iterator in an answer to GetShardIterator.
fn iterator_in(answer: &Json) -> Result<String, Failed> {
    text(answer, "ShardIterator")
        .ok_or_else(|| Failed::Silent("the answer to GetShardIterator has no ShardIterator".to_owned()))
}

/// The records in an answer to GetRecords, each read by that function.
fn records_in(answer: &Json, read: fn(&Json) -> Option<Record>) -> Result<Vec<Record>, Failed> {
    let odd = |shown: &Json| {
        let shown: String = shown.to_string().chars().take(200).collect();
        Failed::Silent(format!("GetRecords gave what is no record: {shown}"))
    };
    let shown = answer["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
    shown.iter().map(|shown| read(shown).ok_or_else(|| odd(shown))).collect()
}

fn text(value: &Json, member: &str) -> Option<String> {
    value.get(member)?.as_str().map(str::to_owned)
}
