//! What a trace says of one call of the function before it is judged.

use crate::answer::Answer;
use crate::event::RequestId;
use crate::passage::Plain;
use crate::state::Pos;
use crate::when::{Ms, When};

/// One call of the function.
#[derive(Debug, Clone)]
pub(crate) struct CallFacts {
    pub(crate) mapping: u8,
    pub(crate) shard: u8,
    pub(crate) lo: Pos,
    pub(crate) hi: Pos,
    pub(crate) at: When,
    /// Its request ID, and the latest earlier call of the shard that had the same.
    pub(crate) request: Option<(RequestId, Option<u32>)>,
    pub(crate) breaches: Vec<Plain>,
    /// From when on it may have timed out, if the script or the time of its answer says so.
    pub(crate) times_out_from: Option<Ms>,
    /// Whether its answer was seen, and what the script says that it is until then.
    pub(crate) answered: bool,
    pub(crate) answer: Option<Answer>,
}

impl CallFacts {
    /// Its answer came. Whatever it was, the implementation counts the time by itself. False if it cannot have come yet.
    pub(crate) fn ends(&mut self, at: When, answer: &Answer, timeout_ms: Ms) -> bool {
        let timeout = self.at.earliest + timeout_ms;
        if at.latest > timeout {
            self.times_out_from = Some(timeout);
        }
        at.latest >= if *answer == Answer::TimedOut { timeout } else { self.at.earliest }
    }
}
