//! `next`: the most basic rule that a target breaks, with its smallest case. What to mend first.

use super::next_report::Report;
use super::run_report::Setting;
use crate::args::NextArgs;
use crate::error::{CliError, Exit};
use crate::report::json::Timing;
use crate::target::with_bench;
use crate::verb::bound::{Bound, Part};
use crate::verb::desk::{DEFAULT_WIDE_CASES, Desk, at_once, default_dir, ended};
use crate::verb::smaller::Patience;
use crate::{interrupt, report, suite};
use esmeralda::bench::Bench;
use esmeralda::campaign::{Campaign, Kind, Plan};
use esmeralda::clock::Stopwatch;
use esmeralda::next::reds;
use std::path::PathBuf;

/// Finds what to mend first.
pub(crate) fn run(args: &NextArgs) -> Result<Exit, CliError> {
    let dir = args.out.clone().unwrap_or_else(|| default_dir(args.target.name(), "next"));
    esmeralda::store::check(&dir)?;
    with_bench!(&args.target, bench => campaign(bench, args, dir))
}

fn campaign<B: Bench>(bench: &B, args: &NextArgs, dir: PathBuf) -> Result<Exit, CliError> {
    let watch = Stopwatch::start();
    let reading = args.reading.reading();
    let (stop, wide) = (interrupt::stop(), bench.wide());
    let bound = Bound::of(wide, Some(args.time));
    bound.into_iter().for_each(Bound::tell);
    let part = Part::cases(&stop, bound);
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
        jobs: at_once(args.jobs, wide),
        longest_ms: None,
        time: Some(args.time),
        stop: part.stop(),
    };
    let setting = Setting::new(args.target.name(), &reading, None, args.seed);
    let mut desk = Desk::new(dir, &setting, args.out.is_some(), plan.total());
    let Campaign { tally, cut, .. } = part.ended(plan.run(bench, &mut desk));
    let seconds = watch.elapsed().as_secs_f64();
    let mut findings = desk.findings();
    let reds = reds(&tally.kinds);
    let typed = format!("{}{}", args.target.typed(), args.reading.typed());
    let reason = [Kind::CouldNotRun, Kind::Undecided].iter().find_map(|kind| findings.said(kind, &reading));
    let part = Part::shrinking(&stop, bound);
    let patience = Patience::begin(part.stop(), Some(args.time));
    let shown = reds
        .first()
        .and_then(|red| findings.show(bench, &reading, &typed, &red.kind, red.rule, red.times, &patience));
    let mut result = Report::new(setting.clone(), &typed, &tally, cut, reds, shown, reason);
    let trouble = findings.finish(&result);
    result.timing = Some(Timing::new(tally.cases, tally.events, seconds));
    report::emit(args.output.format, &result, || result.text())?;
    ended(result.verdict, trouble)
}
