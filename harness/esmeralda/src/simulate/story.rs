//! What became of each batch of one shard, found out from the trace: calls, progress, splits, discards, and whether
//! it goes on like that.
//!
//! Splits and silent discards leave no event of their own; they follow from what is called next. No words here.

use esm_model::answer::{Answer, Identifier, Response};
use esm_model::case::Case;
use esm_model::event::{Condition, Discard, Document, Event, Settled};
use esm_model::label::Label;
use esm_model::reference::{Mixed, OddResponse, Policy};
use esm_model::when::Ms;

/// One thing that happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// The function is called; `nth` counts the calls of exactly these records in a row.
    Call { records: Vec<Label>, answer: Answer, outcome: Outcome, at: Ms, nth: usize, how: How },
    /// The first `done` records are done, the others are left.
    Progress { done: Vec<Label>, rest: Vec<Label> },
    /// The batch is split.
    Split { whole: Vec<Label>, left: Vec<Label>, right: Vec<Label> },
    /// Records are given up.
    Discard { records: Vec<Label>, why: Reason },
    /// Failure records are written: one, or several for records that became too old together.
    Written(Vec<Discard>),
    /// The last call is repeated for ever, as far as the simulation goes.
    Endless { records: Vec<Label>, blocked: Vec<Label> },
}

/// Why a call comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    First,
    Retry,
    LeftPart,
    RightPart,
    Remainder,
    Refilled,
    Next,
    Duplicate,
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Success,
    Progress(usize),
    NoProgress,
    Failure,
}

/// Why records are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// The quota is used up after so many calls.
    Quota(usize),
    /// Splitting is on, but no retry is allowed (AMB-7).
    Unsplit,
    /// Too old, after calls.
    Age,
    /// Too old before any call.
    AgeUntried,
}

struct Call {
    event: usize,
    records: Vec<Label>,
    answer: Answer,
    at: Ms,
}

/// The steps of a shard.
pub(super) fn story(case: &Case, events: &[Event], shard: u8, policy: &Policy) -> Vec<Step> {
    let own: Vec<Label> =
        (0..case.records.len()).map(Label::record).filter(|l| case.shard_of(*l) == Some(shard)).collect();
    let cut = matches!(events.last(), Some(Event::Settled { how: Settled::Horizon, .. }));
    let written = |event: &Event| match event {
        Event::Delivered { document: Document::Typed(discard), .. } if discard.shard == Some(shard) => {
            Some((**discard).clone())
        }
        _ => None,
    };
    let mut teller = Teller {
        case,
        policy,
        written: events.iter().enumerate().filter_map(|(i, e)| Some((i, written(e)?))).collect(),
        calls: calls(events, &own),
        own,
        cut,
        resolved: vec![false; case.records.len()],
        called: vec![false; case.records.len()],
        steps: Vec::new(),
    };
    teller.tell();
    grouped(teller.steps)
}

/// Discards for age that follow each other, and their failure records, are one step each: how they are grouped is
/// open (AMB-4).
fn grouped(steps: Vec<Step>) -> Vec<Step> {
    let is_aged = |step: Option<&Step>| matches!(step, Some(Step::Written(known)) if known.iter().all(|d| d.condition == Condition::RecordAgeExceeded));
    let mut out: Vec<Step> = Vec::new();
    for step in steps {
        let written = is_aged(out.last());
        let before = out.len().checked_sub(if written { 2 } else { 1 });
        match step {
            Step::Discard { records, why: why @ (Reason::Age | Reason::AgeUntried) } => {
                match before.map(|at| &mut out[at]) {
                    Some(Step::Discard { records: known, why: same }) if *same == why => {
                        known.extend(records)
                    }
                    _ => out.push(Step::Discard { records, why }),
                }
            }
            step if written && is_aged(Some(&step)) => {
                if let (Some(Step::Written(known)), Step::Written(documents)) = (out.last_mut(), step) {
                    known.extend(documents);
                }
            }
            step => out.push(step),
        }
    }
    out
}

