//! The records of a stream, shard by shard, and where readers stand in them.
//!
//! Both a Kinesis stream and the change stream of a table keep their records here.

use crate::http::ApiError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use esm_model::reference::Position;
use esm_model::sequence::SequenceNumber;
use esm_model::when::EPOCH_MS;
use serde_json::Value as Json;
use tokio::sync::watch;

/// Most records of one shard: a test that puts more has run away.
pub const SHARD_RECORDS: usize = 1_000_000;
/// How long an iterator may be used after it was given out.
const ITERATOR_LIFE_MS: i64 = 300_000;

/// What sequence numbers look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbering {
    /// 56 digits, as Kinesis has them.
    #[default]
    Long,
    /// `7`, `8`, … in each shard: the number of digits changes early, so that readers who compare texts show, and so do
    /// those who take numbers for unique beyond a shard.
    Counting,
}

impl Numbering {
    /// The sequence number of the so-many-th record, counted from 0.
    pub fn sequence(self, number: u64) -> SequenceNumber {
        match self {
            Numbering::Counting => SequenceNumber::from(number + 7),
            Numbering::Long => {
                let text = format!("49{:054}", u128::from(number) + 6_621_543_387_114_000_000_000_000_000);
                text.parse().unwrap_or_else(|_| SequenceNumber::from(number))
            }
        }
    }
}

/// A record as the stream holds it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its sequence number.
    pub sequence: SequenceNumber,
    /// Its arrival, milliseconds since 1970.
    pub arrival_ms: i64,
    /// Its partition key.
    pub partition_key: String,
    /// Its data, not encoded; empty for tables.
    pub data: Bytes,
    /// The change of a table's item, as its stream shows it.
    pub change: Option<Json>,
}

/// All shards of one stream.
pub struct Log {
    shards: Vec<Vec<Entry>>,
    next: u64,
    numbering: Numbering,
    news: watch::Sender<u64>,
}

impl Log {
    /// An empty stream of so many shards.
    pub fn new(shards: usize, numbering: Numbering) -> Log {
        let news = watch::channel(0).0;
        Log { shards: vec![Vec::new(); shards], next: 0, numbering, news }
    }

    /// The number of the next record is this one: as if others had been put before and forgotten.
    pub fn begin_at(&mut self, number: u64) {
        self.next = number;
    }

    /// How many shards it has.
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Changes with every record that is put.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// The sequence number that the next record of a shard will have.
    pub fn next_sequence(&self, shard: usize) -> SequenceNumber {
        self.numbering.sequence(match self.numbering {
            Numbering::Long => self.next,
            Numbering::Counting => self.shards[shard].len() as u64,
        })
    }

    /// Appends a record and returns its sequence number.
    ///
    /// # Errors
    /// The shard is full.
    pub fn put(
        &mut self,
        shard: usize,
        now_ms: i64,
        partition_key: &str,
        data: Bytes,
        change: Option<Json>,
    ) -> Result<SequenceNumber, ApiError> {
        if self.shards[shard].len() >= SHARD_RECORDS {
            let message = format!("this endpoint holds at most {SHARD_RECORDS} records of one shard");
            return Err(ApiError::new(400, "ProvisionedThroughputExceededException", message));
        }
        let sequence = self.next_sequence(shard);
        self.next += 1;
        self.shards[shard].push(Entry {
            sequence: sequence.clone(),
            arrival_ms: now_ms,
            partition_key: partition_key.to_owned(),
            data,
            change,
        });
        self.news.send_replace(self.next);
        Ok(sequence)
    }

    /// Records of a shard from an index on.
    pub fn from(&self, shard: usize, index: usize) -> &[Entry] {
        let entries = &self.shards[shard];
        &entries[index.min(entries.len())..]
    }

    /// Index behind the newest record.
    pub fn end(&self, shard: usize) -> usize {
        self.shards[shard].len()
    }

    /// Index of the oldest record that is kept.
    pub fn oldest(&self, shard: usize, now_ms: i64, retention_ms: i64) -> usize {
        self.shards[shard].partition_point(|entry| now_ms - entry.arrival_ms > retention_ms)
    }

    /// Index of the first record that arrived then or later.
    pub fn at(&self, shard: usize, epoch_ms: i64) -> usize {
        self.shards[shard].partition_point(|entry| entry.arrival_ms < epoch_ms)
    }

    /// Index of a record, or of the first one behind it.
    pub fn of(&self, shard: usize, sequence: &SequenceNumber) -> usize {
        self.shards[shard].partition_point(|entry| entry.sequence < *sequence)
    }

    /// Index behind a record.
    pub fn after(&self, shard: usize, sequence: &SequenceNumber) -> usize {
        self.shards[shard].partition_point(|entry| entry.sequence <= *sequence)
    }

    /// What a mapping reads from a position of the machine: records, and whether there are more.
    pub fn read(
        &self,
        shard: usize,
        position: &Position,
        limit: usize,
        now_ms: i64,
        retention_ms: i64,
    ) -> (&[Entry], bool) {
        let index = match position {
            Position::TrimHorizon => 0,
            Position::Arrived(ms) => self.at(shard, EPOCH_MS + ms),
            Position::After(sequence) => self.after(shard, sequence),
        };
        let rest = self.from(shard, index.max(self.oldest(shard, now_ms, retention_ms)));
        (&rest[..rest.len().min(limit)], rest.len() > limit)
    }
}

/// Where a client goes on reading; travels as an opaque text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The stream's ARN.
    pub stream: String,
    /// The shard.
    pub shard: usize,
    /// The index of the next record.
    pub index: usize,
}

impl Cursor {
    /// The iterator that a client gets.
    pub fn token(&self, now_ms: i64) -> String {
        STANDARD.encode(format!("{} {} {} {now_ms}", self.stream, self.shard, self.index))
    }

    /// Reads an iterator.
    ///
    /// # Errors
    /// It is none of this endpoint's, or was given out too long ago.
    pub fn read(token: &str, now_ms: i64) -> Result<Cursor, ApiError> {
        let bad = || ApiError::new(400, "InvalidArgumentException", "Invalid ShardIterator.");
        let text = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or_else(bad)?;
        let mut parts = text.split(' ');
        let mut part = || parts.next().ok_or_else(bad);
        let stream = part()?.to_owned();
        let shard = part()?.parse().map_err(|_| bad())?;
        let index = part()?.parse().map_err(|_| bad())?;
        let issued: i64 = part()?.parse().map_err(|_| bad())?;
        if now_ms - issued > ITERATOR_LIFE_MS {
            Err(Cursor::expired())
        } else {
            Ok(Cursor { stream, shard, index })
        }
    }

    /// What a client is told whose iterator was given out too long ago.
    pub fn expired() -> ApiError {
        let message =
            format!("Iterator expired. The iterator was created more than {ITERATOR_LIFE_MS} ms ago.");
        ApiError::new(400, "ExpiredIteratorException", message)
    }
}
