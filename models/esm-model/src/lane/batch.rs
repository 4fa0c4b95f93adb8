//! What the records of a call are as a whole: too large for one, as good as full, put when nobody was to be served.

use crate::case::PAYLOAD_LIMIT;
use crate::lane::{Lane, Rec};
use crate::state::Pos;
use crate::when::When;

/// A batch that the next record would bring near 6 MB counts as full (BATCH-1).
const NEARLY_FULL: u64 = 5_900_000;
/// What a record takes in an event beside its data, about.
const ENVELOPE: u64 = 500;

impl Lane<'_> {
    /// Whether the records surely exceed what an event may hold (BATCH-1).
    pub(crate) fn too_large(&self, lo: Pos, hi: Pos) -> bool {
        let records = &self.records[usize::from(lo)..usize::from(hi)];
        let fit = |sum: u64, record: &Rec| Some(sum + record.payload).filter(|sum| *sum <= PAYLOAD_LIMIT);
        records.iter().try_fold(0, fit).is_none()
    }

    /// Whether one record alone may be too large for an event (BATCH-9).
    pub(crate) fn oversized(&self, at: Pos) -> bool {
        self.too_large(at, at + 1)
    }

    /// Whether the records and the one behind them may exceed it.
    pub(crate) fn nearly_full(&self, lo: Pos, hi: Pos) -> bool {
        let end = (usize::from(hi) + 1).min(self.records.len());
        let records = &self.records[usize::from(lo)..end];
        records.iter().map(|r| r.payload + ENVELOPE).sum::<u64>() > NEARLY_FULL
    }

    /// Whether a record was both put and delivered while the mapping surely was disabled (STATE-5).
    pub(crate) fn came_and_went_while_off(&self, at: Pos, delivered: When) -> bool {
        let put = self.records[usize::from(at)].put.began;
        self.facts.disabled.iter().any(|disabled| {
            let off = disabled.seen.map(|seen| seen.latest + self.reading.update_settle_ms);
            off.is_some_and(|off| put.earliest >= off && delivered.earliest > off)
                && disabled.until.is_none_or(|until| delivered.surely_before(until.began))
        })
    }
}
