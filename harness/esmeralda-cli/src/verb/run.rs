//! `run`: a campaign on one target, its failures made small, and the report.

use crate::args::{MAX_CASES, RunArgs};
use crate::error::{CliError, Exit};
use crate::report::json::Timing;
use crate::target::with_bench;
use crate::verb::bound::{Bound, Part};
use crate::verb::control::Summary;
use crate::verb::desk::{DEFAULT_WIDE_CASES, Desk, at_once, default_dir, ended};
use crate::verb::run_report::{Report, Setting};
use crate::verb::smaller::Patience;
use crate::{interrupt, report, suite};
use esm_model::catalogue::{self, Kind};
use esm_model::rule::{RuleId, RuleSet};
use esm_model::when::Ms;
use esmeralda::bench::{Bench, Wide};
use esmeralda::campaign::{Campaign, Cut, Plan};
use esmeralda::clock::Stopwatch;
use std::path::PathBuf;

/// Generated cases, unless a number or a time is asked for.
const DEFAULT_CASES: u64 = 100_000;
/// Most generated cases for such a target where only the time is limited: they are put in order beforehand.
const MAX_WIDE_CASES: u64 = 10_000;

/// Runs a campaign.
pub(crate) fn run(args: &RunArgs) -> Result<Exit, CliError> {
    let dir =
        args.out.clone().unwrap_or_else(|| default_dir(args.target.name(), &format!("seed-{}", args.seed)));
    esmeralda::store::check(&dir)?;
    let target = args.target.clone();
    let target = if args.check_protocol { target.checked()? } else { target };
    with_bench!(&target, bench => campaign(bench, args, dir))
}

fn campaign<B: Bench>(bench: &B, args: &RunArgs, dir: PathBuf) -> Result<Exit, CliError> {
    let watch = Stopwatch::start();
    let wide = bench.wide();
    let unlimited = match (wide, args.time) {
        (None, None) => DEFAULT_CASES,
        (None, Some(_)) => MAX_CASES,
        (Some(_), None) => DEFAULT_WIDE_CASES,
        (Some(_), Some(_)) => MAX_WIDE_CASES,
    };
    let stop = interrupt::stop();
    let bound = Bound::of(wide, args.time);
    bound.into_iter().for_each(Bound::tell);
    let cases = Part::cases(&stop, bound);
    let reading = args.reading.reading();
    let (scenarios, regressions) = (suite::scenarios(), suite::regressions());
    let generated = suite::generated(args.seed, wide.is_some());
    let plan = Plan {
        scenarios: &scenarios,
        regressions: &regressions,
        generated: 0..args.cases.unwrap_or(unlimited),
        case: &generated,
        reading: &reading,
        only: args.only.as_deref().map(matching),
        jobs: at_once(args.jobs, wide),
        longest_ms: longest_ms(args, wide)?,
        time: bound.map(|bound| bound.cases).or(args.time),
        stop: cases.stop(),
    };
    let setting = Setting::new(args.target.name(), &reading, args.only.clone(), args.seed);
    let mut desk = Desk::new(dir, &setting, args.out.is_some(), plan.total());
    let campaign = cases.ended(plan.run(bench, &mut desk));
    let seconds = watch.elapsed().as_secs_f64();
    let once = desk.once();
    let mut findings = desk.findings();
    let typed = format!("{}{}", args.target.typed(), args.reading.typed());
    let part = Part::shrinking(&stop, bound);
    let patience = Patience::begin(part.stop(), bound.map(|bound| bound.shrinking).or(args.time));
    let shrinking = Stopwatch::start();
    let found = findings.shrink(bench, &reading, &typed, &campaign.tally, &patience);
    let shrinking = shrinking.elapsed().as_secs_f64();
    let Campaign { tally, longest_ms, .. } = &campaign;
    let judges_control = plan.only.as_ref().is_none_or(|only| only.iter().any(is_of_control));
    let control = (judges_control && campaign.cut.is_none_or(|cut| cut == Cut::Time) && !stop.is_told())
        .then(|| {
            Summary::of(bench, args.target.name(), &typed, &reading, Part::control(&stop, bound).stop())
        });
    let mut result = Report::new(setting.clone(), &campaign, found, control.flatten());
    let trouble = findings.finish(&result);
    let mut timing = Timing::new(tally.cases, tally.events, seconds);
    if let Some(bound) = bound {
        timing = timing.against(*longest_ms, once, shrinking, (watch.elapsed(), bound.total()));
    }
    result.timing = Some(timing);
    report::emit(args.output.format, &result, || result.text())?;
    ended(result.verdict, trouble)
}

/// What the user asked for, where cases last.
fn longest_ms(args: &RunArgs, wide: Option<Wide>) -> Result<Option<Ms>, CliError> {
    let Some(longest) = args.longest else { return Ok(None) };
    if wide.is_none() {
        let target = args.target.name();
        let why = format!(
            "--longest: {target} keeps nobody waiting; leave it out, or name an endpoint or a container"
        );
        return Err(CliError::BadInput(why));
    }
    Ok(Some(Ms::try_from(longest.as_millis()).unwrap_or(Ms::MAX)))
}

/// Whether only answers of a control plane show the rule.
fn is_of_control(rule: RuleId) -> bool {
    catalogue::get(rule).is_some_and(|requirement| requirement.kind == Kind::Api)
}

/// The rules that a pattern covers.
fn matching(glob: &str) -> RuleSet {
    let mut rules = RuleSet::default();
    let meant = catalogue::all().map(|requirement| requirement.id);
    meant
        .filter(|rule| catalogue::matches_glob(glob, *rule))
        .map(catalogue::canonical)
        .for_each(|r| rules.insert(r));
    rules
}
