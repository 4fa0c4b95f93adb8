//! The children of one run: started when needed, used for one case after the other, replaced after any trouble.
//!
//! Not what is said to them: see `session.rs`.

use super::beside::{self, Place};
use super::channel::{Broken, Channel};
use super::check::Checker;
use super::message::{FromChild, Opened, PROTOCOL};
use super::process::Process;
use super::server::serve;
use super::talk::hear;
use crate::machine::MachineTarget;
use std::fs::File;
use std::io::BufReader;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// How long a child may take for one answer, unless something else is asked for: starting an interpreter included.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// After so many children in a row that broke down no more are started: the rest of the run would be like them.
pub const MAX_BROKEN_IN_A_ROW: u32 = 32;

/// Most lines that are passed over until a child closes: what it was about to say.
const MAX_LATE_LINES: u32 = 10_000;

/// What is at the other end.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// A program and its arguments.
    Command(Vec<String>),
    /// An in-tree target on a thread, over pipes in memory.
    Served(MachineTarget),
}

/// Children that wait for a case, and what is known of all of them.
#[derive(Debug)]
pub(super) struct Pool {
    kind: Kind,
    /// The bound on each answer.
    pub(super) wait: Duration,
    /// What checks every line, if anything does.
    pub(super) checker: Option<Checker>,
    idle: Mutex<Vec<Peer>>,
    broken: AtomicU32,
    known: OnceLock<Opened>,
}

/// One end of a conversation. The pipes go first, so that whoever reads them can end by itself.
pub(super) struct Peer {
    pub(super) channel: Channel,
    /// It was told that its case is over, and has not said so yet.
    pub(super) closing: bool,
    place: Option<Place>,
    process: Option<Process>,
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Peer")
    }
}

impl Peer {
    /// The child comes to the processor of this thread, which stays there until the case is over.
    pub(super) fn come(&mut self) {
        let here = beside::stay();
        if let (Some(process), Some(place)) = (&self.process, here)
            && self.place != here
        {
            process.come(place);
        }
        self.place = here;
    }
}

impl Pool {
    pub(super) fn new(kind: Kind, wait: Duration, checker: Option<Checker>) -> Pool {
        Pool {
            kind,
            wait,
            checker,
            idle: Mutex::default(),
            broken: AtomicU32::new(0),
            known: OnceLock::new(),
        }
    }

    /// What it was made of.
    pub(super) fn made_of(&self) -> (Kind, Duration) {
        (self.kind.clone(), self.wait)
    }

    /// A child for a case.
    pub(super) fn take(&self) -> Result<Peer, String> {
        loop {
            // In a statement of its own, so that nobody waits for the list meanwhile.
            let idle = self.idle().pop();
            let Some(mut peer) = idle else { break };
            if self.has_closed(&mut peer) {
                peer.channel.forget();
                if let Some(process) = &peer.process {
                    process.forget();
                }
                return Ok(peer);
            }
            // Its case went well, and the next one is not to suffer for it.
            self.discard(peer);
        }
        if self.broken.load(Ordering::Relaxed) >= MAX_BROKEN_IN_A_ROW {
            return Err(format!(
                "{MAX_BROKEN_IN_A_ROW} children in a row broke down, so no more are started"
            ));
        }
        let started = match &self.kind {
            Kind::Command(argv) => Process::start(argv).map(|(process, channel)| (channel, Some(process))),
            Kind::Served(target) => {
                beside::stay();
                on_a_thread(target).map(|channel| (channel, None)).map_err(|e| e.to_string())
            }
        };
        match started {
            Ok((channel, process)) => Ok(Peer { channel, closing: false, place: None, process }),
            Err(why) => {
                beside::leave();
                self.broken.fetch_add(1, Ordering::Relaxed);
                Err(why)
            }
        }
    }

    /// Hears the end of the last case; whether it came.
    fn has_closed(&self, peer: &mut Peer) -> bool {
        for _ in 0..MAX_LATE_LINES {
            if !peer.closing {
                return true;
            }
            match hear(self, peer, "closed") {
                Ok(FromChild::Closed(_)) => peer.closing = false,
                // What it was about to say when the case ended.
                Ok(_) => {}
                Err(_) => return false,
            }
        }
        false
    }

    /// A case went well: the child waits for the next one.
    pub(super) fn give_back(&self, peer: Peer) {
        beside::leave();
        self.broken.store(0, Ordering::Relaxed);
        self.idle().push(peer);
    }

    /// A case did not go well: the child is taken down. How it ended and what it said last, if it did.
    pub(super) fn discard(&self, peer: Peer) -> String {
        beside::leave();
        self.broken.fetch_add(1, Ordering::Relaxed);
        let Peer { channel, process, .. } = peer;
        // How it ended says something only where it ended by itself.
        let exit = process.as_ref().filter(|_| channel.has_ended()).and_then(Process::exit);
        drop(channel);
        let Some(process) = process else { return String::new() };
        let words = process.end();
        let exit = exit.map(|exit| format!("; {exit}")).unwrap_or_default();
        let words = if words.is_empty() {
            "; it said nothing on stderr".to_owned()
        } else {
            format!("; its stderr ends with:\n{words}")
        };
        format!("{exit}{words}")
    }

    /// What the children said they are, once one has said so.
    pub(super) fn known(&self) -> Option<&Opened> {
        self.known.get()
    }

    /// A child says what it is. All must say the same.
    pub(super) fn learn(&self, opened: &Opened) -> Result<(), String> {
        if opened.protocol != PROTOCOL {
            return Err(format!("it speaks protocol {}, and the harness {PROTOCOL}", opened.protocol));
        }
        let known = self.known.get_or_init(|| opened.clone());
        if known == opened { Ok(()) } else { Err("it says in opened what it did not say before".to_owned()) }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Peer>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves a target on a thread of its own, which ends when the pipes are closed.
fn on_a_thread(target: &MachineTarget) -> Result<Channel, Broken> {
    let (input, to) = std::io::pipe()?;
    let (from, output) = std::io::pipe()?;
    let target = target.clone();
    // That the harness leaves in the middle of a case is no news here.
    std::thread::spawn(move || drop(serve(&target, BufReader::new(input), output)));
    Channel::new(File::from(OwnedFd::from(to)), File::from(OwnedFd::from(from)))
}
