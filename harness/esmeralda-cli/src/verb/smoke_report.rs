//! What `smoke` reports: each of the basics, whose fault it is where one fails, and what to do.

use crate::args::ReadingArgs;
use crate::error::Exit;
use crate::report::text::{BAD, DIM, DOUBT, GOOD, HEAD, indented, prose, table};
use crate::target::Chosen;
use crate::verb::verdict::blame;
use esm_model::explain::explain;
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_model::verdict::Verdict;
use esm_suite::smoke::{Ruled, Ruling, is_its, standing};
use esmeralda::confirm::Repeat;
use esmeralda::outcome::{Outcome, Standing};
use serde::Serialize;

/// The report.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    target: String,
    verdict: Standing,
    basics: Vec<One>,
    /// Basics that were not tried, because no session opens.
    not_tried: usize,
    #[serde(skip)]
    typed: String,
}

/// One of the basics.
#[derive(Debug, Serialize)]
struct One {
    name: &'static str,
    claim: &'static str,
    result: Came,
    /// Why it is not fine; of a wrong implementation see the explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The rules that the implementation breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    blame: Option<Vec<RuleId>>,
    #[serde(skip)]
    certain: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
    /// Something that is allowed and still worth knowing.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    case_file: Option<String>,
}

/// What came of a basic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Came {
    Fine,
    Unsupported,
    Undecided,
    ImplementationWrong,
    AdapterWrong,
}

impl Report {
    /// The report of what was tried.
    pub(crate) fn new(target: &Chosen, reading: &ReadingArgs, ruled: &[Ruled], not_tried: usize) -> Report {
        let basics: Vec<One> = ruled.iter().map(|ruled| one(ruled, &reading.reading())).collect();
        let verdict = standing(ruled);
        let typed = format!("{}{}", target.typed(), reading.typed());
        Report { target: target.name().to_owned(), verdict, basics, not_tried, typed }
    }

    /// Where the case of a basic was written.
    pub(crate) fn kept(&mut self, name: &str, file: String) {
        if let Some(one) = self.basics.iter_mut().find(|one| one.name == name) {
            one.case_file = Some(file);
        }
    }

    /// How the command ends.
    pub(crate) fn exit(&self) -> Exit {
        self.verdict.into()
    }

    /// For a person.
    pub(crate) fn text(&self) -> String {
        let (style, what) = match self.verdict {
            Standing::Conforms => (GOOD, "the basics are fine"),
            Standing::Undecided => (DOUBT, "it cannot be told"),
            Standing::CouldNotRun => (BAD, "the adapter is wrong"),
            Standing::Violates => (BAD, "the implementation is wrong"),
        };
        let mut text = format!("{HEAD}{}{HEAD:#}: {style}{what}{style:#}\n\n", self.typed);
        let row = |one: &One| [one.name.to_owned(), one.result.text().to_owned(), one.claim.to_owned()];
        text.push_str(&table(["BASIC", "", "CLAIM"], &self.basics.iter().map(row).collect::<Vec<_>>()));
        if self.not_tried > 0 {
            text.push_str(&format!("{DIM}{} others were not tried.{DIM:#}\n", self.not_tried));
        }
        for (index, one) in self.basics.iter().enumerate() {
            let same = |other: &&One| one.blame.is_some() && other.blame == one.blame;
            // One fault shows in many of the basics, and is told once.
            if !self.basics[..index].iter().any(|other| same(&other)) {
                let also = self.basics[index + 1..].iter().filter(same).map(|other| other.name).collect();
                text.push_str(&self.told(one, also));
            }
        }
        text.push_str(&match self.verdict {
            Standing::CouldNotRun => {
                "\nMend the adapter first: until then nothing is known of the implementation.\n".to_owned()
            }
            Standing::Conforms => format!("\n  esmeralda next {}\n", self.typed),
            _ => String::new(),
        });
        text
    }

