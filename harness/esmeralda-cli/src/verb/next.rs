//! `next`: the most basic rule that a target breaks, with its smallest case. What to mend first.

use super::next_report::Report;
use super::run_report::Setting;
use crate::args::{NextArgs, jobs};
use crate::error::{CliError, Exit};
use crate::progress::Progress;
use crate::report::json::Timing;
use crate::target::with_bench;
use crate::verb::findings::{Findings, Keep};
use crate::verb::run::DEFAULT_WIDE_CASES;
use crate::{interrupt, report, suite};
use esm_suite::sample::GENERATOR_VERSION;
use esmeralda::bench::Bench;
use esmeralda::campaign::{Campaign, Failure, Kind, Plan, Tally, Watcher};
use esmeralda::clock::Stopwatch;
use esmeralda::next::reds;
use std::path::PathBuf;

/// Finds what to mend first.
pub(crate) fn run(args: &NextArgs) -> Result<Exit, CliError> {
    let dir = args.out.clone().unwrap_or_else(|| default_dir(args));
    esmeralda::store::check(&dir)?;
    with_bench!(&args.target, bench => campaign(bench, args, dir))
}

fn campaign<B: Bench>(bench: &B, args: &NextArgs, dir: PathBuf) -> Result<Exit, CliError> {
    let watch = Stopwatch::start();
    let reading = args.reading.reading();
    let (stop, wide) = (interrupt::stop(), bench.wide());
    let (scenarios, regressions) = (suite::scenarios(), suite::regressions());
    // On a wall clock a case takes seconds: no more of them than a run takes.
    let cases = if wide.is_some() { args.cases.min(DEFAULT_WIDE_CASES) } else { args.cases };
    let plan = Plan {
        scenarios: &scenarios,
        regressions: &regressions,
        generated: 0..cases,
        case: &suite::generated(args.seed, wide.is_some()),
        reading: &reading,
        only: None,
        jobs: wide.filter(|_| args.jobs.is_none()).map_or_else(|| jobs(args.jobs), |wide| wide.sessions),
        time: Some(args.time),
        stop: &stop,
    };
    let setting = Setting {
        target: args.target.name().to_owned(),
        reading: reading.profile,
        duplicates: reading.duplicates,
        waived: reading.waived.clone(),
        only: None,
        generator: GENERATOR_VERSION,
        seed: args.seed,
    };
    let keep = Keep::new(dir, &setting, args.out.is_some());
    let mut desk = Desk { findings: Findings::new(keep), progress: Progress::new(plan.total(), "cases") };
    let Campaign { tally, cut, .. } = plan.run(bench, &mut desk);
    let seconds = watch.elapsed().as_secs_f64();
    desk.progress.end();
    let mut findings = desk.findings;
    let reds = reds(&tally.kinds);
    let typed = format!("{}{}", args.target.typed(), args.reading.typed());
    let reason = [Kind::CouldNotRun, Kind::Undecided].iter().find_map(|kind| findings.said(kind, &reading));
    let shown = reds
        .first()
        .and_then(|red| findings.show(bench, &reading, &typed, &red.kind, red.rule, red.times, &stop));
    let mut result = Report::new(setting.clone(), &typed, &tally, cut.is_some(), reds, shown, reason);
    let trouble = findings.finish(&result);
    result.timing = Some(Timing::new(tally.cases, tally.events, seconds));
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

/// One for each target, apart from those of `run`.
fn default_dir(args: &NextArgs) -> PathBuf {
    let name: String =
        args.target.name().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    PathBuf::from("runs").join(format!("{name}-next"))
}

/// Hears of the campaign: keeps failures and shows progress.
struct Desk<'k> {
    findings: Findings<'k>,
    progress: Progress,
}

impl Watcher for Desk<'_> {
    fn failed(&mut self, failure: &Failure) {
        self.findings.keep(failure);
    }

    fn progressed(&mut self, tally: &Tally) {
        let note = if tally.violates > 0 { format!("{} violate", tally.violates) } else { String::new() };
        self.progress.at(tally.cases, &note);
    }
}
