//! The wish to stop: told once, from a signal, another thread or an alarm, and heard by everything that waits.
//!
//! Whoever hears it still takes its sessions down; only the waiting ends.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

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
    /// Wishes that are told with this one.
    with: Vec<Weak<Wish>>,
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
        let with = std::mem::take(&mut queue.with);
        drop(queue);
        waiting.into_values().for_each(Waker::wake);
        with.iter().filter_map(Weak::upgrade).for_each(|wish| Stop(wish).tell());
    }

    /// A wish that is told together with this one, or when so much time has passed.
    pub fn within(&self, time: Duration) -> Alarm {
        let own = Stop::default();
        let mut queue = self.lock();
        queue.with.retain(|wish| wish.strong_count() > 0);
        queue.with.push(Arc::downgrade(&own.0));
        drop(queue);
        if self.is_told() {
            own.tell();
        }
        let (ends, end) = channel();
        let stop = own.clone();
        std::thread::spawn(move || {
            if end.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                stop.tell();
            }
        });
        Alarm { own, of: self.clone(), _ends: ends }
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

/// A wish with an alarm, which is off when this is dropped.
#[derive(Debug)]
pub struct Alarm {
    own: Stop,
    of: Stop,
    _ends: Sender<()>,
}

impl Alarm {
    /// The wish.
    pub fn stop(&self) -> &Stop {
        &self.own
    }

    /// Whether the time was up, and nobody had wished for an end before.
    pub fn rang(&self) -> bool {
        self.own.is_told() && !self.of.is_told()
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
