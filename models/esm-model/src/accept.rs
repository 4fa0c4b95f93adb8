//! The acceptor: follows all possible states of every shard through a trace, and stops where none is left.
//!
//! Here are the passage through the events and its bounds; what is allowed is [`crate::spec`]'s, what a failure
//! means is [`crate::verdict`]'s.

use crate::catalogue::{Level, REC_7};
use crate::event::{Event, Settled};
use crate::lane::Lane;
use crate::rule::{RuleId, RuleSet};
use crate::spec::{Call, Facts, Reading};
use crate::state::State;
use crate::status::Status;
use crate::table::Table;
use crate::texts;
use crate::when::When;
use std::cell::RefCell;

/// Most states that one shard may be in at a time; beyond it the judge does not decide.
pub(crate) const MAX_STATES: usize = 4_096;

/// The same where rules are waived: an explanation that needs more is none.
const MAX_FORGIVEN: usize = 256;

/// How a passage through a trace ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct Passage {
    /// Where it got stuck, if it did.
    pub(crate) stuck: Option<Stuck>,
    /// Why it cannot decide, if it cannot.
    pub(crate) undecided: Option<String>,
    /// Rules whose breach was forgiven or only warns, in order.
    pub(crate) marks: Vec<RuleId>,
    /// How many steps were forgiven in all.
    pub(crate) cost: u32,
    /// Rules that some branch would have broken.
    pub(crate) refused: RuleSet,
    /// Breaches that need no state: of documents, and of what a mapping says of itself.
    pub(crate) plain: Vec<Plain>,
    /// Variants of ambiguities that were taken.
    pub(crate) took: u128,
    /// Most states at a time.
    pub(crate) widest: usize,
}

/// Where a shard had no possible state left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stuck {
    /// Index of the event; of the last one for what did not happen.
    pub(crate) event: usize,
    pub(crate) mapping: u8,
    pub(crate) shard: u8,
    /// Rules that the event broke in some state.
    pub(crate) refused: Vec<RuleId>,
    /// What the last possible states were waiting for.
    pub(crate) before: Vec<State>,
}

/// A breach that is seen in one event alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plain {
    pub(crate) event: usize,
    pub(crate) rule: RuleId,
    pub(crate) what: String,
    /// It only ever warns.
    pub(crate) warns: bool,
}

