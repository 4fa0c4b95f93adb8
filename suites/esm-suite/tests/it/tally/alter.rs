//! Single alterations of a history beyond those of `edit`: what a failure record says, what a mapping says of itself,
//! what is called and answered, the order, the end.

use esm_model::answer::{Answer, Identifier, Response};
use esm_model::case::Case;
use esm_model::event::{
    Condition, Discard, Document, Event, MappingState, ProcessingResult, ResponseFact, Settled,
};
use esm_model::label::Label;
use esm_model::spec::PROGRESS_BOUND_MS;
use esm_model::when::When;

/// What was altered, whether the function is still the known one, and the events after it.
type Altered = (String, bool, Vec<Event>);

/// Every alteration of a history.
pub(super) fn alterations(case: &Case, events: &[Event]) -> Vec<Altered> {
    let mut all = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let mut add = |known: bool, what: &str, other: Event| {
            let mut altered = events.to_vec();
            altered[index] = other;
            all.push((what.to_owned(), known, altered));
        };
        match event {
            Event::Delivered { mapping, at, destination, document: Document::Typed(facts) } => {
                let of = |destination: u8, facts: Discard| Event::Delivered {
                    mapping: *mapping,
                    at: *at,
                    destination,
                    document: Document::Typed(Box::new(facts)),
                };
                for (what, facts) in documents(case, facts) {
                    add(true, &format!("failure record: {what}"), of(*destination, facts));
                }
                add(true, "failure record: the next destination", of(destination + 1, (**facts).clone()));
            }
            Event::Status { mapping, at, state, result } => {
                let of = |state, result| Event::Status { mapping: *mapping, at: *at, state, result };
                for other in STATES.iter().filter(|other| *other != state) {
                    add(true, &format!("{state:?} shown as {other:?}"), of(*other, *result));
                }
                for other in RESULTS.iter().filter(|other| *other != result) {
                    add(true, &format!("result {result:?} shown as {other:?}"), of(*state, *other));
                }
            }
            Event::Answered { id, at, answer, text } => {
                for (what, other) in answers(events, *id).into_iter().filter(|(_, other)| other != answer) {
                    let of = Event::Answered { id: *id, at: *at, answer: other, text: text.clone() };
                    add(false, &format!("answered: {what}"), of);
                }
            }
            Event::Invoked { .. } => {
                for (what, other) in calls(case, events, event) {
                    add(false, &format!("call: {what}"), other);
                }
            }
            _ => {}
        }
    }
    all.extend(swapped(events));
    all.extend(late(events));
    all.extend(cut(events));
    all
}

const STATES: [MappingState; 8] = [
    MappingState::Creating,
    MappingState::Enabling,
    MappingState::Enabled,
    MappingState::Disabling,
    MappingState::Disabled,
    MappingState::Updating,
    MappingState::Deleting,
    MappingState::Unknown,
];
const RESULTS: [ProcessingResult; 4] =
    [ProcessingResult::None, ProcessingResult::Ok, ProcessingResult::CallFailed, ProcessingResult::Unknown];

/// What the document says otherwise.
fn documents(case: &Case, facts: &Discard) -> Vec<(&'static str, Discard)> {
    let next = |label: Option<Label>, by: isize| {
        let index = label.and_then(Label::index)?.checked_add_signed(by)?;
        (index < case.records.len()).then(|| Label::record(index))
    };
    let condition = match facts.condition {
        Condition::RetryAttemptsExhausted => Condition::RecordAgeExceeded,
        Condition::RecordAgeExceeded => Condition::RetryAttemptsExhausted,
    };
    let mut all = vec![
        ("the other condition", Discard { condition, ..facts.clone() }),
        ("one call more", Discard { count: facts.count + 1, ..facts.clone() }),
        ("one call less", Discard { count: facts.count - 1, ..facts.clone() }),
        ("one record more in number", Discard { batch_size: facts.batch_size + 1, ..facts.clone() }),
        ("another shard", Discard { shard: facts.shard.map(|shard| shard + 1), ..facts.clone() }),
        ("the next record as its last", Discard { last: next(facts.last, 1), ..facts.clone() }),
        ("one record more", longer(facts, next(facts.last, 1), facts.first)),
        ("one record more in front", longer(facts, facts.last, next(facts.first, -1))),
        ("another request", Discard { request: esm_model::event::RequestId(7), ..facts.clone() }),
        (
            "first arrival a millisecond later",
            Discard { first_arrival: facts.first_arrival + 1, ..facts.clone() },
        ),
        (
            "last arrival a millisecond earlier",
            Discard { last_arrival: facts.last_arrival - 1, ..facts.clone() },
        ),
        (
            "last arrival a second earlier",
            Discard { last_arrival: facts.last_arrival - 1_000, ..facts.clone() },
        ),
    ];
    if facts.first != facts.last {
        let batch_size = facts.batch_size - 1;
        all.push(("one record less", Discard { last: next(facts.last, -1), batch_size, ..facts.clone() }));
        all.push((
            "one record less in front",
            Discard { first: next(facts.first, 1), batch_size, ..facts.clone() },
        ));
    }
    for response in
        [ResponseFact::Absent, ResponseFact::NoError, ResponseFact::Unhandled, ResponseFact::OtherError]
    {
        let what = match response {
            ResponseFact::Absent => "no responseContext",
            ResponseFact::NoError => "functionError null",
            ResponseFact::Unhandled => "functionError Unhandled",
            ResponseFact::OtherError => "another functionError",
        };
        if response != facts.response {
            all.push((what, Discard { response, ..facts.clone() }));
        }
    }
    all
}

