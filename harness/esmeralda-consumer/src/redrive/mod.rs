//! Consumers of failure records: code behind a destination that fetches what was discarded, and gives it another chance.
//!
//! [`Redrive`] says what is checked. It plays [`exercise`] after exercise: a stream and a bucket in memory hold the
//! records, failure records arrive as AWS sends them (`layout`, `envelope`), and `judge` looks at what was written,
//! read and answered. `blame` finds out which rule `REDRIVE-*` that breaks. Nothing here runs a mapping.

mod advice;
mod blame;
mod circumstance;
mod envelope;
pub mod exercise;
mod judge;
mod layout;
mod plans;
mod play;
mod report;

pub use exercise::Arrival;
pub use play::MAX_DELIVERIES;
pub use report::{Finding, Report};

use crate::aws::Read;
use crate::effects::{Patterns, Usual, usual};
use crate::handler::{Handler, HandlerError};
use crate::report::Verdict;
use crate::sample::{BadMeans, SampleError, Samples};
use crate::surrounded::Surrounded;
use blame::{Blame, Blamed, Shown};
use esm_model::mapping::SourceKind;
use exercise::Exercise;
use judge::{Looking, Sees, judge};
use play::{Played, Player};
use regex::Regex;
use std::collections::BTreeSet;

/// Exercises drawn unless another number is asked for.
pub const DEFAULT_DRAWN: u64 = 20;
/// What tells that records are gone, unless another pattern is given.
pub const GONE: &str = r"(?i)\b(gone|expired|trimmed|lost|missing|miss|skipped|skipping|incomplete|unavailable|unrecoverable|not found|no longer|could not|cannot)\b";
/// The data of records, and the items of a table, unless there are samples.
const SAMPLE: &str = r#"{"id":"{{label}}","amount":1}"#;
const ITEM: &str = r#"{"id":{"S":"{{label}}"},"amount":{"N":"1"}}"#;

/// What is checked.
#[derive(Debug, Clone)]
pub struct Redrive {
    source: SourceKind,
    arrival: Arrival,
    samples: Samples,
    patterns: Patterns,
    gone: Regex,
    repeatable: bool,
    seed: u64,
    drawn: u64,
}

impl Redrive {
    /// A consumer of what a mapping of such a stream has discarded, which gets failure records in this way.
    pub fn new(source: SourceKind, arrival: Arrival) -> Redrive {
        let sample = if source == SourceKind::Kinesis { SAMPLE } else { ITEM };
        let samples = Samples::of(source, sample, "");
        Redrive {
            source,
            arrival,
            samples: samples.unwrap_or_default(),
            patterns: Patterns { done: None, means: BadMeans::Reported, writes: true },
            gone: Regex::new(GONE).expect("a regular expression"),
            repeatable: false,
            seed: 1,
            drawn: DEFAULT_DRAWN,
        }
    }

    /// Data of records or changes of items, one to a line, as [`crate::Check::new`] has them.
    ///
    /// # Errors
    /// [`SampleError`] if it cannot be used.
    pub fn samples(mut self, good: &str) -> Result<Redrive, SampleError> {
        self.samples = Samples::of(self.source, good, "")?;
        Ok(self)
    }

    /// How it shows in a line or write that a record is re-driven, as [`crate::Check::effects`] has it. Without it each
    /// write to AWS that carries a record's data counts.
    pub fn effects(mut self, pattern: Regex) -> Redrive {
        self.patterns.done = Some(pattern);
        self
    }

    /// What line or write tells that records are gone; without it [`GONE`].
    pub fn gone(mut self, pattern: Regex) -> Redrive {
        self.gone = pattern;
        self
    }

    /// The same data twice does no harm.
    pub fn repeatable(mut self, repeatable: bool) -> Redrive {
        self.repeatable = repeatable;
        self
    }

    /// Equal seeds mean equal exercises.
    pub fn seed(mut self, seed: u64) -> Redrive {
        self.seed = seed;
        self
    }

    /// How many exercises are drawn.
    pub fn drawn(mut self, drawn: u64) -> Redrive {
        self.drawn = drawn;
        self
    }

