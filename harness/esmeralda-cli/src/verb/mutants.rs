//! `mutants`: every planted bug, run until it is found. What survives shows that the judge is too lax.

use crate::args::{MutantsArgs, jobs};
use crate::error::{CliError, Exit};
use crate::progress::Progress;
use crate::report::text::{BAD, GOOD, HEAD, facts, grouped, table};
use crate::verb::hunt::{Hunt, Kill};
use crate::{report, suite};
use esm_model::catalogue::lookup::covers;
use esm_model::catalogue::matches_glob;
use esm_model::reference::{MUTANTS, Mutant, Policy};
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esmeralda::campaign::{Nobody, Plan};
use esmeralda::machine::MachineTarget;
use esmeralda::stop::Stop;
use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

/// The kill matrix.
#[derive(Debug, Serialize)]
struct Report {
    cases: u64,
    seeds: u64,
    mutants: Vec<Row>,
    survivors: Vec<&'static str>,
    clean: Clean,
}

/// One planted bug.
#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    rule: RuleId,
    #[serde(flatten)]
    kill: Kill,
}

/// The reference without a bug, on the same cases.
#[derive(Debug, Default, Serialize)]
struct Clean {
    cases: u64,
    violates: u64,
    undecided: u64,
    could_not_run: u64,
    warnings: u64,
}

/// Hunts the mutants.
pub(crate) fn run(args: &MutantsArgs) -> Result<Exit, CliError> {
    let chosen: Vec<&Mutant> =
        MUTANTS.iter().filter(|mutant| is_meant(args.only.as_deref(), mutant)).collect();
    if chosen.is_empty() {
        let glob = args.only.as_deref().unwrap_or_default();
        return Err(CliError::BadInput(format!(
            "--only {glob}: it matches no mutant and no rule that one breaks; see esmeralda list mutants"
        )));
    }
    let reading = args.reading.reading();
    let hunt = Hunt { reading: &reading, cases: args.cases, seeds: args.seeds };
    let jobs = jobs(args.jobs);
    let mutants = hunted(&hunt, &chosen, jobs);
    let survivors = mutants.iter().filter(|row| !row.kill.killed).map(|row| row.name).collect();
    let clean = clean(args, &reading, jobs);
    let result = Report { cases: args.cases, seeds: args.seeds, mutants, survivors, clean };
    report::emit(args.output.format, &result, || text(&result))?;
    Ok(exit(&result))
}

fn exit(result: &Report) -> Exit {
    let Clean { violates, undecided, could_not_run, warnings, .. } = result.clean;
    if !result.survivors.is_empty() || violates > 0 || warnings > 0 {
        Exit::Violates
    } else if could_not_run > 0 {
        Exit::CouldNotRun
    } else if undecided > 0 {
        Exit::Undecided
    } else {
        Exit::Conforms
    }
}

fn is_meant(only: Option<&str>, mutant: &Mutant) -> bool {
    let Some(glob) = only else { return true };
    matches_glob(glob, mutant.rule) || covers(glob, mutant.name)
}

/// Each thread takes the next mutant; the rows come in the order of the catalogue.
fn hunted(hunt: &Hunt<'_>, chosen: &[&'static Mutant], jobs: usize) -> Vec<Row> {
    let mut progress = Progress::new(chosen.len() as u64, "mutants");
    let mut rows: Vec<Option<Row>> = chosen.iter().map(|_| None).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(jobs);
        for _ in 0..jobs.min(chosen.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some((index, mutant)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, chosen.get(i)?)))
                {
                    let row = Row { name: mutant.name, rule: mutant.rule, kill: hunt.kill(mutant) };
                    if sender.send((index, row)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (done, (index, row)) in receiver.into_iter().enumerate() {
            progress.at(done as u64 + 1, row.name);
            rows[index] = Some(row);
        }
    });
    progress.end();
    rows.into_iter().flatten().collect()
}

/// The policy that the mutants deviate from, on every case that could have been used.
fn clean(args: &MutantsArgs, reading: &Reading, jobs: usize) -> Clean {
    let mut clean = Clean::default();
    let (scenarios, regressions) = (suite::scenarios(), suite::regressions());
    for seed in 1..=args.seeds {
        let first = seed == 1;
        let plan = Plan {
            scenarios: if first { &scenarios } else { &[] },
            regressions: if first { &regressions } else { &[] },
            generated: 0..args.cases,
            case: &suite::generated(seed, false),
            reading,
            only: None,
            jobs,
            longest_ms: None,
            time: None,
            stop: &Stop::default(),
        };
        let tally = plan.run(&MachineTarget::reference(Policy::AWS), &mut Nobody).tally;
        clean.cases += tally.cases;
        clean.violates += tally.violates;
        clean.undecided += tally.undecided;
        clean.could_not_run += tally.could_not_run;
        clean.warnings += tally.warnings;
    }
    clean
}

fn text(result: &Report) -> String {
    let row = |row: &Row| {
        let Kill { killed, killed_by, cases_to_kill, shrunk_records, blame, .. } = &row.kill;
        let number = |n: Option<u64>| n.map_or(String::new(), grouped);
        [
            row.name.to_owned(),
            row.rule.to_string(),
            if *killed { "killed".to_owned() } else { "SURVIVES".to_owned() },
            killed_by.clone().unwrap_or_default(),
            number(*cases_to_kill),
            number(shrunk_records.map(|n| n as u64)),
            blame.iter().map(RuleId::to_string).collect::<Vec<_>>().join(" "),
        ]
    };
    let rows: Vec<_> = result.mutants.iter().map(row).collect();
    let heads = ["MUTANT", "BREAKS", "", "KILLED BY", "CASES", "RECORDS", "BLAME"];
    let mut text = table(heads, &rows);
    let style = if exit(result) == Exit::Conforms { GOOD } else { BAD };
    let killed = result.mutants.len() - result.survivors.len();
    text.push_str(&format!("\n{style}{killed} of {} killed{style:#}\n", result.mutants.len()));
    let Clean { cases, violates, undecided, could_not_run, warnings } = result.clean;
    text.push_str(&format!("{HEAD}The reference itself{HEAD:#}\n"));
    text.push_str(&facts(&[
        ("cases", grouped(cases)),
        ("violate", grouped(violates)),
        ("undecided", grouped(undecided)),
        ("could not run", grouped(could_not_run)),
        ("warnings", grouped(warnings)),
    ]));
    for name in &result.survivors {
        text.push_str(&format!("  esmeralda run mutant:{name}\n"));
    }
    text
}
