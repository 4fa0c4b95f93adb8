//! The sampler as a proptest strategy, for whoever writes a proptest block. Not used by the campaign, which draws by
//! index.
//!
//! A tree draws a seed from the runner, and goes the same way as every other shrinking: edits of the case, not of
//! the choices that led to it.

use super::case;
use esm_model::case::Case;
use esmeralda::shrink::Walk;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// Any case that the sampler draws.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyCase;

/// Any case that the sampler draws.
pub fn any_case() -> AnyCase {
    AnyCase
}

/// A case and the way to simpler ones.
#[derive(Debug, Clone)]
pub struct CaseTree {
    walk: Walk,
    current: Case,
}

impl Strategy for AnyCase {
    type Tree = CaseTree;
    type Value = Case;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<AnyCase> {
        let seed = proptest::num::u64::ANY.new_tree(runner)?.current();
        Ok(CaseTree::new(case(seed, 0)))
    }
}

impl CaseTree {
    /// The tree above this case.
    pub fn new(case: Case) -> CaseTree {
        CaseTree { walk: Walk::new(case.clone()), current: case }
    }

    /// Proposes the next candidate; back to the best one at the end.
    fn propose(&mut self) -> bool {
        match self.walk.propose() {
            Some(candidate) => {
                self.current = candidate;
                true
            }
            None => {
                self.current = self.walk.best().clone();
                false
            }
        }
    }
}

impl ValueTree for CaseTree {
    type Value = Case;

    fn current(&self) -> Case {
        self.current.clone()
    }

    /// The current case fails: the way goes on from it.
    fn simplify(&mut self) -> bool {
        if self.current != *self.walk.best() {
            self.walk.accept(self.current.clone());
        }
        self.propose()
    }

    /// The current case does not fail: another candidate takes its place.
    fn complicate(&mut self) -> bool {
        self.propose()
    }
}
