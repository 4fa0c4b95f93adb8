//! The driver in a world that is not this crate's: reads that fail, calls that do not arrive.

use crate::driven::{driven, one_shard, record};
use crate::support::PATIENCE;
use esm_model::event::Document;
use esm_model::mapping::{Destination, Mapping};
use esm_model::reference::{FunctionResult, Position, Value};
use esm_model::sequence::SequenceNumber;
use esmeralda::clock::Wall;
use esmeralda_wire::driver::{Command, start};
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
    let rough = Rc::new(Rough::default());
    driven(async {
        let handle =
            start(rough.clone(), Wall::start(), one_shard("shardId-000000000000", Mapping::default()));
        tokio::time::timeout(PATIENCE, rough.done.notified()).await.expect("the records are done");
        handle.tell(vec![Command::Stop]);
    });
    assert_eq!(*rough.calls.borrow(), ["F 3", "F 3"]);
    assert_eq!(*rough.checkpoint.borrow(), Some(SequenceNumber::from(RECORDS)));
    assert!(rough.reads.get() >= 3);
}

/// A stream of one record, a function that fails when it is let, and a destination that never answers.
#[derive(Default)]
struct Stuck {
    called: Notify,
    let_fail: Notify,
    writes: Notify,
}

impl Upstream for Stuck {
    async fn fetch(&self, _: u8, position: Position, _: u32) -> Result<Read, ReadError> {
        let records = if matches!(position, Position::After(_)) { Vec::new() } else { vec![record(1)] };
        Ok(Read { records, more: false, ended: false })
    }

    async fn news(&self) {
        std::future::pending().await
    }

    async fn invoke(&self, _: Call) -> Reply {
        self.called.notify_one();
        self.let_fail.notified().await;
        FunctionResult::Raised.into()
    }

    async fn write(&self, _: Destination, _: Document) -> bool {
        self.writes.notify_one();
        std::future::pending().await
    }

    fn checkpoint(&self, _: u8, _: &SequenceNumber) {
        panic!("nothing is done before its failure record is written");
    }
}

#[test]
fn a_restart_keeps_attempts_and_never_leaves_out_a_failure_record() {
    driven(async {
        let settings = Mapping {
            maximum_retry_attempts: Some(1),
            destination: "arn:aws:sqs:us-east-1:000000000000:q".parse().ok(),
            ..Mapping::default()
        };
        let stuck = Rc::new(Stuck::default());
        let handle = start(stuck.clone(), Wall::start(), one_shard("shardId-000000000000", settings));
        let comes = async |what: &Notify| {
            tokio::time::timeout(PATIENCE, what.notified()).await.expect("it comes");
        };
        comes(&stuck.called).await;
        assert!(handle.to_resume(false).is_none(), "the checkpoint says it all");
        stuck.let_fail.notify_one();
        comes(&stuck.called).await;
        let kept = handle.to_resume(false).expect("an attempt to be kept");
        assert!(kept.is_tried(0));
        stuck.let_fail.notify_one();
        comes(&stuck.writes).await;
        for rests in [false, true] {
            assert!(handle.to_resume(rests).is_none(), "the failure record would be left out");
        }
        handle.tell(vec![Command::Stop]);
    });
}
