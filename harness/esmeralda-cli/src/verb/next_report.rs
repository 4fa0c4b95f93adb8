//! What `next` reports: the rule to mend first, the red rules that wait for it, and those that do not.
//!
//! Where nothing is red it says what was not looked at. Everything but `timing` is the same for equal runs.

use crate::report::json::Timing;
use crate::report::text::{BAD, DIM, DOUBT, GOOD, HEAD, facts, grouped, indented, prose, table, verdict};
use crate::verb::finding::Finding;
use crate::verb::run_report::{IDS_PER_LINE, Setting, checked, cut_short};
use crate::verb::verdict::blame;
use esm_model::catalogue::{self, needs};
use esm_model::rule::RuleId;
use esmeralda::campaign::{Cut, Kind, Tally};
use esmeralda::next::Red;
use esmeralda::outcome::Standing;
use serde::Serialize;

/// The report.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    #[serde(flatten)]
    setting: Setting,
    pub(crate) verdict: Standing,
    cases: u64,
    violates: u64,
    undecided: u64,
    unsupported: u64,
    could_not_run: u64,
    /// The time ended the run before its last case.
    cut: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_by: Option<Cut>,
    /// What to mend first, if anything.
    next: Option<Next>,
    /// Every red rule, the most basic first.
    reds: Vec<Red>,
    /// Blames of reds that are not known to show in every run of their case, and none of which names a red rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flaky: Vec<Vec<RuleId>>,
    /// Rules that were broken and are only warned about.
    warned: Vec<RuleId>,
    rules_checked: usize,
    rules_exercised: usize,
    not_exercised: Vec<RuleId>,
    /// Failures of kinds beyond those that are told apart.
    further_failures: u64,
    /// Why the first case that could not run could not, or why one could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Added last: the one part that differs between equal runs, and no part of the run directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timing: Option<Timing>,
    #[serde(skip)]
    typed: String,
}

/// The rule to mend first.
#[derive(Debug, Serialize)]
struct Next {
    rule: RuleId,
    sentence: &'static str,
    source: &'static str,
    needs: &'static [RuleId],
    /// How many rules cannot be judged until it is green, red or not.
    holds_up: usize,
    /// The red ones of them.
    waiting: Vec<RuleId>,
    /// Its smallest case.
    #[serde(flatten)]
    shown: Option<Finding>,
}

impl Report {
    /// Puts the report together. `typed` is the target with the options of the reading.
    pub(crate) fn new(
        setting: Setting,
        typed: &str,
        tally: &Tally,
        cut: Option<Cut>,
        reds: Vec<Red>,
        shown: Option<Finding>,
        reason: Option<String>,
    ) -> Report {
        let checked = checked(&setting);
        let not_exercised: Vec<RuleId> =
            checked.iter().filter(|rule| !tally.exercised.contains(**rule)).copied().collect();
        let next = reds.first().map(|first| {
            let known = catalogue::get(first.rule);
            let waiting = reds.iter().filter(|red| red.waits_for.contains(&first.rule));
            Next {
                rule: first.rule,
                sentence: known.map_or("", |requirement| requirement.sentence),
                source: known.map_or("", |requirement| requirement.source),
                needs: needs(first.rule),
                holds_up: first.holds_up,
                waiting: waiting.map(|red| red.rule).collect(),
                shown,
            }
        });
        let is_red = |rule: &RuleId| reds.iter().any(|red| red.rule == *rule);
        let flaky = tally.kinds.keys().filter_map(|kind| match kind {
            Kind::Flaky(blame) if !blame.iter().any(is_red) => Some(blame.clone()),
            _ => None,
        });
        Report {
            flaky: flaky.collect(),
            verdict: tally.standing(),
            cases: tally.cases,
            violates: tally.violates,
            undecided: tally.undecided,
            unsupported: tally.unsupported,
            could_not_run: tally.could_not_run,
            cut: cut.is_some(),
            cut_by: cut,
            next,
            reds,
            warned: tally.warned.keys().copied().collect(),
            rules_checked: checked.len(),
            rules_exercised: checked.len() - not_exercised.len(),
            not_exercised,
            further_failures: tally.further,
            reason,
            setting,
            timing: None,
            typed: typed.to_owned(),
        }
    }

    /// For a person; the command that shows it again comes last.
    pub(crate) fn text(&self) -> String {
        let Setting { target, reading, seed, .. } = &self.setting;
        let mut text =
            format!("{HEAD}{target}{HEAD:#}, read as {reading}, seed {seed}: {}\n", verdict(self.verdict));
        text.push_str(&facts(&self.facts()));
        match &self.next {
            Some(next) => {
                text.push_str(&self.others());
                text.push_str(&self.trouble());
                text.push_str(&next.text(&self.folded()));
            }
            None => {
                text.push_str(&self.nothing());
                text.push_str(&self.trouble());
            }
        }
        text
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![("cases", grouped(self.cases) + &cut_short(self.cut_by))];
        let mut some = |name, count| {
            if count > 0 {
                rows.push((name, grouped(count)));
            }
        };
        some("violate", self.violates);
        some("undecided", self.undecided);
        some("unsupported", self.unsupported);
        some("could not run", self.could_not_run);
        rows.push(("rules exercised", format!("{} of {}", self.rules_exercised, self.rules_checked)));
        rows.push(("red rules", grouped(self.reds.len() as u64)));
        rows.extend(self.timing.as_ref().map(|timing| ("time", timing.text())));
        rows
    }

