//! A stream whose shards are split and merged while it is read: parents before children, and nothing twice.

use crate::driven::{driven, one_shard, record};
use crate::support::PATIENCE;
use esm_model::event::Document;
use esm_model::mapping::{Destination, Mapping};
use esm_model::reference::{FunctionResult, Position, Value};
use esm_model::sequence::SequenceNumber;
use esmeralda::clock::Wall;
use esmeralda_wire::driver::{Command, Note, start};
use esmeralda_wire::upstream::{Call, Read, ReadError, Record, Reply, Successor, Upstream};
use serde_json::Value as Json;
use std::cell::RefCell;
use std::rc::Rc;
use tokio::sync::Notify;

/// Shard `a` was split into `b` and `c`, which were merged into `d`. Each has its records, and all but the last ended.
const SHARDS: [(&str, &[u64], &[&str]); 4] =
    [("a", &[1, 2], &[]), ("b", &[11, 12], &["a"]), ("c", &[21], &["a"]), ("d", &[31, 32], &["b", "c"])];

/// The stream, as the mapping finds it: shards by the index under which they were opened.
struct Split {
    opened: RefCell<Vec<String>>,
    calls: RefCell<Vec<String>>,
    /// The first call fails, so that the children must wait for it.
    called: Notify,
}

impl Split {
    fn shard(&self, index: u8) -> (&'static str, &'static [u64], &'static [&'static str]) {
        let id = self.opened.borrow()[usize::from(index)].clone();
        *SHARDS.iter().find(|shard| shard.0 == id).expect("a shard of that name")
    }
}

impl Upstream for Split {
    async fn fetch(&self, shard: u8, position: Position, limit: u32) -> Result<Read, ReadError> {
        let (id, numbers, _) = self.shard(shard);
        let behind = |number: &&u64| match &position {
            Position::After(sequence) => SequenceNumber::from(**number) > *sequence,
            _ => true,
        };
        let rest: Vec<Record> = numbers.iter().filter(behind).copied().map(record).collect();
        let more = rest.len() > limit as usize;
        let records = rest.into_iter().take(limit as usize).collect();
        Ok(Read { records, more, ended: !more && id != "d" })
    }

    async fn successors(&self, shard: u8) -> Result<Vec<Successor>, ReadError> {
        let id = self.shard(shard).0;
        let follows = SHARDS.iter().filter(|(_, _, parents)| parents.contains(&id));
        let successor = |(id, _, parents): &(&str, &[u64], &[&str])| Successor {
            shard_id: (*id).to_owned(),
            parents: parents.iter().map(|parent| (*parent).to_owned()).collect(),
        };
        Ok(follows.map(successor).collect())
    }

    async fn news(&self) {
        std::future::pending().await
    }

    async fn invoke(&self, call: Call) -> Reply {
        let event: Json = serde_json::from_slice(&call.event).expect("JSON");
        let ids = event["Records"]
            .as_array()
            .expect("records")
            .iter()
            .map(|it| it["eventID"].as_str().expect("a text"));
        self.calls.borrow_mut().push(ids.collect::<Vec<_>>().join(" "));
        self.called.notify_one();
        match self.calls.borrow().len() {
            1 => FunctionResult::Raised.into(),
            _ => FunctionResult::Returned(Value::Null).into(),
        }
    }

    async fn write(&self, _: Destination, _: Document) -> bool {
        panic!("nothing is given up here");
    }

    fn checkpoint(&self, _: u8, _: &SequenceNumber) {}

    fn note(&self, note: Note<'_>) {
        if let Note::Opened { shard, id } = note {
            assert_eq!(usize::from(shard), self.opened.borrow().len());
            self.opened.borrow_mut().push(id.to_owned());
        }
    }
}

#[test]
fn children_wait_for_their_parents() {
    let split = Rc::new(Split {
        opened: RefCell::new(vec!["a".to_owned()]),
        calls: RefCell::default(),
        called: Notify::new(),
    });
    driven(async {
        let settings = Mapping { batch_size: 10, ..Mapping::default() };
        let handle = start(split.clone(), Wall::start(), one_shard("a", settings));
        let all = async {
            while !split.calls.borrow().iter().any(|call| call.starts_with("d:")) {
                split.called.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, all).await.expect("the last shard is reached");
        handle.tell(vec![Command::Stop]);
    });
    let mut calls = split.calls.borrow().clone();
    // The two halves are read side by side.
    calls[2..4].sort();
    assert_eq!(calls, ["a:1 a:2", "a:1 a:2", "b:11 b:12", "c:21", "d:31 d:32"]);
}
