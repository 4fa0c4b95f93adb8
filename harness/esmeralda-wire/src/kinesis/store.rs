//! The streams of an endpoint, by name.
//!
//! Not the JSON around them: see `api`.

use super::{CREATION_MS, MAX_SHARDS, MAX_STREAMS, RECORD_BYTES, RETENTION_HOURS};
use crate::account::{Account, hash_key};
use crate::http::ApiError;
use crate::log::{Log, Numbering};
use bytes::Bytes;
use esm_model::sequence::SequenceNumber;
use std::collections::BTreeMap;

/// A stream.
pub struct Stream {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was created, milliseconds since 1970.
    pub created_ms: i64,
    /// How long records are kept.
    pub retention_hours: i64,
    /// Most bytes of a record.
    pub record_bytes: usize,
    /// Its records.
    pub log: Log,
}

impl Stream {
    /// `CREATING` or `ACTIVE`.
    pub fn status(&self, now_ms: i64) -> &'static str {
        if now_ms < self.created_ms + CREATION_MS { "CREATING" } else { "ACTIVE" }
    }

    /// The ID of a shard.
    pub fn shard_id(shard: usize) -> String {
        format!("shardId-{shard:012}")
    }

    /// The shard with that ID.
    pub fn shard(&self, id: &str) -> Option<usize> {
        let index = id.strip_prefix("shardId-")?.parse().ok()?;
        (index < self.log.shards()).then_some(index)
    }

    /// First and last hash key of a shard.
    pub fn hash_range(&self, shard: usize) -> (u128, u128) {
        let shards = self.log.shards() as u128;
        let width = u128::MAX / shards;
        let from = width * shard as u128;
        let to = if shard as u128 + 1 == shards { u128::MAX } else { from + width - 1 };
        (from, to)
    }

    /// How long records are kept, in milliseconds.
    pub fn retention_ms(&self) -> i64 {
        self.retention_hours * 3_600_000
    }

    /// Puts a record into the shard of its key.
    ///
    /// # Errors
    /// The record is too large, or the shard is full.
    pub fn put(
        &mut self,
        now_ms: i64,
        partition_key: &str,
        explicit: Option<u128>,
        data: Bytes,
    ) -> Result<(usize, SequenceNumber), ApiError> {
        if data.len() + partition_key.len() > self.record_bytes {
            let message = format!(
                "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length \
                 less than or equal to {}",
                self.record_bytes
            );
            return Err(ApiError::new(400, "ValidationException", message));
        }
        let key = explicit.unwrap_or_else(|| hash_key(partition_key));
        let shard = (0..self.log.shards()).find(|shard| self.hash_range(*shard).1 >= key).unwrap_or(0);
        let sequence = self.log.put(shard, now_ms, partition_key, data, None)?;
        Ok((shard, sequence))
    }
}

/// Every stream.
#[derive(Default)]
pub struct Streams(BTreeMap<String, Stream>);

impl Streams {
    /// Creates a stream.
    ///
    /// # Errors
    /// There is one of that name, or a number is out of range.
    pub fn create(
        &mut self,
        account: &Account,
        name: &str,
        shards: u64,
        numbering: Numbering,
        now_ms: i64,
    ) -> Result<&mut Stream, ApiError> {
        let valid = !name.is_empty()
            && name.len() <= 128
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !valid {
            let message = format!(
                "1 validation error detected: Value '{name}' at 'streamName' failed to satisfy constraint: Member \
                 must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
            );
            return Err(ApiError::new(400, "ValidationException", message));
        }
        if shards == 0 || shards > MAX_SHARDS || self.0.len() >= MAX_STREAMS {
            let message = format!(
                "a stream of this endpoint has 1 to {MAX_SHARDS} shards, and there are at most {MAX_STREAMS} streams"
            );
            return Err(ApiError::new(400, "LimitExceededException", message));
        }
        if self.0.contains_key(name) {
            let message = format!("Stream {name} under account {} already exists.", account.id);
            return Err(ApiError::new(400, "ResourceInUseException", message));
        }
        let stream = Stream {
            name: name.to_owned(),
            arn: account.arn("kinesis", &format!("stream/{name}")),
            created_ms: now_ms,
            retention_hours: RETENTION_HOURS,
            record_bytes: RECORD_BYTES,
            log: Log::new(shards as usize, numbering),
        };
        Ok(self.0.entry(name.to_owned()).or_insert(stream))
    }

    /// The stream of that name.
    pub fn get(&self, name: &str) -> Option<&Stream> {
        self.0.get(name)
    }

    /// The stream of that name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Stream> {
        self.0.get_mut(name)
    }

    /// The stream with that ARN.
    pub fn by_arn(&self, arn: &str) -> Option<&Stream> {
        self.get(arn.rsplit_once("stream/")?.1).filter(|stream| stream.arn == arn)
    }

    /// Removes a stream with its records. False if there was none.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// All streams, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Stream> {
        self.0.values()
    }
}
