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

/// One reading of a mapping, and what the mapping was told and answered before.
pub(crate) struct Status {
    at: When,
    state: MappingState,
    result: ProcessingResult,
    /// The creation first.
    changes: SmallVec<[Change; 4]>,
    results: SmallVec<[Left; 16]>,
}

impl Status {
    /// The reading that an event of the table's trace is; `None` if it is another event.
    pub(crate) fn of(table: &Table<'_>, index: usize) -> Option<Status> {
        let Event::Status { mapping, at, state, result } = table.trace.events[index] else { return None };
        let (changes, results) = (SmallVec::new(), SmallVec::new());
        let mut status = Status { at, state, result, changes, results };
        for event in &table.trace.events[..index] {
            if let Some(change) = change(table, mapping, event) {
                status.changes.push(change);
            } else if let Some(left) = left(table, mapping, event) {
                status.results.push(left);
            }
        }
        Some(status)
    }

    /// It in words.
    pub(crate) fn what(&self) -> String {
        format!("the mapping says State {:?}, LastProcessingResult {:?}", self.state, self.result)
    }

    /// The rules that it can break.
    pub(crate) fn reach(&self) -> [RuleId; 3] {
        [STATE_1, if self.changes.len() > 1 { STATE_3 } else { STATE_2 }, STATE_10]
    }

    /// The rule that it breaks, if any.
    pub(crate) fn breaks(&self, reading: &Reading) -> Option<RuleId> {
        let settle = reading.update_settle_ms;
        if self.state == MappingState::Unknown {
            return Some(STATE_1);
        }
        let count = self.changes.len();
        if count > 0 && !(0..count).any(|index| self.shows(index, settle)) {
            return Some(if count == 1 { STATE_2 } else { STATE_3 });
        }
        // The recordings do not say that there are no other texts.
        let known = self.result != ProcessingResult::Unknown;
        (known && !self.result_is_admitted(settle)).then_some(STATE_10)
    }

    /// Whether the state is what shows of a change.
    fn shows(&self, index: usize, settle: Ms) -> bool {
        let (span, meanwhile, finally) = self.changes[index];
        let next = self.changes.get(index + 1);
        let replaced = next.is_some_and(|(next, _, _)| next.ended.latest + settle < self.at.earliest);
        let over = span.ended.latest + settle + CHANGE_BOUND_MS < self.at.earliest;
        !replaced && (self.state == finally || (self.state == meanwhile && !over))
    }

    /// Whether the result is one of the last answer that surely counts, or of any later one.
    fn result_is_admitted(&self, settle: Ms) -> bool {
        let last = self.results.iter().rposition(|(ended, _)| ended.latest + settle < self.at.earliest);
        // Several shards may answer at one instant.
        let since = last.map_or(Ms::MIN, |index| self.results[index].0.earliest);
        let counts = |index: usize, ended: When| index >= last.unwrap_or(0) || ended.latest >= since;
        let mut left = self.results.iter().enumerate().filter(|(index, (ended, _))| counts(*index, *ended));
        (last.is_none() && self.result == ProcessingResult::None)
            || left.any(|(_, (_, results))| results.contains(&self.result))
    }
}

/// The change of the mapping that the event is, if it is one.
fn change(table: &Table<'_>, of: u8, event: &Event) -> Option<Change> {
    let finally = |enabled| if enabled { MappingState::Enabled } else { MappingState::Disabled };
    match event {
        Event::Created { mapping, at } if *mapping == of => {
            let enabled = table.trace.case.mappings[usize::from(of)].settings.enabled;
            Some((*at, MappingState::Creating, finally(enabled)))
        }
        Event::Acted { step, at } => {
            let action = &table.trace.case.actions[usize::from(*step)].action;
            let (meanwhile, enabled) = match action {
                _ if action.mapping() != of => return None,
                Action::Disable { .. } => (MappingState::Disabling, false),
                Action::Enable { .. } => (MappingState::Enabling, true),
                Action::Update { .. } => {
                    (MappingState::Updating, table.mappings[usize::from(of)].enabled_after(*step))
                }
                _ => return None,
            };
            Some((*at, meanwhile, finally(enabled)))
        }
        _ => None,
    }
}

/// The results that the event may leave, if it is an answer to the mapping.
fn left(table: &Table<'_>, of: u8, event: &Event) -> Option<Left> {
    use ProcessingResult::{CallFailed, Ok};
    let Event::Answered { id, at, answer, .. } = event else { return None };
    if table.calls[*id as usize].mapping != of {
        return None;
    }
    let reports = table.mappings[usize::from(of)].reports_at(*at);
    let odd =
        |items: &[Identifier]| items.len() > 1 || !items.iter().all(|i| matches!(i, Identifier::Record(_)));
    let results: &[ProcessingResult] = match answer {
        Answer::Raised => &[CallFailed],
        // Only exceptions are recorded.
        Answer::TimedOut | Answer::Crashed => &[CallFailed, Ok],
        Answer::Returned(_) if !reports => &[Ok],
        Answer::Returned(Response::Items(items)) if odd(items) => &[CallFailed, Ok],
        Answer::Returned(Response::ItemsOfWrongType | Response::Unrecognised(_)) => &[CallFailed, Ok],
        Answer::Returned(_) => &[Ok],
    };
    Some((*at, results))
}
