//! `smoke`: the absolute basics on a target, one after another, or at once where it keeps the harness waiting. Is the
//! adapter wrong, or the implementation?

use super::smoke_report::Report;
use crate::args::SmokeArgs;
use crate::error::{CliError, Exit};
use crate::progress::Progress;
use crate::target::with_bench;
use crate::{interrupt, report};
use esm_model::case::Case;
use esm_model::catalogue::lookup::covers;
use esm_model::spec::Reading;
use esm_model::trace::to_lines;
use esm_suite::smoke::{Basic, Ruled, Ruling, all, rule, settle};
use esmeralda::bench::Bench;
use esmeralda::outcome::{attempt, attempt_wide};
use esmeralda::stop::Stop;
use esmeralda::store::case_text;
use std::path::Path;

/// Tries the basics.
pub(crate) fn run(args: &SmokeArgs) -> Result<Exit, CliError> {
    let meant = |basic: &Basic| args.only.as_deref().is_none_or(|glob| covers(glob, basic.name));
    let basics: Vec<Basic> = all().into_iter().filter(meant).collect();
    let asked = basics.len();
    let reading = args.reading.reading();
    let ruled = with_bench!(&args.target, bench => tried(bench, basics, &reading));
    let mut result = Report::new(&args.target, &args.reading, &ruled, asked - ruled.len());
    if let Some(dir) = &args.out {
        for ruled in &ruled {
            if let Some(file) = keep(dir, ruled)? {
                result.kept(ruled.basic.name, file);
            }
        }
    }
    report::emit(args.output.format, &result, || result.text())?;
    Ok(result.exit())
}

/// Runs the basics. Where the first session does not even open, the others need not be tried.
fn tried<B: Bench>(bench: &B, mut basics: Vec<Basic>, reading: &Reading) -> Vec<Ruled> {
    let mut progress = Progress::new(basics.len() as u64, "basics");
    let mut target = bench.target(true);
    let mut all: Vec<Ruled> = Vec::new();
    let hopeless = |all: &[Ruled]| matches!(all, [Ruled { ruling: Ruling::Adapter(_), .. }]);
    if bench.wide().is_some() {
        let stop = interrupt::stop();
        let rest = basics.split_off(basics.len().min(1));
        for basics in [basics, rest] {
            if !stop.is_told() && !hopeless(&all) {
                progress.at(all.len() as u64, "");
                all.extend(side_by_side(bench, &target, basics, reading, &stop));
            }
        }
    } else {
        for basic in basics {
            progress.at(all.len() as u64, basic.name);
            let mut run = |case: &Case| attempt(bench, &mut target, || case.clone(), reading, Vec::new());
            let trials = basic.cases.iter().map(&mut run).collect();
            all.push(rule(basic, trials));
            if hopeless(&all) {
                break;
            }
        }
    }
    progress.end();
    settle(&mut all);
    all
}

/// Runs basics at once. One that was stopped is not ruled on.
fn side_by_side<B: Bench>(
    bench: &B,
    target: &B::Target,
    basics: Vec<Basic>,
    reading: &Reading,
    stop: &Stop,
) -> Vec<Ruled> {
    let groups = basics.iter().map(|basic| basic.cases.clone()).collect();
    let trials = bench.wait(attempt_wide(target, groups, reading, stop));
    basics.into_iter().zip(trials).filter_map(|(basic, trials)| Some(rule(basic, trials?))).collect()
}

/// Writes case and trace of a basic that failed; the name of the case's file.
fn keep(dir: &Path, ruled: &Ruled) -> Result<Option<String>, CliError> {
    let index = match &ruled.ruling {
        Ruling::Fine | Ruling::Unsupported(_) => return Ok(None),
        Ruling::Implementation(index) => *index,
        Ruling::Undecided(_) | Ruling::Adapter(_) => 0,
    };
    let Some(trial) = ruled.trials.get(index) else { return Ok(None) };
    std::fs::create_dir_all(dir).map_err(|error| {
        let dir = dir.display();
        CliError::CouldNotRun(format!(
            "cannot make {dir}: {error}; make it writable, or name another directory"
        ))
    })?;
    let case = dir.join(format!("{}.json", ruled.basic.name));
    super::write(&case, &case_text(&trial.case))?;
    if !trial.events.is_empty() {
        let trace = dir.join(format!("{}.jsonl", ruled.basic.name));
        super::write(&trace, &to_lines(&trial.case, trial.setup.as_ref(), &trial.events))?;
    }
    Ok(Some(case.display().to_string()))
}
