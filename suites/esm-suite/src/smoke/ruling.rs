//! Whose fault it is: what the harness itself assumes about a session comes first, then the rules, then what was
//! expected to be seen.
//!
//! Judges nothing by itself: whether rules were broken is the verdict's to say.

use super::{Basic, Expected};
use esm_model::case::Case;
use esm_model::catalogue::{STATE_1, STATE_2, STATE_3, STATE_10};
use esm_model::event::{Event, Settled};
use esm_model::label::Label;
use esm_model::rule::RuleId;
use esm_model::sequence::SequenceNumber;
use esm_model::verdict::{Verdict, Violation};
use esm_model::when::Span;
use esmeralda::outcome::{Outcome, Standing, Trial};
use std::collections::BTreeMap;

/// What a basic says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// All is well.
    Fine,
    /// The target does not do it, which is no failure.
    Unsupported(String),
    /// It cannot be told.
    Undecided(String),
    /// The implementation breaks a rule: the trial of this index violates.
    Implementation(usize),
    /// The adapter is wrong, or nothing could run at all. Nothing is said about the implementation.
    Adapter(String),
}

/// A basic and what came of it.
#[derive(Debug, Clone)]
pub struct Ruled {
    /// The basic.
    pub basic: Basic,
    /// One for each of its cases.
    pub trials: Vec<Trial>,
    /// What it says.
    pub ruling: Ruling,
    /// Something that is allowed and still worth knowing.
    pub note: Option<String>,
}

/// Rules on one of the basics. `trials` has one for each of its cases.
pub fn rule(basic: Basic, trials: Vec<Trial>) -> Ruled {
    let each = trials.iter().enumerate().map(|(index, trial)| ruling(&basic, index, trial));
    // The first of the worst: it is the simplest.
    let ruling = each.reduce(|worst, next| if next.rank() > worst.rank() { next } else { worst });
    let lonely = basic.expected.contains(&Expected::SeveralAtOnce) && trials.iter().all(is_lonely);
    let note = lonely.then(|| {
        "Every call had a single record. That is allowed, but what concerns larger batches will not be exercised."
            .to_owned()
    });
    let ruling = ruling.unwrap_or(Ruling::Fine);
    Ruled { note: note.filter(|_| ruling == Ruling::Fine), basic, trials, ruling }
}

/// Looks at all of the basics together. Where the function was called in none of them, nobody passes the calls on:
/// an implementation that cannot deliver anything is no implementation yet.
pub fn settle(all: &mut [Ruled]) {
    let mut events = all.iter().flat_map(|ruled| &ruled.trials).flat_map(|trial| &trial.events);
    if events.any(|event| matches!(event, Event::Invoked { .. })) {
        return;
    }
    let waiting = |ruled: &&mut Ruled| {
        let asked = ruled.basic.expected.contains(&Expected::AllCalled);
        asked && matches!(ruled.ruling, Ruling::Implementation(_) | Ruling::Undecided(_))
    };
    for ruled in all.iter_mut().filter(waiting) {
        ruled.ruling = Ruling::Adapter("the function was called in none of the basics".to_owned());
    }
}

/// All of them in one word. A wrong adapter comes first: nothing is known of the implementation behind it. Where
/// nothing was fine, nothing was told.
pub fn standing(all: &[Ruled]) -> Standing {
    let any = |is: fn(&Ruling) -> bool| all.iter().any(|ruled| is(&ruled.ruling));
    if any(|ruling| matches!(ruling, Ruling::Adapter(_))) {
        Standing::CouldNotRun
    } else if any(|ruling| matches!(ruling, Ruling::Implementation(_))) {
        Standing::Violates
    } else if any(|ruling| matches!(ruling, Ruling::Undecided(_))) || !any(|ruling| *ruling == Ruling::Fine) {
        Standing::Undecided
    } else {
        Standing::Conforms
    }
}

impl Ruling {
    /// How bad it is: 0 for what is fine.
    fn rank(&self) -> u8 {
        match self {
            Ruling::Fine => 0,
            Ruling::Unsupported(_) => 1,
            Ruling::Undecided(_) => 2,
            Ruling::Implementation(_) => 3,
            Ruling::Adapter(_) => 4,
        }
    }
}

fn ruling(basic: &Basic, index: usize, trial: &Trial) -> Ruling {
    let judgement = match &trial.outcome {
        Outcome::Judged(judgement) => judgement,
        Outcome::Unsupported(what) => return Ruling::Unsupported(what.clone()),
        Outcome::CouldNotRun(why) => return Ruling::Adapter(why.clone()),
    };
    if let Some(wrong) = assumption(&trial.case, &trial.events) {
        return Ruling::Adapter(wrong);
    }
    match &judgement.verdict {
        Verdict::Violates(violations) if violations.iter().any(|violation| is_its(basic, violation)) => {
            Ruling::Implementation(index)
        }
        Verdict::Undecided(why) => Ruling::Undecided(why.clone()),
        Verdict::Conforms | Verdict::Violates(_) => {
            let missing = basic.expected.iter().find_map(|expected| missing(*expected, trial));
            missing.unwrap_or(Ruling::Fine)
        }
    }
}

