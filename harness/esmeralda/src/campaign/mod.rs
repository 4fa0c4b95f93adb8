//! The campaign: many cases on one target, in three phases, on several threads, with the same result for any number
//! of them.
//!
//! Work goes by blocks of indices. A thread takes the next block and runs its cases one at a time; the blocks are
//! added up in order, whoever was first. Knows no suite: cases come as values and from a function of their index.

mod tally;
mod work;

pub use tally::{Failure, Kind, MAX_KINDS, Origin, Tally};

use crate::bench::Bench;
use crate::clock::Deadline;
use esm_model::case::Case;
use esm_model::rule::RuleSet;
use esm_model::spec::Reading;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use work::{Block, Gate};

/// Cases of one block: large enough that threads seldom meet, small enough that a failure is soon known.
pub const BLOCK_CASES: u64 = 256;
/// Of the generated cases, every so many-th goes through texts.
pub const TEXTS_EVERY: u64 = 64;
/// Most threads.
pub const MAX_JOBS: usize = 256;
/// How many blocks a thread may be ahead of the first one that is not added up yet, for each thread.
const BLOCKS_AHEAD: u64 = 4;

/// A part of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Hand-written cases.
    Scenarios,
    /// Cases that once failed.
    Regressions,
    /// Cases by index.
    Generated,
}

/// A case with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// The case.
    pub case: Case,
}

/// What a campaign does.
#[derive(Clone)]
pub struct Plan<'p> {
    /// Run first, all of them.
    pub scenarios: &'p [Named],
    /// Run next, all of them.
    pub regressions: &'p [Named],
    /// The indices of the generated cases.
    pub generated: Range<u64>,
    /// The generated case of an index: a pure function.
    pub case: &'p (dyn Fn(u64) -> Case + Sync),
    /// How traces are read.
    pub reading: &'p Reading,
    /// Count only cases that exercise one of these rules.
    pub only: Option<RuleSet>,
    /// How many threads, 1 to [`MAX_JOBS`].
    pub jobs: usize,
    /// After this time no further case is begun.
    pub time: Option<Duration>,
}

/// Hears of a campaign while it goes on, in the order of the cases.
pub trait Watcher {
    /// A case failed in a way not seen before.
    fn failed(&mut self, failure: &Failure);

    /// So much is done.
    fn progressed(&mut self, tally: &Tally);
}

/// A watcher that does nothing.
pub struct Nobody;

impl Watcher for Nobody {
    fn failed(&mut self, _: &Failure) {}

    fn progressed(&mut self, _: &Tally) {}
}

/// How a campaign ended.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// What was found.
    pub tally: Tally,
    /// Whether the time ended it before its last case.
    pub cut: bool,
}

impl Plan<'_> {
    /// How many cases there are in all.
    pub fn total(&self) -> u64 {
        let generated = self.generated.end.saturating_sub(self.generated.start);
        (self.scenarios.len() as u64 + self.regressions.len() as u64).saturating_add(generated)
    }

    /// Runs every case on targets from the bench.
    pub fn run<B: Bench>(&self, bench: &B, watcher: &mut dyn Watcher) -> Campaign {
        let jobs = self.jobs.clamp(1, MAX_JOBS);
        let gate = Gate::new(self, BLOCKS_AHEAD * jobs as u64);
        let deadline = Deadline::after(self.time);
        let mut campaign = Campaign { tally: Tally::default(), cut: false };
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel::<Block>(jobs);
            for _ in 0..jobs {
                let (sender, gate) = (sender.clone(), &gate);
                scope.spawn(move || work::work(self, bench, gate, deadline, &sender));
            }
            drop(sender);
            // At most as many blocks wait here as the gate lets through.
            let mut early = BTreeMap::new();
            let mut next = 0;
            for block in receiver {
                early.insert(block.number, block);
                while let Some(block) = early.remove(&next) {
                    campaign.add(block, watcher);
                    next += 1;
                    gate.merged(next);
                }
            }
        });
        campaign
    }
}

impl Campaign {
    fn add(&mut self, block: Block, watcher: &mut dyn Watcher) {
        self.cut |= block.cut;
        let fresh = self.tally.merge(block.tally);
        for mut failure in block.failures {
            failure.kinds.retain(|kind| fresh.contains(kind));
            if !failure.kinds.is_empty() {
                watcher.failed(&failure);
            }
        }
        watcher.progressed(&self.tally);
    }
}
