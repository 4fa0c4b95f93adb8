//! What is said in the end: for each broken rule the smallest history that shows it, and what to change.

use crate::judge::{Change, number};
use crate::shrink::Shown;
use crate::timing::FullBatch;
use crate::told::{Tells, Told};
use crate::world::Played;
use esm_model::catalogue;
use esm_model::label::Label;
use esm_model::rule::{RuleId, Section};
use esmeralda::simulate::Heading;
use serde::Serialize;
use std::fmt::Write;

/// Lines are broken before this column.
const WIDTH: usize = 110;
/// Records named one by one; more are counted.
const NAMED: usize = 12;

/// Whether the function is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No rule is broken.
    Conforms,
    /// A rule is broken.
    Violates,
    /// No rule is broken as far as it went, and it did not go to its end.
    CouldNotRun,
}

impl Verdict {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Conforms => "conforms",
            Verdict::Violates => "violates",
            Verdict::CouldNotRun => "could not run to the end",
        }
    }
}

/// One call of the smallest history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The records, counted from 1.
    pub records: Vec<usize>,
    /// The event.
    #[serde(skip)]
    pub event: String,
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// What it says.
    pub says: &'static str,
    /// Whether it is held against the function; else it is advice.
    pub violates: bool,
    /// The history that shows it.
    pub history: String,
    /// Its settings.
    pub setting: String,
    /// Whether these are the user's.
    pub yours: bool,
    /// The records of the smallest history: `good` or `bad`.
    pub records: Vec<&'static str>,
    /// Its calls.
    pub calls: Vec<Step>,
    /// The call that shows it, counted from 1.
    pub call: Option<usize>,
    /// What happened.
    pub happened: String,
    /// What is to be changed: `code` or `mapping`.
    pub change: &'static str,
    /// How.
    pub advice: String,
    /// In how many histories it showed.
    pub histories: u32,
    /// Whether a fresh environment shows it as well.
    pub fresh: bool,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether the function is right.
    pub verdict: Verdict,
    /// The mapping.
    pub mapping: Heading,
    /// How many histories were played.
    pub histories: usize,
    /// How many calls they had.
    pub calls: u64,
    /// What is wrong; then what to know.
    pub findings: Vec<Finding>,
    /// What was not tried.
    pub notes: Vec<String>,
    /// Why it did not go to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broke_off: Option<String>,
    /// What the clock says; it may differ where everything else is equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timing: Option<FullBatch>,
}

impl Finding {
    pub(crate) fn new(shown: Shown, violates: bool, yours: bool, histories: u32) -> Finding {
        let Shown { history, played, breach, fresh } = shown;
        let (change, advice) = match breach.change {
            Change::Code(advice) => ("code", advice),
            Change::Mapping(advice) => ("mapping", advice),
        };
        Finding {
            rule: breach.rule,
            says: catalogue::get(breach.rule).map_or("", |rule| rule.sentence),
            violates,
            yours,
            setting: history.setting(),
            records: history.marks.iter().map(|mark| if mark.bad { "bad" } else { "good" }).collect(),
            calls: steps(&played),
            call: breach.call.map(|call| call + 1),
            happened: breach.happened,
            change,
            advice,
            histories,
            fresh,
            history: history.name,
        }
    }

    /// For a person.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        self.text(&mut out);
        out
    }

    fn text(&self, out: &mut String) {
        let word = if self.violates { "violates" } else { "advice" };
        let _ = writeln!(out, "{word} {}", self.rule);
        part(out, "rule", self.says);
        let more = more(self.histories as usize, "history", "histories");
        let whose = if self.yours { "your settings" } else { "other settings than yours" };
        part(out, "under", &format!("{whose}: {}{more}", self.setting));
        part(out, "smallest", &format!("{}: {}", self.history, self.batch()));
        part(out, "happened", &self.happened);
        if !self.fresh {
            part(
                out,
                "only",
                "An environment that had served other calls shows it, a fresh one does not: look for what \
                  outlives an invocation.",
            );
        }
        let when = if self.yours { "" } else { "if you ever set the mapping so, " };
        part(out, "change", &format!("{when}{}: {}.", self.change, self.advice));
    }

    /// The records of the smallest history.
    fn batch(&self) -> String {
        let count = self.records.len();
        let word = if count == 1 { "record" } else { "records" };
        if count > NAMED {
            let bad = self.records.iter().filter(|kind| **kind == "bad").count();
            return format!("{count} {word}, {bad} of them bad");
        }
        format!("{count} {word} ({})", self.records.join(", "))
    }
}

