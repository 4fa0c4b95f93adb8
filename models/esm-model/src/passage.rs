//! What came out of following a trace: where it got stuck, what is in doubt, what was forgiven.

use crate::bounds::Wall;
use crate::catalogue::Level;
use crate::rule::{RuleId, RuleSet};
use crate::spec::Reading;
use crate::state::State;

/// How a passage through a trace ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct Passage {
    /// Where it got stuck, if it did.
    pub(crate) stuck: Option<Stuck>,
    /// Why it cannot decide, if it cannot.
    pub(crate) undecided: Option<String>,
    /// Why its end is no pass, though nothing is proved.
    pub(crate) doubt: Option<String>,
    /// Rules whose breach was forgiven or only warns, in order.
    pub(crate) marks: Vec<RuleId>,
    /// How many steps were forgiven in all.
    pub(crate) cost: u32,
    /// Rules that some branch would have broken.
    pub(crate) refused: RuleSet,
    /// Breaches that need no state: of documents, and of what a mapping says of itself.
    pub(crate) plain: Vec<Plain>,
    /// Variants of ambiguities that were taken.
    pub(crate) took: u128,
    /// Most states at a time.
    pub(crate) widest: usize,
}

/// Where a shard had no possible state left.
#[derive(Debug, Clone)]
pub(crate) struct Stuck {
    /// Index of the event; of the last one for what did not happen.
    pub(crate) event: usize,
    pub(crate) mapping: u8,
    pub(crate) shard: u8,
    /// Rules that the event broke in some state.
    pub(crate) refused: Vec<RuleId>,
    /// What the last possible states were waiting for.
    pub(crate) before: Vec<State>,
}

/// A breach that is seen in one event alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plain {
    pub(crate) event: usize,
    pub(crate) rule: RuleId,
    pub(crate) what: String,
    /// It only ever warns.
    pub(crate) warns: bool,
}

impl Plain {
    /// A breach of an event that is not named yet.
    pub(crate) fn new(rule: RuleId, what: impl Into<String>) -> Plain {
        Plain { event: 0, rule, what: what.into(), warns: false }
    }
}

impl Passage {
    /// Notes breaches that are seen in an event alone, but those that the reading ignores.
    pub(crate) fn plain(
        &mut self,
        reading: &Reading,
        event: usize,
        breaches: impl IntoIterator<Item = Plain>,
    ) {
        for plain in breaches {
            let level = reading.level(plain.rule);
            let warns = plain.warns || level != Level::Violates;
            if level != Level::Ignored {
                self.plain.push(Plain { event, warns, ..plain });
            }
        }
    }

    /// Notes a shard in which something that was due is left undone.
    pub(crate) fn doubt(&mut self, wall: Wall, mapping: u8, shard: u8) {
        let Wall { settle_ms, stall_invocations, stall_ms, .. } = wall;
        let told = format!(
            "something of shard {shard} of mapping {mapping} was due, and had not come when the run ended: it counts \
             as missing after {settle_ms} ms (settle), and its shard as stalled only if another one had \
             {stall_invocations} invocations over {stall_ms} ms meanwhile"
        );
        self.doubt.get_or_insert(told);
    }

    /// Adds marks and variants of the best of a shard's last states.
    pub(crate) fn gather(&mut self, states: &[State]) {
        let Some(best) = states.iter().min_by_key(|state| (state.cost, state.marks.len())) else { return };
        self.cost += best.cost;
        self.took |= best.took;
        self.marks.extend(best.marks.iter().copied());
        self.marks.sort_unstable();
        self.marks.dedup();
    }
}
