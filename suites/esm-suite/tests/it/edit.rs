//! Single edits of a history, and what the judge says of them.

use esm_model::case::Case;
use esm_model::event::Event;
use esm_model::spec::Reading;
use esm_model::trace::TraceRef;
use esm_model::verdict::{Verdict, judge};
use esm_model::when::When;

/// What is done to one invocation, or to one failure record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Edit {
    InvocationRemoved,
    InvocationDoubled,
    RecordRemoved,
    RecordDoubled,
}

impl Edit {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Edit::InvocationRemoved => "an invocation removed",
            Edit::InvocationDoubled => "an invocation doubled",
            Edit::RecordRemoved => "a failure record removed",
            Edit::RecordDoubled => "a failure record doubled",
        }
    }
}

/// What the judge says of an edited history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Said {
    /// The function did not answer like this: the check of the script saw it.
    NotATrace,
    Violates,
    Undecided,
    Conforms,
}

impl Said {
    pub(crate) fn rejects(self) -> bool {
        matches!(self, Said::NotATrace | Said::Violates)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Said::NotATrace => "no trace of the case",
            Said::Violates => "rejected",
            Said::Undecided => "undecided",
            Said::Conforms => "admitted",
        }
    }
}

/// Every edit of a history: what was edited, its place among its kind, the events after it.
pub(crate) fn edits(events: &[Event]) -> Vec<(Edit, usize, Vec<Event>)> {
    let calls = events.iter().filter(|event| matches!(event, Event::Invoked { .. })).count();
    let mut all = Vec::new();
    for id in 0..calls {
        all.push((Edit::InvocationRemoved, id, without(events, id as u32)));
        all.push((Edit::InvocationDoubled, id, twice(events, id as u32)));
    }
    let records = events.iter().enumerate().filter(|(_, event)| matches!(event, Event::Delivered { .. }));
    for (place, (index, document)) in records.enumerate() {
        let mut removed = events.to_vec();
        removed.remove(index);
        all.push((Edit::RecordRemoved, place, removed));
        let mut doubled = events.to_vec();
        doubled.insert(index + 1, document.clone());
        all.push((Edit::RecordDoubled, place, doubled));
    }
    all
}

/// Without one invocation and its answer; later ones move up.
fn without(events: &[Event], gone: u32) -> Vec<Event> {
    let keep = |event: &Event| match event {
        Event::Invoked { id, .. } | Event::Answered { id, .. } if *id == gone => None,
        other => Some(renumbered(other, |id| if id > gone { id - 1 } else { id })),
    };
    events.iter().filter_map(keep).collect()
}

/// With one invocation and its answer a second time, right behind the first, as long and under the same request ID.
fn twice(events: &[Event], doubled: u32) -> Vec<Event> {
    let mut all = Vec::new();
    let mut call = None;
    for event in events {
        let moved = renumbered(event, |id| if id > doubled { id + 1 } else { id });
        all.push(moved.clone());
        match (event, &call) {
            (Event::Invoked { id, .. }, _) if *id == doubled => call = Some(moved),
            (Event::Answered { id, at: ended, .. }, Some(first @ Event::Invoked { at: began, .. }))
                if *id == doubled =>
            {
                let takes = ended.earliest - began.earliest;
                let again = |event: &Event, when: When| match renumbered(event, |_| doubled + 1) {
                    Event::Invoked { id, mapping, request, records, text, .. } => {
                        Event::Invoked { id, mapping, at: when, request, records, text }
                    }
                    Event::Answered { id, answer, text, .. } => {
                        Event::Answered { id, at: when, answer, text }
                    }
                    other => other,
                };
                let copies = [again(first, *ended), again(event, ended.plus(takes))];
                all.extend(copies);
            }
            _ => {}
        }
    }
    all
}

fn renumbered(event: &Event, number: impl Fn(u32) -> u32) -> Event {
    let mut event = event.clone();
    if let Event::Invoked { id, .. } | Event::Answered { id, .. } = &mut event {
        *id = number(*id);
    }
    event
}

pub(crate) fn said(case: &Case, events: &[Event], reading: &Reading) -> Said {
    match judge(TraceRef { case, setup: None, events }, reading).map(|judgement| judgement.verdict) {
        Err(_) => Said::NotATrace,
        Ok(Verdict::Violates(_)) => Said::Violates,
        Ok(Verdict::Undecided(_)) => Said::Undecided,
        Ok(Verdict::Conforms) => Said::Conforms,
    }
}
