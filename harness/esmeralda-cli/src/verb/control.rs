//! `control`: plays groups of requests on a target's control plane, and tells where it answers otherwise than it may.

use crate::args::ControlArgs;
use crate::error::{CliError, Exit};
use crate::report::text::{BAD, DIM, DOUBT, HEAD, facts, grouped, prose, verdict};
use crate::target::with_bench;
use crate::{interrupt, report};
use esm_model::catalogue::{self, Level, lookup};
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_suite::control::groups;
use esmeralda::bench::Bench;
use esmeralda::control::{Breach, Group, Played, play_all};
use esmeralda::outcome::Standing;
use esmeralda::stop::Stop;
use serde::Serialize;
use std::collections::BTreeSet;

/// Longest text of a request or an answer that is told.
const MAX_TEXT: usize = 300;
/// Most groups that are played at once, each on a stream of its own.
const MAX_AT_ONCE: usize = 8;

/// What was found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    target: String,
    pub(crate) verdict: Standing,
    #[serde(flatten)]
    counts: Counts,
    /// Breaches that only warn.
    warnings: usize,
    rules_exercised: Vec<RuleId>,
    /// The rules that violate, over all groups.
    blame: BTreeSet<RuleId>,
    played: Vec<Played>,
    #[serde(skip)]
    typed: String,
}

/// How groups of requests ended.
#[derive(Debug, Clone, Copy, Serialize)]
struct Counts {
    groups: usize,
    conform: usize,
    violate: usize,
    unsupported: usize,
    could_not_run: usize,
    /// Groups that were not played to their end, because there was no time.
    #[serde(skip_serializing_if = "is_zero")]
    not_played: usize,
}

/// Judges a control plane.
pub(crate) fn run(args: &ControlArgs) -> Result<Exit, CliError> {
    let reading = args.reading.reading();
    let typed = format!("{}{}", args.target.name(), args.reading.typed());
    let meant = |group: &Group| args.only.as_deref().is_none_or(|only| lookup::covers(only, group.name));
    let chosen: Vec<Group> = groups().into_iter().filter(meant).collect();
    let stop = interrupt::stop();
    let report =
        with_bench!(&args.target, bench => judged(bench, args.target.name(), &chosen, &reading, typed, &stop))
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
    stop: &Stop,
) -> Option<Report> {
    let planes = bench.planes()?;
    let at_a_time = bench.wide().map_or(1, |wide| wide.sessions.min(MAX_AT_ONCE));
    let played = bench.wait(play_all(&*planes, groups, reading, at_a_time, stop));
    let not_played = groups.len() - played.len();
    Some(Report::new(target.to_owned(), played, not_played, typed))
}

/// What a run tells of the control plane: how it stands, and the command that tells the rest.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Summary {
    pub(crate) verdict: Standing,
    #[serde(flatten)]
    counts: Counts,
    blame: BTreeSet<RuleId>,
    /// The command that tells each breach.
    pub(crate) again: String,
}

impl Summary {
    /// Plays every group on the control plane of a target in wall time; nothing where there is none. In virtual time
    /// the verb `control` does it: the model's own plane says nothing of an implementation.
    pub(crate) fn of<B: Bench>(
        bench: &B,
        name: &str,
        typed: &str,
        reading: &Reading,
        stop: &Stop,
    ) -> Option<Summary> {
        bench.wide()?;
        let report = judged(bench, name, &groups(), reading, typed.to_owned(), stop)?;
        let Report { verdict, counts, blame, .. } = report;
        Some(Summary { verdict, counts, blame, again: format!("esmeralda control {typed}") })
    }

    /// Whether some group said something.
    pub(crate) fn tells(&self) -> bool {
        self.counts.groups > self.counts.unsupported
    }

    /// For a person.
    pub(crate) fn text(&self) -> String {
        let Counts { groups, conform, violate, could_not_run, not_played, .. } = self.counts;
        let style = if violate > 0 { BAD } else { HEAD };
        let mut text = format!("\n{style}control plane{style:#}: ");
        text.push_str(&match (violate, could_not_run) {
            (0, 0) if self.tells() => format!("conforms in {conform} of {groups} groups of requests\n"),
            (0, 0) => "not supported\n".to_owned(),
            (0, some) => format!("{some} of {groups} groups of requests could not run\n"),
            (some, _) => {
                let rules: Vec<String> = self.blame.iter().map(RuleId::to_string).collect();
                format!("violates in {some} of {groups} groups of requests\n{}", prose(&rules.join(", "), 2))
            }
        });
        if not_played > 0 {
            text.push_str(&format!("  {not_played} further groups were not played: the time was up\n"));
        }
        text.push_str(&format!("\n  {}\n", self.again));
        text
    }
}

impl Report {
    fn new(target: String, played: Vec<Played>, not_played: usize, typed: String) -> Report {
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
            counts: Counts { groups: played.len(), conform, violate, unsupported, could_not_run, not_played },
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
        let Counts { groups, conform, violate, unsupported, could_not_run, not_played } = self.counts;
        let mut rows = vec![("groups", grouped(groups as u64))];
        let counts = [
            ("conform", conform),
            ("violate", violate),
            ("unsupported", unsupported),
            ("could not run", could_not_run),
            ("not played", not_played),
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn short(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}
