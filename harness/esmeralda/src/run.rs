//! One case on one target: carries the timeline out and returns what was observed.
//!
//! Knows nothing about retries or batches, and does not judge.

use crate::ports::{Judge, Ports};
use crate::stop::Stop;
use crate::target::{Ran, Seen, Session, Stimulus, Target, TargetError};
use esm_model::case::{Action, Case};
use esm_model::event::{Event, Settled};
use esm_model::label::Label;
use esm_model::setup::Setup;
use esm_model::when::{Ms, When};
use futures_util::future::{Either, select};
use std::pin::pin;
use std::rc::Rc;

/// How long after a change the mapping is looked at once more.
const LOOK_AGAIN_MS: Ms = 2_000;

/// One entry of the timeline, in the order in which entries of one time are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    Look(u8),
    End(u16),
    Create(u8),
    Step(u16),
    Put { from: u16, to: u16 },
    Close,
}

/// Everything that is done to a session, in order of time.
fn timeline(case: &Case, looks: bool, wall: bool) -> Vec<(Ms, Entry)> {
    let most = 2 * case.mappings.len() + 3 * case.actions.len() + case.records.len() + 1;
    let mut entries = Vec::with_capacity(most);
    for (index, mapping) in case.mappings.iter().enumerate() {
        entries.push((mapping.created_at, Entry::Create(index as u8)));
        if looks {
            entries.push((mapping.created_at + LOOK_AGAIN_MS, Entry::Look(index as u8)));
        }
    }
    for (index, step) in case.actions.iter().enumerate() {
        entries.push((step.at, Entry::Step(index as u16)));
        if looks && changes_state(&step.action) {
            entries.push((step.at + LOOK_AGAIN_MS, Entry::Look(step.action.mapping())));
        }
        if wall && step.action.lasts() > 0 {
            entries.push((step.at + step.action.lasts(), Entry::End(index as u16)));
        }
    }
    let mut from = 0;
    while from < case.records.len() {
        let at = case.records[from].at;
        let to = from + case.records[from..].iter().take_while(|record| record.at == at).count();
        entries.push((at, Entry::Put { from: from as u16, to: to as u16 }));
        from = to;
    }
    if let Some(at) = case.closing_at {
        entries.push((at, Entry::Close));
    }
    // Stable: a later put of the same time stays behind an earlier one.
    entries.sort_by_key(|(at, entry)| (*at, *entry));
    entries.retain(|(at, _)| *at <= case.horizon_ms);
    entries
}

fn changes_state(action: &Action) -> bool {
    matches!(action, Action::Update { .. } | Action::Enable { .. } | Action::Disable { .. })
}

/// What a run left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The names that the session found or made; `None` if it made none.
    pub names: Option<Setup>,
    /// What was observed, in order.
    pub events: Vec<Event>,
}

/// Runs a case, with `buffer` as the memory for its events. `looks` adds readings of the mappings' state.
///
/// # Errors
/// [`TargetError`] if the target does not support the case or breaks down. The session is closed nevertheless.
pub async fn run_case<T: Target>(
    target: &T,
    case: &Rc<Case>,
    setup: Option<&Rc<Setup>>,
    looks: bool,
    buffer: Vec<Event>,
) -> Result<Recorded, TargetError> {
    let (mut session, ports) = open(target, case, setup, buffer, None).await?;
    let wall = target.profile().wall;
    let ran = Runner { session: &mut session, case, looks, wall, ports: &ports }.run().await;
    close(session, ports, ran).await
}

/// The same for a target that keeps the harness waiting: once `stop` is told, the waiting ends, the session is closed,
/// and there is no record. `judge` is asked meanwhile whether the case is red already.
///
/// # Errors
/// [`TargetError`] if the target does not support the case or breaks down. The session is closed nevertheless.
pub async fn run_case_until<T: Target>(
    target: &T,
    case: &Rc<Case>,
    setup: Option<&Rc<Setup>>,
    judge: Judge,
    stop: &Stop,
) -> Result<Option<Recorded>, TargetError> {
    if stop.is_told() {
        return Ok(None);
    }
    let (mut session, ports) = open(target, case, setup, Vec::new(), Some(judge)).await?;
    let wall = target.profile().wall;
    let ran = {
        let mut runner = Runner { session: &mut session, case, looks: true, wall, ports: &ports };
        let running = runner.run();
        match select(pin!(running), stop.wait()).await {
            Either::Left((ran, _)) => Some(ran),
            Either::Right(_) => None,
        }
    };
    match ran {
        Some(ran) => close(session, ports, ran).await.map(Some),
        None => session.close().await.map(|()| None),
    }
}

