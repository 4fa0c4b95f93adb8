//! Many histories on several threads, for functions in this process: each thread has one of its own.
//!
//! The report is that of one thread: histories go by blocks, whose results are added up in order.

use crate::check::Check;
use crate::handler::{Handler, HandlerError};
use crate::history::History;
use crate::report::Report;
use crate::sum::Sum;
use crate::world::World;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::runtime::{Builder, Runtime};

/// Histories that a thread takes at a time.
const BLOCK: usize = 64;

impl Check {
    /// As [`Check::run`], on so many threads, each with a handler that `handler` makes. Such a handler keeps nothing from one
    /// history to the next, or forgets it by [`Handler::reset`]: which histories it meets is left to the threads.
    ///
    /// # Errors
    /// [`HandlerError`] if the function could not be called at all.
    pub fn run_on<H: Handler>(
        &self,
        threads: NonZero<usize>,
        handler: impl Fn() -> H + Sync,
    ) -> Result<Report, HandlerError> {
        let histories = self.histories();
        let begun = AtomicUsize::new(0);
        let played = Mutex::new(BTreeMap::new());
        let work = || -> Result<(), HandlerError> {
            let (runtime, mut handler) = (runtime()?, handler());
            loop {
                let from = begun.fetch_add(BLOCK, Ordering::Relaxed);
                let Some(block) = block(&histories, from) else { return Ok(()) };
                let mut world = World::after(&histories[..from]);
                let sum = runtime.block_on(self.play(block, &mut world, &mut handler));
                if sum.broke_off.is_some() {
                    // Nobody begins what comes later; what comes earlier has begun.
                    begun.fetch_max(histories.len(), Ordering::Relaxed);
                }
                played.lock().unwrap_or_else(PoisonError::into_inner).insert(from, sum);
            }
        };
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..threads.get()).map(|_| scope.spawn(work)).collect();
            all.into_iter()
                .try_for_each(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })?;
        let mut sum = Sum::default();
        for (_, block) in played.into_inner().unwrap_or_else(PoisonError::into_inner) {
            sum.merge(block);
            if sum.broke_off.is_some() {
                break;
            }
        }
        runtime()?.block_on(self.report(sum, &mut World::after(&histories), &mut handler()))
    }
}

fn block(histories: &[History], from: usize) -> Option<&[History]> {
    let rest = histories.get(from..).filter(|rest| !rest.is_empty())?;
    Some(&rest[..rest.len().min(BLOCK)])
}

fn runtime() -> Result<Runtime, HandlerError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| HandlerError::Surroundings(format!("there is no runtime: {error}")))
}
