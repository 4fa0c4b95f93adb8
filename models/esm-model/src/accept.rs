//! The acceptor: follows all possible states of every shard through a trace, and stops where none is left.
//!
//! Here are the passage through the events and its bounds; what is allowed is [`crate::spec`]'s, what a failure
//! means is [`crate::verdict`]'s.

use crate::catalogue::{Level, REC_7};
use crate::event::{Document, Event, Settled};
use crate::lane::Lane;
use crate::passage::{Passage, Plain, Stuck};
use crate::rule::{RuleId, RuleSet};
use crate::spec::{Call, Facts, Reading};
use crate::state::State;
use crate::status::{Past, Status};
use crate::table::Table;
use crate::texts;
use crate::when::When;
use std::cell::RefCell;

/// Most states that one shard may be in at a time; beyond it the judge does not decide.
pub(crate) const MAX_STATES: usize = 4_096;

/// The same where rules are waived: an explanation that needs more is none.
const MAX_FORGIVEN: usize = 256;

struct Run<'a, 't> {
    table: &'a Table<'t>,
    reading: &'a Reading,
    /// All shards of the first mapping, then those of the next.
    lanes: Vec<Lane<'a>>,
    states: Vec<Vec<State>>,
    refused: &'a RefCell<RuleSet>,
    passage: Passage,
    past: Past,
    /// Memory for the states that follow.
    spare: Vec<State>,
}

/// Follows the trace of a table under a reading.
pub(crate) fn pass(table: &Table<'_>, reading: &Reading) -> Passage {
    let refused = RefCell::default();
    let shards = 0..table.trace.case.shards;
    let mappings = 0..table.mappings.len() as u8;
    let lanes: Vec<Lane<'_>> = mappings
        .flat_map(|mapping| shards.clone().map(move |shard| (mapping, shard)))
        .map(|(mapping, shard)| table.lane(mapping, shard, reading, &refused))
        .collect();
    let first =
        |lane: &Lane<'_>| lane.facts.configs.iter().take(1).map(|c| State::new(c.since.began)).collect();
    let states = lanes.iter().map(first).collect();
    let passage = Passage { widest: 1, ..Passage::default() };
    let (past, spare) = (Past::new(table), Vec::new());
    let mut run = Run { table, reading, lanes, states, refused: &refused, passage, past, spare };
    run.events();
    run.finish()
}

impl Run<'_, '_> {
    fn events(&mut self) {
        for (index, event) in self.table.trace.events.iter().enumerate() {
            match event {
                Event::Invoked { id, text, .. } => self.invoked(index, *id, text.is_some()),
                Event::Answered { id, at, answer, .. } => {
                    let call = &self.table.calls[*id as usize];
                    let lane = self.lane(call.mapping, call.shard);
                    self.step(index, lane, |lane, state, out| lane.answered(state, *id, *at, answer, out));
                }
                Event::Delivered { mapping, at, destination, document } => {
                    self.delivered(index, *mapping, *at, *destination, document);
                }
                Event::Settled { at, how } => self.settled(index, *at, *how),
                Event::Status { .. } => self.status(index, event),
                Event::Put { .. } | Event::Created { .. } | Event::Acted { .. } => {}
            }
            if self.passage.stuck.is_some() || self.passage.undecided.is_some() {
                return;
            }
            self.past.add(self.table, event);
        }
    }