    /// Plays every exercise, and says what is wrong. The handler's recorder must be one of endpoints in memory. Where the
    /// function cannot be called any more the rest is left out, and what was found is kept.
    ///
    /// # Errors
    /// [`HandlerError`] if the function could not be called at all.
    pub async fn run<H: Handler>(&self, handler: &mut Surrounded<H>) -> Result<Report, HandlerError> {
        let mut player = Player { samples: &self.samples, patterns: &self.patterns, given: 1, requests: 0 };
        let mut all: Vec<(Exercise, Played)> = Vec::new();
        let mut broke_off = None;
        for exercise in plans::exercises(self.source, self.arrival, self.seed, self.drawn) {
            match player.play(&exercise, handler).await {
                Ok(played) => all.push((exercise, played)),
                Err(error) if all.is_empty() => return Err(error),
                Err(error) => {
                    broke_off = Some(error.to_string());
                    break;
                }
            }
        }
        let sees = sees(&all);
        let mut usually = Usual::new();
        for (by, times) in all.iter().take(plans::PLAIN).flat_map(|(_, played)| usual(played.effects())) {
            let most = usually.entry(by).or_default();
            *most = times.max(*most);
        }
        let looking = Looking { gone: &self.gone, repeatable: self.repeatable, usual: &usually, sees };
        let mut found: Vec<Blamed> = Vec::new();
        for (index, (exercise, played)) in all.iter().enumerate() {
            for breach in judge(&looking, exercise, played) {
                if let Some(known) = found.iter_mut().find(|known| known.explains(breach.symptom, exercise)) {
                    known.exercises.insert(index);
                    continue;
                }
                let (exercise, played) = (exercise.clone(), played.clone());
                let mut blame = Blame { player: &mut player, looking: &looking, handler, tries: 0 };
                match blame.of(Shown { exercise, played, breach }).await {
                    Ok(blamed) => found.push(Blamed { exercises: BTreeSet::from([index]), ..blamed }),
                    Err(error) => broke_off = Some(error.to_string()),
                }
            }
        }
        let mut notes = self.notes(sees, &all);
        notes.extend(handler.notes());
        let mut report = Report::new((self.source, self.arrival), merged(found), notes);
        report.exercises = all.len();
        report.deliveries = player.requests;
        if sees == Sees::Nothing && broke_off.is_none() && report.verdict == Verdict::Conforms {
            broke_off = Some(
                "nothing that the function does with records was seen, nor that it read them: let its SDK use \
                 AWS_ENDPOINT_URL, or say by a pattern how a line or write tells of a record"
                    .to_owned(),
            );
        }
        if broke_off.is_some() && report.verdict == Verdict::Conforms {
            report.verdict = Verdict::CouldNotRun;
        }
        report.broke_off = broke_off;
        Ok(report)
    }

    fn notes(&self, sees: Sees, all: &[(Exercise, Played)]) -> Vec<String> {
        let mut notes = Vec::new();
        if sees == Sees::Reads {
            notes.push(
                "No write to AWS carried a record's data: only what was read of the stream was looked at. Say by a pattern \
                 how a line or write tells of a record."
                    .to_owned(),
            );
        }
        if all.iter().any(|(_, played)| played.reported) {
            notes.push(
                "The function returned batchItemFailures: the queue's mapping must have ReportBatchItemFailures, as it is \
                 taken to have here."
                    .to_owned(),
            );
        }
        if all.iter().flat_map(|(_, played)| &played.deliveries).any(|delivery| delivery.unsure) {
            notes.push(
                "Where a pattern matched and named no record, or more was written than is kept, missing records were not \
                 looked for."
                    .to_owned(),
            );
        }
        notes
    }
}

/// How it shows what is done with records.
fn sees(all: &[(Exercise, Played)]) -> Sees {
    let deliveries = || all.iter().flat_map(|(_, played)| &played.deliveries);
    if deliveries().any(|delivery| !delivery.effects.is_empty()) {
        return Sees::Effects;
    }
    let read = |read: &Read| matches!(read, Read::Records(_));
    if deliveries().flat_map(|delivery| &delivery.reads).any(read) { Sees::Reads } else { Sees::Nothing }
}

/// One finding for each rule and what names it; the rules in their order.
fn merged(found: Vec<Blamed>) -> Vec<Blamed> {
    let mut all: Vec<Blamed> = Vec::new();
    for one in found {
        match all.iter_mut().find(|other| (other.rule, other.lead) == (one.rule, one.lead)) {
            Some(other) => other.exercises.extend(one.exercises),
            None => all.push(one),
        }
    }
    all.sort_by_key(|blamed| (blamed.rule, blamed.lead));
    all
}
