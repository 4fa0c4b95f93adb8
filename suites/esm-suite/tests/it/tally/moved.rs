//! A history whose rest is moved in time so that one event comes at a limit, a millisecond before it, or one after.

use esm_model::case::Case;
use esm_model::event::{Document, Event};
use esm_model::label::Label;
use esm_model::spec::{AGE_SLACK_MS, PROGRESS_BOUND_MS};
use esm_model::when::{Ms, Span, When};

/// Every such history, and what was moved where.
pub(super) fn moves(case: &Case, events: &[Event]) -> Vec<(String, Vec<Event>)> {
    let mut all = Vec::new();
    for (index, event) in events.iter().enumerate().skip(1) {
        let (at, before) = (event.at().earliest, events[index - 1].at().latest);
        for (what, limit) in limits(case, &events[..index], event) {
            for (side, by) in [("a millisecond before ", -1), ("", 0), ("a millisecond after ", 1)] {
                if limit + by >= before {
                    all.push((format!("{side}{what}"), later(events, index, limit + by - at)));
                }
            }
        }
    }
    all
}

/// The limits that an event may come up to.
fn limits(case: &Case, before: &[Event], event: &Event) -> Vec<(&'static str, Ms)> {
    let answered = before.iter().rev().find_map(|event| match event {
        Event::Answered { at, .. } => Some(at.latest),
        _ => None,
    });
    let changed = before.iter().rev().find_map(|event| match event {
        Event::Acted { at, .. } | Event::Created { at, .. } => Some(at.ended.latest),
        _ => None,
    });
    match event {
        Event::Invoked { mapping, records, .. } => {
            let settings = &case.mappings[usize::from(*mapping)].settings;
            let window = Ms::from(settings.maximum_batching_window_in_seconds) * 1_000;
            let age = settings.maximum_record_age_in_seconds.map(|seconds| Ms::from(seconds) * 1_000);
            let (first, last) = (arrival(before, records[0]), arrival(before, records[records.len() - 1]));
            let since = answered.unwrap_or(first);
            let mut all = vec![
                ("a call at once", since),
                ("a call after two seconds", since + 2_000),
                ("a call after ten minutes", since.max(first) + PROGRESS_BOUND_MS),
                ("a call when its first record leaves the stream", first + case.retention_ms),
            ];
            if window > 0 {
                all.push(("a call a second before its window ends", since + window - 1_000));
                all.push((
                    "a call after ten minutes and its window",
                    since.max(first) + window + PROGRESS_BOUND_MS,
                ));
            }
            if let Some(age) = age {
                all.push(("a call at the age limit of its first record", first + age));
                all.push(("a call at the age limit of its last record", last + age));
                all.push((
                    "a call half a minute behind the age limit of its first record",
                    first + age + AGE_SLACK_MS,
                ));
            }
            all
        }
        Event::Delivered { .. } => answered
            .map(|at| ("a failure record after ten minutes", at + PROGRESS_BOUND_MS))
            .into_iter()
            .collect(),
        Event::Status { .. } => {
            changed.map(|at| ("a look a minute after a change", at + 60_000)).into_iter().collect()
        }
        Event::Settled { .. } => {
            let answered = answered.map(|at| ("the end after ten minutes", at + PROGRESS_BOUND_MS));
            let changed = changed.map(|at| ("the end ten minutes after a change", at + PROGRESS_BOUND_MS));
            answered.into_iter().chain(changed).collect()
        }
        _ => Vec::new(),
    }
}

fn arrival(events: &[Event], label: Label) -> Ms {
    let mut puts = events.iter().filter_map(|event| match event {
        Event::Put { records, .. } => records.iter().find(|bound| bound.label == label),
        _ => None,
    });
    puts.next().map_or(0, |bound| bound.arrival.earliest)
}

/// The history with everything from an event on so much later.
fn later(events: &[Event], from: usize, by: Ms) -> Vec<Event> {
    let mut moved = events.to_vec();
    let mut put = Vec::new();
    for event in &mut moved[from..] {
        let span = |span: &mut Span| *span = Span { began: span.began.plus(by), ended: span.ended.plus(by) };
        let point = |at: &mut When| *at = at.plus(by);
        match event {
            Event::Created { at, .. } | Event::Acted { at, .. } => span(at),
            Event::Put { at, records } => {
                span(at);
                records.iter_mut().for_each(|bound| point(&mut bound.arrival));
                put.extend(records.iter().map(|bound| Some(bound.label)));
            }
            Event::Delivered { at, document, .. } => {
                point(at);
                if let Document::Typed(facts) = document {
                    let by = |label: Option<Label>| if put.contains(&label) { by } else { 0 };
                    facts.first_arrival += by(facts.first);
                    facts.last_arrival += by(facts.last);
                }
            }
            Event::Invoked { at, .. }
            | Event::Answered { at, .. }
            | Event::Status { at, .. }
            | Event::Settled { at, .. } => point(at),
        }
    }
    moved
}
