//! The shards of a machine, as whoever drives it sees them and changes them: streams split, and checkpoints are kept.
//!
//! Nothing here decides what a shard does.

use crate::reference::exchange::{Held, Position};
use crate::reference::machine::Machine;
use crate::reference::mutant::Fault;
use crate::reference::policy::Policy;
use crate::reference::shard::Shard;
use crate::when::Ms;

/// Most shards of one machine, over its whole life.
pub const MAX_SHARDS: usize = u8::MAX as usize;

impl Machine {
    /// How many shards there are.
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Where reading of a shard goes on.
    pub fn position(&self, shard: u8) -> &Position {
        &self.shards[usize::from(shard)].position
    }

    /// A shard of which nothing was read yet is read from here on: after a restart, from its checkpoint.
    pub fn place(&mut self, shard: u8, position: Position, now: Ms) {
        self.shards[usize::from(shard)] = Shard::new(position, now);
    }

    /// One more shard, read from here on: its index. `None` if there are too many.
    pub fn open(&mut self, position: Position, now: Ms) -> Option<u8> {
        let index = u8::try_from(self.shards.len()).ok().filter(|index| usize::from(*index) < MAX_SHARDS)?;
        self.shards.push(Shard::new(position, now));
        Some(index)
    }

    /// After a restart: reads and calls without an answer are begun anew, and count for nothing.
    pub fn revive(&mut self, policy: Policy, fault: Option<Fault>, now: Ms) {
        (self.policy, self.fault) = (policy, fault);
        for shard in &mut self.shards {
            (shard.fetching, shard.more) = (false, true);
            shard.flight = None;
        }
        for (due, _) in &mut self.pending {
            *due = now;
        }
    }

    /// The records of a shard that were read and are not resolved.
    pub fn hand(&self, shard: u8) -> &[Held] {
        &self.shards[usize::from(shard)].hand
    }

    /// Whether everything that was read of a shard is resolved, and no read is under way.
    pub fn is_idle(&self, shard: u8) -> bool {
        let state = &self.shards[usize::from(shard)];
        state.hand.is_empty() && state.flight.is_none() && !state.fetching
    }

    /// Whether a failure record of a shard waits inside the machine: for a later moment, its neighbours, or another try.
    pub fn owes(&self, shard: u8) -> bool {
        let state = &self.shards[usize::from(shard)];
        let of_shard = |write: &crate::reference::Write| write.shard == shard;
        !state.late.is_empty()
            || !state.merging.is_empty()
            || self.pending.iter().any(|(_, write)| of_shard(write))
    }

    /// Whether a shard was tried and is not done with: reading it anew from its checkpoint would forget the attempts.
    pub fn is_tried(&self, shard: u8) -> bool {
        let parts = &self.shards[usize::from(shard)].parts;
        parts.iter().any(|part| part.attempts + part.before + part.unreached > 0)
    }

    /// The parts of the batch in hand that are still to be tried, next part first.
    pub fn ahead(&self, shard: u8) -> impl Iterator<Item = &[Held]> {
        let state = &self.shards[usize::from(shard)];
        state.parts.iter().rev().filter_map(|part| state.hand.get(part.lo..part.hi))
    }

    /// Before this time a shard does nothing.
    pub fn rests_until(&self, shard: u8) -> Ms {
        self.shards[usize::from(shard)].not_before
    }
}
