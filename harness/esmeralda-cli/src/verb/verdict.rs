//! One judged trace as a result: what replay and recheck both say.

use crate::args::ReadingArgs;
use crate::report::text::{BAD, DIM, DOUBT, facts, grouped, indented, prose, verdict};
use esm_model::explain::explain;
use esm_model::rule::RuleId;
use esm_model::trace::TraceRef;
use esm_model::verdict::{Judgement, Verdict, Violation, Warning};
use esmeralda::confirm::Repeat;
use esmeralda::outcome::{Outcome, Standing};
use serde::Serialize;

/// What was found in one trace.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    pub(crate) verdict: Standing,
    /// Why, where it is undecided or could not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    records: usize,
    events: usize,
    violations: Vec<Told>,
    /// How often each red showed, where the case was run again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) repeats: Vec<Repeat>,
    warnings: Vec<Warning>,
    exercised: Vec<RuleId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_file: Option<String>,
    #[serde(skip)]
    reading: String,
}

/// A violation, and what it means.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    #[serde(flatten)]
    violation: Violation,
    explanation: String,
}

impl Report {
    /// The report of an outcome.
    pub(crate) fn new(
        target: Option<&str>,
        trace: TraceRef<'_>,
        outcome: &Outcome,
        reading: &ReadingArgs,
    ) -> Report {
        let mut report = Report {
            target: target.map(str::to_owned),
            verdict: outcome.standing(),
            reason: None,
            records: trace.case.records.len(),
            events: trace.events.len(),
            violations: Vec::new(),
            repeats: Vec::new(),
            warnings: Vec::new(),
            exercised: Vec::new(),
            trace_file: None,
            reading: reading.typed(),
        };
        match outcome {
            Outcome::Judged(judgement) => report.judged(trace, judgement, reading),
            Outcome::Unsupported(what) => {
                report.verdict = Standing::CouldNotRun;
                report.reason = Some(format!("the target does not support it: {what}"));
            }
            Outcome::CouldNotRun(why) => report.reason = Some(why.clone()),
        }
        report
    }

    fn judged(&mut self, trace: TraceRef<'_>, judgement: &Judgement, reading: &ReadingArgs) {
        let reading = reading.reading();
        self.warnings.clone_from(&judgement.warnings);
        self.exercised = judgement.exercised.iter().collect();
        match &judgement.verdict {
            Verdict::Conforms => {}
            Verdict::Undecided(why) => self.reason = Some(why.clone()),
            Verdict::Violates(violations) => {
                let told = |violation: &Violation| Told {
                    explanation: explain(trace, &reading, violation),
                    violation: violation.clone(),
                };
                self.violations = violations.iter().map(told).collect();
            }
        }
    }

    /// For a person.
    pub(crate) fn text(&self) -> String {
        let subject = self.target.as_deref().unwrap_or("trace");
        let mut text = format!("{subject}{}: {}\n", self.reading, verdict(self.verdict));
        text.push_str(&facts(&[
            ("records", grouped(self.records as u64)),
            ("events", grouped(self.events as u64)),
            ("violations", grouped(self.violations.len() as u64)),
            ("warnings", grouped(self.warnings.len() as u64)),
            ("rules exercised", grouped(self.exercised.len() as u64)),
        ]));
        if let Some(reason) = &self.reason {
            text.push_str(&prose(reason, 2));
        }
        for told in &self.violations {
            text.push_str(&format!("\n{BAD}{}{BAD:#}", blame(&told.violation.blame, told.violation.certain)));
            if let Some((mapping, shard)) = told.violation.lane {
                text.push_str(&format!(" {DIM}mapping {mapping}, shard {shard}{DIM:#}"));
            }
            text.push('\n');
            text.push_str(&indented(&told.explanation));
            if let Some(repeat) = self.repeats.iter().find(|repeat| repeat.blame == told.violation.blame) {
                text.push_str(&format!("\n  {}\n", repeat.told()));
            }
        }
        for warning in &self.warnings {
            let what = warning.what.as_deref().unwrap_or("broken, but only warned about under this reading");
            text.push_str(&format!("\n{DOUBT}warning {}{DOUBT:#}: {what}\n", warning.rule));
        }
        if let Some(file) = &self.trace_file {
            text.push_str(&format!("\n  esmeralda recheck {file}{}\n", self.reading));
        }
        text
    }
}

/// The rules to blame, in words.
pub(crate) fn blame(blame: &[RuleId], certain: bool) -> String {
    let rules: Vec<String> = blame.iter().map(RuleId::to_string).collect();
    match (rules.len(), certain) {
        (0 | 1, true) => rules.concat(),
        (_, true) => format!("{} (each explains it alone)", rules.join(" or ")),
        (_, false) => format!("{} (none explains it alone)", rules.join(", ")),
    }
}
