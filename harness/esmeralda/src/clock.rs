//! The only reader of clocks: how long a run has taken, whether its time is up, and when something happened on a
//! target whose time passes by itself.
//!
//! In virtual time what is measured here reaches `timing` in a report and the end of a run, and nothing else: no
//! verdict, no case and no name depends on it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Measures from the moment it was made.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "the only reader of clocks")]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// How long ago that was.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// When to stop, if ever.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    since: Stopwatch,
    limit: Option<Duration>,
}

impl Deadline {
    /// This long from now; `None` is never.
    pub fn after(limit: Option<Duration>) -> Deadline {
        Deadline { since: Stopwatch::start(), limit }
    }

    /// How much time is left; a long time where there is no limit.
    pub fn left(&self) -> Duration {
        self.limit.map_or(Duration::MAX, |limit| limit.saturating_sub(self.since.elapsed()))
    }

    /// Whether the time is up.
    pub fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.since.elapsed() >= limit)
    }
}

/// What time it is: the wall clock as it was when this was made, and steady from then on.
#[derive(Debug, Clone, Copy)]
pub struct Wall {
    epoch_ms: i64,
    since: Stopwatch,
}

impl Wall {
    /// Reads the wall clock once; later corrections of it are not followed, so time never goes back.
    #[expect(clippy::disallowed_methods, reason = "the only reader of clocks")]
    pub fn start() -> Wall {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Wall { epoch_ms: since_epoch.as_millis() as i64, since: Stopwatch::start() }
    }

    /// A clock that was set to this when it was made, milliseconds since 1970.
    pub fn set_to(epoch_ms: i64) -> Wall {
        Wall { epoch_ms, since: Stopwatch::start() }
    }

    /// Milliseconds since 1970.
    pub fn epoch_ms(&self) -> i64 {
        self.epoch_ms + self.since.elapsed().as_millis() as i64
    }
}
