//! Discards and their failure records: what is written, when, and what a refusal does.

use crate::event::{Condition, RequestId, ResponseFact};
use crate::reference::exchange::{Held, Output, Write};
use crate::reference::machine::Machine;
use crate::reference::mutant::Fault;
use crate::reference::policy::{Merge, Refused, UpdateUse, WriteTime};
use crate::reference::shard::Part;
use crate::when::Ms;
use smallvec::SmallVec;

/// How often a refused write is tried in all, where it is tried again (AMB-21).
const WRITE_TRIES: u8 = 3;
/// The wait before a refused write is tried again.
const WRITE_AGAIN_MS: Ms = 1_000;

/// Records that are discarded, as a range of what the shard holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lost {
    pub(super) lo: usize,
    pub(super) hi: usize,
    pub(super) condition: Condition,
    pub(super) count: u32,
    pub(super) request: Option<RequestId>,
    pub(super) response: ResponseFact,
}

impl Default for Lost {
    fn default() -> Lost {
        Lost {
            lo: 0,
            hi: 0,
            condition: Condition::RetryAttemptsExhausted,
            count: 0,
            request: None,
            response: ResponseFact::Absent,
        }
    }
}

impl Machine {
    /// The retry quota of the part is used up: it is discarded whole (RETRY-7).
    pub(super) fn exhaust(&mut self, shard: usize, part: Part, mut lost: Lost, out: &mut Vec<Output>) {
        let top = self.shards[shard].parts.len() - 1;
        if self.is(Fault::DiscardsOnlyFirst) && part.len() > 1 {
            lost.hi = lost.lo + 1;
            self.shards[shard].parts[top].lo += 1;
            self.shards[shard].parts[top].attempts = 0;
        } else {
            self.shards[shard].parts.pop();
        }
        if self.is(Fault::RecordCoversOriginalBatch) {
            lost.lo = part.origin;
        }
        if self.is(Fault::ResultFailsOnDiscard) {
            self.result = crate::event::ProcessingResult::CallFailed;
        }
        self.discard(shard, lost, out);
    }

    /// Records leave for good: a failure record if there is a destination (DISCARD-2, DISCARD-4).
    pub(super) fn discard(&mut self, shard: usize, lost: Lost, out: &mut Vec<Output>) {
        let version = match self.policy.update {
            UpdateUse::Old if self.shards[shard].taken > 0 => self.shards[shard].version,
            _ => (self.versions.len() - 1) as u16,
        };
        let had = self.versions[..=usize::from(version)].iter().rposition(|v| v.destination.is_some());
        let version = match had {
            Some(index) if self.is(Fault::WritesToRemoved) => index as u16,
            _ => version,
        };
        if self.versions[usize::from(version)].destination.is_none() {
            return;
        }
        if self.is(Fault::RecordPerRecord) && lost.hi - lost.lo > 1 {
            for lo in lost.lo..lost.hi {
                self.emit(shard, Lost { lo, hi: lo + 1, ..lost }, version, out);
            }
            return;
        }
        self.emit(shard, lost, version, out);
    }

    fn emit(&mut self, shard: usize, lost: Lost, version: u16, out: &mut Vec<Output>) {
        let request = match lost.request {
            Some(id) if !self.is(Fault::RequestIdRandom) => id,
            _ => self.next_request(),
        };
        self.tokens += 1;
        let response = match lost.response {
            ResponseFact::Absent
                if lost.condition == Condition::RecordAgeExceeded && self.is(Fault::AgeHasResponse) =>
            {
                ResponseFact::NoError
            }
            ResponseFact::Unhandled if self.is(Fault::ErrorAlwaysNull) => ResponseFact::NoError,
            ResponseFact::NoError
                if self.is(Fault::ErrorAlwaysUnhandled)
                    && lost.condition == Condition::RetryAttemptsExhausted =>
            {
                ResponseFact::Unhandled
            }
            fact => fact,
        };
        let exhausted = lost.condition == Condition::RetryAttemptsExhausted;
        let count = match self.fault {
            Some(Fault::CountIsRetries) if exhausted && lost.response != ResponseFact::Absent => {
                lost.count.saturating_sub(1)
            }
            Some(Fault::TooLargeCountsZero) if exhausted && lost.response == ResponseFact::Absent => 0,
            _ => lost.count,
        };
        let condition = match lost.condition {
            Condition::RecordAgeExceeded if self.is(Fault::AgeConditionIsRetry) => {
                Condition::RetryAttemptsExhausted
            }
            condition => condition,
        };
        let records: SmallVec<[Held; 4]> =
            self.shards[shard].hand[lost.lo..lost.hi].iter().cloned().collect();
        let write = Write {
            token: self.tokens,
            shard: shard as u8,
            condition,
            count,
            request,
            response,
            first: records[0].sequence.clone(),
            last: records[records.len() - 1].sequence.clone(),
            batch_size: records.len() as u32,
            first_arrival: records[0].arrival,
            last_arrival: records[records.len() - 1].arrival,
            timestamp: self.now,
            records,
            version,
            tries: 0,
        };
        if self.lose(&write) {
            return;
        }
        if exhausted && (self.policy.merge == Merge::Merged || self.is(Fault::MergesAcrossBatches)) {
            self.shards[shard].merging.push((lost.lo, write));
        } else if self.policy.write == WriteTime::Late {
            self.shards[shard].late.push(write);
        } else {
            self.write(write, out);
        }
    }

