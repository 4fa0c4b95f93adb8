//! `control`: plays groups of requests on a target's control plane, and tells where it answers otherwise than it may.

use crate::args::ControlArgs;
use crate::error::{CliError, Exit};
use crate::report;
use crate::report::text::{BAD, DIM, DOUBT, HEAD, facts, grouped, prose, verdict};
use crate::target::with_bench;
use esm_model::catalogue::{self, Level, lookup};
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_suite::control::groups;
use esmeralda::bench::Bench;
use esmeralda::control::{Breach, Group, Played, play};
use esmeralda::outcome::Standing;
use serde::Serialize;
use std::collections::BTreeSet;

/// Longest text of a request or an answer that is told.
const MAX_TEXT: usize = 300;

/// What was found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    target: String,
    pub(crate) verdict: Standing,
    groups: usize,
    conform: usize,
    violate: usize,
    unsupported: usize,
    could_not_run: usize,
    /// Breaches that only warn.
    warnings: usize,
    rules_exercised: Vec<RuleId>,
    /// The rules that violate, over all groups.
    blame: BTreeSet<RuleId>,
    played: Vec<Played>,
    #[serde(skip)]
    typed: String,
}

/// Judges a control plane.
pub(crate) fn run(args: &ControlArgs) -> Result<Exit, CliError> {
    let reading = args.reading.reading();
    let typed = format!("{}{}", args.target.name(), args.reading.typed());
    let meant = |group: &Group| args.only.as_deref().is_none_or(|only| lookup::covers(only, group.name));
    let chosen: Vec<Group> = groups().into_iter().filter(meant).collect();
    let report =
        with_bench!(&args.target, bench => judged(bench, args.target.name(), &chosen, &reading, typed))
            .ok_or_else(|| {
                let name = args.target.name();
                CliError::BadInput(format!(
                    "{name} has no control plane: name a target such as reference or an endpoint"
                ))
            })?;
    report::emit(args.output.format, &report, || report.text())?;
    Ok(report.verdict.into())
}

/// Plays groups on the bench's control plane. `None` if it has none.
pub(crate) fn judged<B: Bench>(
    bench: &B,
    target: &str,
    groups: &[Group],
    reading: &Reading,
    typed: String,
) -> Option<Report> {
    let planes = bench.planes()?;
    let mut played = Vec::with_capacity(groups.len());
    for group in groups {
        played.push(bench.wait(play(&*planes, group, reading)));
    }
    Some(Report::new(target.to_owned(), played, typed))
}

impl Report {
    fn new(target: String, played: Vec<Played>, typed: String) -> Report {
        let broke = |played: &&Played| played.trouble.is_some() && !played.unsupported;
        let violate = played.iter().filter(|played| played.violates()).count();
        let could_not_run = played.iter().filter(broke).count();
        let unsupported = played.iter().filter(|played| played.unsupported).count();
        let breaches = || played.iter().flat_map(|played| &played.breaches);
        let exercised: BTreeSet<RuleId> =
            played.iter().flat_map(|played| played.exercised.iter().copied()).collect();
        let conform = played.iter().filter(|played| !played.violates() && played.trouble.is_none()).count();
        let verdict = match (violate, could_not_run, conform) {
            (1.., _, _) => Standing::Violates,
            (0, 1.., _) => Standing::CouldNotRun,
            (0, 0, 0) => Standing::Undecided,
            _ => Standing::Conforms,
        };
        Report {
            target,
            verdict,
            groups: played.len(),
            conform,
            violate,
            unsupported,
            could_not_run,
            warnings: breaches().filter(|breach| breach.level != Level::Violates).count(),
            rules_exercised: exercised.into_iter().collect(),
            blame: breaches()
                .filter(|breach| breach.level == Level::Violates)
                .map(|breach| breach.rule)
                .collect(),
            played,
            typed,
        }
    }

    /// For a person; the replay commands come last of each group.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{HEAD}{}{HEAD:#}, control plane: {}\n", self.target, verdict(self.verdict));
        let mut rows = vec![("groups", grouped(self.groups as u64))];
        let counts = [
            ("conform", self.conform),
            ("violate", self.violate),
            ("unsupported", self.unsupported),
            ("could not run", self.could_not_run),
            ("warnings", self.warnings),
        ];
        rows.extend(counts.iter().filter(|(_, n)| *n > 0).map(|(name, n)| (*name, grouped(*n as u64))));
        rows.push(("rules exercised", grouped(self.rules_exercised.len() as u64)));
        text.push_str(&facts(&rows));
        self.played.iter().for_each(|played| text.push_str(&self.told(played)));
        text
    }

    fn told(&self, played: &Played) -> String {
        let mut text = String::new();
        if let Some(trouble) = &played.trouble {
            text.push_str(&format!("\n{DOUBT}{}{DOUBT:#}\n{}", played.group, prose(trouble, 2)));
        }
        if played.breaches.is_empty() {
            return text;
        }
        let (done, all) = played.steps;
        text.push_str(&format!("\n{HEAD}{}{HEAD:#} {DIM}{done} of {all} steps{DIM:#}\n", played.group));
        played.breaches.iter().for_each(|breach| text.push_str(&breach_text(breach)));
        text.push_str(&format!("\n  esmeralda control {} --only {}\n", self.typed, played.group));
        text
    }
}

fn breach_text(breach: &Breach) -> String {
    let style = if breach.level == Level::Violates { BAD } else { DOUBT };
    let sentence = catalogue::get(breach.rule).map_or("", |requirement| requirement.sentence);
    let mut text = format!("  {style}{}{style:#} {DIM}in step {}{DIM:#}\n", breach.rule, breach.step + 1);
    text.push_str(&prose(sentence, 4));
    text.push_str(&prose(&format!("allowed: {}", short(&breach.allowed)), 4));
    text.push_str(&prose(&format!("came: {}", short(&breach.came)), 4));
    text
}

fn short(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}