    /// What is to be said of one basic beyond its line.
    fn told(&self, one: &One, also: Vec<&str>) -> String {
        let mut text = String::new();
        if let Some(note) = &one.note {
            text.push_str(&format!("\n{DIM}{}{DIM:#}\n{}", one.name, prose(note, 2)));
        }
        let Some(advice) = &one.advice else { return text };
        let blamed = one.blame.as_ref().map(|rules| format!(", {}", blame(rules, one.certain)));
        let style = if one.result == Came::Undecided { DOUBT } else { BAD };
        let blamed = blamed.unwrap_or_default();
        text.push_str(&format!("\n{style}{}{style:#}: {}{blamed}\n", one.name, one.result.told()));
        if let Some(reason) = &one.reason {
            text.push_str(&prose(reason, 2));
        }
        if let Some(explanation) = &one.explanation {
            text.push_str(&indented(explanation));
        }
        if !also.is_empty() {
            text.push_str(&prose(&format!("The same in {}.", also.join(", ")), 2));
        }
        text.push_str(&format!("  {DIM}what to do{DIM:#}\n{}\n", prose(advice, 4)));
        let again = match &one.case_file {
            Some(file) => format!("esmeralda replay {file} {}", self.typed),
            None => format!("esmeralda smoke {} --only {}", self.typed, one.name),
        };
        text.push_str(&format!("  {again}\n"));
        text
    }
}

impl Came {
    /// On a line of its basic.
    fn text(self) -> &'static str {
        match self {
            Came::Fine => "fine",
            Came::Unsupported => "unsupported",
            Came::Undecided => "undecided",
            Came::ImplementationWrong => "IMPLEMENTATION",
            Came::AdapterWrong => "ADAPTER",
        }
    }

    /// In a sentence.
    fn told(self) -> &'static str {
        match self {
            Came::Fine => "fine",
            Came::Unsupported => "the target does not do it",
            Came::Undecided => "it cannot be told",
            Came::ImplementationWrong => "the implementation is wrong",
            Came::AdapterWrong => "the adapter is wrong",
        }
    }
}

fn one(ruled: &Ruled, reading: &Reading) -> One {
    let adapter = ruled.basic.adapter;
    let mut one = One {
        name: ruled.basic.name,
        claim: ruled.basic.claim,
        result: Came::Fine,
        reason: None,
        blame: None,
        certain: true,
        explanation: None,
        advice: None,
        note: ruled.note.clone(),
        case_file: None,
    };
    match &ruled.ruling {
        Ruling::Fine => {}
        Ruling::Unsupported(what) => {
            one.result = Came::Unsupported;
            one.note = Some(what.clone());
        }
        Ruling::Undecided(why) => {
            one.result = Came::Undecided;
            one.reason = Some(why.clone());
            one.advice = Some(format!("See that {adapter}. A slow target may need more time."));
        }
        Ruling::Adapter(why) => {
            one.result = Came::AdapterWrong;
            one.reason = Some(why.clone());
            one.advice = Some(format!("See that {adapter}."));
        }
        Ruling::Implementation(index) => {
            one.result = Came::ImplementationWrong;
            one.violated(ruled, *index, reading);
            let rule = one.blame.iter().flatten().next();
            let rule = rule.map(|rule| format!(" (esmeralda explain {rule})")).unwrap_or_default();
            one.advice =
                Some(format!("See first that {adapter}. If so, the implementation breaks the rule{rule}."));
        }
    }
    one
}

impl One {
    /// Takes over what the first violation says that is the basic's business.
    fn violated(&mut self, ruled: &Ruled, index: usize, reading: &Reading) {
        let Some(trial) = ruled.trials.get(index) else { return };
        let Outcome::Judged(judgement) = &trial.outcome else { return };
        let Verdict::Violates(violations) = &judgement.verdict else { return };
        let Some(first) = violations.iter().find(|violation| is_its(&ruled.basic, violation)) else { return };
        self.blame = Some(first.blame.clone());
        self.certain = first.certain;
        self.explanation = Some(explain(trial.trace(), reading, first));
        let numbers = trial.flaky().find(|repeat| repeat.blame == first.blame);
        self.reason = numbers.map(Repeat::told);
    }
}
