//! Where a campaign gets its targets: one for each thread, with or without texts, how to wait for it, and how many
//! sessions of it go at once.
//!
//! Targets are single-threaded, so a campaign on several threads makes one on each of them.

use crate::control::{InTree, Planes};
use crate::machine::MachineTarget;
use crate::probe::Proposal;
use crate::target::Target;
use crate::virtual_time::ready;
use esm_model::when::Ms;
use std::future::Future;

/// How a campaign goes about targets that keep it waiting: many sessions at once, all on one thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wide {
    /// How many sessions go at once, unless the user asks for another number.
    pub sessions: usize,
    /// Cases that the reference predicts to last longer are left out, in milliseconds of virtual time.
    pub longest_ms: Ms,
}

/// Makes targets of one kind.
pub trait Bench: Sync {
    /// What it makes.
    type Target: Target;

    /// A target. `texts` asks for events and documents as JSON text; a target that has nothing else ignores it.
    fn target(&self, texts: bool) -> Self::Target;

    /// Drives what such a target does to its end.
    fn wait<F: Future>(&self, future: F) -> F::Output;

    /// The target's control plane, where it can be reached.
    fn planes(&self) -> Option<Box<dyn Planes + '_>> {
        None
    }

    /// The target's description as a file, with what a probe proposes for it; `None` if files do not describe it.
    fn preset(&self, _proposal: &Proposal) -> Option<String> {
        None
    }

    /// Whether sessions go side by side on one thread. `None`, the default, runs one case at a time on each thread.
    fn wide(&self) -> Option<Wide> {
        None
    }
}

impl Bench for MachineTarget {
    type Target = MachineTarget;

    fn target(&self, texts: bool) -> MachineTarget {
        self.clone().with_texts(texts)
    }

    fn wait<F: Future>(&self, future: F) -> F::Output {
        ready(future)
    }

    /// The model's own: no planted bug is one of the control plane.
    fn planes(&self) -> Option<Box<dyn Planes + '_>> {
        self.fault.is_none().then(|| Box::new(InTree::default()) as Box<dyn Planes>)
    }
}
