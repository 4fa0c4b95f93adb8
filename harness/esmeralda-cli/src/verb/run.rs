//! `run`: a campaign on one target, its failures made small, and the report.

use crate::args::{MAX_CASES, RunArgs, jobs};
use crate::error::{CliError, Exit};
use crate::progress::Progress;
use crate::report::json::Timing;
use crate::target::with_bench;
use crate::verb::findings::{Findings, Keep};
use crate::verb::run_report::{Report, Setting};
use crate::{interrupt, report, suite};
use esm_model::catalogue;
use esm_model::rule::RuleSet;
use esm_suite::sample::GENERATOR_VERSION;
use esmeralda::bench::Bench;
use esmeralda::campaign::{Campaign, Failure, Plan, Tally, Watcher};
use esmeralda::clock::Stopwatch;
use std::path::PathBuf;

/// Generated cases, unless a number or a time is asked for.
const DEFAULT_CASES: u64 = 100_000;
/// The same for a target that keeps the harness waiting.
const DEFAULT_WIDE_CASES: u64 = 200;
/// Most generated cases for such a target where only the time is limited: they are put in order beforehand.
const MAX_WIDE_CASES: u64 = 10_000;

/// Runs a campaign.
pub(crate) fn run(args: &RunArgs) -> Result<Exit, CliError> {
    let dir = args.out.clone().unwrap_or_else(|| default_dir(args));
    esmeralda::store::check(&dir)?;
    with_bench!(&args.target, bench => campaign(bench, args, dir))
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
    let stop = interrupt::stop()?;
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
        jobs: wide.filter(|_| args.jobs.is_none()).map_or_else(|| jobs(args.jobs), |wide| wide.sessions),
        time: args.time,
        stop: &stop,
    };
    let setting = Setting {
        target: args.target.name().to_owned(),
        reading: reading.profile,
        duplicates: reading.duplicates,
        waived: reading.waived.clone(),
        only: args.only.clone(),
        generator: GENERATOR_VERSION,
        seed: args.seed,
    };
    let keep = Keep::new(dir, &setting, args.out.is_some());
    let mut desk = Desk { findings: Findings::new(keep), progress: Progress::new(plan.total(), "cases") };
    let campaign = plan.run(bench, &mut desk);
    let seconds = watch.elapsed().as_secs_f64();
    desk.progress.end();
    let Desk { mut findings, .. } = desk;
    let typed = format!("{}{}", args.target.name(), args.reading.typed());
    let found = findings.shrink(bench, &reading, &typed, &campaign.tally, &stop);
    let Campaign { tally, longest_ms, .. } = &campaign;
    let mut result = Report::new(setting.clone(), &campaign, found);
    let trouble = findings.finish(&result);
    let longest = wide.map(|_| *longest_ms);
    result.timing = Some(Timing::new(tally.cases, tally.events, seconds).against(longest));
    report::emit(args.output.format, &result, || result.text())?;
    let exit = Exit::from(result.verdict);
    match trouble {
        Some(error) if exit != Exit::Violates => Err(error.into()),
        Some(error) => {
            CliError::from(error).tell();
            Ok(exit)
        }
        None => Ok(exit),
    }
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

/// One for each target and seed, so that runs on different targets do not replace each other.
fn default_dir(args: &RunArgs) -> PathBuf {
    let name: String =
        args.target.name().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    PathBuf::from("runs").join(format!("{name}-seed-{}", args.seed))
}

/// Hears of the campaign: keeps failures and shows progress.
struct Desk<'k> {
    findings: Findings<'k>,
    progress: Progress,
}

impl Watcher for Desk<'_> {
    fn noticed(&mut self, failure: &Failure) {
        self.findings.notice(failure);
    }

    fn failed(&mut self, failure: &Failure) {
        self.findings.keep(failure);
    }

    fn progressed(&mut self, tally: &Tally) {
        let note = if tally.violates > 0 { format!("{} violate", tally.violates) } else { String::new() };
        self.progress.at(tally.cases + tally.unselected, &note);
    }
}