impl Report {
    pub(crate) fn new(
        mapping: Heading,
        histories: usize,
        calls: u64,
        findings: Vec<Finding>,
        notes: Vec<String>,
    ) -> Report {
        let red = findings.iter().any(|finding| finding.violates);
        let verdict = if red { Verdict::Violates } else { Verdict::Conforms };
        Report { verdict, mapping, histories, calls, findings, notes, broke_off: None, timing: None }
    }

    /// How it ended, and what the clock says.
    pub(crate) fn ended(mut self, broke_off: Option<String>, timing: Option<FullBatch>) -> Report {
        if broke_off.is_some() && self.verdict == Verdict::Conforms {
            self.verdict = Verdict::CouldNotRun;
        }
        (self.broke_off, self.timing) = (broke_off, timing);
        self
    }

    /// The rules that are held against the function.
    pub fn violated(&self) -> Vec<RuleId> {
        self.findings.iter().filter(|finding| finding.violates).map(|finding| finding.rule).collect()
    }

    /// For a person.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for finding in &self.findings {
            finding.text(&mut out);
            out.push('\n');
        }
        let tried = format!("{} histories, {} calls", self.histories, self.calls);
        let of = ("mapping", self.mapping.settings.join(", "));
        ending(&mut out, self.verdict, &tried, of, self.broke_off.as_deref(), &self.notes);
        if let Some(full) = &self.timing {
            part(&mut out, "timing", &full.to_string());
        }
        out
    }

    /// Fails a test with the whole text, unless the function is right.
    ///
    /// # Panics
    /// If a rule is broken.
    #[track_caller]
    pub fn assert_conforms(&self) {
        assert!(self.verdict == Verdict::Conforms, "{}", self.to_text());
    }
}

impl Tells for Report {
    const NAME: &'static str = "esmeralda consumer";
    const SECTION: Section = Section::Cons;

    fn verdict(&self) -> Verdict {
        self.verdict
    }

    fn told(&self) -> Vec<Told<'_>> {
        let told = self.findings.iter().map(|finding| Told {
            rule: finding.rule,
            violates: finding.violates,
            happened: finding.happened.clone(),
            text: finding.to_text(),
            events: finding.calls.iter().map(|call| call.event.as_str()).collect(),
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

fn steps(played: &Played) -> Vec<Step> {
    let step = |call: &crate::world::PlayedCall| Step {
        records: call.records.iter().map(|label: &Label| number(*label)).collect(),
        event: call.event.clone(),
    };
    played.calls.iter().map(step).collect()
}

/// That further ones show it as well.
pub(crate) fn more(all: usize, one: &str, many: &str) -> String {
    match all {
        1 => String::new(),
        2 => format!("; one more {one} shows it"),
        n => format!("; {} more {many} show it", n - 1),
    }
}

/// The verdict, and what stands below it: what it is of, why it broke off, and what to know.
pub(crate) fn ending(
    out: &mut String,
    verdict: Verdict,
    tried: &str,
    (word, of): (&str, String),
    broke_off: Option<&str>,
    notes: &[String],
) {
    let _ = writeln!(out, "{}: {tried}", verdict.words());
    part(out, word, &of);
    broke_off.into_iter().for_each(|reason| part(out, "broke off", reason));
    notes.iter().for_each(|note| part(out, "note", note));
}

/// A word, and prose beside it.
pub(crate) fn part(out: &mut String, word: &str, text: &str) {
    const COLUMN: usize = 12;
    let mut line = format!("  {word:<width$}", width = COLUMN - 2);
    let mut column = COLUMN;
    let mut begun = false;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if begun && column + 1 + length > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = " ".repeat(COLUMN);
            (column, begun) = (COLUMN, false);
        }
        if begun {
            line.push(' ');
            column += 1;
        }
        line.push_str(word);
        column += length;
        begun = true;
    }
    out.push_str(&line);
    out.push('\n');
}