    /// Every state of a lane takes a step.
    fn step(&mut self, event: usize, lane: usize, step: impl Fn(&Lane<'_>, &State, &mut Vec<State>)) {
        let facts = &self.lanes[lane];
        let (mapping, shard) = (facts.mapping, facts.shard);
        let most = if self.reading.forgives_some() { MAX_FORGIVEN } else { MAX_STATES };
        let mut next = std::mem::take(&mut self.spare);
        for state in &self.states[lane] {
            let from = next.len();
            step(facts, state, &mut next);
            if next.len() > most {
                self.passage.undecided = Some(format!(
                    "more than {most} states are possible for shard {shard} of mapping {mapping} at event {event}"
                ));
                return;
            }
            merge(&mut next, from);
        }
        self.passage.widest = self.passage.widest.max(next.len());
        if next.is_empty() {
            // Once more, to see what this event alone broke.
            let earlier = self.refused.take();
            let before = std::mem::take(&mut self.states[lane]);
            before.iter().for_each(|state| step(facts, state, &mut next));
            let refused = self.refused.borrow().iter().collect();
            self.refused.borrow_mut().union(&earlier);
            self.passage.stuck = Some(Stuck { event, mapping, shard, refused, before });
            return;
        }
        std::mem::swap(&mut self.states[lane], &mut next);
        next.clear();
        self.spare = next;
    }

    fn lane(&self, mapping: u8, shard: u8) -> usize {
        usize::from(mapping) * usize::from(self.table.trace.case.shards) + usize::from(shard)
    }

    fn tried(&self, rules: impl IntoIterator<Item = RuleId>) {
        rules.into_iter().for_each(|rule| self.refused.borrow_mut().insert(rule));
    }

    fn invoked(&mut self, index: usize, id: u32, is_text: bool) {
        let known = &self.table.calls[id as usize];
        self.passage.plain(self.reading, index, known.breaches.iter().cloned());
        self.tried(is_text.then(|| texts::event_rule(self.table.trace)));
        let request = known.request.map(|(_, earlier)| earlier);
        let call = Call { id, lo: known.lo, hi: known.hi, at: known.at, request };
        let lane = self.lane(known.mapping, known.shard);
        self.step(index, lane, |lane, state, out| lane.invoked(state, &call, out));
    }

    fn delivered(&mut self, index: usize, mapping: u8, at: When, destination: u8, document: &Document) {
        let (said, breaches) = texts::document(self.table.trace, mapping, document);
        self.tried(texts::rules_of(self.table.trace, document));
        let breached = breaches.iter().any(|breach| self.reading.level(breach.rule) != Level::Ignored);
        self.passage.plain(self.reading, index, breaches);
        if let Some((shard, records)) = said.place(self.table) {
            let facts = Facts { at, destination, lo: records.start, hi: records.end, said };
            let lane = self.lane(mapping, shard);
            self.step(index, lane, |lane, state, out| lane.delivered(state, &facts, out));
        } else if !breached {
            let what = "it names no shard, or no records of one shard, of the stream";
            self.passage.plain(self.reading, index, [Plain::new(REC_7, what)]);
        }
    }

    fn status(&mut self, index: usize, event: &Event) {
        let Some(status) = Status::of(self.table, &self.past, event) else { return };
        self.tried(status.reach());
        let breach = status.breaks(self.reading).map(|rule| Plain::new(rule, status.what()));
        self.passage.plain(self.reading, index, breach);
    }

    fn settled(&mut self, index: usize, at: When, how: Settled) {
        for lane in 0..self.lanes.len() {
            if self.lanes[lane].facts.configs.is_empty() {
                continue;
            }
            let silent = self.states[lane].iter().any(|state| self.lanes[lane].says_nothing(state));
            self.step(index, lane, |lane, state, out| lane.settled(state, at, how, out));
            if self.passage.stuck.is_some() {
                return;
            }
            let Lane { mapping, shard, .. } = self.lanes[lane];
            let doubtful = self.states[lane].iter().all(|state| state.doubt);
            if let Some(wall) = self.reading.wall.filter(|_| doubtful) {
                self.passage.doubt(wall, mapping, shard);
            }
            if silent {
                let why = format!("LATEST delivered nothing of shard {shard} (STATE-8)");
                self.passage.undecided = Some(why);
            }
        }
    }

    /// What is left at the end counts.
    fn finish(mut self) -> Passage {
        self.passage.refused = self.refused.take();
        self.states.iter().for_each(|states| self.passage.gather(states));
        if let Some(stuck) = self.passage.stuck.take() {
            self.passage.gather(&stuck.before);
            self.passage.stuck = Some(stuck);
        }
        self.passage
    }
}

/// Equal states are one; of those from `from` on, each is new at most once. Most of the time there is only one anyway.
fn merge(states: &mut Vec<State>, from: usize) {
    let mut index = from.max(1);
    while index < states.len() {
        let (known, rest) = states.split_at_mut(index);
        match known.iter_mut().find(|known| known.same(&rest[0])) {
            Some(known) => {
                known.cost = known.cost.min(rest[0].cost);
                states.swap_remove(index);
            }
            None => index += 1,
        }
    }
}
