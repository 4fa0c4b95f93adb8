//! The wish to stop: told once, from a signal or another thread, and heard by everything that waits.
//!
//! Whoever hears it still takes its sessions down; only the waiting ends.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A wish to stop. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Wish>);

#[derive(Debug, Default)]
struct Wish {
    told: AtomicBool,
    queue: Mutex<Queue>,
}

/// Who waits, by the number of its waiting.
#[derive(Debug, Default)]
struct Queue {
    waiting: BTreeMap<u64, Waker>,
    next: u64,
}

impl Stop {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody.
    pub fn tell(&self) {
        let mut queue = self.lock();
        self.0.told.store(true, Ordering::Release);
        let waiting = std::mem::take(&mut queue.waiting);
        drop(queue);
        waiting.into_values().for_each(Waker::wake);
    }

    /// Whether it was told.
    pub fn is_told(&self) -> bool {
        self.0.told.load(Ordering::Acquire)
    }

    /// Waits until it is told.
    pub fn wait(&self) -> Waiting<'_> {
        let mut queue = self.lock();
        queue.next += 1;
        Waiting { stop: self, number: queue.next }
    }
}

/// Ends when the wish is told.
#[derive(Debug)]
pub struct Waiting<'s> {
    stop: &'s Stop,
    number: u64,
}

impl Future for Waiting<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.stop.lock();
        if self.stop.is_told() {
            return Poll::Ready(());
        }
        queue.waiting.insert(self.number, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.stop.lock().waiting.remove(&self.number);
    }
}
