//! Histories as they went on AWS: what was recorded of them, and around it what a run must have had besides.
//!
//! Times that were not recorded are invented within what the recording allows, and so are request IDs; the function's
//! answers are those of the case's script.

use super::History;
use esm_model::case::Case;
use esm_model::event::{
    Batch, Bound, Condition, Discard, Document, Event, MappingState, ProcessingResult, RequestId,
    ResponseFact, Settled,
};
use esm_model::label::Label;
use esm_model::script::{Deliveries, respond};
use esm_model::sequence::SequenceNumber;
use esm_model::when::{Ms, Span, When};
use std::ops::Range;

/// The first sequence number of a reconstructed stream.
const FIRST_SEQUENCE: u64 = 1_000;
/// How long a call of a control plane or of a stream takes here.
const CALL_MS: Ms = 40;

/// Writes down a history of a case, one event after the other.
struct Writer<'c> {
    case: &'c Case,
    events: Vec<Event>,
    deliveries: Deliveries,
    calls: u32,
    /// The last call: its request ID and its records.
    last: Option<(RequestId, Range<usize>)>,
}

impl<'c> Writer<'c> {
    fn new(case: &'c Case) -> Writer<'c> {
        let deliveries = Deliveries::of(case);
        Writer { case, events: Vec::new(), deliveries, calls: 0, last: None }
    }

    fn span(at: Ms) -> Span {
        Span { began: When::at(at), ended: When::at(at + CALL_MS) }
    }

    fn create(mut self) -> Self {
        let at = Self::span(self.case.mappings[0].created_at);
        self.events.push(Event::Created { mapping: 0, at });
        self
    }

    /// One call puts these records.
    fn put(mut self, records: Range<usize>) -> Self {
        let bound = |index: usize| Bound {
            label: Label::record(index),
            sequence: SequenceNumber::from(FIRST_SEQUENCE + index as u64),
            arrival: When::at(self.case.records[index].at),
        };
        let at = Self::span(self.case.records[records.start].at);
        self.events.push(Event::Put { at, records: records.map(bound).collect() });
        self
    }

    /// A step of the case's timeline.
    fn step(mut self, step: usize) -> Self {
        let at = Self::span(self.case.actions[step].at);
        self.events.push(Event::Acted { step: step as u16, at });
        self
    }

    /// An invocation under a new request ID.
    fn call(mut self, at: Ms, records: Range<usize>) -> Self {
        let request = RequestId(0x4000_8000_0000_0000_0000 + u128::from(self.calls));
        self.last = Some((request, records.clone()));
        self.again(at, records)
    }

    /// An invocation under the request ID of the one before.
    fn again(mut self, at: Ms, records: Range<usize>) -> Self {
        let records: Batch = records.map(Label::record).collect();
        let (answer, takes) = respond(self.case, &records, &mut self.deliveries);
        let request = self.last.as_ref().map(|(request, _)| *request);
        let (id, at) = (self.calls, When::at(at));
        self.events.push(Event::Invoked { id, mapping: 0, at, request, records, text: None });
        self.events.push(Event::Answered { id, at: at.plus(takes), answer, text: None });
        self.calls += 1;
        self
    }

    /// A failure record for these records.
    fn discard(
        mut self,
        at: Ms,
        records: Range<usize>,
        condition: Condition,
        count: u32,
        response: ResponseFact,
    ) -> Self {
        let last = records.end - 1;
        // Any ID where the function was never called with these records (REC-2).
        let tried = self.last.as_ref().filter(|(_, tried)| *tried == records).map(|(request, _)| *request);
        let facts = Discard {
            condition,
            count,
            request: tried.unwrap_or(RequestId(0x4000_9000_0000_0000_0000 + at as u128)),
            response,
            shard: Some(0),
            first: Some(Label::record(records.start)),
            last: Some(Label::record(last)),
            batch_size: records.len() as u32,
            first_arrival: self.case.records[records.start].at,
            last_arrival: self.case.records[last].at,
            timestamp: at,
        };
        let document = Document::Typed(Box::new(facts));
        self.events.push(Event::Delivered { mapping: 0, at: When::at(at), destination: 0, document });
        self
    }

    fn aged(self, at: Ms, record: usize, count: u32) -> Self {
        self.discard(at, record..record + 1, Condition::RecordAgeExceeded, count, ResponseFact::Absent)
    }

    /// The mapping was looked at.
    fn says(mut self, at: Ms, state: MappingState, result: ProcessingResult) -> Self {
        self.events.push(Event::Status { mapping: 0, at: When::at(at), state, result });
        self
    }

    /// Nothing more came.
    fn quiet(mut self, at: Ms) -> Vec<Event> {
        self.events.push(Event::Settled { at: When::at(at), how: Settled::Quiet });
        self.events
    }
}

/// V-K-19. The record is put at 0, the mapping made at 5 s; AWS waits longer between attempts than the reference.
pub(super) fn expired_while_retrying(case: &Case) -> Vec<History> {
    let retried = [9_000, 9_700, 11_100, 13_900, 19_500, 28_300, 39_700, 51_900];
    let tried = retried.iter().fold(Writer::new(case).put(0..1).create(), |history, at| {
        if *at == retried[0] { history.call(*at, 0..1) } else { history.again(*at, 0..1) }
    });
    vec![
        History {
            name: "2025-11-25",
            recorded: "Condition, count 8, range and missing responseContext of the failure record. Eight attempts at \
                       growing pauses are invented; seven would give the count as well (AMB-2).",
            events: tried.aged(63_900, 0, 8).quiet(120_000),
        },
        History {
            name: "2025-04-13",
            recorded: "The same with count 1: the record may have been too old before the first attempt.",
            events: Writer::new(case).put(0..1).create().aged(66_200, 0, 1).quiet(120_000),
        },
    ]
}

/// V-S-1: the second attempt at the remainder came 214 ms after the first, under the same request ID. V-S-12b: the
/// same, and so long after it a failure record.
pub(super) fn partial(case: &Case, discarded: Option<Ms>) -> Vec<History> {
    let history = Writer::new(case).create().put(0..4).step(0);
    let history = history.call(26_000, 0..4).call(26_030, 1..4).again(26_244, 1..4);
    let history = match discarded {
        None => history,
        Some(after) => {
            history.discard(26_244 + after, 1..4, Condition::RetryAttemptsExhausted, 2, ResponseFact::NoError)
        }
    };
    vec![History {
        name: "as captured",
        recorded: match discarded {
            None => {
                "The batches, which of them shared a request ID, 214 ms between the two attempts, and the last result."
            }
            Some(_) => "The batches and the failure record; the pauses are those of the Kinesis capture.",
        },
        events: history.says(60_000, MappingState::Enabled, ProcessingResult::Ok).quiet(600_000),
    }]
}

/// V-S-4: request IDs a, b, c, c, d; 30, 15, 222 and 18 ms between the invocations. V-S-12c as V-S-12b.
pub(super) fn partial_bisect(case: &Case, discarded: Option<Ms>) -> Vec<History> {
    let history = Writer::new(case).create().put(0..4).step(0);
    let history = history.call(26_000, 0..4).call(26_030, 1..4).call(26_045, 1..2).again(26_267, 1..2);
    let history = match discarded {
        None => history,
        Some(after) => {
            history.discard(26_267 + after, 1..2, Condition::RetryAttemptsExhausted, 2, ResponseFact::NoError)
        }
    };
    vec![History {
        name: "as captured",
        recorded: match discarded {
            None => "The batches, their request IDs but for the values, and the pauses between them.",
            Some(_) => "The batches and the failure record; the pauses are those of the Kinesis capture.",
        },
        events: history.call(26_285, 2..4).quiet(600_000),
    }]
}

/// V-S-5: what LATEST finds before, while and after the mapping is disabled.
pub(super) fn latest(case: &Case) -> Vec<History> {
    let found =
        Writer::new(case).put(0..1).create().says(30_000, MappingState::Enabled, ProcessingResult::Unknown);
    let found = found.put(1..2).call(101_000, 1..2).step(0).says(
        170_000,
        MappingState::Disabled,
        ProcessingResult::Unknown,
    );
    let found = found.put(2..3).step(1).says(300_000, MappingState::Enabled, ProcessingResult::Unknown);
    vec![History {
        name: "as captured",
        recorded: "Which records were delivered and when they were put in relation to the changes.",
        events: found.call(301_000, 2..3).put(3..4).call(331_000, 3..4).quiet(900_000),
    }]
}

/// V-S-10: two warm-up records were discarded at the ages of 75.2 and 66.2 s, one of 46.8 s was delivered.
pub(super) fn oversized(case: &Case, attempts: u32) -> Vec<History> {
    let history = Writer::new(case).create().put(0..1).put(1..2).put(2..3).step(0);
    let history = history.aged(75_200, 0, 1).aged(75_210, 1, 1).call(75_260, 2..3).put(3..4).put(4..5);
    let refused = 82_000 + 700 * Ms::from(attempts - 1);
    let history =
        history.discard(refused, 3..4, Condition::RetryAttemptsExhausted, attempts, ResponseFact::Absent);
    vec![History {
        name: "as captured",
        recorded: "Ages of the warm-up records, the failure records, about 0.7 s for each attempt at the large one, \
                   and that its successor was delivered.",
        events: history.call(refused + 100, 4..5).quiet(600_000),
    }]
}

/// V-S-17: the last, incomplete batch came 4.99 s after the one before it, of a window of five seconds.
pub(super) fn batch_size(case: &Case) -> Vec<History> {
    let history = Writer::new(case).create().put(0..5).step(0);
    vec![History {
        name: "as captured",
        recorded: "The batches, and 4.99 s before the last one.",
        events: history.call(24_000, 0..2).call(24_030, 2..4).call(29_020, 4..5).quiet(600_000),
    }]
}

/// V-S-16: one record was held for 70 s with the mapping disabled.
pub(super) fn held(case: &Case) -> Vec<History> {
    let history = Writer::new(case).create().put(0..1).step(0).aged(82_300, 0, 1);
    vec![History {
        name: "as captured",
        recorded: "The age at which the mapping was enabled, the failure record, and that nothing was processed.",
        events: history.says(110_000, MappingState::Enabled, ProcessingResult::None).quiet(600_000),
    }]
}
