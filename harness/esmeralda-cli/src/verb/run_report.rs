//! What `run` reports. Everything but `timing` is the same for equal runs.

use crate::report::json::Timing;
use crate::report::text::{BAD, DIM, DOUBT, HEAD, facts, grouped, indented, verdict};
use crate::verb::control::Summary;
use crate::verb::finding::{Finding, is_zero};
use crate::verb::verdict::blame;
use esm_model::catalogue::{self, Kind as RuleKind, Level, Profile};
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_suite::sample::GENERATOR_VERSION;
use esmeralda::campaign::{Campaign, Cut, Kind, Tally};
use esmeralda::confirm::Repeat;
use esmeralda::next::reds;
use esmeralda::outcome::Standing;
use esmeralda::shrink::Count;
use serde::Serialize;

/// Most rule IDs on a line of text.
pub(crate) const IDS_PER_LINE: usize = 10;

/// What was asked for, as far as it decides the result.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Setting {
    pub(crate) target: String,
    pub(crate) reading: Profile,
    pub(crate) duplicates: bool,
    pub(crate) waived: Vec<RuleId>,
    pub(crate) only: Option<String>,
    pub(crate) generator: u64,
    pub(crate) seed: u64,
}

impl Setting {
    pub(crate) fn new(target: &str, reading: &Reading, only: Option<String>, seed: u64) -> Setting {
        Setting {
            target: target.to_owned(),
            reading: reading.profile,
            duplicates: reading.duplicates,
            waived: reading.waived.clone(),
            only,
            generator: GENERATOR_VERSION,
            seed,
        }
    }
}

/// The report of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    #[serde(flatten)]
    setting: Setting,
    pub(crate) verdict: Standing,
    cases: u64,
    not_selected: u64,
    events: u64,
    conforms: u64,
    violates: u64,
    undecided: u64,
    /// Cases with a red that did not show in every run.
    #[serde(skip_serializing_if = "is_zero")]
    flaky_cases: u64,
    /// Cases that last longer than the target is asked to wait.
    #[serde(skip_serializing_if = "is_zero")]
    left_out: u64,
    unsupported: u64,
    could_not_run: u64,
    warnings: u64,
    /// What is only warned about, by rule.
    warned: Vec<Finding>,
    rules_checked: usize,
    rules_exercised: usize,
    not_exercised: Vec<RuleId>,
    /// Whether the run ended before its last case, and what ended it.
    cut: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_by: Option<Cut>,
    /// The fewest rules that explain every violation, near enough. What is flaky is not among them.
    blamed: Vec<RuleId>,
    violations: Vec<Finding>,
    /// Reds that did not show in every run of their case, or in too few, with their numbers. What was seen counts as
    /// violating all the same; what was only missing is held against nobody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flaky: Vec<Finding>,
    other_failures: Vec<Finding>,
    /// Failures of kinds beyond those that are told apart.
    further_failures: u64,
    /// Of a target in wall time that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<Summary>,
    /// Added last: the one part that differs between equal runs, and no part of the run directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timing: Option<Timing>,
}

impl Report {
    pub(crate) fn new(
        setting: Setting,
        campaign: &Campaign,
        found: Vec<Finding>,
        control: Option<Summary>,
    ) -> Report {
        let Campaign { tally, cut, left_out, .. } = campaign;
        let checked = checked(&setting);
        let not_exercised: Vec<RuleId> =
            checked.iter().filter(|rule| !tally.exercised.contains(**rule)).copied().collect();
        let (violations, rest): (Vec<Finding>, Vec<Finding>) =
            found.into_iter().partition(|finding| matches!(finding.kind, Kind::Violation(_)));
        let (flaky, rest): (Vec<Finding>, Vec<Finding>) =
            rest.into_iter().partition(|finding| matches!(finding.kind, Kind::Flaky(_)));
        let (mut warned, other_failures): (Vec<Finding>, Vec<Finding>) =
            rest.into_iter().partition(|finding| matches!(finding.kind, Kind::Warning(_)));
        warned.sort_by(|some, other| some.blame.cmp(&other.blame));
        Report {
            verdict: control.iter().filter(|c| c.tells()).map(|c| c.verdict).fold(tally.standing(), Ord::max),
            cases: tally.cases,
            not_selected: tally.unselected,
            events: tally.events,
            conforms: tally.conforms,
            violates: tally.violates,
            undecided: tally.undecided,
            flaky_cases: tally.flaky,
            left_out: *left_out,
            unsupported: tally.unsupported,
            could_not_run: tally.could_not_run,
            warnings: tally.warnings,
            warned,
            rules_checked: checked.len(),
            rules_exercised: checked.len() - not_exercised.len(),
            not_exercised,
            cut: cut.is_some(),
            cut_by: *cut,
            blamed: blamed(tally),
            violations,
            flaky,
            other_failures,
            further_failures: tally.further,
            control,
            setting,
            timing: None,
        }
    }

