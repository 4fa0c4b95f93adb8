//! What the endpoints in memory hold before a function is called: records of a stream, objects in buckets.

use crate::table::numbered;
use bytes::Bytes;
use esm_model::mapping::SourceKind;
use esm_model::sequence::SequenceNumber;
use esm_model::when::EPOCH_MS;
use esmeralda_wire::Config;
use esmeralda_wire::account::Account;
use esmeralda_wire::dynamodb::TableStream;
use esmeralda_wire::kinesis::Stream;
use esmeralda_wire::log::Numbering;
use esmeralda_wire::manners::Manners;
use esmeralda_wire::world::World;
use std::rc::Rc;

/// When streams were made: long ago, so that they are active, and hold what is old.
const MADE_MS: i64 = EPOCH_MS - 30 * 24 * 3_600_000;
/// What a table's stream shows.
const VIEW: &str = "NEW_AND_OLD_IMAGES";

/// A record of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SceneRecord {
    /// Its shard.
    pub shard: usize,
    /// Its arrival, milliseconds since 1970: what is older than the stream's retention of a day is gone.
    pub arrival_ms: i64,
    /// Its partition key.
    pub key: String,
    /// Its data; of a table's stream the change, as JSON without number and time.
    pub data: String,
}

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// What kind of stream there is.
    pub source: SourceKind,
    /// Its name, or that of its table.
    pub stream: String,
    /// How many shards it has; that of a table has one.
    pub shards: u64,
    /// The number from which its sequence numbers count.
    pub first: u64,
    /// Its records, in the order in which they were put.
    pub records: Vec<SceneRecord>,
    /// Bucket, key and content of each object.
    pub objects: Vec<(String, String, String)>,
    /// How it answers.
    pub manners: Manners,
    /// What time it is at first, milliseconds since 1970; nothing is what it is.
    pub now_ms: Option<i64>,
}

/// The account of all endpoints in memory.
pub fn account() -> Account {
    Account { region: "eu-west-1".into(), id: "123456789012".into(), ..Account::default() }
}

/// The endpoints with nothing in them.
pub(super) fn empty() -> Rc<World> {
    World::new(Config { account: account(), ..Config::default() })
}

impl Scene {
    /// The sequence number of the so-many-th record.
    pub fn sequence(&self, index: usize) -> SequenceNumber {
        Numbering::default().sequence(self.first + index as u64)
    }

    /// The stream's ARN.
    pub fn stream_arn(&self) -> String {
        match self.source {
            SourceKind::Kinesis => account().arn("kinesis", &format!("stream/{}", self.stream)),
            SourceKind::DynamoDb => self.empty_table_stream().arn,
        }
    }

    /// The ID of a shard.
    pub fn shard_id(&self, shard: usize) -> String {
        match self.source {
            SourceKind::Kinesis => Stream::shard_id(shard),
            SourceKind::DynamoDb => self.empty_table_stream().shard_id(),
        }
    }

    fn empty_table_stream(&self) -> TableStream {
        let table = account().arn("dynamodb", &format!("table/{}", self.stream));
        TableStream::new(&table, VIEW, Numbering::default(), MADE_MS)
    }

    fn table_stream(&self) -> TableStream {
        let mut stream = self.empty_table_stream();
        stream.log.begin_at(self.first);
        for (index, record) in self.records.iter().enumerate() {
            let change = serde_json::from_str(&record.data).unwrap_or_default();
            let change = numbered(change, &self.sequence(index), record.arrival_ms);
            let _full = stream.log.put(0, record.arrival_ms, "", Bytes::new(), Some(change)).is_err();
        }
        stream
    }

    /// The endpoints with all this in them.
    pub(super) fn build(&self) -> Rc<World> {
        let (manners, now_ms) = (self.manners, self.now_ms);
        let world = World::new(Config { account: account(), manners, now_ms, ..Config::default() });
        {
            match self.source {
                SourceKind::Kinesis => self.put_records(&world),
                SourceKind::DynamoDb => {
                    if let Some(table) = world.tables.borrow_mut().provide(&account(), &self.stream) {
                        table.stream = Some(self.table_stream());
                    }
                }
            }
            let mut buckets = world.buckets.borrow_mut();
            for (bucket, key, content) in &self.objects {
                let now = world.clock.epoch_ms();
                let _there = buckets.create(bucket, now).is_err();
                if let Ok(bucket) = buckets.get_mut(bucket) {
                    let body = Bytes::from(content.clone());
                    let _full = bucket.put(key, body, "application/octet-stream", Vec::new(), now).is_err();
                }
            }
        }
        world
    }

    fn put_records(&self, world: &World) {
        let mut streams = world.streams.borrow_mut();
        let made = streams.create(&account(), &self.stream, self.shards, Numbering::default(), MADE_MS);
        let Ok(stream) = made else { return };
        stream.log.begin_at(self.first);
        for record in &self.records {
            let data = Bytes::from(record.data.clone());
            let _full = stream.log.put(record.shard, record.arrival_ms, &record.key, data, None).is_err();
        }
    }
}