fn calls(events: &[Event], own: &[Label]) -> Vec<Call> {
    let mut calls: Vec<(u32, Call)> = Vec::new();
    for (event, observed) in events.iter().enumerate() {
        match observed {
            Event::Invoked { id, records, at, .. } if records.first().is_some_and(|l| own.contains(l)) => {
                let call =
                    Call { event, records: records.to_vec(), answer: Answer::Crashed, at: at.earliest };
                calls.push((*id, call));
            }
            Event::Answered { id, answer, .. } => {
                if let Some((_, call)) = calls.iter_mut().rev().find(|(known, _)| known == id) {
                    call.answer = answer.clone();
                }
            }
            _ => {}
        }
    }
    calls.into_iter().map(|(_, call)| call).collect()
}

struct Teller<'a> {
    case: &'a Case,
    policy: &'a Policy,
    own: Vec<Label>,
    calls: Vec<Call>,
    written: Vec<(usize, Discard)>,
    cut: bool,
    /// By index of the record.
    resolved: Vec<bool>,
    called: Vec<bool>,
    steps: Vec<Step>,
}

impl Teller<'_> {
    fn tell(&mut self) {
        let mut run: (Vec<Label>, usize) = (Vec::new(), 0);
        let mut how = How::First;
        let mut rights: Vec<Label> = Vec::new();
        for index in 0..self.calls.len() {
            let Call { records, answer, at, event } = &self.calls[index];
            let (records, answer, at, event) = (records.clone(), answer.clone(), *at, *event);
            self.write_until(event);
            self.skip_to(&records);
            if records.iter().all(|label| self.is(&self.resolved, *label)) {
                let outcome = Outcome::Success;
                self.steps.push(Step::Call { records, answer, outcome, at, nth: 1, how: How::Duplicate });
                continue;
            }
            run =
                if run.0 == records && how == How::Retry { (run.0, run.1 + 1) } else { (records.clone(), 1) };
            self.mark_called(&records);
            if how == How::Next && rights.contains(&records[0]) {
                how = How::RightPart;
            }
            let outcome = self.outcome(&records, &answer);
            let step = Step::Call { records: records.clone(), answer, outcome, at, nth: run.1, how };
            self.steps.push(step);
            let rest = self.rest(&records, outcome);
            how = self.follow(index, &rest, outcome, run.1, &mut rights);
        }
        self.write_until(usize::MAX);
        if !self.cut {
            self.too_old(self.own.clone());
        }
    }

    /// What is left after a call.
    fn rest(&mut self, records: &[Label], outcome: Outcome) -> Vec<Label> {
        let done = match outcome {
            Outcome::Success => records.len(),
            Outcome::Progress(done) => done,
            Outcome::NoProgress | Outcome::Failure => 0,
        };
        self.resolve(&records[..done]);
        if done > 0 && done < records.len() {
            self.steps
                .push(Step::Progress { done: records[..done].to_vec(), rest: records[done..].to_vec() });
        }
        records[done..].to_vec()
    }

    /// Finds out what becomes of the rest, and how the next call comes about.
    fn follow(
        &mut self,
        index: usize,
        rest: &[Label],
        outcome: Outcome,
        nth: usize,
        rights: &mut Vec<Label>,
    ) -> How {
        let Some(first) = rest.first() else { return How::Next };
        let is_new = |call: &&Call| call.records.iter().any(|label| !self.is(&self.resolved, *label));
        let Some(next) = self.calls[index + 1..].iter().find(is_new).map(|call| call.records.clone()) else {
            if self.cut {
                let blocked = self
                    .own
                    .iter()
                    .copied()
                    .filter(|l| !self.is(&self.resolved, *l) && !rest.contains(l))
                    .collect();
                self.steps.push(Step::Endless { records: rest.to_vec(), blocked });
            } else {
                self.discard(rest.to_vec(), self.reason(rest, outcome, nth));
            }
            return How::Next;
        };
        let Some(at) = rest.iter().position(|label| *label == next[0]) else {
            self.discard(rest.to_vec(), self.reason(rest, outcome, nth));
            return How::Next;
        };
        if next[0] != *first {
            self.discard(rest[..at].to_vec(), Reason::Age);
        }
        let rest = &rest[at..];
        let progress = matches!(outcome, Outcome::Progress(_));
        if next.len() < rest.len() {
            let (left, right) = rest.split_at(next.len());
            rights.push(right[0]);
            self.steps.push(Step::Split { whole: rest.to_vec(), left: left.to_vec(), right: right.to_vec() });
            How::LeftPart
        } else if next.len() > rest.len() {
            How::Refilled
        } else if progress || at > 0 {
            How::Remainder
        } else {
            How::Retry
        }
    }

    fn reason(&self, rest: &[Label], outcome: Outcome, nth: usize) -> Reason {
        let settings = &self.case.mappings[0].settings;
        let tried = !matches!(outcome, Outcome::Progress(_));
        match settings.maximum_retry_attempts {
            Some(quota) if tried && nth > quota as usize => {
                let split = settings.bisect_batch_on_function_error && rest.len() > 1;
                if split { Reason::Unsplit } else { Reason::Quota(nth) }
            }
            _ => Reason::Age,
        }
    }

    /// Records in front of a call that are not resolved left because of their age.
    fn skip_to(&mut self, records: &[Label]) {
        let place = self.own.iter().position(|label| *label == records[0]).unwrap_or(0);
        self.too_old(self.own[..place].to_vec());
    }

    /// Failure records that came before an event.
    fn write_until(&mut self, event: usize) {
        while self.written.first().is_some_and(|(at, _)| *at < event) {
            let (_, discard) = self.written.remove(0);
            let covered =
                |l: &Label| discard.first.is_some_and(|f| f <= *l) && discard.last.is_some_and(|e| *l <= e);
            self.too_old(self.own.iter().copied().filter(covered).collect());
            self.steps.push(Step::Written(vec![discard]));
        }
    }

    /// Those of these records that are not resolved yet have become too old, with calls or without.
    fn too_old(&mut self, records: Vec<Label>) {
        let left = records.into_iter().filter(|label| !self.is(&self.resolved, *label));
        let (called, untried): (Vec<Label>, Vec<Label>) =
            left.partition(|label| self.is(&self.called, *label));
        self.discard(called, Reason::Age);
        self.discard(untried, Reason::AgeUntried);
    }

    fn discard(&mut self, records: Vec<Label>, why: Reason) {
        if !records.is_empty() {
            self.resolve(&records);
            self.steps.push(Step::Discard { records, why });
        }
    }

    /// What an answer means to a mapping with these settings under the policy.
    fn outcome(&self, records: &[Label], answer: &Answer) -> Outcome {
        let Answer::Returned(response) = answer else { return Outcome::Failure };
        if !self.case.mappings[0].settings.report_batch_item_failures {
            return Outcome::Success;
        }
        match response {
            Response::Items(items) if !items.is_empty() => {
                let place = |item: &Identifier| match item {
                    Identifier::Record(label) => records.iter().position(|known| known == label),
                    _ => None,
                };
                let invalid = items.iter().any(|item| place(item).is_none());
                match items.iter().filter_map(place).min() {
                    None => Outcome::Failure,
                    Some(_) if invalid && self.policy.mixed == Mixed::WholeFailure => Outcome::Failure,
                    Some(0) => Outcome::NoProgress,
                    Some(place) => Outcome::Progress(place),
                }
            }
            Response::ItemsOfWrongType | Response::Unrecognised(_) => match self.policy.odd_response {
                OddResponse::Success => Outcome::Success,
                OddResponse::Failure => Outcome::Failure,
            },
            _ => Outcome::Success,
        }
    }

    fn is(&self, which: &[bool], label: Label) -> bool {
        label.index().and_then(|index| which.get(index)).copied().unwrap_or(false)
    }

    fn resolve(&mut self, records: &[Label]) {
        records.iter().filter_map(|label| label.index()).for_each(|index| self.resolved[index] = true);
    }

    fn mark_called(&mut self, records: &[Label]) {
        records.iter().filter_map(|label| label.index()).for_each(|index| self.called[index] = true);
    }
}
