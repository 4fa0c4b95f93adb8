//! One case on one target: carries the timeline out and returns what was observed.
//!
//! Knows nothing about retries or batches, and does not judge.

use crate::ports::Ports;
use crate::target::{Acted, Ran, Session, Stimulus, Target, TargetError};
use esm_model::case::{Action, Case};
use esm_model::event::{Event, Settled};
use esm_model::label::Label;
use esm_model::setup::Setup;
use esm_model::when::{Ms, Span, When};
use std::rc::Rc;

/// How long after a change the mapping is looked at once more.
const LOOK_AGAIN_MS: Ms = 2_000;

/// One entry of the timeline, in the order in which entries of one time are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    Look(u8),
    Create(u8),
    Step(u16),
    Put { from: u16, to: u16 },
    Close,
}

/// Everything that is done to a session, in order of time.
fn timeline(case: &Case, looks: bool, entries: &mut Vec<(Ms, Entry)>) {
    entries.clear();
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
}

fn changes_state(action: &Action) -> bool {
    matches!(action, Action::Update { .. } | Action::Enable { .. } | Action::Disable { .. })
}

/// Runs a case, with `buffer` as the memory for its events. `looks` adds readings of the mappings' state.
///
/// # Errors
/// [`TargetError`] if the target does not support the case or breaks down.
pub async fn run_case<T: Target>(
    target: &T,
    case: &Rc<Case>,
    setup: Option<&Rc<Setup>>,
    looks: bool,
    buffer: Vec<Event>,
) -> Result<Vec<Event>, TargetError> {
    let ports = Ports::new(case.clone(), buffer);
    let mut session = target.open(case, setup, ports.clone()).await?;
    let settled = drive(&mut session, case, looks, &ports).await?;
    for mapping in 0..case.mappings.len() as u8 {
        if looks && case.mappings[usize::from(mapping)].created_at <= settled.0 {
            look(&mut session, mapping, settled.0, &ports).await?;
        }
    }
    ports.record(Event::Settled { at: When::at(settled.0), how: settled.1 });
    session.close().await?;
    Ok(ports.take())
}

async fn drive<S: Session>(
    session: &mut S,
    case: &Case,
    looks: bool,
    ports: &Ports,
) -> Result<(Ms, Settled), TargetError> {
    let mut entries = Vec::new();
    timeline(case, looks, &mut entries);
    let mut labels: Vec<Label> = Vec::new();
    let mut last = 0;
    for (at, entry) in entries {
        match session.run(at).await? {
            Ran::Cut(cut) => return Ok((cut, Settled::Horizon)),
            Ran::Reached | Ran::Quiet(_) => {}
        }
        last = at;
        match entry {
            Entry::Look(mapping) => look(session, mapping, at, ports).await?,
            Entry::Create(mapping) => {
                session.act(at, Stimulus::Create(mapping)).await?;
                ports.record(Event::Created { mapping, at: Span::at(at) });
                if looks {
                    look(session, mapping, at, ports).await?;
                }
            }
            Entry::Step(index) => step(session, case, index, looks, ports).await?,
            Entry::Put { from, to } => {
                labels.clear();
                labels.extend((from..to).map(|index| Label::record(usize::from(index))));
                put(session, at, &labels, ports).await?;
            }
            Entry::Close => {
                labels.clear();
                labels.extend((0..case.shards).map(Label::sentinel));
                put(session, at, &labels, ports).await?;
            }
        }
    }
    Ok(match session.run(case.horizon_ms + 1).await? {
        Ran::Quiet(at) => (at.max(last), Settled::Quiet),
        Ran::Cut(at) => (at, Settled::Horizon),
        Ran::Reached => (case.horizon_ms, Settled::Horizon),
    })
}

async fn step<S: Session>(
    session: &mut S,
    case: &Case,
    index: u16,
    looks: bool,
    ports: &Ports,
) -> Result<(), TargetError> {
    let step = &case.actions[usize::from(index)];
    session.act(step.at, Stimulus::Step(&step.action)).await?;
    let at = Span { began: When::at(step.at), ended: When::at(step.at + step.action.lasts()) };
    ports.record(Event::Acted { step: index, at });
    if looks && changes_state(&step.action) {
        look(session, step.action.mapping(), step.at, ports).await?;
    }
    Ok(())
}

async fn put<S: Session>(
    session: &mut S,
    at: Ms,
    labels: &[Label],
    ports: &Ports,
) -> Result<(), TargetError> {
    match session.act(at, Stimulus::Put(labels)).await? {
        Acted::Put(records) => ports.record(Event::Put { at: Span::at(at), records }),
        Acted::Done => return Err(TargetError::CouldNotRun("a put returned no sequence numbers".to_owned())),
    }
    Ok(())
}

async fn look<S: Session>(session: &mut S, mapping: u8, at: Ms, ports: &Ports) -> Result<(), TargetError> {
    if let Some((state, result)) = session.status(at, mapping).await? {
        ports.record(Event::Status { mapping, at: When::at(at), state, result });
    }
    Ok(())
}
