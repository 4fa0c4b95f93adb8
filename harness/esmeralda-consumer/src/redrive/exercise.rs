//! An exercise: failure records that arrive, and the stream that still holds their records, or does not.
//!
//! A value that shrinks. Which exercises are tried is in `plans`; what it looks like on the wire in
//! `layout`.

use esm_model::mapping::SourceKind;
use esm_model::wire::Condition;
use esmeralda_wire::manners::Manners;
use std::fmt;
use std::str::FromStr;

/// Records of a shard in front of its first discarded batch, which were processed.
pub const BEFORE: usize = 2;
/// Records of a shard behind its last discarded batch, which were processed.
pub const AFTER: usize = 3;

/// How failure records arrive: the destination of the mapping, and what stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrival {
    /// A queue, which invokes the function.
    Sqs,
    /// A topic, which invokes the function.
    Sns,
    /// A topic with a queue as subscriber.
    SnsToSqs,
    /// The same with raw message delivery.
    SnsToSqsRaw,
    /// A bucket, whose notifications invoke the function.
    S3,
    /// A bucket, whose notifications go to a queue.
    S3ToSqs,
}

impl Arrival {
    /// Every way, with its name on the command line.
    pub const ALL: [(&str, Arrival); 6] = [
        ("sqs", Arrival::Sqs),
        ("sns", Arrival::Sns),
        ("sns-to-sqs", Arrival::SnsToSqs),
        ("sns-to-sqs-raw", Arrival::SnsToSqsRaw),
        ("s3", Arrival::S3),
        ("s3-to-sqs", Arrival::S3ToSqs),
    ];

    /// Whether a queue stands last: several messages to an event, and each is delivered again until it is done.
    pub fn by_queue(self) -> bool {
        !matches!(self, Arrival::Sns | Arrival::S3)
    }

    /// Whether the failure record is an object, with the invocation's event in it.
    pub fn by_bucket(self) -> bool {
        matches!(self, Arrival::S3 | Arrival::S3ToSqs)
    }
}

impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Arrival::ALL.iter().find(|(_, arrival)| arrival == self).map_or("", |(name, _)| name);
        f.pad(name)
    }
}

impl FromStr for Arrival {
    type Err = String;

    fn from_str(text: &str) -> Result<Arrival, String> {
        let found = Arrival::ALL.iter().find(|(name, _)| *name == text).map(|(_, arrival)| *arrival);
        found.ok_or_else(|| {
            let names: Vec<&str> = Arrival::ALL.iter().map(|(name, _)| *name).collect();
            format!("expected one of {}", names.join(", "))
        })
    }
}

/// What a failure record says of the function's last answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// An error: `functionError` is `Unhandled`.
    Error,
    /// Failures in its response: `functionError` is null (REC-4).
    Failures,
    /// Nothing: there is no `responseContext` (REC-5).
    Nothing,
}

/// A discarded batch. The batches of one shard stand one behind the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its shard.
    pub shard: usize,
    /// How many records it has.
    pub count: usize,
    /// How many of these, from the first one on, the stream does not hold any more.
    pub gone: usize,
    /// Whether every other one was filtered out: then it is in the range, and does not count (AMB-11).
    pub filtered: bool,
    /// Why it was discarded.
    pub condition: Condition,
    /// What its failure record says of the function's answer.
    pub answered: Answered,
}

/// What is tried at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercise {
    /// What it is about, in a few words.
    pub name: String,
    /// What the mapping reads.
    pub source: SourceKind,
    /// How failure records arrive.
    pub arrival: Arrival,
    /// The discarded batches.
    pub batches: Vec<Batch>,
    /// The events, in order: of which batches each brings the failure records.
    pub events: Vec<Vec<usize>>,
    /// How the stream answers those who read it.
    pub reading: Manners,
    /// Whether the mapping invokes an alias.
    pub alias: bool,
    /// Whether the mapping reads through a consumer of the stream, whose ARN stands for the stream's (REC-8).
    pub fan_out: bool,
    /// Whether failure records have members that nobody knows yet.
    pub unknown: bool,
    /// Whether the key in a notification has its slashes encoded, as a URL would have them.
    pub slashes: bool,
    /// Whether `payload` is an object, which it never is: to find out why a consumer fails.
    pub payload_object: bool,
}

impl Exercise {
    /// One batch of so many records, with nothing special about it.
    pub fn plain(name: &str, source: SourceKind, arrival: Arrival, count: usize) -> Exercise {
        let condition = Condition::RetryAttemptsExhausted;
        Exercise {
            name: name.to_owned(),
            source,
            arrival,
            batches: vec![Batch {
                shard: 0,
                count,
                gone: 0,
                filtered: false,
                condition,
                answered: Answered::Error,
            }],
            events: vec![vec![0]],
            reading: Manners::default(),
            alias: false,
            fan_out: false,
            unknown: false,
            slashes: false,
            payload_object: false,
        }
    }

    /// How many shards the stream has.
    pub fn shards(&self) -> usize {
        self.batches.iter().map(|batch| batch.shard + 1).max().unwrap_or(1)
    }

    /// Whether a record of any of these batches is gone.
    pub fn misses(&self, batches: &[usize]) -> bool {
        batches.iter().any(|index| self.batches[*index].gone > 0)
    }
}
