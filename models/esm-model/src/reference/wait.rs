//! How long the machine waits before it calls again (AMB-17).

use crate::reference::machine::Machine;
use crate::reference::policy::Backoff;
use crate::when::Ms;

/// Longest wait before a retry.
const BACKOFF_LIMIT_MS: Ms = 60_000;
/// First wait of the growing schedule.
const BACKOFF_FIRST_MS: Ms = 200;
/// The wait of the fixed schedule: about what was captured on AWS (RETRY-10).
const BACKOFF_FIXED_MS: Ms = 220;
/// Wait after a throttle or a service error.
const UNREACHABLE_MS: Ms = 1_000;
/// So often the fixed schedule waits no longer than that.
const PATIENT_TRIES: u32 = 4;

impl Machine {
    /// The wait after so many failed attempts (AMB-17).
    pub(super) fn backoff(&self, attempts: u32) -> Ms {
        match self.policy.backoff {
            Backoff::None => 0,
            Backoff::Fixed => BACKOFF_FIXED_MS,
            Backoff::Growing => {
                BACKOFF_LIMIT_MS.min(BACKOFF_FIRST_MS << attempts.clamp(1, 12).saturating_sub(1))
            }
        }
    }

    /// The wait after a call that never reached the function, for the so many-th time.
    pub(super) fn unreachable_wait(&self, tries: u32) -> Ms {
        let doublings = match self.policy.backoff {
            Backoff::None => 0,
            // One short wait is what was captured (RETRY-10); nobody asks each second for hours.
            Backoff::Fixed => tries.saturating_sub(PATIENT_TRIES),
            Backoff::Growing => tries,
        };
        BACKOFF_LIMIT_MS.min(UNREACHABLE_MS << doublings.min(8))
    }
}
