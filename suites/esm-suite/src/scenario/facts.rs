//! The recorded facts of a scenario, and whether a trace has them.
//!
//! Facts of one recording, narrower than the rules: an implementation may differ from them and conform.

use super::observed::{failure_records, invocations};
use esm_model::event::{Condition, Event, MappingState, ProcessingResult, ResponseFact};
use esm_model::label::Label;
use esm_model::trace::TraceRef;
use esm_model::when::Ms;
use std::ops::Range;

/// What was recorded. Records are given by their index: `3..6` are `r3`, `r4` and `r5`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// What each mapping's function got.
    pub deliveries: Vec<Deliveries>,
    /// The failure records, in the order of their first records.
    pub failures: Vec<Failure>,
    /// What the first mapping said of itself, among other things and in this order.
    pub says: Vec<(MappingState, ProcessingResult)>,
    /// Each invocation begins at least so long after the one before it.
    pub apart_ms: Option<Ms>,
}

/// What one function got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deliveries {
    /// Exactly these batches, in this order.
    Batches(Vec<Range<usize>>),
    /// Each record so often; how they were grouped is not recorded.
    Counts(Vec<usize>),
    /// These records alone, each as often as it may be; the recording does not say.
    Only(Range<usize>),
}

/// A failure record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Index of the mapping.
    pub mapping: u8,
    /// `condition`.
    pub condition: Condition,
    /// `approximateInvokeCount`.
    pub count: Count,
    /// The records that it covers.
    pub records: Range<usize>,
    /// What it says of the function's response.
    pub response: ResponseFact,
}

/// A recorded number of invocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// The only number that fits.
    Exactly(u32),
    /// The number depends on pauses that nothing prescribes: AMB-2 and AMB-17.
    Recorded(&'static [u32]),
}

impl Failure {
    /// The retry quota is used up.
    pub fn exhausted(records: Range<usize>, count: u32, response: ResponseFact) -> Failure {
        let (condition, count) = (Condition::RetryAttemptsExhausted, Count::Exactly(count));
        Failure { mapping: 0, condition, count, records, response }
    }

    /// The records are too old.
    pub fn aged(records: Range<usize>, count: Count) -> Failure {
        let (condition, response) = (Condition::RecordAgeExceeded, ResponseFact::Absent);
        Failure { mapping: 0, condition, count, records, response }
    }
}

impl Expected {
    /// Exactly this one batch to the only function, and nothing else.
    pub fn batch(batch: Range<usize>) -> Expected {
        Expected::batches(std::iter::once(batch))
    }

    /// Exactly these batches to the only function, and nothing else.
    pub fn batches(batches: impl IntoIterator<Item = Range<usize>>) -> Expected {
        let batches = Deliveries::Batches(batches.into_iter().collect());
        Expected { deliveries: vec![batches], ..Expected::default() }
    }

    /// So many deliveries of each record to the only function.
    pub fn counts(counts: impl IntoIterator<Item = usize>) -> Expected {
        let counts = Deliveries::Counts(counts.into_iter().collect());
        Expected { deliveries: vec![counts], ..Expected::default() }
    }

    /// The same with one more failure record.
    pub fn with(mut self, failure: Failure) -> Expected {
        self.failures.push(failure);
        self
    }

    /// The same, and the mapping says this of itself.
    pub fn saying(mut self, state: MappingState, result: ProcessingResult) -> Expected {
        self.says.push((state, result));
        self
    }

    /// Which of the facts the trace does not have: one sentence each.
    pub fn differences(&self, trace: TraceRef<'_>) -> Vec<String> {
        let mut found = Vec::new();
        for (mapping, wanted) in self.deliveries.iter().enumerate() {
            found.extend(deliveries(trace, mapping as u8, wanted));
        }
        found.extend(self.failures(trace));
        found.extend(self.statuses(trace));
        if let Some(apart) = self.apart_ms {
            let starts: Vec<Ms> = invocations(trace).iter().map(|call| call.at).collect();
            if starts.windows(2).any(|pair| pair[1] - pair[0] < apart) {
                found.push(format!("invocations begin at {starts:?} ms, less than {apart} ms apart"));
            }
        }
        found
    }

    fn failures(&self, trace: TraceRef<'_>) -> Option<String> {
        let mut seen = failure_records(trace);
        seen.sort_by_key(|failure| (failure.mapping, failure.first));
        let same = seen.len() == self.failures.len()
            && seen.iter().zip(&self.failures).all(|(seen, wanted)| {
                let last = wanted.records.end.saturating_sub(1);
                seen.mapping == wanted.mapping
                    && seen.condition == Some(wanted.condition)
                    && match wanted.count {
                        Count::Exactly(count) => seen.count == Some(count),
                        Count::Recorded(_) => seen.count.is_some(),
                    }
                    && seen.first == Some(Label::record(wanted.records.start))
                    && seen.last == Some(Label::record(last))
                    && seen.batch_size.map(|size| size as usize) == Some(wanted.records.len())
                    && seen.response == Some(wanted.response)
            });
        (!same).then(|| format!("failure records are {seen:?}; recorded were {:?}", self.failures))
    }

    fn statuses(&self, trace: TraceRef<'_>) -> Option<String> {
        let said: Vec<_> = trace
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Status { mapping: 0, state, result, .. } => Some((*state, *result)),
                _ => None,
            })
            .collect();
        let mut rest = said.iter();
        let all = self.says.iter().all(|wanted| rest.any(|known| known == wanted));
        (!all).then(|| format!("the mapping says {said:?}; recorded was {:?}", self.says))
    }
}

fn deliveries(trace: TraceRef<'_>, mapping: u8, wanted: &Deliveries) -> Option<String> {
    let calls = invocations(trace);
    let batches: Vec<Vec<Label>> =
        calls.iter().filter(|call| call.mapping == mapping).map(|call| call.records.to_vec()).collect();
    let labels = |range: &Range<usize>| range.clone().map(Label::record).collect::<Vec<_>>();
    let count = |label: Label| batches.iter().flatten().filter(|known| **known == label).count();
    let fits = match wanted {
        Deliveries::Batches(ranges) => batches == ranges.iter().map(labels).collect::<Vec<_>>(),
        Deliveries::Counts(counts) => {
            counts.iter().enumerate().all(|(index, wanted)| count(Label::record(index)) == *wanted)
        }
        Deliveries::Only(range) => batches.iter().flatten().all(|label| labels(range).contains(label)),
    };
    (!fits).then(|| format!("mapping {mapping} delivered {batches:?}; recorded was {wanted:?}"))
}