async fn open<T: Target>(
    target: &T,
    case: &Rc<Case>,
    setup: Option<&Rc<Setup>>,
    buffer: Vec<Event>,
    judge: Option<Judge>,
) -> Result<(T::Session, Ports), TargetError> {
    let ports = Ports::new(case.clone(), buffer, judge);
    let session = target.open(case, setup, ports.clone()).await?;
    Ok((session, ports))
}

async fn close<S: Session>(
    session: S,
    ports: Ports,
    ran: Result<(), TargetError>,
) -> Result<Recorded, TargetError> {
    let names = session.names();
    let closed = session.close().await;
    ran.and(closed)?;
    Ok(Recorded { names, events: ports.take() })
}

struct Runner<'r, S> {
    session: &'r mut S,
    case: &'r Case,
    looks: bool,
    wall: bool,
    ports: &'r Ports,
}

impl<S: Session> Runner<'_, S> {
    async fn run(&mut self) -> Result<(), TargetError> {
        let (mut at, how) = self.drive().await?;
        for (mapping, known) in self.case.mappings.iter().enumerate() {
            if self.looks && known.created_at <= at {
                // On a wall clock these last looks take time, and the end lies behind them.
                at = at.max(self.look(mapping as u8, at).await?);
            }
        }
        self.ports.record(Event::Settled { at: When::at(at), how });
        Ok(())
    }

    async fn drive(&mut self) -> Result<(Ms, Settled), TargetError> {
        let entries = timeline(self.case, self.looks, self.wall);
        let mut labels: Vec<Label> = Vec::new();
        let mut last = 0;
        for (at, entry) in entries {
            match self.session.run(at).await? {
                Ran::Cut(cut) => return Ok((cut, Settled::Horizon)),
                Ran::Deadline(at) => return Ok((at, Settled::Deadline)),
                Ran::Reached | Ran::Quiet(_) => {}
            }
            last = at;
            match entry {
                Entry::Look(mapping) => {
                    self.look(mapping, at).await?;
                }
                Entry::Create(mapping) => {
                    let acted = self.session.act(at, Stimulus::Create(mapping)).await?;
                    self.ports.record(Event::Created { mapping, at: acted.at });
                    if self.looks {
                        self.look(mapping, at).await?;
                    }
                }
                Entry::Step(index) => self.step(index).await?,
                Entry::End(index) => {
                    let action = &self.case.actions[usize::from(index)].action;
                    let acted = self.session.act(at, Stimulus::End(action)).await?;
                    self.ports.ended(index, acted.at.ended);
                }
                Entry::Put { from, to } => {
                    labels.clear();
                    labels.extend((from..to).map(|index| Label::record(usize::from(index))));
                    self.put(at, &labels).await?;
                }
                Entry::Close => {
                    labels.clear();
                    labels.extend((0..self.case.shards).map(Label::sentinel));
                    self.put(at, &labels).await?;
                }
            }
        }
        Ok(match self.session.run(self.case.horizon_ms + 1).await? {
            Ran::Quiet(at) => (at.max(last), Settled::Quiet),
            Ran::Cut(at) => (at, Settled::Horizon),
            Ran::Deadline(at) => (at, Settled::Deadline),
            Ran::Reached => (self.case.horizon_ms, Settled::Horizon),
        })
    }

    async fn step(&mut self, index: u16) -> Result<(), TargetError> {
        let step = &self.case.actions[usize::from(index)];
        let acted = self.session.act(step.at, Stimulus::Step(&step.action)).await?;
        let mut at = acted.at;
        if step.action.lasts() > 0 {
            // Of a window that is never seen to end, the end is the planned one at the earliest.
            at.ended.earliest = at.ended.earliest.max(step.at + step.action.lasts());
            at.ended.latest = at.ended.latest.max(at.ended.earliest);
        }
        self.ports.record(Event::Acted { step: index, at });
        if self.looks && changes_state(&step.action) {
            self.look(step.action.mapping(), step.at).await?;
        }
        Ok(())
    }

    async fn put(&mut self, at: Ms, labels: &[Label]) -> Result<(), TargetError> {
        let acted = self.session.act(at, Stimulus::Put(labels)).await?;
        if acted.put.len() != labels.len() {
            let (got, put) = (acted.put.len(), labels.len());
            let why = format!("a put of {put} records returned {got} sequence numbers");
            return Err(TargetError::CouldNotRun(why));
        }
        self.ports.record(Event::Put { at: acted.at, records: acted.put });
        Ok(())
    }

    /// Reads the state of a mapping; the time at which the answer was there.
    async fn look(&mut self, mapping: u8, at: Ms) -> Result<Ms, TargetError> {
        let Some(Seen { at, state, result }) = self.session.status(at, mapping).await? else { return Ok(at) };
        self.ports.record(Event::Status { mapping, at, state, result });
        Ok(at.latest)
    }
}
