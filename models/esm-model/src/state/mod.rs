//! What one shard of one mapping may be in the middle of: a possible state of the automaton.
//!
//! Here is only the data that steps read and write. Which steps there are is said by [`crate::spec`].

mod owed;
mod part;

pub(crate) use owed::{Counts, Done, Owed, Why};
pub(crate) use part::{Fail, Origin, Part, Split};

use crate::catalogue::AmbiguityId;
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
    pub(crate) parts: SmallVec<[Part; 2]>,
    /// The invocation under way, and whether it is a duplicate that changes nothing.
    pub(crate) flight: Option<(u32, bool)>,
    /// Failure records to come: one set, never forked.
    pub(crate) owed: Vec<Owed>,
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
    pub(crate) marks: Vec<RuleId>,
    /// How many steps were forgiven.
    pub(crate) cost: u32,
    /// Variants of ambiguities that it took: three bits for each.
    pub(crate) took: u128,
    /// Something was left undone at the end, for longer than a pass admits.
    pub(crate) doubt: bool,
}

impl Clone for State {
    /// States are cloned at every step, so they are small, with what they seldom have on the heap; and what is plain
    /// data is copied whole and not element by element.
    fn clone(&self) -> State {
        State {
            parts: SmallVec::from_slice(&self.parts),
            owed: self.owed.clone(),
            done: SmallVec::from_slice(&self.done),
            marks: self.marks.clone(),
            ..*self
        }
    }
}

impl State {
    pub(crate) fn new(created: When) -> State {
        State { completed: created, free_since: created, ..State::default() }
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
        self.done.resize(self.done.len().max(usize::from(hi)), Done::Skipped);
        self.done[usize::from(lo)..usize::from(hi)].fill(how);
        self.front = self.front.max(hi);
    }

    /// The position is lost: nothing from `lo` on is resolved or in hand any more.
    pub(crate) fn rewind(&mut self, lo: Pos) {
        self.parts.clear();
        self.done.truncate(usize::from(lo));
        self.front = lo;
    }

    /// How the record before `at` was resolved, if it was.
    pub(crate) fn done_before(&self, at: Pos) -> Option<Done> {
        self.done.get(usize::from(at).checked_sub(1)?).copied()
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
