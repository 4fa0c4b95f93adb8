//! `command:ARGV…` as a target, and how a campaign makes one for each thread.

use super::check::{Checker, NoChecker};
use super::message::{Clock, Events, FromChild, Open, Opened, PROTOCOL, ToChild};
use super::needs::missing;
use super::outside::Outside;
use super::pool::{Kind, Peer, Pool, REPLY_TIMEOUT};
use super::session::LinesSession;
use super::talk::{Owed, hear, out_of_turn, say};
use crate::bench::Bench;
use crate::machine::MachineTarget;
use crate::ports::Ports;
use crate::target::{Profile, Session, Target, TargetError};
use crate::virtual_time::ready;
use esm_model::case::Case;
use esm_model::setup::Setup;
use esm_model::when::EPOCH_MS;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// An implementation at the other end of a line. Clones share its children.
#[derive(Debug, Clone)]
pub struct CommandTarget {
    name: String,
    events: Events,
    pool: Arc<Pool>,
}

/// A text that is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotACommand {
    /// Nothing to start.
    #[error("there is no program: expected command:PROGRAM ARGUMENTS, such as command:python3 poller.py")]
    Empty,
    /// Quotes that do not end.
    #[error("{0}: words are told apart as a shell does it, so quote those with spaces")]
    Words(String),
}

impl CommandTarget {
    /// A program, told as to a shell. `wait` bounds each answer; [`REPLY_TIMEOUT`] if it is `None`.
    ///
    /// # Errors
    /// It names no program.
    pub fn command(name: &str, command: &str, wait: Option<Duration>) -> Result<CommandTarget, NotACommand> {
        let argv = shell_words::split(command).map_err(|error| NotACommand::Words(error.to_string()))?;
        if argv.is_empty() {
            return Err(NotACommand::Empty);
        }
        Ok(CommandTarget::new(name, Kind::Command(argv), wait.unwrap_or(REPLY_TIMEOUT), None))
    }

    /// An in-tree target over pipes in memory: the protocol without a process.
    pub fn served(target: MachineTarget) -> CommandTarget {
        let name = target.name.clone();
        CommandTarget::new(&name, Kind::Served(target), REPLY_TIMEOUT, None)
    }

    fn new(name: &str, kind: Kind, wait: Duration, checker: Option<Checker>) -> CommandTarget {
        let pool = Arc::new(Pool::new(kind, wait, checker));
        CommandTarget { name: name.to_owned(), events: Events::Documents, pool }
    }

    /// The same, with children of its own and every line checked against the published schema.
    ///
    /// # Errors
    /// It was built without a checker.
    pub fn checked(self) -> Result<CommandTarget, NoChecker> {
        let (kind, wait) = self.pool.made_of();
        Ok(CommandTarget::new(&self.name, kind, wait, Some(Checker::published()?)))
    }

    /// As it was typed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens a case. What all of them said once is not waited for again: the answer is then due.
    fn open_with(&self, peer: &mut Peer, case: &Case, setup: &Setup) -> Result<(Opened, Vec<Owed>), Refusal> {
        let open = Open {
            protocol: PROTOCOL,
            events: self.events,
            epoch_ms: EPOCH_MS,
            source: case.source,
            shards: case.shards,
            retention_ms: case.retention_ms,
            timeout_ms: case.function.timeout_ms,
            names: setup.clone(),
        };
        say(&self.pool, peer, &ToChild::Open(Box::new(open))).map_err(Refusal::Broken)?;
        if let Some(known) = self.pool.known().filter(|known| known.clock == Clock::Virtual) {
            return Ok((known.clone(), vec![Owed::Opened]));
        }
        match hear(&self.pool, peer, "opened").map_err(Refusal::Broken)? {
            FromChild::Opened(opened) => {
                self.pool.learn(&opened).map_err(Refusal::Broken)?;
                Ok((*opened, Vec::new()))
            }
            FromChild::Unsupported(what) => Err(Refusal::Unsupported(what.what)),
            message => Err(Refusal::Broken(out_of_turn(&message, "opened"))),
        }
    }
}

/// Why a case did not begin.
enum Refusal {
    Unsupported(String),
    Broken(String),
}

impl Target for CommandTarget {
    type Session = LinesSession;

    fn profile(&self) -> Profile {
        let wall = self.pool.known().is_some_and(|opened| opened.clock == Clock::Wall);
        Profile { name: self.name.clone(), texts: true, wall }
    }

    async fn open(
        &self,
        case: &Rc<Case>,
        setup: Option<&Rc<Setup>>,
        ports: Ports,
    ) -> Result<LinesSession, TargetError> {
        // What all of them said once needs not be asked again.
        if let Some(what) = self.pool.known().and_then(|known| missing(case, &known.capabilities)) {
            return Err(TargetError::Unsupported(what.to_owned()));
        }
        let in_tree = || Rc::new(Setup::in_tree(case));
        let setup = setup.cloned().unwrap_or_else(in_tree);
        let mut peer = self.pool.take().map_err(TargetError::CouldNotRun)?;
        let (opened, owed) = match self.open_with(&mut peer, case, &setup) {
            Ok(open) => open,
            Err(Refusal::Unsupported(what)) => {
                self.pool.give_back(peer);
                return Err(TargetError::Unsupported(what));
            }
            Err(Refusal::Broken(why)) => {
                let last = self.pool.discard(peer);
                return Err(TargetError::CouldNotRun(format!(
                    "the child at the beginning of the case: {why}{last}"
                )));
            }
        };
        if opened.clock == Clock::Virtual {
            peer.come();
        }
        let outside = Outside::new(case.clone(), ports);
        let session = LinesSession::new(self.pool.clone(), peer, case.clone(), outside, &opened, owed);
        if let Some(what) = missing(case, &opened.capabilities) {
            session.close().await?;
            return Err(TargetError::Unsupported(what.to_owned()));
        }
        Ok(session)
    }
}

impl Bench for CommandTarget {
    type Target = CommandTarget;

    fn target(&self, texts: bool) -> CommandTarget {
        let events = if texts { Events::Documents } else { Events::Records };
        CommandTarget { events, ..self.clone() }
    }

    fn wait<F: Future>(&self, future: F) -> F::Output {
        ready(future)
    }
}
