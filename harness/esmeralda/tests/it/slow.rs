//! A target that keeps the harness waiting, without anybody waiting: time is told by a clock that jumps to the next
//! moment at which somebody wants to be woken.

use esm_model::case::Case;
use esm_model::setup::Setup;
use esm_model::when::Ms;
use esmeralda::bench::{Bench, Wide};
use esmeralda::machine::{MachineSession, MachineTarget};
use esmeralda::ports::Ports;
use esmeralda::stop::Stop;
use esmeralda::target::{Acted, Profile, Ran, Session, Stimulus, Target, TargetError};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// More jumps than any test takes.
const MAX_JUMPS: u32 = 1_000_000;

/// A clock that is only ever set.
#[derive(Default)]
pub(crate) struct Clock {
    now: Ms,
    timers: BTreeMap<(Ms, u64), Waker>,
    made: u64,
}

/// Waits until the clock shows this time.
async fn until(clock: Arc<Mutex<Clock>>, at: Ms) {
    let mut number = None;
    poll_fn(move |context| {
        let mut clock = clock.lock().expect("no test panics while it holds the clock");
        if clock.now >= at {
            return Poll::Ready(());
        }
        let number = *number.get_or_insert_with(|| {
            clock.made += 1;
            clock.made
        });
        clock.timers.insert((at, number), context.waker().clone());
        Poll::Pending
    })
    .await;
}

/// The n-th session that a target opens, and how it goes wrong.
pub(crate) type Mood = fn(u64, &Case) -> Day;

/// How a session goes.
pub(crate) enum Day {
    /// As usual.
    Good,
    /// As with this bug.
    Bad(&'static str),
    /// The connection is lost after so much of the case's time.
    Lost(Ms),
    /// It panics.
    Panic,
}

/// In-tree targets behind a slow wire.
#[derive(Clone)]
pub(crate) struct Slow {
    pub(crate) inner: MachineTarget,
    pub(crate) mood: Mood,
    pub(crate) sessions: usize,
    pub(crate) longest_ms: Ms,
    pub(crate) clock: Arc<Mutex<Clock>>,
    pub(crate) opened: Arc<AtomicU64>,
    pub(crate) closed: Arc<AtomicU64>,
    pub(crate) most: Arc<AtomicU64>,
    /// Told when the clock shows this time.
    pub(crate) stop: Option<(Ms, Stop)>,
}

impl Slow {
    pub(crate) fn new(inner: MachineTarget, mood: Mood) -> Slow {
        Slow {
            inner,
            mood,
            sessions: 8,
            longest_ms: 1_000_000,
            clock: Arc::default(),
            opened: Arc::default(),
            closed: Arc::default(),
            most: Arc::default(),
            stop: None,
        }
    }

    /// What the clock shows.
    pub(crate) fn now(&self) -> Ms {
        self.clock.lock().expect("no test panics while it holds the clock").now
    }

    /// Sessions that are not closed.
    pub(crate) fn open_now(&self) -> u64 {
        self.opened.load(Ordering::Relaxed) - self.closed.load(Ordering::Relaxed)
    }
}

impl Target for Slow {
    type Session = SlowSession;

    fn profile(&self) -> Profile {
        Profile { wall: true, ..self.inner.profile() }
    }

    async fn open(
        &self,
        case: &Rc<Case>,
        setup: Option<&Rc<Setup>>,
        ports: Ports,
    ) -> Result<SlowSession, TargetError> {
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        self.most.fetch_max(self.open_now(), Ordering::Relaxed);
        let day = (self.mood)(number, case);
        let inner = match day {
            Day::Bad(mutant) => crate::support::mutant(mutant).with_texts(self.inner.texts),
            _ => self.inner.clone(),
        };
        let session = inner.open(case, setup, ports).await?;
        let began = self.now();
        let lost = match day {
            Day::Lost(after) => Some(after),
            _ => None,
        };
        let session = SlowSession { inner: session, wire: self.clone(), began, lost };
        assert!(!matches!(day, Day::Panic), "no mood");
        Ok(session)
    }
}

pub(crate) struct SlowSession {
    inner: MachineSession,
    wire: Slow,
    began: Ms,
    lost: Option<Ms>,
}

impl SlowSession {
    async fn pass(&self, at: Ms) -> Result<(), TargetError> {
        let end = self.lost.filter(|lost| *lost <= at);
        until(self.wire.clock.clone(), self.began + end.unwrap_or(at)).await;
        match end {
            Some(_) => Err(TargetError::CouldNotRun("connection refused".to_owned())),
            None => Ok(()),
        }
    }
}

impl Drop for SlowSession {
    fn drop(&mut self) {
        self.wire.closed.fetch_add(1, Ordering::Relaxed);
    }
}

impl Session for SlowSession {
    async fn act(&mut self, at: Ms, stimulus: Stimulus<'_>) -> Result<Acted, TargetError> {
        self.pass(at).await?;
        self.inner.act(at, stimulus).await
    }

    async fn run(&mut self, until: Ms) -> Result<Ran, TargetError> {
        let ran = self.inner.run(until).await?;
        self.pass(match ran {
            Ran::Reached => until,
            Ran::Quiet(at) | Ran::Cut(at) | Ran::Deadline(at) => at,
        })
        .await?;
        Ok(ran)
    }

    async fn close(self) -> Result<(), TargetError> {
        Ok(())
    }
}

impl Bench for Slow {
    type Target = Slow;

    fn target(&self, texts: bool) -> Slow {
        Slow { inner: self.inner.clone().with_texts(texts), ..self.clone() }
    }

    fn wait<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        for _ in 0..MAX_JUMPS {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return output;
            }
            let mut clock = self.clock.lock().expect("no test panics while it holds the clock");
            let next = clock.timers.first_key_value().expect("somebody waits for the clock").0.0;
            if let Some((when, stop)) =
                self.stop.as_ref().filter(|(when, stop)| *when <= next && !stop.is_told())
            {
                clock.now = *when;
                drop(clock);
                stop.tell();
                continue;
            }
            let ((at, _), waker) = clock.timers.pop_first().expect("somebody waits for the clock");
            clock.now = clock.now.max(at);
            drop(clock);
            waker.wake();
        }
        panic!("no end");
    }

    fn wide(&self) -> Option<Wide> {
        Some(Wide { sessions: self.sessions, longest_ms: self.longest_ms })
    }
}
