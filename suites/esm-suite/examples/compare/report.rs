//! What is told of a comparison.

use esm_model::case::Case;
use esm_model::catalogue::Profile;
use esm_model::event::{Document, Event};
use esm_model::reference::{Policy, Remainder};
use esm_model::spec::Reading;
use esm_model::trace::to_lines;
use esmeralda::machine::MachineTarget;
use esmeralda::run::run_case;
use esmeralda::virtual_time::ready;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use crate::*;

/// One kind of disagreement: how often, and the shortest example.
#[derive(Default)]
pub(crate) struct Group {
    pub(crate) count: usize,
    pub(crate) example: String,
}

#[derive(Default)]
pub(crate) struct Report {
    pub(crate) runs: usize,
    pub(crate) judged: usize,
    pub(crate) cut: usize,
    pub(crate) compared: usize,
    pub(crate) admitted: BTreeMap<&'static str, usize>,
    pub(crate) disagreements: BTreeMap<String, Group>,
}

impl Report {
    pub(crate) fn disagree(&mut self, kind: String, example: impl FnOnce() -> String) {
        let group = self.disagreements.entry(kind).or_default();
        group.count += 1;
        let example = example();
        if group.example.is_empty() || example.len() < group.example.len() {
            group.example = example;
        }
    }

    pub(crate) fn take(&mut self, name: &str, index: u64, case: &Rc<Case>, policy: &Policy, line: &str) {
        self.runs += 1;
        let head = |what: &str| format!("case {index} under {name}: {what}\n");
        let reply = match serde_json::from_str::<Reply>(line) {
            Ok(Reply { trace: Some(Events(events)), error: None }) => Ok(events),
            Ok(reply) => Err(reply.error.unwrap_or_default()),
            Err(error) => Err(error.to_string()),
        };
        let python = match reply {
            Ok(events) => events,
            Err(error) => {
                return self
                    .disagree(format!("no trace: {error}"), || head(&error) + &to_lines(case, None, &[]));
            }
        };
        for reading in [Reading::documented(), Reading::aws()] {
            if reading.profile == Profile::Aws && policy.remainder != Remainder::Whole {
                continue;
            }
            self.judged += 1;
            if let Some(verdict) = complaint(case, &python, &reading) {
                self.disagree(format!("judge, {:?}: {verdict}", reading.profile), || {
                    head(&verdict) + &to_lines(case, None, &python)
                });
            }
        }
        let target = MachineTarget::reference(*policy);
        let reference = match ready(run_case(&target, case, None, false, Vec::new())) {
            Ok(recorded) => recorded.events,
            Err(error) => {
                return self.disagree(format!("no reference: {error}"), || head(&error.to_string()));
            }
        };
        self.cut += usize::from(was_cut(&python) || was_cut(&reference));
        self.compared += lanes(case, &reference).values().map(Vec::len).sum::<usize>();
        let Some(found) = difference(case, policy, &python, &reference) else { return };
        if let Some(admitted) = ADMITTED.iter().find(|admitted| (admitted.covers)(&found)) {
            *self.admitted.entry(admitted.name).or_default() += 1;
            return;
        }
        self.disagree(found.kind(), || describe(&head(&found.kind()), &found));
    }
}

pub(crate) fn describe(head: &str, found: &Difference<'_>) -> String {
    let mut text = format!("{head}mapping and shard {:?}\n", found.lane);
    text.push_str(&serde_json::to_string(found.case).expect("a case is JSON"));
    for (name, events, at) in [
        ("python", found.python_events, found.python),
        ("reference", found.reference_events, found.reference),
    ] {
        let _ = write!(text, "\n{name}:");
        for (index, event) in events.iter().enumerate() {
            let mark = if at.is_some_and(|(at, _)| at == index) { "=>" } else { "  " };
            let _ = write!(text, "\n{mark} {}", brief(event));
        }
    }
    text.push('\n');
    text
}

/// An event in a few words.
pub(crate) fn brief(event: &Event) -> String {
    match event {
        Event::Created { mapping, at } => format!("{} created {mapping}", at.began.earliest),
        Event::Put { at, records } => {
            format!("{} put {:?}", at.began.earliest, records.iter().map(|r| r.label).collect::<Vec<_>>())
        }
        Event::Acted { step, at } => format!("{} step {step}", at.began.earliest),
        Event::Invoked { id, mapping, at, records, .. } => {
            format!("{} call {id} of {mapping}: {records:?}", at.earliest)
        }
        Event::Answered { id, at, answer, .. } => format!("{} answer {id}: {answer:?}", at.earliest),
        Event::Delivered { mapping, at, destination, document: Document::Typed(d) } => format!(
            "{} record of {mapping} to {destination}: {:?} {:?}…{:?} size {} count {} {:?}",
            at.earliest, d.condition, d.first, d.last, d.batch_size, d.count, d.response
        ),
        other => format!("{other:?}"),
    }
}
