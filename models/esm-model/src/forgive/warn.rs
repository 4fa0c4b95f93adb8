//! What only warns.

use crate::catalogue::*;
use crate::lane::Lane;
use crate::spec::{Call, Facts};
use crate::state::{Origin, Owed, Part, State};
use crate::when::Ms;

/// A split is tried at once; what takes longer than this is warned about (BISECT-6).
const SPLIT_WAIT_MS: Ms = 2_000;

impl Lane<'_> {
    /// RETRY-5, BISECT-9 and BISECT-6 only warn.
    pub(crate) fn warn(&self, state: &mut State, previous: &Part, call: &Call) {
        let half = previous.origin == Origin::Half;
        match call.request {
            Some(None) if previous.attempts > 0 && previous.last.is_some() => state.mark(RETRY_5),
            Some(Some(earlier)) if half && previous.last != Some(earlier) => state.mark(BISECT_9),
            _ => {}
        }
        let at_once = half && previous.attempts == 0 && state.free_since.latest == previous.due;
        if at_once
            && !self.unreachable_between(previous.due, call.at)
            && call.at.earliest - self.free_at(previous.due, call.at)
                > SPLIT_WAIT_MS + self.reading.status_settle_ms()
        {
            state.mark(BISECT_6);
        }
    }

    /// REC-2 only warns: the request ID is that of the last invocation.
    pub(crate) fn warn_of_request(&self, next: &mut State, members: &[&Owed], doc: &Facts) {
        let known = members.iter().filter_map(|o| self.request_of(o.last?));
        let last = members.iter().rev().find_map(|o| o.last).and_then(|id| self.request_of(id));
        if let (Some(said), Some(_)) = (doc.said.request, last)
            && !known.into_iter().any(|request| request == said)
        {
            next.mark(REC_2);
        }
    }
}
