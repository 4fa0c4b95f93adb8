//! What an answer means: which returned values are successes, reports and failures. What follows is in `settle`.

use crate::event::ResponseFact;
use crate::reference::exchange::{FunctionResult, Named, Value};
use crate::reference::machine::Machine;
use crate::reference::mutant::Fault;
use crate::reference::policy::{Mixed, OddResponse, TimeoutError};
use crate::reference::shard::Part;

/// What an answer means for the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Success,
    /// The first so many records are done, the rest is not.
    Progress(usize),
    /// The batch failed; what the failure record will say of it.
    Failure(ResponseFact),
    /// A partial response that names the first record (RETRY-9).
    NoProgress,
    Unreachable,
    TooLarge,
}

impl Machine {
    /// Everything of it, with the faults that read it otherwise.
    pub(super) fn meaning(&self, shard: usize, part: &Part, result: &FunctionResult) -> Meaning {
        let settings = self.settings(shard);
        let timeout_fact = match self.policy.timeout_error {
            TimeoutError::Unhandled => ResponseFact::Unhandled,
            TimeoutError::Other => ResponseFact::OtherError,
        };
        match result {
            FunctionResult::Throttled | FunctionResult::ServiceError => Meaning::Unreachable,
            FunctionResult::TooLarge => Meaning::TooLarge,
            FunctionResult::TimedOut if self.is(Fault::TimeoutIsSuccess) => Meaning::Success,
            FunctionResult::Crashed if self.is(Fault::CrashIsSuccess) => Meaning::Success,
            FunctionResult::TimedOut | FunctionResult::Crashed => Meaning::Failure(timeout_fact),
            FunctionResult::Raised if self.is(Fault::RaiseIsSuccess) => Meaning::Success,
            FunctionResult::Raised
                if self.is(Fault::RaiseIgnoredWithReports) && settings.report_batch_item_failures =>
            {
                Meaning::Success
            }
            FunctionResult::Raised => Meaning::Failure(ResponseFact::Unhandled),
            FunctionResult::Returned(value) => {
                if settings.report_batch_item_failures || self.is(Fault::ReportsAlwaysRead) {
                    self.read_value(shard, part, value)
                } else {
                    Meaning::Success
                }
            }
        }
    }

    fn read_value(&self, shard: usize, part: &Part, value: &Value) -> Meaning {
        let whole = Meaning::Failure(ResponseFact::NoError);
        let items = match value {
            Value::EmptyString if self.is(Fault::EmptyStringFails) => return whole,
            Value::EmptyList if self.is(Fault::EmptyListFails) => return whole,
            Value::Null if self.is(Fault::NullFails) => return whole,
            Value::EmptyObject if self.is(Fault::EmptyObjectFails) => return whole,
            Value::ItemsNull if self.is(Fault::NullItemsFail) => return whole,
            Value::Null | Value::EmptyString | Value::EmptyList | Value::EmptyObject | Value::ItemsNull => {
                return Meaning::Success;
            }
            Value::Other => {
                return match self.policy.odd_response {
                    OddResponse::Success => Meaning::Success,
                    OddResponse::Failure => whole,
                };
            }
            Value::Items(items) if items.is_empty() => return Meaning::Success,
            Value::Items(items) => items,
        };
        let hand = &self.shards[shard].hand[part.lo..part.hi];
        let mut indices: smallvec::SmallVec<[usize; 8]> = smallvec::SmallVec::new();
        let mut wrong = 0;
        for item in items {
            let found = match item {
                Named::Sequence(sequence) => hand.iter().position(|r| r.sequence == *sequence),
                _ => None,
            };
            let ignored = match item {
                Named::Empty => self.is(Fault::EmptyIdentifierIgnored),
                Named::Null => self.is(Fault::NullIdentifierIgnored),
                Named::Missing => self.is(Fault::MissingIdentifierIgnored),
                Named::Wrong | Named::Sequence(_) => {
                    found.is_none() && self.is(Fault::ForeignIdentifierIgnored)
                }
            };
            match found {
                Some(index) => indices.push(index),
                None if ignored => {}
                None => wrong += 1,
            }
        }
        if wrong > 0 && (indices.is_empty() || self.policy.mixed == Mixed::WholeFailure) {
            return whole;
        }
        self.checkpoint(shard, part, &indices)
    }

    fn checkpoint(&self, shard: usize, part: &Part, indices: &[usize]) -> Meaning {
        let text = |index: &usize| self.shards[shard].hand[part.lo + index].sequence.to_string();
        let lowest = match () {
            () if self.is(Fault::HighestIdentifier) => indices.iter().max().copied(),
            () if self.is(Fault::FirstIdentifier) => indices.first().copied(),
            () if self.is(Fault::IdentifierAsText) => indices.iter().min_by_key(|i| text(i)).copied(),
            () => indices.iter().min().copied(),
        };
        match lowest {
            None => Meaning::Success,
            Some(_) if self.is(Fault::IdentifiersIgnored) => Meaning::NoProgress,
            Some(index) if self.is(Fault::CheckpointBehindReport) && index + 1 == part.len() => {
                Meaning::Success
            }
            Some(index) if self.is(Fault::CheckpointBehindReport) => Meaning::Progress(index + 1),
            Some(0) => Meaning::NoProgress,
            Some(index) => Meaning::Progress(index),
        }
    }
}
