//! The endpoint's own services as the world of a mapping, with the endpoint's manners and troubles.

use crate::lambda::{Invoked, invoke};
use crate::log::Entry;
use crate::manners::linger;
use crate::upstream::{Call, Read, ReadError, Record, Reply, Upstream, message_of};
use crate::world::World;
use esm_model::event::Document;
use esm_model::mapping::Destination;
use esm_model::reference::{Fault, FunctionResult, Position};
use esm_model::sequence::SequenceNumber;
use esmeralda::documents::Documents;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tokio::sync::watch;

/// The world of one mapping of this endpoint.
pub struct Local {
    world: Rc<World>,
    stream: String,
    news: RefCell<watch::Receiver<u64>>,
    /// How many mappings the stream had before.
    rank: usize,
    writes: Cell<u64>,
    read: Cell<u64>,
}

impl Local {
    /// For a mapping of this stream, which has so many others. `None` if there is no such stream.
    pub fn new(world: &Rc<World>, stream: &str, rank: usize) -> Option<Local> {
        let news = world.with_log(stream, |log, _| log.news())?;
        Some(Local {
            world: world.clone(),
            stream: stream.to_owned(),
            news: RefCell::new(news),
            rank,
            writes: Cell::new(0),
            read: Cell::new(0),
        })
    }

    /// A mapping that shares its position with others goes on where the furthest of them is.
    fn shared(&self, shard: u8, position: Position) -> Position {
        if self.world.config.fault != Some(Fault::MappingsSharePosition) || self.rank == 0 {
            return position;
        }
        let shared = self.world.shared.borrow();
        match (shared.get(&(self.stream.clone(), shard)), &position) {
            (Some(done), Position::After(sequence)) if done <= sequence => position,
            (Some(done), _) => Position::After(done.clone()),
            (None, _) => position,
        }
    }
}

impl Upstream for Local {
    async fn fetch(&self, shard: u8, position: Position, mut limit: u32) -> Result<Read, ReadError> {
        linger(&self.world.ids, self.world.config.manners.read_delay_ms).await;
        let stall = self.world.config.trouble.stall.filter(|stall| stall.shard == shard);
        if let Some(stall) = stall {
            let left = stall.after.saturating_sub(self.read.get());
            if left == 0 {
                // The planted bug: this read never ends.
                std::future::pending::<()>().await;
            }
            limit = limit.min(u32::try_from(left).unwrap_or(u32::MAX));
        }
        let position = self.shared(shard, position);
        let now = self.world.clock.epoch_ms();
        let read = self.world.with_log(&self.stream, |log, retention_ms| {
            let (entries, more) = log.read(usize::from(shard), &position, limit as usize, now, retention_ms);
            (entries.iter().map(record).collect::<Vec<_>>(), more)
        });
        let (records, more) = read.ok_or_else(|| ReadError(format!("{} is gone", self.stream)))?;
        if let Some(stall) = stall {
            self.read.set(self.read.get() + records.len() as u64);
            // What was read is delivered still, because nothing more is promised.
            let more = more && self.read.get() < stall.after;
            return Ok(Read { records, more, ended: false });
        }
        Ok(Read { records, more, ended: false })
    }

    async fn news(&self) {
        let mut news = self.news.borrow().clone();
        if news.changed().await.is_err() {
            // The stream is gone: there is no more news, ever.
            std::future::pending::<()>().await;
        }
        *self.news.borrow_mut() = news;
    }

    async fn invoke(&self, call: Call) -> Reply {
        let id = call.request.to_string();
        let (invoked, _) = invoke(&self.world, &call.function_arn, &id, call.event).await;
        let result = match invoked {
            Invoked::Returned(text) => {
                let text = if text.is_empty() { "null".into() } else { String::from_utf8_lossy(&text) };
                FunctionResult::Returned(Documents::read_response(&text))
            }
            Invoked::Failed(_) => FunctionResult::Raised,
            Invoked::TimedOut(_) => FunctionResult::TimedOut,
            Invoked::Crashed(_) => FunctionResult::Crashed,
            Invoked::Throttled => FunctionResult::Throttled,
            Invoked::Unreachable(_) | Invoked::Absent => FunctionResult::ServiceError,
        };
        result.into()
    }

    async fn write(&self, destination: Destination, document: Document) -> bool {
        linger(&self.world.ids, self.world.config.manners.write_delay_ms).await;
        self.writes.set(self.writes.get() + 1);
        let every = self.world.config.trouble.lose_every;
        if every > 0 && self.writes.get().is_multiple_of(every) {
            // The planted bug: it counts as written.
            return true;
        }
        match document {
            Document::Sqs(text) => self.world.send(destination.arn(), &text),
            Document::Sns(text) => match message_of(&text) {
                Some(message) => self.world.publish(destination.arn(), &message, None),
                None => self.world.publish_bare(destination.arn(), &text),
            },
            Document::S3(object) => self.world.put_object(destination.name(), &object),
            // Documents are written as texts here.
            Document::Typed(_) => false,
        }
    }

    fn checkpoint(&self, shard: u8, sequence: &SequenceNumber) {
        if self.world.config.fault == Some(Fault::MappingsSharePosition) {
            self.world.shared.borrow_mut().insert((self.stream.clone(), shard), sequence.clone());
        }
    }
}

fn record(entry: &Entry) -> Record {
    Record {
        sequence: entry.sequence.clone(),
        arrival_ms: entry.arrival_ms,
        partition_key: entry.partition_key.clone(),
        data: entry.data.clone(),
        change: entry.change.clone(),
    }
}
