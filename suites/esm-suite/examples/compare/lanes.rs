//! What each shard of each mapping saw, and where two runs part.

use esm_model::answer::Answer;
use esm_model::case::Case;
use esm_model::event::{Batch, Condition, Document, Event, ResponseFact, Settled};
use esm_model::label::Label;
use esm_model::reference::Policy;
use esm_model::when::Ms;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::admitted::*;

/// What is compared of an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Seen<'e> {
    Invoked(&'e Batch),
    Answered(&'e Answer),
    Written {
        condition: Condition,
        count: u32,
        response: ResponseFact,
        first: Option<Label>,
        last: Option<Label>,
        size: u32,
        destination: u8,
    },
}

/// The events of one shard under one mapping, with the index of each in the trace.
/// What one lane saw, with the place of the first difference, and its events.
pub(crate) type Side<'e> = (Option<(usize, Seen<'e>)>, &'e [Event]);

pub(crate) type Lanes<'e> = BTreeMap<(u8, u8), Vec<(usize, Seen<'e>)>>;

/// When an event began.
pub(crate) fn time(event: &Event) -> Ms {
    match event {
        Event::Created { at, .. } | Event::Put { at, .. } | Event::Acted { at, .. } => at.began.earliest,
        Event::Invoked { at, .. }
        | Event::Answered { at, .. }
        | Event::Delivered { at, .. }
        | Event::Status { at, .. }
        | Event::Settled { at, .. } => at.earliest,
    }
}

/// Names of the members in which two failure records differ.
pub(crate) fn members(p: Seen<'_>, r: Seen<'_>) -> String {
    let text = |seen| match seen {
        Seen::Written { count, response, first, last, size, destination, .. } => vec![
            ("count", count.to_string()),
            ("response", format!("{response:?}")),
            ("first", format!("{first:?}")),
            ("last", format!("{last:?}")),
            ("size", size.to_string()),
            ("destination", destination.to_string()),
        ],
        _ => Vec::new(),
    };
    let pairs = text(p).into_iter().zip(text(r));
    pairs.filter(|(p, r)| p != r).fold(String::new(), |mut all, ((name, _), _)| {
        let _ = write!(all, " {name}");
        all
    })
}

pub(crate) fn shard_of(case: &Case, label: Label) -> u8 {
    match label.index() {
        Some(index) => case.records.get(index).map_or(u8::MAX, |record| record.shard),
        None => (0..case.shards).find(|shard| Label::sentinel(*shard) == label).unwrap_or(u8::MAX),
    }
}

pub(crate) fn lanes<'e>(case: &Case, events: &'e [Event]) -> Lanes<'e> {
    let mut lanes = Lanes::new();
    let mut calls: BTreeMap<u32, (u8, u8)> = BTreeMap::new();
    for (index, event) in events.iter().enumerate() {
        let (lane, seen) = match event {
            Event::Invoked { id, mapping, records, .. } => {
                let shard = records.first().map_or(u8::MAX, |label| shard_of(case, *label));
                calls.insert(*id, (*mapping, shard));
                ((*mapping, shard), Seen::Invoked(records))
            }
            Event::Answered { id, answer, .. } => {
                (calls.get(id).copied().unwrap_or((u8::MAX, u8::MAX)), Seen::Answered(answer))
            }
            Event::Delivered { mapping, destination, document: Document::Typed(document), .. } => {
                let seen = Seen::Written {
                    condition: document.condition,
                    count: document.count,
                    response: document.response,
                    first: document.first,
                    last: document.last,
                    size: document.batch_size,
                    destination: *destination,
                };
                ((*mapping, document.shard.unwrap_or(u8::MAX)), seen)
            }
            _ => continue,
        };
        lanes.entry(lane).or_default().push((index, seen));
    }
    lanes
}

pub(crate) fn was_cut(events: &[Event]) -> bool {
    !matches!(events.last(), Some(Event::Settled { how: Settled::Quiet, .. }))
}

/// The earliest difference of two runs of a case.
pub(crate) fn difference<'a>(
    case: &'a Case,
    policy: &'a Policy,
    python_events: &'a [Event],
    reference_events: &'a [Event],
) -> Option<Difference<'a>> {
    let (python, reference) = (lanes(case, python_events), lanes(case, reference_events));
    let cut = was_cut(python_events) || was_cut(reference_events);
    let none = Vec::new();
    let mut all: Vec<_> = python.keys().chain(reference.keys()).copied().collect();
    all.sort_unstable();
    all.dedup();
    let parts = all.into_iter().filter_map(|lane| {
        let (p, r) = (python.get(&lane).unwrap_or(&none), reference.get(&lane).unwrap_or(&none));
        let same = p.iter().zip(r).take_while(|(p, r)| p.1 == r.1).count();
        let ended = if cut { same == p.len().min(r.len()) } else { same == p.len() && same == r.len() };
        let (python, reference) = (p.get(same).copied(), r.get(same).copied());
        (!ended).then_some(Difference {
            case,
            policy,
            lane,
            python,
            reference,
            python_events,
            reference_events,
        })
    });
    parts.min_by_key(|d| d.python.or(d.reference).map_or(usize::MAX, |(index, _)| index))
}
