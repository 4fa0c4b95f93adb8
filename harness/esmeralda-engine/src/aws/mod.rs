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
    pub records: Vec<esmeralda_wire::upstream::Record>,
    /// Where reading goes on; `None` if the shard has ended.
    pub next: Option<String>,
    /// Whether the service says that newer records are there already.
    pub behind: bool,
}

fn text(value: &serde_json::Value, member: &str) -> Option<String> {
    value.get(member)?.as_str().map(str::to_owned)
}
