//! Everything that one endpoint holds, and the ways between its services.
//!
//! One thread owns it: services borrow what they need and never hold a borrow while they wait.

use crate::account::{Account, Ids};
use crate::driver::{Handle, Start, start};
use crate::dynamodb::Tables;
use crate::http::ApiError;
use crate::iam::Role;
use crate::kinesis::{Stream, Streams};
use crate::lambda::{Functions, Mappings, Site};
use crate::local::Local;
use crate::log::{Log, Numbering};
use crate::manners::{Manners, ReadFate, Trouble};
use crate::s3::Buckets;
use crate::sns::Topics;
use crate::sqs::Queues;
use bytes::Bytes;
use esm_model::bounds::Bounds;
use esm_model::control::{self, Admitted, FunctionName};
use esm_model::event::Object;
use esm_model::mapping::SourceKind;
use esm_model::reference::{Fault, Policy};
use esm_model::sequence::SequenceNumber;
use esm_model::setup::{MappingSetup, Setup};
use esm_model::when::EPOCH_MS;
use esm_model::wire::sns_notification;
use esmeralda::clock::Wall;
use serde_json::Value as Json;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::sync::Notify;

/// What an endpoint is set up with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Whose resources these are.
    pub account: Account,
    /// How mappings decide what the documents leave open.
    pub policy: Policy,
    /// What mappings do wrong.
    pub fault: Option<Fault>,
    /// What is allowed and annoying.
    pub manners: Manners,
    /// What the endpoint itself does wrong.
    pub trouble: Trouble,
    /// What sequence numbers look like.
    pub numbering: Numbering,
    /// Makes identifiers and delays repeatable.
    pub seed: u64,
    /// What time it is at first, milliseconds since 1970; nothing is what it is.
    pub now_ms: Option<i64>,
}

impl Default for Config {
    /// Right, prompt and tidy.
    fn default() -> Config {
        Config {
            account: Account::default(),
            policy: Policy::AWS,
            fault: None,
            manners: Manners::default(),
            trouble: Trouble::default(),
            numbering: Numbering::default(),
            seed: 1,
            now_ms: None,
        }
    }
}

/// One endpoint.
pub struct World {
    /// Its set-up.
    pub config: Config,
    /// What time it is there.
    pub clock: Wall,
    /// Makes up identifiers.
    pub ids: Ids,
    /// Kinesis.
    pub streams: RefCell<Streams>,
    /// DynamoDB.
    pub tables: RefCell<Tables>,
    /// SQS.
    pub queues: RefCell<Queues>,
    /// Tells those who wait for messages that there may be some.
    pub arrived: Notify,
    /// SNS.
    pub topics: RefCell<Topics>,
    /// S3.
    pub buckets: RefCell<Buckets>,
    /// IAM, by name.
    pub roles: RefCell<BTreeMap<String, Role>>,
    /// Lambda's functions.
    pub functions: RefCell<Functions>,
    /// Lambda's mappings.
    pub mappings: RefCell<Mappings>,
    /// Positions that mappings share, where that is the fault.
    pub shared: RefCell<BTreeMap<(String, u8), SequenceNumber>>,
    /// How often clients have read streams.
    reads: Cell<u64>,
}

impl World {
    /// An empty endpoint.
    pub fn new(config: Config) -> Rc<World> {
        Rc::new(World {
            clock: config.now_ms.map_or_else(Wall::start, Wall::set_to),
            ids: Ids::new(config.seed),
            config,
            streams: RefCell::default(),
            tables: RefCell::default(),
            queues: RefCell::default(),
            arrived: Notify::new(),
            topics: RefCell::default(),
            buckets: RefCell::default(),
            roles: RefCell::default(),
            functions: RefCell::default(),
            mappings: RefCell::default(),
            shared: RefCell::default(),
            reads: Cell::default(),
        })
    }

    /// What becomes of the next read of a stream by a client.
    pub fn read_fate(&self) -> ReadFate {
        self.reads.set(self.reads.get() + 1);
        self.config.manners.read(self.reads.get())
    }

    /// Looks at the records of a stream, and at how long it keeps them. `None` if there is no such stream.
    pub fn with_log<T>(&self, arn: &str, look: impl FnOnce(&Log, i64) -> T) -> Option<T> {
        if let Some(stream) = self.streams.borrow().by_arn(arn) {
            return Some(look(&stream.log, stream.retention_ms()));
        }
        let tables = self.tables.borrow();
        tables.by_stream(arn).map(|(_, stream)| look(&stream.log, stream.retention_ms()))
    }

    /// The streams as the control plane's rules want to know them.
    pub fn known_streams(&self) -> Vec<control::Stream> {
        let (streams, tables) = (self.streams.borrow(), self.tables.borrow());
        let streams = streams.iter().map(|stream| (stream.arn.clone(), SourceKind::Kinesis));
        let tables = tables.iter().filter_map(|table| table.stream.as_ref());
        let tables = tables.map(|stream| (stream.arn.clone(), SourceKind::DynamoDb));
        streams.chain(tables).map(|(arn, kind)| control::Stream { arn, kind }).collect()
    }

