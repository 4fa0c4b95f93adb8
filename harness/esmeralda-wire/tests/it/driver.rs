//! The driver in a world that is not this crate's: reads that fail, calls that do not arrive.

use crate::support::PATIENCE;
use esm_model::bounds::Bounds;
use esm_model::event::Document;
use esm_model::mapping::{Destination, Mapping, SourceKind};
use esm_model::reference::{FunctionResult, Policy, Position, Value};
use esm_model::sequence::SequenceNumber;
use esm_model::setup::{MappingSetup, Setup};
use esm_model::when::EPOCH_MS;
use esmeralda::clock::Wall;
use esmeralda_wire::driver::{Command, Start, start};
use esmeralda_wire::upstream::{Call, Read, ReadError, Record, Reply, Upstream};
use serde_json::Value as Json;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tokio::sync::Notify;

/// A stream of three records that refuses the first two reads, before a function that is out of reach at first.
#[derive(Default)]
struct Rough {
    reads: Cell<u32>,
    calls: RefCell<Vec<String>>,
    checkpoint: RefCell<Option<SequenceNumber>>,
    done: Notify,
}

const RECORDS: u64 = 3;

impl Upstream for Rough {
    async fn fetch(&self, _: u8, position: Position, limit: u32) -> Result<Read, ReadError> {
        self.reads.set(self.reads.get() + 1);
        if self.reads.get() <= 2 {
            return Err(ReadError("throughput exceeded".to_owned()));
        }
        let first = match position {
            Position::After(sequence) => sequence.small().unwrap() + 1,
            _ => 1,
        };
        let record = |number: u64| Record {
            sequence: SequenceNumber::from(number),
            arrival_ms: Wall::start().epoch_ms(),
            partition_key: "k".to_owned(),
            data: number.to_string().into(),
            change: None,
        };
        let rest: Vec<Record> = (first..=RECORDS).map(record).collect();
        let more = rest.len() > limit as usize;
        Ok(Read { records: rest.into_iter().take(limit as usize).collect(), more, ended: false })
    }

    async fn news(&self) {
        std::future::pending().await
    }

    async fn invoke(&self, call: Call) -> Reply {
        let mut calls = self.calls.borrow_mut();
        calls.push(format!("{} {}", call.function_arn, count(&call.event)));
        match calls.len() {
            1 => FunctionResult::ServiceError.into(),
            _ => FunctionResult::Returned(Value::Null).into(),
        }
    }

    async fn write(&self, _: Destination, _: Document) -> bool {
        panic!("nothing fails here");
    }

    fn checkpoint(&self, _: u8, sequence: &SequenceNumber) {
        self.checkpoint.replace(Some(sequence.clone()));
        self.done.notify_one();
    }
}

fn count(event: &[u8]) -> usize {
    let event: Json = serde_json::from_slice(event).unwrap();
    event["Records"].as_array().unwrap().len()
}

#[test]
fn reads_and_calls_that_fail_are_tried_again() {
    let setup = Setup {
        region: "us-east-1".to_owned(),
        stream_arn: "arn:aws:kinesis:us-east-1:000000000000:stream/s".to_owned(),
        role_arn: "arn:aws:iam::000000000000:role/r".to_owned(),
        shard_ids: vec!["shardId-000000000000".to_owned()],
        mappings: vec![MappingSetup {
            uuid: "00000000-0000-4000-8000-000000000000".to_owned(),
            function_arn: "F".to_owned(),
            executed_version: "$LATEST".to_owned(),
        }],
        bounds: Bounds::default(),
        epoch_ms: EPOCH_MS,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let rough = Rc::new(Rough::default());
    local.block_on(&runtime, async {
        let start_with = Start {
            settings: Mapping::default(),
            source: SourceKind::Kinesis,
            setup,
            retention_ms: 24 * 3_600_000,
            policy: Policy::AWS,
            fault: None,
            seed: 1,
            change_delay_ms: 0,
            resume: None,
        };
        let handle = start(rough.clone(), Wall::start(), start_with);
        tokio::time::timeout(PATIENCE, rough.done.notified()).await.expect("the records are done");
        handle.tell(vec![Command::Stop]);
    });
    assert_eq!(*rough.calls.borrow(), ["F 3", "F 3"]);
    assert_eq!(*rough.checkpoint.borrow(), Some(SequenceNumber::from(RECORDS)));
    assert!(rough.reads.get() >= 3);
}
