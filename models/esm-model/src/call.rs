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
    /// From when on it may have timed out, if it does.
    pub(crate) times_out_from: Option<Ms>,
    /// Whether its answer was seen, and what the script says that it is until then.
    pub(crate) answered: bool,
    pub(crate) answer: Option<Answer>,
}
