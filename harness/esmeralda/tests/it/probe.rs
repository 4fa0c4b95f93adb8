//! How long things took, read off traces.

use crate::support::case;
use esm_model::answer::Answer;
use esm_model::case::{Action, Step};
use esm_model::event::{Bound, Event};
use esm_model::label::Label;
use esm_model::when::{Ms, Span, When};
use esmeralda::outcome::{Outcome, Trial};
use esmeralda::probe::{Latencies, latencies};

fn call(id: u32, at: Ms) -> Event {
    let records = [Label::record(0)].into_iter().collect();
    Event::Invoked { id, mapping: 0, at: When::at(at), request: None, records, text: None }
}

fn put(at: Ms) -> Event {
    let sequence = "1".parse().expect("a sequence number");
    let bound = Bound { label: Label::record(0), sequence, arrival: When::at(at) };
    Event::Put { at: Span { began: When::at(at), ended: When::at(at) }, records: vec![bound] }
}

fn raised(id: u32, at: Ms) -> Event {
    Event::Answered { id, at: When::at(at), answer: Answer::Raised, text: None }
}

/// What is read off a trace of a case with such actions.
fn read(events: Vec<Event>, actions: Vec<Step>) -> Latencies {
    let case = esm_model::case::Case { actions, ..case(1) };
    latencies([&Trial { events, ..Trial::without_trace(case, Outcome::Unsupported(String::new())) }])
}

#[test]
fn a_call_with_a_known_record_is_a_retry() {
    let seen = read(vec![put(0), call(0, 300), raised(0, 310), call(1, 910)], Vec::new());
    assert_eq!((seen.delivery_ms, seen.retry_ms), (Some(300), Some(600)));
}

#[test]
fn a_call_before_the_answer_to_its_put_took_no_time() {
    let seen = read(vec![call(0, 300), raised(0, 310), put(400), call(1, 910)], Vec::new());
    assert_eq!((seen.delivery_ms, seen.retry_ms), (Some(0), Some(600)));
}

#[test]
fn what_waits_for_an_action_to_end_is_no_latency() {
    let disabled = vec![Step { at: 0, action: Action::Disable { mapping: 0 } }];
    let seen = read(vec![put(0), call(0, 7_000)], disabled);
    assert_eq!((seen.delivery_ms, seen.retry_ms), (None, None));
}