    /// For a person; the replay commands come last.
    pub(crate) fn text(&self) -> String {
        let Setting { target, reading, seed, .. } = &self.setting;
        let mut text =
            format!("{HEAD}{target}{HEAD:#}, read as {reading}, seed {seed}: {}\n", verdict(self.verdict));
        text.push_str(&facts(&self.facts()));
        text.push_str(&self.rules());
        if self.conforms + self.violates + self.undecided == 0 {
            let why =
                if self.not_selected > 0 { ": no case exercised a rule that --only asks for" } else { "" };
            text.push_str(&format!("\nNothing was judged{why}.\n"));
        }
        if self.further_failures > 0 {
            let further = grouped(self.further_failures);
            text.push_str(&format!("\n{further} further failures are of other kinds, and were not kept.\n"));
        }
        for finding in
            self.warned.iter().chain(&self.violations).chain(&self.flaky).chain(&self.other_failures)
        {
            text.push_str(&told(finding));
        }
        text.push_str(&self.control.as_ref().map(Summary::text).unwrap_or_default());
        text
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![("cases", grouped(self.cases) + &cut_short(self.cut_by))];
        let mut some = |name, count| {
            if count > 0 {
                rows.push((name, grouped(count)));
            }
        };
        some("not selected", self.not_selected);
        some("events", self.events);
        some("conform", self.conforms);
        some("violate", self.violates);
        some("undecided", self.undecided);
        some("flaky", self.flaky_cases);
        some("left out", self.left_out);
        some("unsupported", self.unsupported);
        some("could not run", self.could_not_run);
        some("warnings", self.warnings);
        rows.push(("rules exercised", format!("{} of {}", self.rules_exercised, self.rules_checked)));
        rows.extend(self.timing.as_ref().map(|timing| ("time", timing.text())));
        rows
    }

    fn rules(&self) -> String {
        let mut text = String::new();
        let mut list = |head: String, ids: Vec<String>| {
            if !ids.is_empty() {
                text.push_str(&format!("{head}\n"));
                ids.chunks(IDS_PER_LINE).for_each(|ids| text.push_str(&format!("    {}\n", ids.join(" "))));
            }
        };
        let missing = self.not_exercised.iter().map(RuleId::to_string);
        list(
            format!("  {DOUBT}not exercised{DOUBT:#} {DIM}(nothing is said about these){DIM:#}"),
            missing.collect(),
        );
        text
    }
}

/// One failure for a person.
fn told(finding: &Finding) -> String {
    let head = match finding.kind {
        Kind::Violation(_) => blame(&finding.blame, finding.certain),
        Kind::Flaky(_) if finding.repeats.iter().all(Repeat::is_unconfirmed) => {
            format!("not confirmed: {}", blame(&finding.blame, finding.certain))
        }
        Kind::Flaky(_) => format!("flaky: {}", blame(&finding.blame, finding.certain)),
        Kind::Undecided => "undecided".to_owned(),
        Kind::CouldNotRun => "could not run".to_owned(),
        Kind::Warning(rule) => format!("warning {rule}"),
    };
    let style = if matches!(finding.kind, Kind::Warning(_) | Kind::Flaky(_)) { DOUBT } else { BAD };
    let Finding { first, records, records_before, cases, .. } = finding;
    let place = match first.phase {
        esmeralda::campaign::Phase::Scenarios => "scenario",
        esmeralda::campaign::Phase::Regressions => "regression",
        esmeralda::campaign::Phase::Generated => "case",
    };
    let noun = if *cases == 1 { "case" } else { "cases" };
    let again = finding.repeats.iter().map(|Repeat { shown, runs, broke, .. }| {
        let broke = broke.as_ref().map(|why| format!(" (a further one broke down: {why})"));
        format!(", {shown} of {runs} runs{}", broke.unwrap_or_default())
    });
    let small = finding.small_runs.map(|Count { shown, runs }| format!(", made small {shown} of {runs}"));
    let again: String = again.chain(small).collect();
    let further = match finding.flaky_cases {
        0 => String::new(),
        some => format!(
            ", in {} further {} now and then",
            grouped(some),
            if some == 1 { "case" } else { "cases" }
        ),
    };
    format!(
        "\n{style}{head}{style:#} {DIM}in {} {noun}, first in {place} {}; {records} of {records_before} records left{again}{further}{DIM:#}\n{}\n  {}\n",
        grouped(*cases),
        first.name,
        indented(&finding.explanation),
        finding.replay
    )
}

/// The rules that a trace can contradict under this reading. What only the control plane answers is not among them.
pub(crate) fn checked(setting: &Setting) -> Vec<RuleId> {
    let held = |rule: &RuleId| {
        !setting.waived.contains(rule)
            && catalogue::level(*rule, setting.reading, setting.duplicates) != Level::Ignored
    };
    let rules = catalogue::all().filter(|rule| rule.is_checkable() && rule.kind != RuleKind::Api);
    rules.map(|rule| rule.id).filter(held).collect()
}

/// The fewest rules that explain every violation, in the order of the catalogue.
fn blamed(tally: &Tally) -> Vec<RuleId> {
    let mut rules: Vec<RuleId> = reds(&tally.kinds).into_iter().map(|red| red.rule).collect();
    rules.sort();
    rules
}

/// Why there are no more cases, for a person.
pub(crate) fn cut_short(cut: Option<Cut>) -> String {
    let why = match cut {
        None => return String::new(),
        Some(Cut::Time) => "the time was up",
        Some(Cut::Gone) => "the target is gone: too many cases in a row could not run",
        Some(Cut::Stopped) => "stopped before the end",
    };
    format!(" {DOUBT}({why}){DOUBT:#}")
}
