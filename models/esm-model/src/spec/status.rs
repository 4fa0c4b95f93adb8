//! What a mapping may say of itself: its state (STATE-1…3) and its last result (STATE-10).

use crate::answer::{Answer, Identifier, Response};
use crate::catalogue::*;
use crate::event::{MappingState, ProcessingResult};
use crate::rule::RuleId;
use crate::spec::reading::Reading;
use crate::when::{Ms, Span, When};
use smallvec::SmallVec;

/// A change of a mapping is to show as finished within this time and the reading's `update_settle`.
const CHANGE_BOUND_MS: Ms = 60_000;

/// What one mapping was told and answered so far.
#[derive(Debug, Clone)]
pub(crate) struct StatusJudge {
    /// Changes so far, the creation first: what shows meanwhile, what shows in the end.
    changes: SmallVec<[(Span, MappingState, MappingState); 2]>,
    /// Answers so far and the results that each may leave.
    results: Vec<(When, SmallVec<[ProcessingResult; 2]>)>,
    /// Calls that time out, from when on, until their answer is seen.
    timing_out: SmallVec<[(u32, Ms); 2]>,
}

impl StatusJudge {
    pub(crate) fn new() -> StatusJudge {
        StatusJudge { changes: SmallVec::new(), results: Vec::new(), timing_out: SmallVec::new() }
    }

    /// A change was asked for; `enabled` is what it leads to.
    pub(crate) fn changed(&mut self, at: Span, meanwhile: MappingState, enabled: bool) {
        let finally = if enabled { MappingState::Enabled } else { MappingState::Disabled };
        self.changes.push((at, meanwhile, finally));
    }

    /// A call will time out from then on: the implementation may know before its answer is seen.
    pub(crate) fn times_out(&mut self, id: u32, from: Ms) {
        self.timing_out.push((id, from));
    }

    /// The function answered.
    pub(crate) fn answered(&mut self, id: u32, at: When, answer: &Answer, reports: bool) {
        use ProcessingResult::{CallFailed, Ok};
        let results: &[ProcessingResult] = match answer {
            Answer::Raised => &[CallFailed],
            // Only exceptions are recorded.
            Answer::TimedOut | Answer::Crashed => &[CallFailed, Ok],
            Answer::Returned(_) if !reports => &[Ok],
            Answer::Returned(Response::Items(items))
                if !items.iter().all(|i| matches!(i, Identifier::Record(_))) =>
            {
                &[CallFailed, Ok]
            }
            Answer::Returned(Response::Items(items)) if items.len() > 1 => &[CallFailed, Ok],
            Answer::Returned(Response::ItemsOfWrongType | Response::Unrecognised(_)) => &[CallFailed, Ok],
            Answer::Returned(_) => &[Ok],
        };
        self.timing_out.retain(|(known, _)| *known != id);
        self.results.push((at, SmallVec::from_slice(results)));
    }

    /// The rules that a reading of the mapping can break now.
    pub(crate) fn reach(&self) -> SmallVec<[RuleId; 3]> {
        let change = if self.changes.len() > 1 { STATE_3 } else { STATE_2 };
        SmallVec::from_slice(&[STATE_1, change, STATE_10])
    }

    /// The rule that this reading of the mapping breaks, if any.
    pub(crate) fn judge(
        &self,
        at: When,
        state: MappingState,
        result: ProcessingResult,
        reading: &Reading,
    ) -> Option<RuleId> {
        if state == MappingState::Unknown {
            return Some(STATE_1);
        }
        let settle = reading.status_settle_ms();
        let count = self.changes.len();
        let shows = |index: usize| {
            let (span, meanwhile, finally) = self.changes[index];
            let replaced = self
                .changes
                .get(index + 1)
                .is_some_and(|(next, _, _)| next.ended.latest + settle < at.earliest);
            let over = span.ended.latest + settle + CHANGE_BOUND_MS < at.earliest;
            !replaced && (state == finally || (state == meanwhile && !over))
        };
        if count > 0 && !(0..count).any(shows) {
            return Some(if count == 1 { STATE_2 } else { STATE_3 });
        }
        if result == ProcessingResult::Unknown {
            // The recordings do not say that there are no other texts.
            return None;
        }
        let last = self.results.iter().rposition(|(ended, _)| ended.latest + settle < at.earliest);
        let recent = &self.results[last.unwrap_or(0)..];
        let never = last.is_none() && result == ProcessingResult::None;
        // Several shards may answer at one instant.
        let since = last.map_or(Ms::MIN, |index| self.results[index].0.earliest);
        let same = self.results.iter().filter(|(ended, _)| ended.latest >= since);
        let admitted = same.chain(recent).any(|(_, results)| results.contains(&result));
        let timed_out = matches!(result, ProcessingResult::CallFailed | ProcessingResult::Ok)
            && self.timing_out.iter().any(|(_, from)| *from <= at.latest);
        (!never && !admitted && !timed_out).then_some(STATE_10)
    }
}
