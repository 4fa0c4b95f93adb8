//! One mapping in real time: the reference machine, and a task that does what it asks for.
//!
//! Which world it acts in is for [`Upstream`] to say; nothing here decides about retries, batches or records. `task`
//! is the task, `recall` its beginning after a restart, `texts` holds the records and writes events, [`Note`] tells
//! whoever listens what happens.

mod note;
mod recall;
mod task;
mod texts;

pub use note::{Note, Span};

use crate::upstream::Upstream;
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::reference::{Fault, Machine, Policy, Position};
use esm_model::sequence::SequenceNumber;
use esm_model::setup::Setup;
use esm_model::when::{EPOCH_MS, Ms};
use esmeralda::clock::Wall;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use task::{Driver, Happened};
use tokio::sync::mpsc;

/// Most things that have happened and wait for the machine: each shard has a read, a call and some writes under way.
const QUEUE: usize = 4_096;

/// What a mapping is started with.
pub struct Start {
    /// Its settings.
    pub settings: Mapping,
    /// The kind of its stream.
    pub source: SourceKind,
    /// The names that its texts use; one mapping.
    pub setup: Setup,
    /// How long the stream keeps records.
    pub retention_ms: Ms,
    /// How the machine decides what the documents leave open.
    pub policy: Policy,
    /// What it does wrong.
    pub fault: Option<Fault>,
    /// Makes its request IDs its own.
    pub seed: u64,
    /// After how many milliseconds a command takes effect.
    pub change_delay_ms: u64,
    /// Where it goes on, if it ran before.
    pub resume: Option<Resume>,
}

/// Where a mapping goes on that ran before.
#[derive(Debug, Clone)]
pub struct Resume {
    /// Where shards begin that have no checkpoint.
    pub origin: Position,
    /// Of each shard of the setup what is done.
    pub shards: Vec<Option<SequenceNumber>>,
    /// The machine as it was when it was put to rest; without it, batches in hand are tried from the beginning.
    pub machine: Option<Box<Machine>>,
}

impl Resume {
    /// Where reading of a shard goes on that has no batch in hand.
    fn position(&self, shard: usize) -> Position {
        let done = self.shards.get(shard).cloned().flatten();
        done.map_or_else(|| self.origin.clone(), Position::After)
    }
}

/// What the control plane asks of a running mapping.
#[derive(Debug, Clone)]
pub enum Command {
    /// Run by these settings from now on.
    Configure(Box<Mapping>),
    /// Call this function from now on.
    Function {
        /// Its ARN, with the qualifier that was given.
        arn: String,
        /// Its role, and the version behind the qualifier, where that is known.
        behind: Option<Behind>,
    },
    /// Poll, or do not.
    Enable(bool),
    /// Read nothing and call nothing any more; what is under way ends.
    Rest,
    /// End.
    Stop,
}

/// What stands behind a function's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// The role by which it runs.
    pub role_arn: String,
    /// The version behind the qualifier.
    pub version: String,
}

/// A running mapping, as the control plane holds it.
#[derive(Clone)]
pub struct Handle {
    machine: Rc<RefCell<Machine>>,
    happened: mpsc::Sender<Happened>,
    counts: Rc<Counts>,
    change_delay: Duration,
    origin: Position,
}

/// What is under way.
#[derive(Default)]
struct Counts {
    /// Commands that have not taken effect.
    commands: Cell<u32>,
    /// Calls without an answer.
    calls: Cell<u32>,
    /// Failure records without an answer.
    writes: Cell<u32>,
}

fn add(count: &Cell<u32>, more: u32) {
    count.set(count.get() + more);
}

fn less_one(count: &Cell<u32>) {
    count.set(count.get().saturating_sub(1));
}

impl Handle {
    /// The machine, to be asked for its status.
    pub fn machine(&self) -> &RefCell<Machine> {
        &self.machine
    }

    /// Where shards began that had no checkpoint.
    pub fn origin(&self) -> &Position {
        &self.origin
    }

    /// Whether a command has not taken effect yet.
    pub fn is_changing(&self) -> bool {
        self.counts.commands.get() > 0
    }

    /// Whether a call of the function or a write has no answer yet.
    pub fn is_busy(&self) -> bool {
        self.counts.calls.get() > 0 || self.counts.writes.get() > 0
    }

    /// The machine as it may go on after a restart, where that saves more than checkpoints do: it was put to rest, or
    /// counts attempts. Calls under way are begun anew then, and count for nothing.
    ///
    /// `None` as well while a failure record is on its way or waits: its records are not behind the checkpoint yet, and
    /// who goes on from there writes it.
    pub fn to_resume(&self, rests: bool) -> Option<Box<Machine>> {
        let machine = self.machine.borrow();
        let any = |is: fn(&Machine, u8) -> bool| (0..machine.shards()).any(|shard| is(&machine, shard as u8));
        let owes = self.counts.writes.get() > 0 || any(Machine::owes);
        (!owes && (rests || any(Machine::is_tried))).then(|| Box::new(machine.clone()))
    }

    /// Gives commands, which take effect together, in order, after the delay set at the start.
    pub fn tell(&self, commands: Vec<Command>) {
        add(&self.counts.commands, 1);
        let this = self.clone();
        tokio::task::spawn_local(async move {
            if !this.change_delay.is_zero() {
                tokio::time::sleep(this.change_delay).await;
            }
            for command in commands {
                // A mapping that has ended takes no commands.
                let _ = this.happened.send(Happened::Told(command)).await;
            }
            let _ = this.happened.send(Happened::Changed).await;
        });
    }
}

/// Starts a mapping on the present `LocalSet`.
pub fn start<U: Upstream + 'static>(upstream: Rc<U>, clock: Wall, mut start: Start) -> Handle {
    let (happened, waiting) = mpsc::channel(QUEUE);
    let now = clock.epoch_ms() - EPOCH_MS;
    let mut machine = Machine::new(
        start.settings.clone(),
        // A machine has a place for each; further shards are refused where they are found.
        start.setup.shard_ids.len().min(esm_model::reference::MAX_SHARDS) as u8,
        start.retention_ms,
        start.policy,
        start.fault,
        start.seed,
        now,
    );
    let mut origin = match machine.shards() {
        0 => Position::TrimHorizon,
        _ => machine.position(0).clone(),
    };
    if let Some(resume) = &mut start.resume {
        origin = resume.origin.clone();
        match resume.machine.take().filter(|old| old.shards() == machine.shards()) {
            Some(mut old) => {
                old.revive(start.policy, start.fault, now);
                machine = *old;
            }
            None => {
                for shard in 0..machine.shards() {
                    machine.place(shard as u8, resume.position(shard), now);
                }
            }
        }
    }
    let machine = Rc::new(RefCell::new(machine));
    let counts = Rc::new(Counts::default());
    let change_delay = Duration::from_millis(start.change_delay_ms);
    let handle =
        Handle { machine: machine.clone(), happened: happened.clone(), counts, change_delay, origin };
    let driver = Driver::new(upstream, clock, start, handle.clone());
    tokio::task::spawn_local(driver.run(waiting));
    handle
}
