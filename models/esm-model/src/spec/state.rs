//! What one shard of one mapping may be in the middle of: a possible state of the automaton.

use crate::catalogue::AmbiguityId;
use crate::event::Condition;
use crate::rule::RuleId;
use crate::when::{Ms, When};
use smallvec::SmallVec;

/// Index of a record within its shard, in sequence order.
pub(crate) type Pos = u16;

/// One possible state.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Records before this one are resolved or belong to a part.
    pub(crate) front: Pos,
    /// What is left of the batch in hand; the next part last.
    pub(crate) parts: SmallVec<[Part; 4]>,
    /// The invocation under way, and whether it is a duplicate that changes nothing.
    pub(crate) flight: Option<(u32, bool)>,
    /// Failure records to come: one set, never forked.
    pub(crate) owed: SmallVec<[Owed; 1]>,
    /// How each record before `front` was resolved.
    pub(crate) done: SmallVec<[Done; 16]>,
    /// Completion of the last invocation, or what a batching window cannot have opened before.
    pub(crate) completed: When,
    /// Since when the shard could have gone on.
    pub(crate) free_since: When,
    /// Whether anything was delivered yet.
    pub(crate) started: bool,
    /// Whether a batch was split yet.
    pub(crate) split: bool,
    /// Records before this one may have filled up a remainder that then expired (AMB-9).
    pub(crate) refilled_to: Pos,
    /// When that remainder's batch began.
    pub(crate) refilled_began: Ms,
    /// Rules that this state broke and was forgiven, or is warned about.
    pub(crate) marks: SmallVec<[RuleId; 2]>,
    /// How many steps were forgiven.
    pub(crate) cost: u32,
    /// Variants of ambiguities that it took: three bits for each.
    pub(crate) took: u128,
    /// Something was left undone at the end, for longer than a pass admits.
    pub(crate) doubt: bool,
}

/// A contiguous run of records that is tried as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) lo: Pos,
    pub(crate) hi: Pos,
    /// Failed invocations of exactly this part.
    pub(crate) attempts: u16,
    /// Failed invocations that were forgotten when the mapping was disabled (AMB-23) or records expired (AMB-12).
    pub(crate) forgotten: u16,
    /// Some of its records expired since its last invocation.
    pub(crate) cut: bool,
    /// Invocations of the batches it comes from.
    pub(crate) before: u16,
    /// How its last invocation failed.
    pub(crate) failed: Option<Fail>,
    /// Whether it is to be split before it is tried.
    pub(crate) split: Split,
    pub(crate) origin: Origin,
    /// A top-level remainder may be filled up with newer records (AMB-9).
    pub(crate) refill: bool,
    /// First record of the batch that it comes from.
    pub(crate) root: Pos,
    /// When that batch began: older settings may still count for it (AMB-22).
    pub(crate) began: Ms,
    /// Since when it could have been tried.
    pub(crate) due: Ms,
    /// Its last invocation.
    pub(crate) last: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split {
    No,
    /// AMB-6: a remainder may be split at once.
    May,
    Must,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Fresh,
    Remainder,
    Half,
}

/// How an invocation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fail {
    Raised,
    /// Timed out or crashed (RETRY-6).
    Broken,
    /// A complete-failure response (PBR-3).
    Malformed,
    /// A report of the first record (RETRY-9).
    NoProgress,
}

/// How a record was resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// Before the starting position, or in a gap of LATEST.
    NotStarted,
    Success,
    /// Success by a response that reports failures, without ReportBatchItemFailures (PBR-1).
    Unread,
    /// Success by one of the shapes of PBR-2.
    Shaped,
    /// Success of a half (BISECT-7).
    Half,
    /// Before the checkpoint of a partial response (PBR-4).
    Checkpoint,
    Exhausted,
    Aged,
    /// Gone from the stream.
    Expired,
    /// Skipped, by a waived rule.
    Skipped,
}

