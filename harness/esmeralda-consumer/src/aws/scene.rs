//! What the endpoints in memory hold before a function is called: records of a stream, objects in buckets.

use bytes::Bytes;
use esm_model::sequence::SequenceNumber;
use esmeralda_wire::Config;
use esmeralda_wire::account::Account;
use esmeralda_wire::log::Numbering;
use esmeralda_wire::manners::Manners;
use esmeralda_wire::world::World;
use std::rc::Rc;

/// A record of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SceneRecord {
    /// Its shard.
    pub shard: usize,
    /// Its arrival, milliseconds since 1970: what is older than the stream's retention of a day is gone.
    pub arrival_ms: i64,
    /// Its partition key.
    pub key: String,
    /// Its data.
    pub data: String,
}

/// What is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    /// The stream's name.
    pub stream: String,
    /// How many shards it has.
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
        account().arn("kinesis", &format!("stream/{}", self.stream))
    }

    /// The endpoints with all this in them.
    pub(super) fn build(&self) -> Rc<World> {
        let (manners, now_ms) = (self.manners, self.now_ms);
        let world = World::new(Config { account: account(), manners, now_ms, ..Config::default() });
        {
            let mut streams = world.streams.borrow_mut();
            // Made long ago, so that it is active.
            let made =
                streams.create(&world.config.account, &self.stream, self.shards, Numbering::default(), 0);
            if let Ok(stream) = made {
                stream.log.begin_at(self.first);
                for record in &self.records {
                    let data = Bytes::from(record.data.clone());
                    let _full =
                        stream.log.put(record.shard, record.arrival_ms, &record.key, data, None).is_err();
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
}
