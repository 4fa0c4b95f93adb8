//! The acceptor: follows all possible states of every shard through a trace, and stops where none is left.
//!
//! Here are the passage through the events and its bounds; what is allowed is [`crate::spec`]'s, what a failure
//! means is [`crate::verdict`]'s.

use crate::bounds::Wall;
use crate::case::Action;
use crate::catalogue::{self, Level};
use crate::event::{Event, MappingState, RequestId, Settled};
use crate::label::Label;
use crate::rule::{RuleId, RuleSet};
use crate::spec::{Call, Facts, Lane, Pos, Reading, State, StatusJudge};
use crate::table::Table;
use crate::texts;
use crate::trace::TraceRef;
use crate::when::When;
use std::cell::Cell;

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
    /// Why its end is no pass, though nothing is proved.
    pub(crate) doubt: Option<String>,
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

impl PartialEq for State {
    fn eq(&self, other: &State) -> bool {
        self.same(other)
    }
}

impl Eq for State {}

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
    trace: TraceRef<'t>,
    lanes: Vec<Vec<State>>,
    refused: Cell<RuleSet>,
    passage: Passage,
    spare: Vec<State>,
}

/// Follows the trace under a reading. The table was made from the same trace.
pub(crate) fn pass(trace: TraceRef<'_>, table: &Table<'_>, reading: &Reading) -> Passage {
    let lanes = table.mappings.iter().flat_map(|facts| {
        let state =
            || facts.configs.first().map_or_else(Vec::new, |config| vec![State::new(config.since.began)]);
        (0..trace.case.shards).map(move |_| state())
    });
    let lanes = lanes.collect();
    let refused = Cell::new(RuleSet::default());
    let passage = Passage { widest: 1, ..Passage::default() };
    let mut run = Run { table, reading, trace, lanes, refused, passage, spare: Vec::new() };
    run.events();
    run.finish()
}

impl Run<'_, '_> {
    fn events(&mut self) {
        let mut status: Vec<StatusJudge> =
            self.trace.case.mappings.iter().map(|_| StatusJudge::new()).collect();
        for (index, event) in self.trace.events.iter().enumerate() {
            match event {
                Event::Invoked { id, mapping, at, .. } => {
                    if let Some(from) = self.table.calls[*id as usize].times_out_from {
                        status[usize::from(*mapping)].times_out(*id, from);
                    }
                    self.invoked(index, *id, *mapping, *at);
                }
                Event::Answered { id, at, answer, .. } => {
                    let call = &self.table.calls[*id as usize];
                    let reports = self.table.mappings[usize::from(call.mapping)].reports_at(*at);
                    status[usize::from(call.mapping)].answered(*id, *at, answer, reports);
                    self.step(index, call.mapping, call.shard, |lane, state, out| {
                        lane.answered(state, *id, *at, answer, out)
                    });
                }
                Event::Delivered { .. } => self.delivered(index),
                Event::Settled { at, how } => self.settled(index, *at, *how),
                Event::Created { mapping, at } => {
                    let enabled = self.trace.case.mappings[usize::from(*mapping)].settings.enabled;
                    status[usize::from(*mapping)].changed(*at, MappingState::Creating, enabled);
                }
                Event::Acted { step, at } => {
                    let action = &self.trace.case.actions[usize::from(*step)].action;
                    let mapping = usize::from(action.mapping());
                    let enabled = self.table.mappings[mapping].enabled_after(*step);
                    match action {
                        Action::Disable { .. } => {
                            status[mapping].changed(*at, MappingState::Disabling, false)
                        }
                        Action::Enable { .. } => status[mapping].changed(*at, MappingState::Enabling, true),
                        Action::Update { .. } => {
                            status[mapping].changed(*at, MappingState::Updating, enabled)
                        }
                        _ => {}
                    }
                }
                Event::Status { mapping, at, state, result } => {
                    let judge = &status[usize::from(*mapping)];
                    judge.reach().into_iter().for_each(|rule| self.passage.refused.insert(rule));
                    if let Some(rule) =
                        status[usize::from(*mapping)].judge(*at, *state, *result, self.reading)
                    {
                        let what =
                            format!("the mapping says State {state:?}, LastProcessingResult {result:?}");
                        self.plain(Plain { event: index, rule, what, warns: false });
                    }
                }
                Event::Put { .. } => {}
            }
            if self.passage.stuck.is_some() || self.passage.undecided.is_some() {
                return;
            }
        }
    }