/// Whether a violation is the business of a basic: what a mapping says of itself is asked by one of them, which asks for
/// nothing else.
pub fn is_its(basic: &Basic, violation: &Violation) -> bool {
    const SAYS: [RuleId; 4] = [STATE_1, STATE_2, STATE_3, STATE_10];
    let says = violation.blame.iter().all(|rule| SAYS.contains(rule));
    basic.expected.contains(&Expected::State) == says
}

/// The first thing that the harness takes for granted and that is not so.
fn assumption(case: &Case, events: &[Event]) -> Option<String> {
    numbers(case, events).or_else(|| early(events)).or_else(|| unanswered(events))
}

/// Sequence numbers name one record of their shard each, and increase from put to put within a shard. Within one put they need not:
/// a stream may store the records of one call in another order.
fn numbers(case: &Case, events: &[Event]) -> Option<String> {
    let mut known: BTreeMap<(u8, &SequenceNumber), Label> = BTreeMap::new();
    let mut highest: BTreeMap<u8, &SequenceNumber> = BTreeMap::new();
    for event in events {
        let Event::Put { records, .. } = event else { continue };
        let before = highest.clone();
        for bound in records {
            let number = &bound.sequence;
            let shard = case.shard_of(bound.label)?;
            if let Some(other) = known.insert((shard, number), bound.label) {
                return Some(format!("{other} and {} were given one sequence number, {number}", bound.label));
            }
            if before.get(&shard).is_some_and(|last| *last > number) {
                return Some(format!(
                    "{} was put into shard {shard} later than others, and has a lower sequence number, {number}",
                    bound.label
                ));
            }
            let top = highest.entry(shard).or_insert(number);
            *top = (*top).max(number);
        }
    }
    None
}

/// Nothing reaches the function before it is put.
fn early(events: &[Event]) -> Option<String> {
    let mut puts: BTreeMap<Label, Span> = BTreeMap::new();
    for event in events {
        if let Event::Put { at, records } = event {
            puts.extend(records.iter().map(|bound| (bound.label, *at)));
        }
    }
    events.iter().find_map(|event| match event {
        Event::Invoked { at, records, .. } => {
            let before = |label: &&Label| puts.get(label).is_some_and(|put| at.surely_before(put.began));
            let label = records.iter().find(before)?;
            Some(format!("{label} reached the function before it was put"))
        }
        _ => None,
    })
}

/// Whoever says that nothing is pending has passed on every answer.
fn unanswered(events: &[Event]) -> Option<String> {
    let quiet = matches!(events.last(), Some(Event::Settled { how: Settled::Quiet, .. }));
    let answered = |call: u32| events.iter().any(|e| matches!(e, Event::Answered { id, .. } if *id == call));
    let open = events.iter().find_map(|event| match event {
        Event::Invoked { id, .. } if !answered(*id) => Some(*id),
        _ => None,
    });
    open.filter(|_| quiet).map(|id| format!("nothing is pending any more, and call {id} was never answered"))
}

/// What was expected and is not to be seen, although no rule is broken.
fn missing(expected: Expected, trial: &Trial) -> Option<Ruling> {
    let doubt = |what: String| {
        let why = match trial.events.last() {
            Some(Event::Settled { how: Settled::Deadline, .. }) => "the time was up before",
            _ => "the case ended before",
        };
        Some(Ruling::Undecided(format!("{why} {what}")))
    };
    match expected {
        Expected::AllCalled => {
            let put = trial.events.iter().filter_map(|event| match event {
                Event::Put { records, .. } => Some(records.iter().map(|bound| bound.label)),
                _ => None,
            });
            let absent = put.flatten().find(|label| calls(trial, *label) == 0)?;
            doubt(format!("{absent} reached the function"))
        }
        Expected::CalledAgain => {
            let first = Label::record(0);
            (calls(trial, first) < 2).then(|| doubt(format!("{first} reached the function again")))?
        }
        Expected::Document => {
            let came = trial.events.iter().any(|event| matches!(event, Event::Delivered { .. }));
            (!came).then(|| doubt("a failure record arrived".to_owned()))?
        }
        Expected::State => {
            let told = trial.events.iter().any(|event| matches!(event, Event::Status { .. }));
            let why =
                "the target tells no state of its mapping, so the rules STATE-1, 2, 3 and 10 are not judged";
            (!told).then(|| Ruling::Unsupported(why.to_owned()))
        }
        Expected::SeveralAtOnce => None,
    }
}

/// How often a record reached the function.
fn calls(trial: &Trial, label: Label) -> usize {
    let with = |event: &&Event| matches!(event, Event::Invoked { records, .. } if records.contains(&label));
    trial.events.iter().filter(with).count()
}

fn is_lonely(trial: &Trial) -> bool {
    !trial.events.iter().any(|event| matches!(event, Event::Invoked { records, .. } if records.len() > 1))
}
