//! The stream of a session in virtual time: sequence numbers, arrivals, retention.

use esm_model::case::{Case, Record};
use esm_model::event::Bound;
use esm_model::label::Label;
use esm_model::reference::{Held, Position};
use esm_model::sequence::SequenceNumber;
use esm_model::when::{Ms, When};

/// The first sequence number; the third record gets one digit more, so that text and number order differ.
const FIRST_SEQUENCE: u64 = 7;
/// Bytes of an event record beside its data.
const ENVELOPE: u64 = 500;

/// The records of one shard, oldest first.
struct Shard {
    records: Vec<Held>,
}

/// A stream with every record ever put.
pub(crate) struct Stream {
    shards: Vec<Shard>,
    labels: Vec<Label>,
    retention_ms: Ms,
}

impl Stream {
    pub(crate) fn new(case: &Case) -> Stream {
        // Room for all at once: growing bit by bit costs more than the records.
        let records = case.records.len() + 1;
        let shard = |_| Shard { records: Vec::with_capacity(records / usize::from(case.shards) + 2) };
        let labels = Vec::with_capacity(records + usize::from(case.shards));
        Stream { shards: (0..case.shards).map(shard).collect(), labels, retention_ms: case.retention_ms }
    }

    /// Puts a record and returns what the source made of it.
    pub(crate) fn put(&mut self, label: Label, record: &Record, now: Ms) -> Bound {
        let sequence = SequenceNumber::from(FIRST_SEQUENCE + self.labels.len() as u64);
        self.labels.push(label);
        let size = record.payload_at_least() + ENVELOPE;
        let held = Held { sequence: sequence.clone(), arrival: now, size };
        self.shards[usize::from(record.shard)].records.push(held);
        Bound { label, sequence, arrival: When::at(now) }
    }

    /// The label of a sequence number that this stream gave out.
    pub(crate) fn label(&self, sequence: &SequenceNumber) -> Option<Label> {
        let number = sequence.small()?.checked_sub(FIRST_SEQUENCE)?;
        self.labels.get(usize::try_from(number).ok()?).copied()
    }

    /// The sequence number of a label, if it was put.
    pub(crate) fn sequence(&self, label: Label) -> Option<SequenceNumber> {
        // Labels are put nearly in order, so the search ends at once.
        let guess = label.index().unwrap_or(self.labels.len());
        let near = self.labels.get(guess).filter(|known| **known == label).map(|_| guess);
        let index = near.or_else(|| self.labels.iter().position(|known| *known == label))?;
        Some(SequenceNumber::from(FIRST_SEQUENCE + index as u64))
    }

    /// Records from a position on that the stream still holds, and whether there are more.
    pub(crate) fn read(&self, shard: u8, position: &Position, limit: u32, now: Ms) -> (&[Held], bool) {
        let records = &self.shards[usize::from(shard)].records;
        let from = match position {
            Position::TrimHorizon => 0,
            Position::Arrived(ms) => records.partition_point(|record| record.arrival < *ms),
            Position::After(sequence) => records.partition_point(|record| record.sequence <= *sequence),
        };
        let kept = records.partition_point(|record| now - record.arrival > self.retention_ms);
        let rest = &records[from.max(kept)..];
        let count = rest.len().min(limit as usize);
        (&rest[..count], rest.len() > count)
    }
}