    /// The red rules that stand by themselves, but for the first.
    fn others(&self) -> String {
        let row = |red: &Red| {
            let sentence = catalogue::get(red.rule).map_or("", |requirement| requirement.sentence);
            [red.rule.to_string(), grouped(red.times), sentence.to_owned()]
        };
        let others = self.reds.iter().skip(1).filter(|red| red.waits_for.is_empty());
        let rows: Vec<_> = others.map(row).collect();
        if rows.is_empty() {
            return String::new();
        }
        format!("\n{}", table(["ALSO RED", "TIMES", "RULE"], &rows))
    }

    /// The red rules that wait for others: not worth a look yet.
    fn folded(&self) -> String {
        let told = |red: &Red| format!("{} ({})", red.rule, grouped(red.times));
        let waiting: Vec<String> =
            self.reds.iter().filter(|red| !red.waits_for.is_empty()).map(told).collect();
        if waiting.is_empty() {
            return String::new();
        }
        prose(&format!("Red as well, and waiting for others: {}.", waiting.join(", ")), 2)
    }

    /// What is not the target's fault, or cannot be told.
    fn trouble(&self) -> String {
        let mut text = String::new();
        if let Some(reason) = &self.reason {
            let what = if self.could_not_run > 0 { "could not run" } else { "undecided" };
            text.push_str(&format!("\n{DOUBT}{what}{DOUBT:#}\n{}", prose(reason, 2)));
            if self.could_not_run > 0 {
                text.push_str(&format!(
                    "  The basics tell whether the adapter is wrong:\n\n  esmeralda smoke {}\n",
                    self.typed
                ));
            }
        }
        if !self.flaky.is_empty() {
            let blames: Vec<String> = self.flaky.iter().map(|rules| blame(rules, true)).collect();
            text.push_str(&format!(
                "\n{DOUBT}flaky{DOUBT:#} {DIM}(not in every run of their cases, or in too few){DIM:#}\n{}  {}\n",
                prose(&blames.join("; "), 2),
                "esmeralda run tells them with their numbers."
            ));
        }
        if self.further_failures > 0 {
            let further = grouped(self.further_failures);
            text.push_str(&format!("\nFurther failures of other kinds were not kept: {further}.\n"));
        }
        text
    }

    /// Nothing is red: what that rests on.
    fn nothing(&self) -> String {
        let mut text = match self.verdict {
            Standing::Conforms => format!("\n{GOOD}Nothing is red.{GOOD:#}\n"),
            Standing::Violates => format!("\n{DOUBT}Nothing is red every time.{DOUBT:#}\n"),
            _ => format!("\n{DOUBT}Nothing is red, but not every case was judged.{DOUBT:#}\n"),
        };
        if !self.warned.is_empty() {
            text.push_str(&prose(&format!("Only warned about: {}.", listed(&self.warned)), 2));
        }
        if self.not_exercised.is_empty() {
            text.push_str("  Every rule that can be judged was exercised.\n");
            return text;
        }
        text.push_str(&format!(
            "  {DOUBT}Not exercised{DOUBT:#} {DIM}(nothing is said about these){DIM:#}\n"
        ));
        let ids: Vec<String> = self.not_exercised.iter().map(RuleId::to_string).collect();
        ids.chunks(IDS_PER_LINE).for_each(|ids| text.push_str(&format!("    {}\n", ids.join(" "))));
        text.push_str("  More cases (--cases) look at more of them.\n");
        text
    }
}

impl Next {
    fn text(&self, folded: &str) -> String {
        let held = match self.holds_up {
            0 => String::new(),
            1 => "; 1 rule cannot be judged until it is green".to_owned(),
            some => format!("; {some} rules cannot be judged until it is green"),
        };
        let mut text = format!("\n{BAD}{} is red{BAD:#}{held}\n", self.rule);
        text.push_str(&prose(self.sentence, 2));
        text.push_str(folded);
        if let Some(shown) = &self.shown {
            let Finding { records, records_before, .. } = shown;
            text.push_str(&format!(
                "\n{BAD}{}{BAD:#} {DIM}the smallest case: {records} of {records_before} records left{DIM:#}\n{}\n  {}\n",
                blame(&shown.blame, shown.certain),
                indented(&shown.explanation),
                shown.replay
            ));
        }
        text
    }
}

fn listed(rules: &[RuleId]) -> String {
    rules.iter().map(RuleId::to_string).collect::<Vec<_>>().join(", ")
}