    fn plain(&mut self, plain: Plain) {
        match self.reading.level(plain.rule) {
            Level::Ignored => {}
            Level::Violates if !plain.warns => self.passage.plain.push(plain),
            _ => self.passage.plain.push(Plain { warns: true, ..plain }),
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
        let at = usize::from(mapping) * usize::from(self.trace.case.shards) + usize::from(shard);
        let lane = self.table.lane(mapping, shard, self.reading, &self.refused);
        let forgiving = self.reading.lenient || !self.reading.waived.is_empty();
        let most = if forgiving { MAX_FORGIVEN } else { MAX_STATES };
        let mut next = std::mem::take(&mut self.spare);
        self.passage.refused.union(&self.refused.replace(RuleSet::default()));
        for state in &self.lanes[at] {
            let from = next.len();
            step(&lane, state, &mut next);
            if next.len() > most {
                self.passage.undecided = Some(format!(
                    "more than {most} states are possible for shard {shard} of mapping {mapping} at event {event}"
                ));
                return;
            }
            // Equal states are one; most of the time there is only one anyway.
            let mut index = from.max(1);
            while index < next.len() {
                let (known, rest) = next.split_at_mut(index);
                match known.iter_mut().find(|known| known.same(&rest[0])) {
                    Some(known) => {
                        known.cost = known.cost.min(rest[0].cost);
                        next.swap_remove(index);
                    }
                    None => index += 1,
                }
            }
        }
        self.passage.widest = self.passage.widest.max(next.len());
        if next.is_empty() {
            let refused = self.refused.get().iter().collect();
            let before = std::mem::take(&mut self.lanes[at]);
            self.passage.stuck = Some(Stuck { event, mapping, shard, refused, before });
            return;
        }
        std::mem::swap(&mut self.lanes[at], &mut next);
        next.clear();
        self.spare = next;
    }

    fn invoked(&mut self, index: usize, id: u32, mapping: u8, at: When) {
        for plain in &self.table.calls[id as usize].breaches {
            self.plain(Plain { event: index, ..plain.clone() });
        }
        let known = &self.table.calls[id as usize];
        if let Event::Invoked { text: Some(_), .. } = &self.trace.events[index] {
            self.passage.refused.insert(texts::event_rule(self.trace));
        }
        let request = known.request.map(|(_, earlier)| earlier);
        let call = Call { id, lo: known.lo, hi: known.hi, at, request };
        let (shard, ok) = (known.shard, known.lo < known.hi);
        if ok {
            self.step(index, mapping, shard, |lane, state, out| lane.invoked(state, &call, out));
        }
    }

    fn delivered(&mut self, index: usize) {
        let Event::Delivered { mapping, at, destination, document } = &self.trace.events[index] else {
            return;
        };
        let (facts, breaches) = texts::document(self.trace, *mapping, document);
        texts::rules_of(self.trace, document).iter().for_each(|rule| self.passage.refused.insert(*rule));
        for plain in breaches {
            self.plain(Plain { event: index, ..plain });
        }
        let Some((shard, facts)) = self.table.place(&facts, *at, *destination) else {
            let what = "it names no shard, or no records of one shard, of the stream".to_owned();
            if self.passage.plain.iter().all(|plain| plain.event != index) {
                self.plain(Plain { event: index, rule: catalogue::REC_7, what, warns: false });
            }
            return;
        };
        let table = self.table;
        let request_of = move |id: u32| -> Option<RequestId> {
            table.calls[id as usize].request.map(|(request, _)| request)
        };
        self.step(index, *mapping, shard, |lane, state, out| lane.delivered(state, &facts, &request_of, out));
    }

    fn settled(&mut self, index: usize, at: When, how: Settled) {
        for mapping in 0..self.trace.case.mappings.len() as u8 {
            if self.table.mappings[usize::from(mapping)].configs.is_empty() {
                continue;
            }
            for shard in 0..self.trace.case.shards {
                let silent = Cell::new(false);
                self.step(index, mapping, shard, |lane, state, out| {
                    silent.set(silent.get() | lane.says_nothing(state));
                    lane.settled(state, at, how, out);
                });
                if self.passage.stuck.is_some() {
                    return;
                }
                self.doubt(mapping, shard);
                if silent.get() {
                    self.passage.undecided =
                        Some(format!("LATEST delivered nothing of shard {shard} (STATE-8)"));
                }
            }
        }
    }

    /// Notes a lane in which something that was due is left in every possible state.
    fn doubt(&mut self, mapping: u8, shard: u8) {
        let at = usize::from(mapping) * usize::from(self.trace.case.shards) + usize::from(shard);
        if let Some(wall) = self.reading.wall.filter(|_| self.lanes[at].iter().all(|state| state.doubt)) {
            let Wall { settle_ms, stall_invocations, stall_ms, .. } = wall;
            let told = format!(
                "shard {shard} of mapping {mapping} was due and not served for more than {settle_ms} ms (settle); that \
                 is a stall only if another shard had {stall_invocations} invocations over {stall_ms} ms meanwhile"
            );
            self.passage.doubt.get_or_insert(told);
        }
    }

    /// Gathers marks and variants of the best state of each lane.
    fn finish(mut self) -> Passage {
        self.passage.refused.union(&self.refused.get());
        let before = self.passage.stuck.as_ref().map_or(&[][..], |stuck| &stuck.before);
        for lane in self.lanes.iter().map(Vec::as_slice).chain([before]) {
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

/// Where a failure record belongs, and what it says in terms of the shard's records.
impl Table<'_> {
    fn place(&self, facts: &texts::Said, at: When, destination: u8) -> Option<(u8, Facts)> {
        let of = |label: Option<Label>| label.and_then(|label| self.position(label));
        let (first, last) = (of(facts.first), of(facts.last));
        let shard = facts.shard.or(first.or(last).map(|(shard, _)| shard))?;
        if first.or(last).is_some_and(|(named, _)| named != shard) {
            return None;
        }
        let size = facts.size.unwrap_or(1).clamp(1, u32::from(Pos::MAX)) as Pos;
        let (lo, hi) = match (first, last) {
            (Some((_, lo)), Some((other, hi))) if other == shard && lo <= hi => (lo, hi + 1),
            (Some((_, lo)), None) => (lo, lo.saturating_add(size)),
            (None, Some((_, hi))) => ((hi + 1).saturating_sub(size), hi + 1),
            _ => return None,
        };
        if usize::from(hi) > self.shards[usize::from(shard)].len() {
            return None;
        }
        Some((
            shard,
            Facts {
                at,
                destination,
                condition: facts.condition,
                count: facts.count,
                request: facts.request,
                response: facts.response,
                lo,
                hi,
                size: facts.size,
                first_arrival: facts.first_arrival,
                last_arrival: facts.last_arrival,
            },
        ))
    }
}
