//! How long things took, read off traces, and how many sessions a target bears at once.

use crate::slow::{Day, Mood, Slow};
use crate::support::{case, reference};
use esm_model::answer::Answer;
use esm_model::case::{Action, Step};
use esm_model::event::{Bound, Event};
use esm_model::label::Label;
use esm_model::rule::RuleSet;
use esm_model::spec::Reading;
use esm_model::verdict::{Judgement, Verdict};
use esm_model::when::{Ms, Span, When};
use esmeralda::outcome::{Outcome, Trial};
use esmeralda::probe::{Latencies, ROUNDS, Width, borne, latencies, widest};
use esmeralda::stop::Stop;
use std::sync::atomic::Ordering;

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

/// How many sessions the target bears, and how many it was given in all.
fn width(mood: Mood, stop: Option<Ms>) -> (Option<u16>, u64) {
    let wish = Stop::default();
    let bench = Slow { stop: stop.map(|at| (at, wish.clone())), ..Slow::new(reference(), mood) };
    let width = widest(&bench, &case(1), &Reading::documented(), &wish);
    assert_eq!(bench.open_now(), 0, "every session is closed");
    (width.map(|Width { sessions, .. }| sessions), bench.opened.load(Ordering::Relaxed))
}

#[test]
fn all_rounds_are_borne_by_who_can() {
    assert_eq!(ROUNDS, [4, 16, 32, 64, 128]);
    assert_eq!(width(|_, _| Day::Good, None), (Some(128), 4 + 16 + 32 + 64 + 128));
}

#[test]
fn the_round_before_something_breaks_is_the_widest() {
    let from_the_third = |number, _: &_| if number == 4 + 16 + 31 { Day::Lost(5) } else { Day::Good };
    assert_eq!(width(from_the_third, None), (Some(16), 4 + 16 + 32));
    assert_eq!(
        width(|_, _| Day::Lost(5), None),
        (None, 4),
        "and where the first one breaks, nothing was seen"
    );
}

#[test]
fn no_round_goes_on_when_nobody_wants_it() {
    assert_eq!(width(|_, _| Day::Good, Some(1)), (None, 4));
}

#[test]
fn a_round_with_a_slow_delivery_is_not_borne() {
    let trial = |delivered: Option<Ms>| {
        let events = std::iter::once(put(0)).chain(delivered.map(|at| call(0, at))).collect();
        let judged = Outcome::Judged(Judgement {
            verdict: Verdict::Conforms,
            warnings: Vec::new(),
            took: 0,
            exercised: RuleSet::default(),
            widest: 1,
        });
        Trial { events, ..Trial::without_trace(case(1), judged) }
    };
    let slowest = |delivered: [Option<Ms>; 2], quick| {
        borne(&delivered.map(trial), quick).map(|latencies| latencies.delivery_ms)
    };
    assert_eq!(
        slowest([Some(300), Some(9_000)], None),
        Some(Some(9_000)),
        "the first one says what is quick"
    );
    assert_eq!(slowest([Some(300), Some(1_600)], Some(300)), Some(Some(1_600)));
    assert_eq!(slowest([Some(300), Some(1_601)], Some(300)), None);
    assert_eq!(slowest([Some(300), None], None), None, "what was never delivered was not borne");
}

/// What is waited for longest is an age that is ignored, and what is as slow as the target.
#[test]
fn what_is_proposed_follows_from_the_slowest() {
    let proposed = |delivery_ms, retry_ms| {
        let latencies =
            Latencies { delivery_ms, retry_ms, failure_record_ms: Some(1_200), ..Latencies::default() };
        let proposal = latencies.proposal(std::collections::BTreeMap::new(), None);
        (proposal.settle_ms, proposal.deadline_ms, proposal.update_settle_ms)
    };
    assert_eq!(proposed(None, None), (30_000, 105_000, 0), "the least of each");
    assert_eq!(proposed(Some(900), Some(9_450)), (30_000, 119_000, 3_000));
    assert_eq!(proposed(Some(9_100), None), (30_000, 181_000, 28_000));
}
