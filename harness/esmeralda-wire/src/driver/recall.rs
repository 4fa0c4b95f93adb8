//! After a restart: the records of batches in hand are read again, because a machine holds only their numbers.

use super::Resume;
use super::task::{Driver, READ_AGAIN};
use crate::upstream::Upstream;
use esm_model::reference::Held;

/// Most reads for the batch in hand of one shard.
const MAX_READS: u32 = 1_000;

impl<U: Upstream + 'static> Driver<U> {
    /// Reads what the machine holds. A shard whose records are not all there any more begins behind its checkpoint.
    pub(super) async fn recall(&mut self, resume: &Resume) {
        let shards = self.machine.borrow().shards();
        for shard in 0..shards {
            let hand = self.machine.borrow().hand(shard as u8).to_vec();
            if !hand.is_empty() && !self.read_again(shard, &hand, resume).await {
                let now = self.now();
                self.machine.borrow_mut().place(shard as u8, resume.position(shard), now);
            }
        }
    }

    async fn read_again(&mut self, shard: usize, hand: &[Held], resume: &Resume) -> bool {
        let mut position = resume.position(shard);
        let mut missing = hand.len();
        for _ in 0..MAX_READS {
            if self.handle.happened.is_closed() {
                return false;
            }
            let Ok(read) = self.upstream.fetch(shard as u8, position.clone(), missing as u32).await else {
                tokio::time::sleep(READ_AGAIN).await;
                continue;
            };
            let Some(last) = read.records.last() else { return false };
            position = esm_model::reference::Position::After(last.sequence.clone());
            let held = |sequence: &_| hand.iter().any(|held| held.sequence == *sequence);
            let found: Vec<_> = read.records.into_iter().filter(|it| held(&it.sequence)).collect();
            missing = missing.saturating_sub(found.len());
            found.into_iter().for_each(|record| self.records.keep(shard as u8, record));
            if missing == 0 {
                return true;
            }
        }
        false
    }
}
