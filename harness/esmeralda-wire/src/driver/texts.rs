//! The records that a mapping holds, and the events made of them.

use crate::upstream::Record;
use esm_model::reference::Held;
use esm_model::sequence::SequenceNumber;
use esm_model::when::EPOCH_MS;
use esm_model::wire::EventRecord;
use esmeralda::documents::Documents;
use std::collections::{BTreeMap, VecDeque};

/// Bytes of an event record beside its data.
const ENVELOPE: u64 = 500;
/// For so many checkpoints behind the last one records are kept: failure records may be written late.
const KEPT_CHECKPOINTS: usize = 8;

/// What was read and may still be needed, shard by shard.
#[derive(Default)]
pub(super) struct Records {
    shards: Vec<Shard>,
}

#[derive(Default)]
struct Shard {
    records: BTreeMap<SequenceNumber, Record>,
    checkpoints: VecDeque<SequenceNumber>,
}

impl Records {
    fn shard(&mut self, shard: u8) -> &mut Shard {
        let index = usize::from(shard);
        if self.shards.len() <= index {
            self.shards.resize_with(index + 1, Shard::default);
        }
        &mut self.shards[index]
    }

    /// Keeps a record.
    pub(super) fn keep(&mut self, shard: u8, record: Record) {
        self.shard(shard).records.insert(record.sequence.clone(), record);
    }

    /// Forgets what lies behind older checkpoints.
    pub(super) fn done(&mut self, shard: u8, sequence: SequenceNumber) {
        let shard = self.shard(shard);
        shard.checkpoints.push_back(sequence);
        if shard.checkpoints.len() > KEPT_CHECKPOINTS
            && let Some(old) = shard.checkpoints.pop_front()
        {
            shard.records = shard.records.split_off(&old);
        }
    }

    /// A record of that shard; a planted bug mixes those of others in.
    fn find(&self, shard: u8, held: &Held) -> Option<&Record> {
        let own = self.shards.get(usize::from(shard)).and_then(|shard| shard.records.get(&held.sequence));
        own.or_else(|| self.shards.iter().find_map(|shard| shard.records.get(&held.sequence)))
    }

    /// The event of some records.
    pub(super) fn event(&self, documents: &Documents, shard: u8, held: &[Held]) -> String {
        let found: Vec<&Record> = held.iter().filter_map(|held| self.find(shard, held)).collect();
        let record = |record: &&Record| EventRecord {
            sequence: record.sequence.clone(),
            data: record.data.to_vec(),
            partition_key: record.partition_key.clone(),
            arrival_ms: record.arrival_ms,
        };
        let text = documents.event(shard, &found.iter().map(record).collect::<Vec<_>>());
        if found.iter().all(|record| record.change.is_none()) {
            return text.into_string();
        }
        Documents::with_changes(&text, found.iter().map(|record| record.change.as_ref()))
    }
}

/// A record as the machine holds it.
pub(super) fn held(record: &Record) -> Held {
    let encoded = match &record.change {
        Some(change) => change.to_string().len() as u64,
        None => record.data.len().div_ceil(3) as u64 * 4,
    };
    Held {
        sequence: record.sequence.clone(),
        arrival: record.arrival_ms - EPOCH_MS,
        size: encoded + record.partition_key.len() as u64 + ENVELOPE,
    }
}
