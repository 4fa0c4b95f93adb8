//! What a mapping may say of itself: its state (STATE-1…3) and its last result (STATE-10).

use crate::answer::{Answer, Identifier, Response};
use crate::case::Action;
use crate::catalogue::*;
use crate::event::{Event, MappingState, ProcessingResult};
use crate::rule::RuleId;
use crate::spec::Reading;
use crate::table::Table;
use crate::when::{Ms, Span, When};
use smallvec::SmallVec;

/// A change of a mapping is to show as finished within this time and the reading's `update_settle`.
const CHANGE_BOUND_MS: Ms = 60_000;

/// A change: when it was asked for, what shows meanwhile, what shows in the end.
type Change = (Span, MappingState, MappingState);
/// When an answer went back, and the results that it may leave.
type Left = (When, &'static [ProcessingResult]);

/// What the mappings were told and answered so far: it grows with the passage, so that no reading looks back over all
/// of it.
pub(crate) struct Past(Vec<Told>);

/// The same for one mapping.
#[derive(Default)]
struct Told {
    /// The creation first.
    changes: SmallVec<[Change; 4]>,
    results: SmallVec<[Left; 16]>,
    under_way: SmallVec<[u32; 4]>,
}

impl Past {
    /// Nothing yet.
    pub(crate) fn new(table: &Table<'_>) -> Past {
        Past(table.mappings.iter().map(|_| Told::default()).collect())
    }

    /// The event is past.
    pub(crate) fn add(&mut self, table: &Table<'_>, event: &Event) {
        match event {
            Event::Created { .. } | Event::Acted { .. } => {
                if let Some((mapping, change)) = change(table, event) {
                    self.0[usize::from(mapping)].changes.push(change);
                }
            }
            Event::Invoked { id, mapping, .. } => self.0[usize::from(*mapping)].under_way.push(*id),
            Event::Answered { id, at, answer, .. } => {
                let mapping = table.calls[*id as usize].mapping;
                let told = &mut self.0[usize::from(mapping)];
                let late = table.calls[*id as usize].times_out_from.is_some();
                let answer = if late { &Answer::TimedOut } else { answer };
                told.results.push((*at, left(table, mapping, *at, answer)));
                told.under_way.retain(|known| known != id);
            }
            Event::Put { .. } | Event::Delivered { .. } | Event::Status { .. } | Event::Settled { .. } => {}
        }
    }
}

/// One reading of a mapping, and what the mapping was told and answered before.
pub(crate) struct Status<'p> {
    at: When,
    state: MappingState,
    result: ProcessingResult,
    told: &'p Told,
    /// Whether a call may have timed out whose answer was not seen yet: the implementation counts the time by itself.
    timed_out: bool,
}

impl Status<'_> {
    /// The reading that the event is, with what was before it; `None` if it is another event.
    pub(crate) fn of<'p>(table: &Table<'_>, past: &'p Past, event: &Event) -> Option<Status<'p>> {
        let Event::Status { mapping, at, state, result } = *event else { return None };
        let told = &past.0[usize::from(mapping)];
        let times_out =
            |id: &u32| table.calls[*id as usize].times_out_from.is_some_and(|from| from <= at.latest);
        Some(Status { at, state, result, told, timed_out: told.under_way.iter().any(times_out) })
    }

    /// It in words.
    pub(crate) fn what(&self) -> String {
        format!("the mapping says State {:?}, LastProcessingResult {:?}", self.state, self.result)
    }

    /// The rules that it can break.
    pub(crate) fn reach(&self) -> [RuleId; 3] {
        [STATE_1, if self.told.changes.len() > 1 { STATE_3 } else { STATE_2 }, STATE_10]
    }

    /// The rule that it breaks, if any.
    pub(crate) fn breaks(&self, reading: &Reading) -> Option<RuleId> {
        let settle = reading.status_settle_ms();
        if self.state == MappingState::Unknown {
            return Some(STATE_1);
        }
        let count = self.told.changes.len();
        if count > 0 && !(0..count).any(|index| self.shows(index, settle)) {
            return Some(if count == 1 { STATE_2 } else { STATE_3 });
        }
        // The recordings do not say that there are no other texts.
        let known = self.result != ProcessingResult::Unknown;
        (known && !self.result_is_admitted(settle)).then_some(STATE_10)
    }

    /// Whether the state is what shows of a change.
    fn shows(&self, index: usize, settle: Ms) -> bool {
        let (span, meanwhile, finally) = self.told.changes[index];
        let next = self.told.changes.get(index + 1);
        let replaced = next.is_some_and(|(next, _, _)| next.ended.latest + settle < self.at.earliest);
        let over = span.ended.latest + settle + CHANGE_BOUND_MS < self.at.earliest;
        !replaced && (self.state == finally || (self.state == meanwhile && !over))
    }

    /// Whether the result is one of the last answer that surely counts, or of any later one.
    fn result_is_admitted(&self, settle: Ms) -> bool {
        let last = self.told.results.iter().rposition(|(ended, _)| ended.latest + settle < self.at.earliest);
        // Several shards may answer at one instant.
        let since = last.map_or(Ms::MIN, |index| self.told.results[index].0.earliest);
        let counts = |index: usize, ended: When| index >= last.unwrap_or(0) || ended.latest >= since;
        let mut left =
            self.told.results.iter().enumerate().filter(|(index, (ended, _))| counts(*index, *ended));
        let timed_out = self.timed_out && self.result != ProcessingResult::None;
        timed_out
            || (last.is_none() && self.result == ProcessingResult::None)
            || left.any(|(_, (_, results))| results.contains(&self.result))
    }
}

/// The change of a mapping that the event is, if it is one.
fn change(table: &Table<'_>, event: &Event) -> Option<(u8, Change)> {
    let (mapping, at, meanwhile, enabled) = match event {
        Event::Created { mapping, at } => {
            let enabled = table.trace.case.mappings[usize::from(*mapping)].settings.enabled;
            (*mapping, at, MappingState::Creating, enabled)
        }
        Event::Acted { step, at } => {
            let action = &table.trace.case.actions[usize::from(*step)].action;
            let mapping = action.mapping();
            let (meanwhile, enabled) = match action {
                Action::Disable { .. } => (MappingState::Disabling, false),
                Action::Enable { .. } => (MappingState::Enabling, true),
                Action::Update { .. } => {
                    let facts = &table.mappings[usize::from(mapping)];
                    (MappingState::Updating, facts.enabled_after(*step))
                }
                _ => return None,
            };
            (mapping, at, meanwhile, enabled)
        }
        _ => return None,
    };
    let finally = if enabled { MappingState::Enabled } else { MappingState::Disabled };
    Some((mapping, (*at, meanwhile, finally)))
}

/// The results that an answer to the mapping may leave.
fn left(table: &Table<'_>, of: u8, at: When, answer: &Answer) -> &'static [ProcessingResult] {
    use ProcessingResult::{CallFailed, Ok};
    let reports = table.mappings[usize::from(of)].reports_at(at);
    let odd =
        |items: &[Identifier]| items.len() > 1 || !items.iter().all(|i| matches!(i, Identifier::Record(_)));
    match answer {
        Answer::Raised => &[CallFailed],
        // Only exceptions are recorded.
        Answer::TimedOut | Answer::Crashed => &[CallFailed, Ok],
        Answer::Returned(_) if !reports => &[Ok],
        Answer::Returned(Response::Items(items)) if odd(items) => &[CallFailed, Ok],
        Answer::Returned(Response::ItemsOfWrongType | Response::Unrecognised(_)) => &[CallFailed, Ok],
        Answer::Returned(_) => &[Ok],
    }
}