    /// Sends a message to a queue. False if there is none, or it is full.
    pub fn send(&self, queue: &str, body: &str) -> bool {
        let now = self.clock.epoch_ms();
        let mut queues = self.queues.borrow_mut();
        let Some(queue) = queues.by_arn(queue) else { return false };
        let sent = queue.send(&self.ids, &self.config.manners, now, 0, body, Json::Null).is_ok();
        self.arrived.notify_waiters();
        sent
    }

    /// Publishes a message on a topic. False if there is none.
    pub fn publish(&self, topic: &str, message: &str, id: Option<&str>) -> bool {
        let Some(subscriptions) = self.topics.borrow().subscriptions(topic) else { return false };
        let id = id.map_or_else(|| self.ids.uuid(), str::to_owned);
        let envelope = sns_notification(topic, &id, message, self.clock.epoch_ms());
        for subscription in subscriptions {
            // What a queue refuses is lost, as with the service once its retries are over.
            self.send(&subscription.endpoint, if subscription.raw { message } else { &envelope });
        }
        true
    }

    /// Passes a text on to a topic's queues without an envelope: the planted bug of DISCARD-9.
    pub fn publish_bare(&self, topic: &str, text: &str) -> bool {
        let Some(subscriptions) = self.topics.borrow().subscriptions(topic) else { return false };
        for subscription in subscriptions {
            self.send(&subscription.endpoint, text);
        }
        true
    }

    /// Writes an object. False if there is no such bucket, or it is full.
    pub fn put_object(&self, bucket: &str, object: &Object) -> bool {
        let now = self.clock.epoch_ms();
        let mut buckets = self.buckets.borrow_mut();
        let Ok(bucket) = buckets.get_mut(bucket) else { return false };
        let content_type = object.content_type.as_deref().unwrap_or("binary/octet-stream");
        bucket.put(&object.key, Bytes::from(object.body.clone()), content_type, Vec::new(), now).is_ok()
    }
}

impl Site for Rc<World> {
    fn now_ms(&self) -> i64 {
        self.clock.epoch_ms()
    }

    fn account(&self) -> &Account {
        &self.config.account
    }

    fn uuid(&self) -> String {
        self.ids.uuid()
    }

    fn change_delay_ms(&self) -> u64 {
        self.config.manners.change_delay_ms
    }

    fn mappings(&self) -> &RefCell<Mappings> {
        &self.mappings
    }

    async fn known(
        &self,
        _stream: Option<&str>,
        _function: Option<&str>,
    ) -> Result<control::World, ApiError> {
        let account = &self.config.account;
        Ok(control::World {
            partition: account.partition.clone(),
            region: account.region.clone(),
            account: account.id.clone(),
            streams: self.known_streams(),
            functions: self.functions.borrow().known(),
            mappings: Vec::new(),
        })
    }

    async fn start(&self, admitted: &Admitted, uuid: &str) -> Result<Handle, ApiError> {
        let arn = &admitted.event_source_arn;
        let gone =
            || ApiError::new(400, "InvalidParameterValueException", format!("Stream not found: {arn}"));
        let rank =
            self.mappings.borrow().iter().filter(|entry| entry.mapping.event_source_arn == *arn).count();
        let local = Local::new(self, arn, rank).ok_or_else(gone)?;
        let (shards, retention_ms) = self.with_log(arn, |log, kept| (log.shards(), kept)).ok_or_else(gone)?;
        let function = FunctionName::parse(&admitted.function_arn);
        let (role_arn, executed_version) = function
            .and_then(|name| {
                let functions = self.functions.borrow();
                let function = functions.get(name.name)?;
                let role = function.shown.get("Role").and_then(Json::as_str).unwrap_or_default().to_owned();
                Some((role, function.version(name.qualifier)?))
            })
            .unwrap_or_default();
        let mapping = MappingSetup {
            uuid: uuid.to_owned(),
            function_arn: admitted.function_arn.clone(),
            executed_version,
        };
        let setup = Setup {
            region: self.config.account.region.clone(),
            stream_arn: arn.clone(),
            role_arn,
            shard_ids: match self.tables.borrow().by_stream(arn) {
                Some((_, stream)) => vec![stream.shard_id()],
                None => (0..shards).map(Stream::shard_id).collect(),
            },
            mappings: vec![mapping],
            bounds: Bounds::default(),
            epoch_ms: EPOCH_MS,
        };
        Ok(start(
            Rc::new(local),
            self.clock,
            Start {
                settings: admitted.mapping.clone(),
                source: admitted.kind,
                setup,
                retention_ms,
                policy: self.config.policy,
                fault: self.config.fault,
                // The upper bits of its request IDs; not 0, so that they look like the service's.
                seed: 1 + self.ids.below(u64::from(u32::MAX)),
                change_delay_ms: self.config.manners.change_delay_ms,
                resume: None,
            },
        ))
    }
}