struct Run<'a, 't> {
    table: &'a Table<'t>,
    reading: &'a Reading,
    /// All shards of the first mapping, then those of the next.
    lanes: Vec<Lane<'a>>,
    states: Vec<Vec<State>>,
    refused: &'a RefCell<RuleSet>,
    passage: Passage,
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
    let mut run = Run { table, reading, lanes, states, refused: &refused, passage, spare: Vec::new() };
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
                    self.step(index, call.mapping, call.shard, |lane, state, out| {
                        lane.answered(state, *id, *at, answer, out)
                    });
                }
                Event::Delivered { .. } => self.delivered(index),
                Event::Settled { at, how } => self.settled(index, *at, *how),
                Event::Status { .. } => self.status(index),
                Event::Put { .. } | Event::Created { .. } | Event::Acted { .. } => {}
            }
            if self.passage.stuck.is_some() || self.passage.undecided.is_some() {
                return;
            }
        }
    }

    /// Every state of a lane takes a step.
    fn step(
        &mut self,
        event: usize,
        mapping: u8,
        shard: u8,
        step: impl Fn(&Lane<'_>, &State, &mut Vec<State>),
    ) {
        let at = usize::from(mapping) * usize::from(self.table.trace.case.shards) + usize::from(shard);
        let most = if self.reading.forgives_some() { MAX_FORGIVEN } else { MAX_STATES };
        let mut next = std::mem::take(&mut self.spare);
        for state in &self.states[at] {
            let from = next.len();
            step(&self.lanes[at], state, &mut next);
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
            let before = std::mem::take(&mut self.states[at]);
            before.iter().for_each(|state| step(&self.lanes[at], state, &mut next));
            let refused = self.refused.borrow().iter().collect();
            self.refused.borrow_mut().union(&earlier);
            self.passage.stuck = Some(Stuck { event, mapping, shard, refused, before });
            return;
        }
        std::mem::swap(&mut self.states[at], &mut next);
        next.clear();
        self.spare = next;
    }

    fn invoked(&mut self, index: usize, id: u32, is_text: bool) {
        let known = &self.table.calls[id as usize];
        self.plain(index, known.breaches.iter().cloned());
        if is_text {
            self.refused.borrow_mut().insert(texts::event_rule(self.table.trace));
        }
        let request = known.request.map(|(_, earlier)| earlier);
        let call = Call { id, lo: known.lo, hi: known.hi, at: known.at, request };
        self.step(index, known.mapping, known.shard, |lane, state, out| lane.invoked(state, &call, out));
    }

    fn delivered(&mut self, index: usize) {
        let Event::Delivered { mapping, at, destination, document } = &self.table.trace.events[index] else {
            return;
        };
        let (said, breaches) = texts::document(self.table.trace, *mapping, document);
        let rules = texts::rules_of(self.table.trace, document);
        rules.iter().for_each(|rule| self.refused.borrow_mut().insert(*rule));
        let blamed = self.passage.plain.len();
        self.plain(index, breaches);
        if let Some((shard, records)) = said.place(self.table) {
            let (lo, hi) = (records.start, records.end);
            let facts = Facts { at: *at, destination: *destination, lo, hi, said };
            self.step(index, *mapping, shard, |lane, state, out| lane.delivered(state, &facts, out));
        } else if self.passage.plain.len() == blamed {
            let what = "it names no shard, or no records of one shard, of the stream".to_owned();
            self.plain(index, [Plain { event: index, rule: REC_7, what, warns: false }]);
        }
    }

    fn status(&mut self, index: usize) {
        let Some(status) = Status::of(self.table, index) else { return };
        status.reach().into_iter().for_each(|rule| self.refused.borrow_mut().insert(rule));
        let breach = status.breaks(self.reading);
        self.plain(index, breach.map(|rule| Plain { event: index, rule, what: status.what(), warns: false }));
    }

    fn settled(&mut self, index: usize, at: When, how: Settled) {
        for mapping in 0..self.table.mappings.len() as u8 {
            if self.table.mappings[usize::from(mapping)].configs.is_empty() {
                continue;
            }
            for shard in 0..self.table.trace.case.shards {
                let lane =
                    usize::from(mapping) * usize::from(self.table.trace.case.shards) + usize::from(shard);
                let silent = self.states[lane].iter().any(|state| self.lanes[lane].says_nothing(state));
                self.step(index, mapping, shard, |lane, state, out| lane.settled(state, at, how, out));
                if self.passage.stuck.is_some() {
                    return;
                }
                if silent {
                    self.passage.undecided =
                        Some(format!("LATEST delivered nothing of shard {shard} (STATE-8)"));
                }
            }
        }
    }

    /// Breaches that are seen in the event alone.
    fn plain(&mut self, event: usize, breaches: impl IntoIterator<Item = Plain>) {
        for plain in breaches {
            let level = self.reading.level(plain.rule);
            let warns = plain.warns || level != Level::Violates;
            if level != Level::Ignored {
                self.passage.plain.push(Plain { event, warns, ..plain });
            }
        }
    }

    /// Gathers marks and variants of the best state of each lane.
    fn finish(mut self) -> Passage {
        self.passage.refused = self.refused.take();
        let before = self.passage.stuck.as_ref().map_or(&[][..], |stuck| &stuck.before);
        for lane in self.states.iter().map(Vec::as_slice).chain([before]) {
            let Some(best) = lane.iter().min_by_key(|state| (state.cost, state.marks.len())) else {
                continue;
            };
            self.passage.cost += best.cost;
            self.passage.took |= best.took;
            self.passage.marks.extend(best.marks.iter().copied());
        }
        self.passage.marks.sort_unstable();
        self.passage.marks.dedup();
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
