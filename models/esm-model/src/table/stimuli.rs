//! What was done to the mappings and the stream: puts, creations, the steps of the timeline, and which settings and
//! destinations were in force when.

use super::{NOWHERE, NotATrace, Table};
use crate::case::Action;
use crate::event::{Event, MappingState};
use crate::label::Label;
use crate::lane::{Config, Disabled, Rec};
use crate::mapping::Mapping;
use crate::state::Pos;
use crate::when::Span;
use smallvec::SmallVec;

impl<'t> Table<'t> {
    /// Puts, creations and steps of the timeline.
    pub(super) fn stimuli(&mut self) -> Result<(), NotATrace> {
        let case = self.trace.case;
        let mut settings: SmallVec<[Option<Mapping>; 2]> = case.mappings.iter().map(|_| None).collect();
        let mut destinations: SmallVec<[Named<'_>; 2]> = case.mappings.iter().map(|_| Named::new()).collect();
        let mut steps: SmallVec<[bool; 16]> = SmallVec::from_elem(false, case.actions.len());
        let mut last_sequence = None;
        let mut ordered = true;
        for (event, observed) in self.trace.events.iter().enumerate() {
            let bad = |problem: &str| Err(NotATrace { event, problem: problem.to_owned() });
            match observed {
                Event::Put { at, records } => {
                    for bound in records {
                        let Some(record) = case.record(bound.label) else {
                            return bad("the case has no such record");
                        };
                        let shard = usize::from(record.shard);
                        let place = match bound.label.index() {
                            Some(index) => &mut self.places[index],
                            None => &mut self.sentinels[shard],
                        };
                        if *place != NOWHERE {
                            return bad("a record is put twice");
                        }
                        *place = self.shards[shard].len() as Pos;
                        ordered &=
                            last_sequence.replace(&bound.sequence).is_none_or(|last| *last < bound.sequence);
                        let payload = record.payload_at_least();
                        self.shards[shard].push(Rec {
                            label: bound.label,
                            arrival: bound.arrival,
                            put: *at,
                            payload,
                        });
                    }
                }
                Event::Created { mapping, at } => {
                    let index = usize::from(*mapping);
                    let Some(known) = case.mappings.get(index) else {
                        return bad("the case has no such mapping");
                    };
                    if !self.mappings[index].configs.is_empty() {
                        return bad("a mapping is created twice");
                    }
                    let arn = known.settings.destination.as_ref().map(|d| d.arn());
                    let destination = destinations[index].index(arn);
                    self.mappings[index].configs.push(Config::of(&known.settings, destination, *at));
                    if !known.settings.enabled {
                        let seen = Some(at.ended);
                        self.mappings[index].disabled.push(Disabled { from: *at, seen, until: None });
                    }
                }
                Event::Acted { step, at } => {
                    let index = usize::from(*step);
                    match steps.get_mut(index) {
                        None => return bad("the case has no such step"),
                        Some(true) => return bad("a step is carried out twice"),
                        Some(done) => *done = true,
                    }
                    let action = &case.actions[index].action;
                    if self.mappings[usize::from(action.mapping())].configs.is_empty() {
                        return bad("the mapping does not exist yet");
                    }
                    let of = usize::from(action.mapping());
                    self.acted(*step, action, *at, &mut settings[of], &mut destinations[of]);
                }
                Event::Status { mapping, at, state, .. } => {
                    let Some(facts) = self.mappings.get_mut(usize::from(*mapping)) else {
                        return bad("the case has no such mapping");
                    };
                    if *state == MappingState::Disabled
                        && let Some(disabled) = facts.disabled.last_mut()
                        && disabled.until.is_none()
                    {
                        disabled.seen = disabled.seen.or(Some(*at));
                    }
                }
                Event::Settled { .. } if event + 1 != self.trace.events.len() => {
                    return bad("the run goes on after its end");
                }
                _ => {}
            }
        }
        if !ordered {
            self.reorder();
        }
        match self.trace.events.last() {
            Some(Event::Settled { .. }) => Ok(()),
            _ => {
                Err(NotATrace { event: self.trace.events.len(), problem: "the trace has no end".to_owned() })
            }
        }
    }

    /// Sequence numbers, not the order of the puts, give the order within a shard.
    fn reorder(&mut self) {
        let puts = self.trace.events.iter().filter_map(|event| match event {
            Event::Put { records, .. } => Some(records),
            _ => None,
        });
        let numbers: std::collections::BTreeMap<Label, &crate::SequenceNumber> =
            puts.flatten().map(|bound| (bound.label, &bound.sequence)).collect();
        for shard in 0..self.shards.len() {
            self.shards[shard].sort_by(|a, b| numbers.get(&a.label).cmp(&numbers.get(&b.label)));
            for (place, record) in self.shards[shard].iter().enumerate() {
                match record.label.index() {
                    Some(index) => self.places[index] = place as Pos,
                    None => self.sentinels[shard] = place as Pos,
                }
            }
        }
    }

    fn acted(
        &mut self,
        step: u16,
        action: &'t Action,
        at: Span,
        settings: &mut Option<Mapping>,
        destinations: &mut Named<'t>,
    ) {
        let of = usize::from(action.mapping());
        let facts = &mut self.mappings[of];
        match action {
            Action::Throttle { .. } | Action::ServiceError { .. } => facts.unreachable.push(at),
            Action::RefuseWrites { .. } => facts.refusing.push(at),
            Action::Disable { .. } => {
                facts.changes.push(at);
                facts.disabled.push(Disabled { from: at, seen: None, until: None });
                facts.enabled.push((step, false));
            }
            Action::Enable { .. } => {
                facts.changes.push(at);
                facts.disabled.iter_mut().filter(|d| d.until.is_none()).for_each(|d| d.until = Some(at));
                facts.enabled.push((step, true));
            }
            Action::Update { set, .. } => {
                facts.changes.push(at);
                let now = settings.get_or_insert_with(|| self.trace.case.mappings[of].settings.clone());
                set.apply(now);
                // A patch holds its destination as text; absent, it stays what it was.
                let named = match &set.destination {
                    Some(arn) => Some(arn.as_str()).filter(|arn| !arn.is_empty()),
                    None => destinations.now,
                };
                let destination = destinations.index(named);
                facts.configs.push(Config::of(now, destination, at));
            }
        }
    }
}

/// The destinations that a mapping has named so far.
#[derive(Debug)]
struct Named<'t> {
    all: SmallVec<[&'t str; 2]>,
    now: Option<&'t str>,
}

impl<'t> Named<'t> {
    fn new() -> Named<'t> {
        Named { all: SmallVec::new(), now: None }
    }

    /// The index of the present destination among all that were named.
    fn index(&mut self, arn: Option<&'t str>) -> Option<u8> {
        self.now = arn;
        let arn = arn?;
        let index = self.all.iter().position(|known| *known == arn).unwrap_or_else(|| {
            self.all.push(arn);
            self.all.len() - 1
        });
        Some(index as u8)
    }
}
