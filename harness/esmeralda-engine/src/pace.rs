//! How long a mapping waits before it reads again what had no more records. Pure: reads no clock.

use std::time::Duration;

/// The wait between two reads while records keep coming: the service allows five a second.
pub const BUSY_POLL: Duration = Duration::from_millis(200);
/// The wait between two reads where nothing comes: the service's own (DDB-5 allows four times as many).
pub const IDLE_POLL: Duration = Duration::from_secs(1);
/// After a read that gave nothing a mapping waits for as long as all mappings would take to read one after another: so they
/// leave an upstream that does one thing at a time half of its time, and nobody's request queues behind theirs. It does
/// not wait longer than this. MiniStack needs the longer for every request the more reads it has answered within five
/// minutes.
pub const SLOW_POLL: Duration = Duration::from_secs(10);

/// The pace of one mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace(Duration);

impl Default for Pace {
    fn default() -> Pace {
        Pace(BUSY_POLL)
    }
}

impl Pace {
    /// How long to wait now.
    pub fn wait(self) -> Duration {
        self.0
    }

    /// The pace after a read that gave something or nothing, and took so long, while so many mappings are read in all.
    #[must_use]
    pub fn after(self, empty: bool, took: Duration, readers: u32) -> Pace {
        if !empty {
            return Pace(BUSY_POLL);
        }
        let fair = took.saturating_mul(readers).min(SLOW_POLL);
        Pace((self.0 * 5 / 4).min(IDLE_POLL).max(fair))
    }
}
