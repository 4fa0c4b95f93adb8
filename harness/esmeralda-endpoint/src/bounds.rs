//! How long things take at an endpoint at most: every wait of a session ends by one of these.
//!
//! Presets hold careful values; `esmeralda probe` measures better ones. They widen the intervals of a trace, and are
//! no tolerance of the judge.

use esm_model::bounds::Wall;
use esm_model::when::Ms;
use serde::{Deserialize, Serialize};

/// No bound may be longer than this: a day.
const MAX_MS: Ms = 24 * 3_600_000;

/// Bounds in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// From the decision to call the function until the harness hears of it.
    pub call_ms: Ms,
    /// By how much the endpoint's clock may differ from the harness's.
    pub clock_ms: Ms,
    /// After the last sentinel, how long nothing must be seen until nothing is pending, where a failure record may still
    /// come. At least 30 s, and ten times the slowest failure record seen.
    pub settle_ms: Ms,
    /// The same where none may: there is no destination, or whatever failed has one.
    pub lull_ms: Ms,
    /// After the last stimulus, when to stop waiting. A case that is red already, and has no age that may still show to
    /// be ignored, is waited for no longer than `settle_ms`.
    pub deadline_ms: Ms,
    /// How much later than an answer or a change the endpoint may act upon it.
    pub lag_ms: Ms,
    /// How long a change of a mapping takes until it is in force (`update_settle`).
    pub update_settle_ms: Ms,
    /// Cases whose last stimulus lies later are not run.
    pub longest_case_ms: Ms,
    /// How long the answer to one request takes.
    pub request_ms: Ms,
    /// How long a stream, a table or a function takes until it is usable, or gone.
    pub setup_ms: Ms,
    /// How long one look at a queue waits, and a bucket is left alone between two looks.
    pub look_ms: Ms,
    /// How many sessions may go at once.
    pub sessions: u16,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            call_ms: 500,
            clock_ms: 5,
            settle_ms: 30_000,
            lull_ms: 3_000,
            deadline_ms: 120_000,
            lag_ms: 2_000,
            update_settle_ms: 10_000,
            longest_case_ms: 180_000,
            request_ms: 30_000,
            setup_ms: 60_000,
            look_ms: 1_000,
            sessions: 16,
        }
    }
}

impl Bounds {
    /// What of this travels with a trace.
    pub fn of_traces(&self) -> esm_model::bounds::Bounds {
        let wall = Wall { settle_ms: self.settle_ms, ..Wall::measured(0, self.lag_ms) };
        esm_model::bounds::Bounds { update_settle_ms: self.update_settle_ms, wall: Some(wall) }
    }

    /// Whether every bound is one.
    ///
    /// # Errors
    /// Names the first that is not, and what is allowed.
    pub fn check(&self) -> Result<(), String> {
        let all = [
            ("call_ms", self.call_ms),
            ("clock_ms", self.clock_ms),
            ("settle_ms", self.settle_ms),
            ("lull_ms", self.lull_ms),
            ("deadline_ms", self.deadline_ms),
            ("lag_ms", self.lag_ms),
            ("update_settle_ms", self.update_settle_ms),
            ("longest_case_ms", self.longest_case_ms),
            ("request_ms", self.request_ms),
            ("setup_ms", self.setup_ms),
            ("look_ms", self.look_ms),
        ];
        if let Some((name, value)) = all.iter().find(|(_, value)| !(0..=MAX_MS).contains(value)) {
            return Err(format!("bounds.{name}: {value} is outside 0..{MAX_MS}"));
        }
        if self.sessions == 0 {
            return Err("bounds.sessions: 0 is outside 1..65535".to_owned());
        }
        Ok(())
    }
}
