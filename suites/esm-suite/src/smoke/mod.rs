//! The absolute basics: tiny cases that tell a wrong adapter from a wrong implementation before anything else is tried.
//!
//! Each names what an adapter has to do for it. Nothing here runs a case; what came of it is ruled on in [`ruling`].

mod basics;
pub mod ruling;

pub use basics::all;
pub use ruling::{Ruled, Ruling, is_its, rule, settle, standing};

use esm_model::case::Case;

/// One of the basics.
#[derive(Debug, Clone)]
pub struct Basic {
    /// Its name on the command line.
    pub name: &'static str,
    /// What must be so, in one sentence.
    pub claim: &'static str,
    /// What the adapter has to do for it: what to look at first. A clause that goes on from "see that".
    pub adapter: &'static str,
    /// What is done: one session for each, one after another on the same target.
    pub cases: Vec<Case>,
    /// What must be seen in each of them beside the rules.
    pub expected: &'static [Expected],
}

/// Something that is seen in every trace of a basic, unless something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Every record and every sentinel reaches the function.
    AllCalled,
    /// The first record reaches the function a second time.
    CalledAgain,
    /// Some call has several records. Only noted: batches may be smaller (BATCH-3).
    SeveralAtOnce,
    /// A document arrives at the destination.
    Document,
    /// The control plane tells the state of the mapping. A target without one does not support it.
    State,
}