/// A failure record to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owed {
    pub(crate) lo: Pos,
    pub(crate) hi: Pos,
    pub(crate) why: Why,
    /// Invocation counts that it may state; any if empty.
    pub(crate) counts: SmallVec<[u32; 4]>,
    /// First record of the original batch.
    pub(crate) root: Pos,
    /// Whether it came out of a split, and so may be merged (AMB-3).
    pub(crate) half: bool,
    pub(crate) last: Option<u32>,
    /// Destinations that it may go to, as bits.
    pub(crate) destinations: u16,
    /// It need not come.
    pub(crate) optional: bool,
    /// The discard happened in this time.
    pub(crate) since: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Exhausted(Fail),
    TooLarge,
    Aged,
    /// Discarded for a reason that a waived rule stands for: nothing is known of its document.
    Unknown,
}

impl Why {
    pub(crate) fn condition(self) -> Option<Condition> {
        match self {
            Why::Exhausted(_) | Why::TooLarge => Some(Condition::RetryAttemptsExhausted),
            Why::Aged => Some(Condition::RecordAgeExceeded),
            Why::Unknown => None,
        }
    }
}

impl Part {
    pub(crate) fn fresh(lo: Pos, hi: Pos, began: Ms) -> Part {
        Part {
            lo,
            hi,
            attempts: 0,
            forgotten: 0,
            cut: false,
            before: 0,
            failed: None,
            split: Split::No,
            origin: Origin::Fresh,
            refill: false,
            root: lo,
            began,
            due: began,
            last: None,
        }
    }

    pub(crate) fn len(&self) -> u16 {
        self.hi - self.lo
    }
}

impl Clone for State {
    /// States are cloned at every step: what is plain data is copied whole and not element by element.
    fn clone(&self) -> State {
        State {
            parts: SmallVec::from_slice(&self.parts),
            owed: self.owed.clone(),
            done: SmallVec::from_slice(&self.done),
            marks: SmallVec::from_slice(&self.marks),
            ..*self
        }
    }
}

impl State {
    pub(crate) fn new(created: When) -> State {
        State {
            front: 0,
            parts: SmallVec::new(),
            flight: None,
            owed: SmallVec::new(),
            done: SmallVec::new(),
            completed: created,
            free_since: created,
            started: false,
            split: false,
            refilled_to: 0,
            refilled_began: 0,
            marks: SmallVec::new(),
            cost: 0,
            took: 0,
            doubt: false,
        }
    }

    /// The next part.
    pub(crate) fn top(&self) -> Option<Part> {
        self.parts.last().copied()
    }

    /// The first record that is not resolved.
    pub(crate) fn head(&self) -> Pos {
        self.parts.last().map_or(self.front, |part| part.lo)
    }

    /// Says how records were resolved.
    pub(crate) fn resolve(&mut self, lo: Pos, hi: Pos, how: Done) {
        if self.done.len() < usize::from(hi) {
            self.done.resize(usize::from(hi), Done::Skipped);
        }
        self.done[usize::from(lo)..usize::from(hi)].fill(how);
        self.front = self.front.max(hi);
    }

    /// A step that breaks the rule was followed.
    pub(crate) fn forgive(&mut self, rule: RuleId) {
        self.cost += 1;
        self.mark(rule);
    }

    pub(crate) fn mark(&mut self, rule: RuleId) {
        if let Err(at) = self.marks.binary_search(&rule) {
            self.marks.insert(at, rule);
        }
    }

    pub(crate) fn take(&mut self, ambiguity: AmbiguityId, variant: usize) {
        self.took |= 1 << (u32::from(ambiguity.number()) * 3 + variant as u32);
    }

    /// Whether the two differ only in how they came about.
    pub(crate) fn same(&self, other: &State) -> bool {
        self.front == other.front
            && self.flight == other.flight
            && self.parts == other.parts
            && self.owed == other.owed
            && self.done == other.done
            && self.completed == other.completed
            && self.free_since == other.free_since
            && (self.started, self.split, self.refilled_to) == (other.started, other.split, other.refilled_to)
            && self.marks == other.marks
            && self.doubt == other.doubt
    }
}
