//! The campaign: many cases on one target, in three phases, on several threads, with the same result for any number
//! of them.
//!
//! Work goes by blocks of indices. A thread takes the next block and runs its cases one at a time; the blocks are
//! added up in order, whoever was first. Where a bench keeps the harness waiting, sessions go side by side on one
//! thread instead (`wide`). Knows no suite: cases come as values and from a function of their index.

mod tally;
mod wide;
mod work;

pub use tally::{Failure, Kind, MAX_KINDS, Origin, Tally};

use crate::bench::{Bench, Wide};
use crate::clock::Deadline;
use crate::outcome::{Outcome, Trial};
use crate::stop::Stop;
use esm_model::case::Case;
use esm_model::rule::RuleSet;
use esm_model::spec::Reading;
use esm_model::when::Ms;
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
/// Most failures that are told before their turn.
pub const MAX_NOTICED: usize = 1_000;
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
    /// How many threads, 1 to [`MAX_JOBS`]; of a wide bench, how many sessions at once.
    pub jobs: usize,
    /// Of a wide bench, cases that last longer are left out; `None` leaves that to the bench.
    pub longest_ms: Option<Ms>,
    /// After this time no further case is begun.
    pub time: Option<Duration>,
    /// Once this is told, no further case is begun, and sessions that wait are taken down.
    pub stop: &'p Stop,
}

/// Hears of a campaign while it goes on, in the order of the cases.
pub trait Watcher {
    /// A case failed, in whatever order cases end; told at once, so that it can be kept. Only of a wide bench, and of at
    /// most [`MAX_NOTICED`] cases.
    fn noticed(&mut self, _: &Failure) {}

    /// Every case has run once; what follows confirms what failed. Only of a wide bench.
    fn ran_once(&mut self) {}

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
#[derive(Debug, Clone, Default)]
pub struct Campaign {
    /// What was found.
    pub tally: Tally,
    /// What ended it before its last case, if anything did.
    pub cut: Option<Cut>,
    /// Cases of a wide bench that were left out because they last too long.
    pub left_out: u64,
    /// How long the longest case of a wide bench was predicted to last, in milliseconds of virtual time.
    pub longest_ms: Ms,
}

/// What ends a campaign before its last case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// The time was up.
    Time,
    /// Too many cases in a row could not run: the target is gone.
    Gone,
    /// Somebody wished it to stop.
    Stopped,
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
        if let Some(Wide { longest_ms, .. }) = bench.wide() {
            let target = bench.target(true);
            let longest_ms = self.longest_ms.unwrap_or(longest_ms);
            return bench.wait(wide::run(self, &target, jobs, longest_ms, watcher));
        }
        let gate = Gate::new(self, BLOCKS_AHEAD * jobs as u64);
        let deadline = Deadline::after(self.time);
        let mut campaign = Campaign::default();
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

    /// What ends the campaign now, if anything does.
    fn cut_by(&self, deadline: Deadline) -> Option<Cut> {
        match () {
            () if self.stop.is_told() => Some(Cut::Stopped),
            () if deadline.is_over() => Some(Cut::Time),
            () => None,
        }
    }

    /// A case of a phase; `None` behind the last one.
    fn origin(&self, phase: Phase, index: u64) -> Option<Origin> {
        let named = |list: &[Named]| {
            let name = list.get(usize::try_from(index).ok()?)?.name.clone();
            Some(Origin { phase, index, name })
        };
        match phase {
            Phase::Scenarios => named(self.scenarios),
            Phase::Regressions => named(self.regressions),
            Phase::Generated => {
                let index = self.generated.start + index;
                let is_there = index < self.generated.end;
                is_there.then(|| Origin { phase, index, name: index.to_string() })
            }
        }
    }

    /// The case of that origin.
    fn case_of(&self, origin: &Origin) -> Case {
        match origin.phase {
            Phase::Scenarios => self.scenarios[origin.index as usize].case.clone(),
            Phase::Regressions => self.regressions[origin.index as usize].case.clone(),
            Phase::Generated => (self.case)(origin.index),
        }
    }

    /// Whether a case counts. One that was not judged counts: nothing is known of what it exercises.
    fn selects(&self, trial: &Trial) -> bool {
        match (&self.only, &trial.outcome) {
            (Some(only), Outcome::Judged(judgement)) => {
                only.iter().any(|rule| judgement.exercised.contains(rule))
            }
            _ => true,
        }
    }
}

impl Campaign {
    fn add(&mut self, block: Block, watcher: &mut dyn Watcher) {
        self.cut = self.cut.max(block.cut);
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
