//! The upstream as the world of one mapping: where each shard is read, and what the driver asks for.

use crate::aws::{Begin, Client, Failed, Listed, Page, Place, functions, kinesis, outbox, tables};
use crate::pace::Pace;
use crate::story::Story;
use esm_model::control::FunctionName;
use esm_model::event::Document;
use esm_model::mapping::{Destination, SourceKind};
use esm_model::reference::Position;
use esm_model::sequence::SequenceNumber;
use esm_model::when::EPOCH_MS;
use esmeralda::clock::Stopwatch;
use esmeralda_wire::driver::Note;
use esmeralda_wire::upstream::{Call, Read, ReadError, Record, Reply, Successor, Upstream};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;

/// Reads of one fetch that give nothing though newer records are said to be there: a sparse shard.
const EMPTY_READS: u32 = 20;
/// What a function's configuration says holds for so long.
const LIMIT_KNOWN_MS: i64 = 30_000;
/// New iterators within one fetch, when those at hand have expired.
const ITERATORS: u32 = 3;

/// A shard as far as it was read.
#[derive(Debug, Clone)]
pub struct Shard {
    /// Its ID.
    pub id: String,
    /// Everything up to this record is done.
    pub done: Option<SequenceNumber>,
    /// An iterator, and the position that it stands for.
    cursor: Option<(Position, String)>,
    ended: bool,
}

impl Shard {
    /// A shard that goes on behind a record, or begins where its mapping begins.
    pub fn new(id: String, done: Option<SequenceNumber>) -> Shard {
        Shard { id, done, cursor: None, ended: false }
    }
}

/// The world of one mapping.
pub struct Remote {
    client: Rc<Client>,
    /// On whose behalf it acts.
    pub place: Rc<Place>,
    arn: String,
    kind: SourceKind,
    shards: RefCell<Vec<Shard>>,
    /// The function that was looked up last, how long it may run, and when that was asked.
    limit: RefCell<Option<(String, Duration, i64)>>,
    pace: Cell<Pace>,
    /// How many worlds are read in all.
    readers: Rc<Cell<u32>>,
    /// Told when a checkpoint has moved, or a batch has failed.
    moved: Rc<Notify>,
    /// What has happened.
    pub story: Story,
}

impl Remote {
    /// A world; nothing is asked yet.
    pub fn new(
        client: Rc<Client>,
        place: Rc<Place>,
        (arn, kind): (&str, SourceKind),
        shards: Vec<Shard>,
        (moved, readers): (Rc<Notify>, Rc<Cell<u32>>),
        story: Story,
    ) -> Remote {
        readers.set(readers.get() + 1);
        Remote {
            client,
            place,
            arn: arn.to_owned(),
            kind,
            shards: RefCell::new(shards),
            limit: RefCell::default(),
            pace: Cell::default(),
            readers,
            moved,
            story,
        }
    }

    /// The shards with their checkpoints.
    pub fn shards(&self) -> Vec<Shard> {
        self.shards.borrow().clone()
    }

    /// Iterators at the end of every shard, for a mapping that begins there now.
    ///
    /// # Errors
    /// The stream does not answer.
    pub async fn newest(&self) -> Result<Vec<String>, Failed> {
        let mut all = Vec::new();
        for shard in self.shards() {
            all.push(self.iterator(&shard.id, &Begin::Latest).await?);
        }
        Ok(all)
    }

    /// The position that these iterators stand for.
    pub fn begin_at(&self, origin: &Position, iterators: Vec<String>) {
        for (shard, iterator) in self.shards.borrow_mut().iter_mut().zip(iterators) {
            shard.cursor = Some((origin.clone(), iterator));
        }
    }

    /// How long the function may run, as it was told lately.
    async fn limit(&self, function: &str) -> Duration {
        let now = self.client.now_ms();
        if let Some((known, limit, asked)) = &*self.limit.borrow()
            && known == function
            && now - asked < LIMIT_KNOWN_MS
        {
            return *limit;
        }
        let Some(name) = FunctionName::parse(function) else { return functions::LONGEST };
        let found = functions::find(&self.client, &self.place, name.name, name.qualifier).await;
        let limit = found.ok().flatten().map_or(functions::LONGEST, |found| found.timeout);
        self.limit.replace(Some((function.to_owned(), limit, now)));
        limit
    }

    async fn iterator(&self, shard: &str, begin: &Begin) -> Result<String, Failed> {
        let (client, place, arn) = (&self.client, &self.place, &self.arn);
        match self.kind {
            SourceKind::Kinesis => kinesis::iterator(client, place, arn, shard, begin).await,
            SourceKind::DynamoDb => tables::iterator(client, place, arn, shard, begin).await,
        }
    }

    async fn listed(&self) -> Result<(Vec<Listed>, bool), Failed> {
        match self.kind {
            SourceKind::Kinesis => Ok((kinesis::shards(&self.client, &self.place, &self.arn).await?, true)),
            SourceKind::DynamoDb => tables::shards(&self.client, &self.place, &self.arn).await,
        }
    }

    async fn page(&self, iterator: &str, limit: u32) -> Result<Page, Failed> {
        match self.kind {
            SourceKind::Kinesis => {
                kinesis::records(&self.client, &self.place, &self.arn, iterator, limit).await
            }
            SourceKind::DynamoDb => tables::records(&self.client, &self.place, iterator, limit).await,
        }
    }

