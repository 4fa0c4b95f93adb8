//! What is said in the end: for each broken rule the smallest exercise that shows it, and what to change.

use super::advice::advice;
use super::blame::Blamed;
use super::circumstance::CIRCUMSTANCES;
use super::exercise::{Answered, Arrival, Batch};
use crate::judge::numbers;
use crate::report::{Verdict, ending, more, part};
use crate::told::{Tells, Told};
use esm_model::catalogue;
use esm_model::label::Label;
use esm_model::mapping::SourceKind;
use esm_model::rule::{RuleId, Section};
use serde::Serialize;

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// What it says.
    pub says: &'static str,
    /// The exercise that shows it.
    pub exercise: String,
    /// What it takes to show it, in words.
    pub with: Vec<&'static str>,
    /// What arrives in the smallest exercise: one line for each failure record.
    pub failure_records: Vec<String>,
    /// The events of its deliveries.
    #[serde(skip)]
    pub events: Vec<String>,
    /// What happened.
    pub happened: String,
    /// What to change.
    pub advice: String,
    /// In how many exercises it showed.
    pub exercises: usize,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether the consumer is right.
    pub verdict: Verdict,
    /// How failure records arrived, and what kind of stream they are about.
    pub arrival: String,
    /// How many exercises were played.
    pub exercises: usize,
    /// How many events were delivered.
    pub deliveries: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What to know.
    pub notes: Vec<String>,
    /// Why it did not go to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broke_off: Option<String>,
}

impl Finding {
    pub(super) fn new(blamed: Blamed) -> Finding {
        let shown = blamed.shown;
        let layout = &shown.played.layout;
        let record = |(batch, labels): (&Batch, &Vec<Label>)| {
            let gone: Vec<_> = labels.iter().copied().filter(|label| layout.is_gone(*label)).collect();
            let gone = if gone.is_empty() { String::new() } else { format!(", {} gone", numbers(&gone)) };
            let answered = match batch.answered {
                Answered::Error => "",
                Answered::Failures => ", functionError null",
                Answered::Nothing => ", no responseContext",
            };
            format!("shard {}, {}: {}{answered}{gone}", batch.shard, numbers(labels), batch.condition)
        };
        Finding {
            rule: blamed.rule,
            says: catalogue::get(blamed.rule).map_or("", |rule| rule.sentence),
            with: blamed.takes.iter().map(|index| CIRCUMSTANCES[*index].words).collect(),
            failure_records: shown.exercise.batches.iter().zip(&layout.batches).map(record).collect(),
            events: shown.played.deliveries.iter().map(|delivery| delivery.event.clone()).collect(),
            happened: shown.breach.happened,
            advice: advice(blamed.rule, shown.breach.symptom).to_owned(),
            exercises: blamed.exercises.len(),
            exercise: shown.exercise.name,
        }
    }

    /// For a person.
    pub fn to_text(&self) -> String {
        let mut out = format!("violates {}\n", self.rule);
        part(&mut out, "rule", self.says);
        let more = more(self.exercises, "exercise", "exercises");
        let with = if self.with.is_empty() { "nothing special".to_owned() } else { self.with.join(", ") };
        part(&mut out, "takes", &format!("{with}{more}"));
        part(&mut out, "smallest", &self.failure_records.join("; "));
        part(&mut out, "happened", &format!("{}.", self.happened.trim_end_matches('.')));
        part(&mut out, "change", &format!("{}.", self.advice));
        out
    }
}

impl Report {
    pub(super) fn new(
        (source, arrival): (SourceKind, Arrival),
        found: Vec<Blamed>,
        notes: Vec<String>,
    ) -> Report {
        let findings: Vec<Finding> = found.into_iter().map(Finding::new).collect();
        let verdict = if findings.is_empty() { Verdict::Conforms } else { Verdict::Violates };
        let source = if source == SourceKind::Kinesis { "Kinesis" } else { "DynamoDB Streams" };
        let arrival = format!("{arrival}, of {source}");
        Report { verdict, arrival, exercises: 0, deliveries: 0, findings, notes, broke_off: None }
    }

    /// The rules that are broken, each once.
    pub fn violated(&self) -> Vec<RuleId> {
        let mut rules: Vec<RuleId> = self.findings.iter().map(|finding| finding.rule).collect();
        rules.dedup();
        rules
    }

    /// For a person.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for finding in &self.findings {
            out.push_str(&finding.to_text());
            out.push('\n');
        }
        let tried = format!("{} exercises, {} deliveries", self.exercises, self.deliveries);
        let of = ("arrives", self.arrival.clone());
        ending(&mut out, self.verdict, &tried, of, self.broke_off.as_deref(), &self.notes);
        out
    }

    /// Fails a test with the whole text, unless the consumer is right.
    ///
    /// # Panics
    /// If a rule is broken, or it did not go to its end.
    #[track_caller]
    pub fn assert_conforms(&self) {
        assert!(self.verdict == Verdict::Conforms, "{}", self.to_text());
    }
}

impl Tells for Report {
    const NAME: &'static str = "esmeralda consumer --failure-records";
    const SECTION: Section = Section::Redrive;

    fn verdict(&self) -> Verdict {
        self.verdict
    }

    fn told(&self) -> Vec<Told<'_>> {
        let told = self.findings.iter().map(|finding| Told {
            rule: finding.rule,
            violates: true,
            happened: finding.happened.clone(),
            text: finding.to_text(),
            events: finding.events.iter().map(String::as_str).collect(),
        });
        told.collect()
    }

    fn broke_off(&self) -> Option<&str> {
        self.broke_off.as_deref()
    }

    fn text(&self) -> String {
        self.to_text()
    }
}
