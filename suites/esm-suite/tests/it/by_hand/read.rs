//! Histories as text.
//!
//! ```text
//! 0 created             also: created 1
//! 0..5 put r0 r1        the begin and the end of the call
//! 10 did 0              a step of the timeline; of a window its whole time: 10..500
//! 10 call r0 r1         also: call-1 for the second mapping; `as 7` names the request
//! 20..30 raised         also: timeout crash null odd, or the labels that are reported, or `none` that is no label
//! 40 record r0 r1 exhausted 2 Unhandled     also: aged, NoError, OtherError, Absent; `to 1` for the next destination, `size 2`
//! 50 text {"a": 1}      a failure record as a text
//! 60 shows Enabled OK
//! 70 end quiet          also: horizon, deadline
//! ```

use esm_model::answer::{Answer, Identifier, Response, Unrecognised};
use esm_model::case::Case;
use esm_model::event::{
    Bound, Condition, Discard, Document, Event, MappingState, ProcessingResult, RequestId, ResponseFact,
    Settled,
};
use esm_model::label::Label;
use esm_model::when::{Ms, Span, When};

/// The events of a history.
pub(super) fn events(case: &Case, history: &str) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for line in history.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let event = event(case, &events, line).unwrap_or_else(|| panic!("no event: {line}"));
        events.push(event);
    }
    events
}

fn event(case: &Case, before: &[Event], line: &str) -> Option<Event> {
    let (when, rest) = line.split_once(' ')?;
    let (from, to) = when.split_once("..").unwrap_or((when, when));
    let at = When { earliest: from.parse().ok()?, latest: to.parse().ok()? };
    let span = Span { began: When::at(at.earliest), ended: When::at(at.latest) };
    let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let words: Vec<&str> = rest.split_whitespace().collect();
    let labels = || words.iter().map_while(|word| word.parse::<Label>().ok());
    let after = |word: &str| words.iter().position(|known| *known == word).and_then(|at| words.get(at + 1));
    let mapping = verb.split_once('-').map_or(0, |(_, number)| number.parse().expect("a mapping"));
    Some(match verb.split('-').next()? {
        "created" => Event::Created { mapping, at: span },
        "put" => {
            let known = before.iter().map(|event| match event {
                Event::Put { records, .. } => records.len(),
                _ => 0,
            });
            let first: usize = known.sum();
            let bound = |(index, label)| Bound {
                label,
                sequence: format!("{}", 1_000 + first + index).parse().expect("a number"),
                arrival: span.during(),
            };
            Event::Put { at: span, records: labels().enumerate().map(bound).collect() }
        }
        "did" => Event::Acted { step: words.first()?.parse().ok()?, at: span },
        "call" => {
            let id = before.iter().filter(|event| matches!(event, Event::Invoked { .. })).count() as u32;
            let request = after("as").map(|number| RequestId(number.parse().expect("a number")));
            Event::Invoked { id, mapping, at, request, records: labels().collect(), text: None }
        }
        "record" => {
            let named: Vec<Label> = labels().collect();
            let (first, last) = (*named.first()?, *named.last()?);
            let (condition, count, response) =
                (words[named.len()], words[named.len() + 1], words[named.len() + 2]);
            let of = |label| case.records[Label::index(label).expect("a record")].shard;
            let facts = Discard {
                condition: match condition {
                    "exhausted" => Condition::RetryAttemptsExhausted,
                    _ => Condition::RecordAgeExceeded,
                },
                count: count.parse().ok()?,
                request: RequestId(0),
                response: match response {
                    "Unhandled" => ResponseFact::Unhandled,
                    "NoError" => ResponseFact::NoError,
                    "OtherError" => ResponseFact::OtherError,
                    _ => ResponseFact::Absent,
                },
                shard: Some(of(first)),
                first: Some(first),
                last: Some(last),
                batch_size: after("size").map_or(1 + (last.index()? - first.index()?) as u32, |size| {
                    size.parse().expect("a number")
                }),
                first_arrival: arrival(before, first)?,
                last_arrival: arrival(before, last)?,
                timestamp: at.latest,
            };
            let destination = after("to").map_or(0, |number| number.parse().expect("a destination"));
            Event::Delivered { mapping, at, destination, document: Document::Typed(Box::new(facts)) }
        }
        "text" => Event::Delivered { mapping, at, destination: 0, document: Document::Sqs(rest.into()) },
        "shows" => Event::Status { mapping, at, state: state(words[0]), result: result(words[1]) },
        "end" => {
            let how = match words[0] {
                "quiet" => Settled::Quiet,
                "horizon" => Settled::Horizon,
                _ => Settled::Deadline,
            };
            Event::Settled { at, how }
        }
        other => {
            let open = |event: &&Event| {
                matches!(event, Event::Invoked { id, .. }
                    if !before.iter().any(|other| matches!(other, Event::Answered { id: known, .. } if known == id)))
            };
            let id = after("of").map_or_else(
                || match before.iter().rev().find(open) {
                    Some(Event::Invoked { id, .. }) => *id,
                    _ => panic!("no call is open: {line}"),
                },
                |number| number.parse().expect("a call"),
            );
            Event::Answered { id, at, answer: answer(other, &words), text: None }
        }
    })
}

fn answer(verb: &str, words: &[&str]) -> Answer {
    let item = |word: &str| word.parse().map_or(Identifier::Unknown, Identifier::Record);
    match verb {
        "raised" => Answer::Raised,
        "timeout" => Answer::TimedOut,
        "crash" => Answer::Crashed,
        "null" => Answer::Returned(Response::Null),
        "odd" => Answer::Returned(Response::Unrecognised(Unrecognised::Number)),
        "reports" => {
            let items = words.iter().take_while(|word| **word != "of").map(|word| item(word));
            Answer::Returned(Response::Items(items.collect()))
        }
        other => panic!("no answer: {other}"),
    }
}

fn arrival(before: &[Event], label: Label) -> Option<Ms> {
    before.iter().find_map(|event| match event {
        Event::Put { records, .. } => {
            records.iter().find(|bound| bound.label == label).map(|b| b.arrival.latest)
        }
        _ => None,
    })
}

fn state(word: &str) -> MappingState {
    serde_json::from_value(word.into()).expect("a state")
}

fn result(word: &str) -> ProcessingResult {
    match word {
        "OK" => ProcessingResult::Ok,
        "none" => ProcessingResult::None,
        "failed" => ProcessingResult::CallFailed,
        _ => ProcessingResult::Unknown,
    }
}