    /// An iterator at a position: the one at hand, or a new one.
    async fn at(&self, shard: usize, position: &Position, anew: bool) -> Result<String, Failed> {
        let Shard { id, cursor, .. } = self.shards.borrow()[shard].clone();
        if let Some((at, iterator)) = cursor.filter(|(at, _)| !anew && at == position) {
            debug_assert_eq!(at, *position, "an iterator of another position");
            return Ok(iterator);
        }
        let begin = match position {
            Position::TrimHorizon => Begin::TrimHorizon,
            Position::Arrived(ms) => Begin::At(EPOCH_MS + ms),
            Position::After(sequence) => Begin::After(sequence.to_string()),
        };
        match self.iterator(&id, &begin).await {
            // What lies behind the position is gone: what is left begins later.
            Err(error) if error.is("Trimmed") => self.iterator(&id, &Begin::TrimHorizon).await,
            other => other,
        }
    }

    /// Whether a shard is not listed any more, because the stream forgot it when it was split or merged.
    async fn is_gone(&self, shard: usize) -> bool {
        let id = self.shards.borrow()[shard].id.clone();
        match self.listed().await {
            Ok((listed, _)) => {
                let follows = |other: &Listed| other.parents.contains(&id);
                !listed.iter().any(|other| other.id == id) && listed.iter().any(follows)
            }
            Err(_) => false,
        }
    }

    async fn read(&self, shard: usize, position: &Position, limit: u32) -> Result<Read, Failed> {
        let mut anew = 0;
        let mut iterator = self.at(shard, position, false).await?;
        for _ in 0..EMPTY_READS {
            let page = match self.page(&iterator, limit).await {
                Ok(page) => page,
                Err(error) if anew < ITERATORS && (error.is("Expired") || error.is("Trimmed")) => {
                    anew += 1;
                    iterator = self.at(shard, position, true).await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let full = page.records.len() >= limit as usize;
            let records: Vec<Record> =
                page.records.into_iter().filter(|it| is_behind(it, position, self.kind)).collect();
            let at =
                records.last().map_or_else(|| position.clone(), |it| Position::After(it.sequence.clone()));
            let ended = page.next.is_none();
            let go_on = records.is_empty() && (page.behind || full);
            let mut shards = self.shards.borrow_mut();
            shards[shard].ended = ended;
            shards[shard].cursor = page.next.clone().map(|next| (at, next));
            drop(shards);
            match page.next {
                Some(next) if go_on => iterator = next,
                _ => return Ok(Read { more: full || page.behind, records, ended }),
            }
        }
        Ok(Read::default())
    }
}

/// Whether a record lies behind a position. Not every stream can begin exactly there.
fn is_behind(record: &Record, position: &Position, kind: SourceKind) -> bool {
    match position {
        Position::TrimHorizon => true,
        Position::After(sequence) => record.sequence > *sequence,
        // Tables tell whole seconds.
        Position::Arrived(ms) if kind == SourceKind::DynamoDb => {
            record.arrival_ms >= (EPOCH_MS + ms) / 1_000 * 1_000
        }
        Position::Arrived(ms) => record.arrival_ms >= EPOCH_MS + ms,
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.readers.set(self.readers.get() - 1);
    }
}

impl Upstream for Remote {
    async fn fetch(&self, shard: u8, position: Position, limit: u32) -> Result<Read, ReadError> {
        let (index, watch) = (usize::from(shard), Stopwatch::start());
        if self.shards.borrow()[index].ended {
            return Ok(Read { records: Vec::new(), more: false, ended: true });
        }
        let read = match self.read(index, &position, limit).await {
            Err(error) if error.is("ResourceNotFound") && self.is_gone(index).await => {
                self.shards.borrow_mut()[index].ended = true;
                Read { records: Vec::new(), more: false, ended: true }
            }
            Err(error) => {
                self.shards.borrow_mut()[index].cursor = None;
                return Err(ReadError(error.to_string()));
            }
            Ok(read) => read,
        };
        let pace = self.pace.get().after(read.records.is_empty(), watch.elapsed(), self.readers.get());
        self.pace.set(pace);
        Ok(read)
    }

    async fn news(&self) {
        tokio::time::sleep(self.pace.get().wait()).await;
    }

    async fn successors(&self, shard: u8) -> Result<Vec<Successor>, ReadError> {
        let id = self.shards.borrow()[usize::from(shard)].id.clone();
        let (listed, enabled) = self.listed().await.map_err(|error| ReadError(error.to_string()))?;
        let follows = |listed: &Listed| listed.parents.contains(&id);
        let found: Vec<_> = listed
            .into_iter()
            .filter(follows)
            .map(|listed| Successor { shard_id: listed.id, parents: listed.parents })
            .collect();
        // A closed shard has successors, but for the last one of a stream that was switched off.
        match found.is_empty() && enabled {
            true => Err(ReadError(format!("{id} has ended, and nothing follows on it yet"))),
            false => Ok(found),
        }
    }

    async fn invoke(&self, call: Call) -> Reply {
        let limit = self.limit(&call.function_arn).await;
        functions::invoke(&self.client, &self.place, &call.function_arn, call.event, limit).await
    }

    async fn write(&self, destination: Destination, document: Document) -> bool {
        outbox::write(&self.client, &self.place, &destination, &document).await
    }

    fn checkpoint(&self, shard: u8, sequence: &SequenceNumber) {
        self.shards.borrow_mut()[usize::from(shard)].done = Some(sequence.clone());
        self.moved.notify_one();
    }

    fn note(&self, note: Note<'_>) {
        if let Note::Opened { id, .. } = &note {
            self.shards.borrow_mut().push(Shard::new((*id).to_owned(), None));
            self.moved.notify_one();
        }
        // What is tried again has attempts to be kept.
        if matches!(&note, Note::Answered { next, .. } if !next.is_empty()) {
            self.moved.notify_one();
        }
        let ids: Vec<String> = self.shards.borrow().iter().map(|shard| shard.id.clone()).collect();
        self.story.tell(&note, &ids, self.client.now_ms());
    }
}
