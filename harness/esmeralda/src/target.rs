//! The boundary: an implementation under test as the harness sees it.
//!
//! The harness lends two ports and drives one session; an adapter only wires. It returns data and errors, never
//! events and never a verdict. Single-threaded by design: no `Send` bounds.

use crate::ports::Ports;
use esm_model::case::{Action, Case};
use esm_model::event::{Bound, MappingState, ProcessingResult};
use esm_model::label::Label;
use esm_model::setup::Setup;
use esm_model::when::{Ms, Span, When};
use std::rc::Rc;

/// An implementation that cases can be run against.
#[expect(async_fn_in_trait, reason = "single-threaded by design: nobody needs the future to be Send")]
pub trait Target {
    /// One isolated stream, function and mappings.
    type Session: Session;

    /// What it is and what it can do.
    fn profile(&self) -> Profile;

    /// Opens a session for one case. Nothing exists in it yet.
    async fn open(
        &self,
        case: &Rc<Case>,
        setup: Option<&Rc<Setup>>,
        ports: Ports,
    ) -> Result<Self::Session, TargetError>;
}

/// One case on one target.
#[expect(async_fn_in_trait, reason = "single-threaded by design: nobody needs the future to be Send")]
pub trait Session {
    /// Carries a stimulus out at a time of the case, and says what came of it.
    async fn act(&mut self, at: Ms, stimulus: Stimulus<'_>) -> Result<Acted, TargetError>;

    /// Lets the implementation work until shortly before `until`. After the last stimulus `until` lies behind the
    /// case's time; a target on a wall clock then waits until it may say [`Ran::Quiet`], or for its own deadline.
    async fn run(&mut self, until: Ms) -> Result<Ran, TargetError>;

    /// The names that the session found or made, for a target that is not told them when it is opened. Asked once,
    /// after the run.
    fn names(&self) -> Option<Setup> {
        None
    }

    /// Takes everything down.
    async fn close(self) -> Result<(), TargetError>;

    /// What the control plane says of a mapping; `None` where there is no control plane.
    async fn status(&mut self, _at: Ms, _mapping: u8) -> Result<Option<Seen>, TargetError> {
        Ok(None)
    }
}

/// What the control plane said of a mapping, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// When.
    pub at: When,
    /// `State`.
    pub state: MappingState,
    /// `LastProcessingResult`.
    pub result: ProcessingResult,
}

/// What is done to a session.
#[derive(Debug, Clone, Copy)]
pub enum Stimulus<'a> {
    /// Create a mapping of the case.
    Create(u8),
    /// Put records by one call.
    Put(&'a [Label]),
    /// A step of the timeline. Of a window (throttle, errors, refusals) a target on a wall clock only opens it.
    Step(&'a Action),
    /// The end of such a window. Targets in virtual time are not told: they know it from the step.
    End(&'a Action),
}

/// What a stimulus led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acted {
    /// From its begin to its end; one instant in virtual time.
    pub at: Span,
    /// The sequence numbers and arrivals of the records put, if any were.
    pub put: Vec<Bound>,
}

impl Acted {
    /// Nothing was put.
    pub fn done(at: Span) -> Acted {
        Acted { at, put: Vec::new() }
    }
}

/// How far a session came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// To the time asked for; something is still pending.
    Reached,
    /// Nothing is pending since this time.
    Quiet(Ms),
    /// A shard used up its invocations at this time.
    Cut(Ms),
    /// The wall clock ran out at this time, and something may be pending.
    Deadline(Ms),
}

/// What a target is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name on the command line.
    pub name: String,
    /// Whether documents and events are texts; else typed values.
    pub texts: bool,
    /// Whether time passes by itself: steps take time, and windows are ended by a stimulus of their own.
    pub wall: bool,
}

/// Why there is no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The target does not do what the case needs: not a failure.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// The run broke down: not a verdict.
    #[error("could not run: {0}")]
    CouldNotRun(String),
}
