//! What one thread of a campaign does: takes blocks, runs their cases one at a time, and hands the result over.

use super::{BLOCK_CASES, Cut, Failure, Origin, Phase, Plan, TEXTS_EVERY, Tally};
use crate::bench::Bench;
use crate::clock::Deadline;
use crate::confirm::Known;
use crate::outcome::{Trial, attempt_knowing};
use esm_model::event::Event;
use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The result of one block.
pub(super) struct Block {
    /// Its number over all phases.
    pub(super) number: u64,
    /// What was found in it.
    pub(super) tally: Tally,
    /// The first failure of each kind in it, in order.
    pub(super) failures: Vec<Failure>,
    /// What ended it early, if anything did.
    pub(super) cut: Option<Cut>,
}

/// Gives blocks out, and holds threads back that run too far ahead.
pub(super) struct Gate {
    blocks: [u64; 3],
    ahead: u64,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    next: u64,
    merged: u64,
    closed: bool,
}

impl Gate {
    pub(super) fn new(plan: &Plan<'_>, ahead: u64) -> Gate {
        let generated = plan.generated.end.saturating_sub(plan.generated.start);
        let sizes = [plan.scenarios.len() as u64, plan.regressions.len() as u64, generated];
        Gate {
            blocks: sizes.map(|size| size.div_ceil(BLOCK_CASES)),
            ahead,
            state: Mutex::default(),
            moved: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next block, once it is not too far ahead; `None` when there are no more.
    fn take(&self) -> Option<u64> {
        let mut state = self.lock();
        while !state.closed && state.next >= state.merged + self.ahead {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let number = state.next;
        if state.closed || number >= self.blocks.iter().sum() {
            return None;
        }
        state.next += 1;
        Some(number)
    }

    /// So many blocks are added up.
    pub(super) fn merged(&self, blocks: u64) {
        self.lock().merged = blocks;
        self.moved.notify_all();
    }

    /// No more blocks are given out.
    fn close(&self) {
        self.lock().closed = true;
        self.moved.notify_all();
    }

    /// The phase of a block, and its number within the phase.
    fn place(&self, number: u64) -> (Phase, u64) {
        let [scenarios, regressions, _] = self.blocks;
        if number < scenarios {
            (Phase::Scenarios, number)
        } else if number < scenarios + regressions {
            (Phase::Regressions, number - scenarios)
        } else {
            (Phase::Generated, number - scenarios - regressions)
        }
    }
}

/// Closes the gate when a thread ends, however it ends: nobody waits for a block that never comes.
struct Leaving<'g>(&'g Gate);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}

/// Runs blocks until there are no more, or until the time is up.
pub(super) fn work<B: Bench>(
    plan: &Plan<'_>,
    bench: &B,
    gate: &Gate,
    deadline: Deadline,
    sender: &SyncSender<Block>,
) {
    let _leaving = Leaving(gate);
    let (typed, texts) = (bench.target(false), bench.target(true));
    let mut hand = Hand { plan, bench, typed, texts, buffer: Vec::new(), known: Known::default() };
    while let Some(number) = gate.take() {
        let block = hand.block(gate, number, deadline);
        if block.cut.is_some() {
            gate.close();
        }
        if sender.send(block).is_err() {
            return;
        }
    }
}

/// The targets and the memory of one thread.
struct Hand<'p, B: Bench> {
    plan: &'p Plan<'p>,
    bench: &'p B,
    typed: B::Target,
    texts: B::Target,
    buffer: Vec<Event>,
    known: Known,
}

impl<B: Bench> Hand<'_, B> {
    fn block(&mut self, gate: &Gate, number: u64, deadline: Deadline) -> Block {
        let (phase, within) = gate.place(number);
        let mut block = Block { number, tally: Tally::default(), failures: Vec::new(), cut: None };
        let from = within * BLOCK_CASES;
        for offset in 0..BLOCK_CASES {
            let Some(origin) = self.plan.origin(phase, from + offset) else { break };
            block.cut = self.plan.cut_by(deadline);
            if block.cut.is_some() {
                break;
            }
            let trial = self.run(&origin);
            if !self.plan.selects(&trial) {
                block.tally.unselected += 1;
                self.buffer = trial.events;
                continue;
            }
            let kinds = block.tally.add(&trial);
            if kinds.is_empty() {
                self.buffer = trial.events;
            } else {
                block.failures.push(Failure { origin, trial, kinds });
            }
        }
        block
    }

    /// Runs one case.
    fn run(&mut self, origin: &Origin) -> Trial {
        let texts = origin.phase != Phase::Generated || origin.index.is_multiple_of(TEXTS_EVERY);
        let target = if texts { &mut self.texts } else { &mut self.typed };
        let buffer = std::mem::take(&mut self.buffer);
        let case = || self.plan.case_of(origin);
        attempt_knowing(self.bench, target, case, self.plan.reading, buffer, &mut self.known)
    }
}
