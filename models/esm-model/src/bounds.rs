//! The bounds of a session in which time passes by itself: how long what is due may take there to show.
//!
//! They travel with the trace, so that a verdict does not depend on who judges. The judge knows these numbers, and
//! never the target that they were measured on.

use crate::when::Ms;
use serde::{Deserialize, Serialize};

/// A failure record counts as missing after this time at the earliest.
pub const MIN_SETTLE_MS: Ms = 30_000;
/// And after so many times the slowest failure record that was seen.
pub const SETTLE_TIMES: Ms = 10;
/// A stall takes so many invocations of another shard meanwhile.
pub const STALL_INVOCATIONS: u32 = 10;
/// Over so long a time.
pub const STALL_MS: Ms = 60_000;
/// Longer than any session.
const MAX_MS: Ms = 1 << 45;

/// What a session may take its time for. The default is virtual time, where nothing takes any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// How long a change of a mapping may take to show (STATE-8, AMB-22).
    pub update_settle_ms: Ms,
    /// Where time passes by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall: Option<Wall>,
}

/// When absence is red where time passes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wall {
    /// A failure record that has not come within this time is missing.
    pub settle_ms: Ms,
    /// The implementation may act upon an answer or a change so much later.
    pub lag_ms: Ms,
    /// A shard is stalled if another one of its mapping had so many invocations while it was due,
    pub stall_invocations: u32,
    /// over so long a time.
    pub stall_ms: Ms,
}

impl Wall {
    /// The bounds for a target whose slowest failure record took so long.
    pub fn measured(slowest_record_ms: Ms, lag_ms: Ms) -> Wall {
        Wall {
            settle_ms: slowest_record_ms.saturating_mul(SETTLE_TIMES).max(MIN_SETTLE_MS),
            lag_ms,
            stall_invocations: STALL_INVOCATIONS,
            stall_ms: STALL_MS,
        }
    }

    /// The more patient of both, in everything.
    pub(crate) fn or_longer(self, other: Wall) -> Wall {
        Wall {
            settle_ms: self.settle_ms.max(other.settle_ms),
            lag_ms: self.lag_ms.max(other.lag_ms),
            stall_invocations: self.stall_invocations.max(other.stall_invocations),
            stall_ms: self.stall_ms.max(other.stall_ms),
        }
    }
}

impl Bounds {
    /// Whether they are those of virtual time.
    pub fn is_virtual(&self) -> bool {
        *self == Bounds::default()
    }

    /// Whether every length of time is one.
    pub(crate) fn are_sound(&self) -> bool {
        let wall = self.wall.map_or([0; 3], |wall| [wall.settle_ms, wall.lag_ms, wall.stall_ms]);
        wall.into_iter().chain([self.update_settle_ms]).all(|ms| (0..=MAX_MS).contains(&ms))
    }
}