    /// Faults that lose a failure record.
    fn lose(&self, write: &Write) -> bool {
        self.is(Fault::RecordLost)
            || (self.is(Fault::RecordLostForOneRecord) && write.records.len() == 1)
            || (self.is(Fault::AgeRecordLost) && write.condition == Condition::RecordAgeExceeded)
    }

    /// Writes a failure record, with what its records say of themselves.
    fn write(&mut self, mut write: Write, out: &mut Vec<Output>) {
        let last = &write.records[write.records.len() - 1];
        (write.last, write.last_arrival) = (last.sequence.clone(), last.arrival);
        write.batch_size = write.records.len() as u32;
        write.timestamp = self.now;
        match self.fault {
            Some(Fault::RangeEndExclusive) if write.records.len() > 1 => {
                write.last = write.records[write.records.len() - 2].sequence.clone();
            }
            Some(Fault::BatchSizeConfigured) => write.batch_size = self.current().batch_size,
            Some(Fault::ArrivalIsNow) => (write.first_arrival, write.last_arrival) = (self.now, self.now),
            _ => {}
        }
        if self.is(Fault::RecordTwice) {
            out.push(Output::Write(Box::new(write.clone())));
        }
        out.push(Output::Write(Box::new(write.clone())));
        if self.policy.refused == Refused::Retried || self.is(Fault::RefusedWriteBlocks) {
            self.pending.push((Ms::MAX, write));
        }
    }

    /// The destination took a failure record or refused it (DISCARD-7, AMB-21).
    pub(super) fn written(&mut self, now: Ms, token: u32, accepted: bool, out: &mut Vec<Output>) {
        let Some(index) = self.pending.iter().position(|(_, write)| write.token == token) else { return };
        let blocks = self.is(Fault::RefusedWriteBlocks);
        let (due, write) = &mut self.pending[index];
        let shard = usize::from(write.shard);
        write.tries = write.tries.saturating_add(1);
        if accepted || (write.tries >= WRITE_TRIES && !blocks) {
            self.pending.remove(index);
            self.shards[shard].stopped = false;
        } else {
            *due = now + WRITE_AGAIN_MS;
            out.push(Output::WakeAt(*due));
            self.shards[shard].stopped = blocks;
        }
    }

    /// Writes that were refused are tried again when they are due.
    pub(super) fn rewrite(&mut self, now: Ms, out: &mut Vec<Output>) {
        for (due, write) in self.pending.iter_mut().filter(|(due, _)| *due <= now) {
            *due = Ms::MAX;
            out.push(Output::Write(Box::new(write.clone())));
        }
    }

    /// Failure records that waited for a later moment (AMB-18).
    pub(super) fn flush(&mut self, shard: usize, out: &mut Vec<Output>) {
        if self.shards[shard].late.is_empty() {
            return;
        }
        for write in std::mem::take(&mut self.shards[shard].late) {
            self.write(write, out);
        }
    }

    /// Failure records of single records that waited for their neighbours (AMB-3).
    pub(super) fn flush_merged(&mut self, shard: usize, idle: bool, out: &mut Vec<Output>) {
        let across = self.is(Fault::MergesAcrossBatches);
        let waiting = self.shards[shard].merging.len();
        if waiting == 0 || (across && !idle && waiting < 2) {
            return;
        }
        let mut waiting = std::mem::take(&mut self.shards[shard].merging).into_iter().peekable();
        while let Some((_, mut write)) = waiting.next() {
            while let Some((_, next)) = waiting.next_if(|(lo, next)| {
                across
                    || (self.same_destination(next, &write)
                        && Some(*lo) == self.position_behind(shard, &write))
            }) {
                write.records.extend(next.records);
                (write.count, write.request, write.response) = (next.count, next.request, next.response);
            }
            if self.policy.write == WriteTime::Late {
                self.shards[shard].late.push(write);
            } else {
                self.write(write, out);
            }
        }
    }

    fn same_destination(&self, one: &Write, other: &Write) -> bool {
        let of = |write: &Write| &self.versions[usize::from(write.version)].destination;
        of(one) == of(other)
    }

    fn position_behind(&self, shard: usize, write: &Write) -> Option<usize> {
        let last = write.records.last()?;
        self.shards[shard].hand.iter().position(|r| r.sequence == last.sequence).map(|at| at + 1)
    }
}
