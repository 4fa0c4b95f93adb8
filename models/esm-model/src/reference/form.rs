//! How the machine reads records and forms batches from them.

use crate::case::PAYLOAD_LIMIT;
use crate::reference::exchange::Output;
use crate::reference::machine::Machine;
use crate::reference::mutant::Fault;
use crate::reference::policy::WindowOpens;
use crate::reference::shard::Part;
use crate::when::Ms;

impl Machine {
    /// How many records a batch of the shard may have.
    fn limit(&self, shard: usize) -> usize {
        let size = self.shards[shard].batch_limit.unwrap_or(self.current().batch_size) as usize;
        if self.is(Fault::BatchSizePlusOne) { size + 1 } else { size }
    }

    /// Asks for records if fewer than `wanted` lie behind the batch in hand. True if an answer must be awaited.
    fn fetch(&mut self, shard: usize, wanted: usize, out: &mut Vec<Output>) -> bool {
        let over = self.is(Fault::DropsBeyondLimit) || self.is(Fault::SkipsFailingBatch);
        let state = &mut self.shards[shard];
        let buffered = state.hand.len() - state.taken;
        if state.fetching || !state.more || buffered >= wanted {
            return state.fetching;
        }
        state.fetching = true;
        let limit = (wanted - buffered + if over { wanted } else { 0 }) as u32;
        out.push(Output::Fetch { shard: shard as u8, position: state.position.clone(), limit });
        true
    }

    /// Forms the next batch, if one is due. False if the shard has to wait.
    pub(super) fn form(&mut self, now: Ms, shard: usize, out: &mut Vec<Output>) -> bool {
        let limit = self.limit(shard);
        // What is lost takes no place in a batch, and a window that opened for it is over with it.
        self.forget_expired(now, shard, out);
        if self.shards[shard].hand.is_empty() {
            self.shards[shard].window = None;
        }
        if self.fetch(shard, limit, out) {
            return false;
        }
        if self.shards[shard].hand.is_empty() {
            self.flush_merged(shard, true, out);
            self.flush(shard, out);
            return false;
        }
        if self.is(Fault::DropsBeyondLimit) {
            self.shards[shard].hand.truncate(limit);
        }
        let (taken, full) = self.fitting(shard, 0, limit);
        if !full && let Some(due) = self.window_ends(now, shard) {
            // Late failure records do not wait for a window.
            self.flush(shard, out);
            out.push(Output::WakeAt(due));
            return false;
        }
        let last = self.versions.len() - 1;
        let state = &mut self.shards[shard];
        state.window = None;
        state.version = last as u16;
        state.taken = taken;
        state.parts.push(Part::fresh(0, taken));
        self.spoil_batch(shard);
        true
    }

    /// How many records from `lo` on fit into one batch, and whether no further one would.
    fn fitting(&self, shard: usize, lo: usize, limit: usize) -> (usize, bool) {
        let mut size = 0;
        let hand = &self.shards[shard].hand;
        for (count, record) in hand[lo..].iter().enumerate() {
            size += record.size;
            if count >= limit || (count > 0 && size > PAYLOAD_LIMIT && !self.is(Fault::PayloadLimitIgnored)) {
                return (count, true);
            }
        }
        let count = hand.len() - lo;
        (count, count >= limit || size >= PAYLOAD_LIMIT)
    }

    /// When the batching window ends, if that lies ahead (AMB-33).
    fn window_ends(&mut self, now: Ms, shard: usize) -> Option<Ms> {
        let length = Ms::from(self.current().maximum_batching_window_in_seconds) * 1_000;
        if length == 0 || self.is(Fault::WindowIgnored) {
            return None;
        }
        let opens = self.policy.window;
        let from_start = self.is(Fault::WindowFromStart);
        let state = &mut self.shards[shard];
        let opened = *state.window.get_or_insert(match opens {
            _ if from_start => state.begun,
            WindowOpens::Completion => state.completed,
            WindowOpens::FirstRecord => now,
            WindowOpens::Poll => now - (now - state.completed).rem_euclid(length),
        });
        Some(opened + length).filter(|due| now < *due)
    }

    /// Fills a remainder up with newer records (AMB-9). True if records must be awaited first.
    pub(super) fn refill(&mut self, shard: usize, out: &mut Vec<Output>) -> bool {
        let state = &self.shards[shard];
        let Some(part) = state.parts.last().copied() else { return false };
        if !part.refill || state.parts.len() > 1 || part.hi != state.taken {
            return false;
        }
        let limit = self.limit(shard);
        if part.len() < limit && self.fetch(shard, limit - part.len(), out) {
            return true;
        }
        let (count, _) = self.fitting(shard, part.lo, limit);
        let state = &mut self.shards[shard];
        let top = state.parts.len() - 1;
        state.parts[top].hi = part.hi.max(part.lo + count);
        state.parts[top].refill = false;
        state.taken = state.parts[top].hi;
        false
    }

    /// The batch in hand is resolved: forget it and pass its checkpoint on.
    pub(super) fn finish(&mut self, _now: Ms, shard: usize, out: &mut Vec<Output>) {
        self.flush_merged(shard, false, out);
        let keep_last = self.is(Fault::CheckpointOffByOne);
        let state = &mut self.shards[shard];
        if let Some(last) = state.hand[..state.taken].last() {
            out.push(Output::Checkpoint { shard: shard as u8, sequence: last.sequence.clone() });
        }
        let again = keep_last && state.taken > 1;
        state.hand.drain(..state.taken - usize::from(again));
        state.taken = 0;
        state.again = None;
        if self.is(Fault::StopsAfterDiscard) && self.tokens > 0 {
            self.shards[shard].stopped = true;
        }
    }

    /// Faults in how a batch is put together.
    fn spoil_batch(&mut self, shard: usize) {
        let taken = self.shards[shard].taken;
        if self.is(Fault::BatchReversed) {
            self.shards[shard].hand[..taken].reverse();
        }
        if self.is(Fault::ShardsMixed) {
            let other = self.shards.iter().enumerate().find(|(i, o)| *i != shard && !o.hand.is_empty());
            if let Some((_, other)) = other {
                let record = other.hand[0].clone();
                let state = &mut self.shards[shard];
                state.hand.insert(taken, record);
                state.taken += 1;
                state.parts[0].hi += 1;
            }
        }
    }

    /// Faults in the order of what was read.
    pub(super) fn disorder(&mut self, shard: usize) {
        if self.is(Fault::SequenceAsText) {
            let state = &mut self.shards[shard];
            state.hand[state.taken..].sort_by_key(|record| record.sequence.to_string());
        }
    }
}