fn longer(facts: &Discard, last: Option<Label>, first: Option<Label>) -> Discard {
    Discard { first, last, batch_size: facts.batch_size + 1, ..facts.clone() }
}

/// What else the function may have answered to a call.
fn answers(events: &[Event], call: u32) -> Vec<(&'static str, Answer)> {
    let batch = events.iter().find_map(|event| match event {
        Event::Invoked { id, records, .. } if *id == call => Some(records),
        _ => None,
    });
    let items = |items: &[Identifier]| Answer::Returned(Response::Items(items.into()));
    let mut all = vec![
        ("raised", Answer::Raised),
        ("crashed", Answer::Crashed),
        ("null", Answer::Returned(Response::Null)),
        ("items of the wrong type", Answer::Returned(Response::ItemsOfWrongType)),
        ("an empty identifier", items(&[Identifier::Empty])),
    ];
    if let Some((first, last)) = batch.and_then(|batch| Some((*batch.first()?, *batch.last()?))) {
        all.push(("the first record reported", items(&[Identifier::Record(first)])));
        all.push((
            "the last record and an unknown one",
            items(&[Identifier::Record(last), Identifier::Unknown]),
        ));
        if first != last {
            all.push(("the last record reported", items(&[Identifier::Record(last)])));
        }
    }
    all
}

/// What else may have been called.
fn calls(case: &Case, events: &[Event], event: &Event) -> Vec<(&'static str, Event)> {
    let Event::Invoked { id, mapping, at, request, records, .. } = event else { return Vec::new() };
    let of = |request, records| Event::Invoked {
        id: *id,
        mapping: *mapping,
        at: *at,
        request,
        records,
        text: None,
    };
    let mut all =
        vec![("a request ID of its own", of(Some(esm_model::event::RequestId(9)), records.clone()))];
    let other = events.iter().find_map(|event| match event {
        Event::Invoked { request: other, .. } if other != request => Some(*other),
        _ => None,
    });
    all.extend(other.map(|other| ("the request ID of another call", of(other, records.clone()))));
    if records.len() > 1 {
        all.push(("without its last record", of(*request, records[..records.len() - 1].into())));
        all.push(("without its first record", of(*request, records[1..].into())));
    }
    let put = events.iter().take_while(|other| *other != event).filter_map(|event| match event {
        Event::Put { records, .. } => Some(records.iter().map(|bound| bound.label)),
        _ => None,
    });
    let shard = case.shard_of(records[0]);
    let shard: Vec<Label> = put.flatten().filter(|label| case.shard_of(*label) == shard).collect();
    let place = shard.iter().position(|label| *label == records[records.len() - 1]);
    if let Some(next) = place.and_then(|place| shard.get(place + 1)) {
        let mut more = records.clone();
        more.push(*next);
        all.push(("with the next record", of(*request, more)));
    }
    all
}

/// Neighbours in the other order, where one of them is a failure record or a look at the mapping.
fn swapped(events: &[Event]) -> impl Iterator<Item = Altered> {
    let told = |event: &Event| matches!(event, Event::Delivered { .. } | Event::Status { .. });
    let places = (1..events.len() - 1).filter(move |index| told(&events[*index]) != told(&events[index - 1]));
    places.map(|index| {
        let mut swapped = events.to_vec();
        swapped.swap(index - 1, index);
        ("told before what was before it".to_owned(), true, swapped)
    })
}

/// A failure record that comes last.
fn late(events: &[Event]) -> impl Iterator<Item = Altered> {
    let places = (0..events.len()).filter(|index| matches!(events[*index], Event::Delivered { .. }));
    places.map(|index| {
        let mut later = events.to_vec();
        let end = later[events.len() - 1].at();
        let mut moved = later.remove(index);
        if let Event::Delivered { at, .. } = &mut moved {
            *at = end;
        }
        later.insert(events.len() - 2, moved);
        ("failure record: at the end".to_owned(), true, later)
    })
}

/// The run ends here, at once or a little more than the patience of the judge later.
fn cut(events: &[Event]) -> Vec<Altered> {
    let mut all = Vec::new();
    for length in 1..events.len() {
        let last = events[length - 1].at().latest;
        for (when, wait) in [("at once", 0), ("after ten minutes", PROGRESS_BOUND_MS + 1)] {
            for how in [Settled::Quiet, Settled::Horizon] {
                let mut shorter = events[..length].to_vec();
                shorter.push(Event::Settled { at: When::at(last + wait), how });
                all.push((format!("the end comes {when}, {how:?}"), true, shorter));
            }
        }
    }
    all
}
