//! `shrink`: makes a failing case small, with what it is blamed for unchanged.

use super::one::one;
use super::verdict::blame;
use crate::args::{ReadingArgs, ShrinkArgs};
use crate::error::{CliError, Exit};
use crate::report::text::{BAD, DIM, facts, grouped, indented, verdict};
use crate::target::with_bench;
use crate::{input, interrupt, report};
use esm_model::case::Case;
use esm_model::explain::explain;
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_model::verdict::Verdict;
use esmeralda::bench::Bench;
use esmeralda::outcome::{Outcome, Standing};
use esmeralda::shrink::{
    Count, Limits, MAX_EXECUTIONS, MAX_SLOW_EXECUTIONS, Shrunk, SlowlyShrunk, Wanted, Wish, shrink,
    shrink_slowly,
};
use esmeralda::store::case_text;
use esmeralda::target::Target;
use serde::Serialize;

#[derive(Debug, Serialize)]
struct Report {
    target: String,
    verdict: Standing,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    small: Option<Small>,
    /// On a target that keeps the harness waiting: how often the case and the small case failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<Again>,
}

#[derive(Debug, Serialize)]
struct Again {
    before: Count,
    after: Option<Count>,
    /// The planted bug on which the case was made small.
    surrogate: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Small {
    blame: Vec<RuleId>,
    certain: bool,
    records_before: usize,
    records: usize,
    executions: u32,
    steps: u32,
    cut: bool,
    also_found: Vec<Vec<RuleId>>,
    explanation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    case_file: Option<String>,
    case: Case,
}

/// Shrinks a case.
pub(crate) fn run(args: &ShrinkArgs) -> Result<Exit, CliError> {
    let case = input::case(&args.case)?;
    let reading = args.reading.reading();
    let most = u32::try_from(args.executions.get()).unwrap_or(u32::MAX);
    let mut result =
        with_bench!(&args.target, bench => shrunk(bench, args.target.name(), case, &reading, most))?;
    if let (Some(path), Some(small)) = (&args.out, &mut result.small) {
        super::write(path, &case_text(&small.case))?;
        small.case_file = Some(path.display().to_string());
    }
    report::emit(args.output.format, &result, || text(&result, &args.target.typed(), &args.reading))?;
    Ok(result.verdict.into())
}

fn shrunk<B: Bench>(
    bench: &B,
    name: &str,
    case: Case,
    reading: &Reading,
    most: u32,
) -> Result<Report, CliError> {
    let target = bench.target(true);
    let records_before = case.records.len();
    let first = one(bench, &case, reading)?;
    let mut report = Report {
        target: name.to_owned(),
        verdict: first.outcome.standing(),
        reason: None,
        small: None,
        again: None,
    };
    let wanted = match &first.outcome {
        Outcome::Judged(judgement) => match &judgement.verdict {
            Verdict::Violates(violations) => violations.first().map(|v| Wanted::Blame(v.blame.clone())),
            Verdict::Conforms => None,
            Verdict::Undecided(why) => {
                report.reason = Some(why.clone());
                None
            }
        },
        Outcome::Unsupported(why) | Outcome::CouldNotRun(why) => {
            report.verdict = Standing::CouldNotRun;
            report.reason = Some(why.clone());
            None
        }
    };
    let Some(wanted) = wanted else { return Ok(report) };
    let shrunk = if target.profile().wall {
        let executions = if most == MAX_EXECUTIONS { MAX_SLOW_EXECUTIONS } else { most };
        let (limits, stop) = (Limits { executions, ..Limits::default() }, interrupt::stop());
        let wish = Wish::new(&first, reading, &wanted);
        let done = bench.wait(shrink_slowly(&target, &wish, reading, limits, &stop));
        let SlowlyShrunk { before, after, surrogate, shrunk } = done;
        if !before.is_sure() {
            report.reason = Some(format!("it failed again in {} of {} runs", before.shown, before.runs));
        }
        report.again = Some(Again { before, after, surrogate });
        shrunk
    } else {
        bench.wait(shrink(&target, first.case, reading, &wanted, most))
    };
    report.small = shrunk.and_then(|shrunk| small(shrunk, &wanted, records_before, reading));
    Ok(report)
}

fn small(shrunk: Shrunk, wanted: &Wanted, records_before: usize, reading: &Reading) -> Option<Small> {
    let Outcome::Judged(judgement) = &shrunk.trial.outcome else { return None };
    let violation = wanted.violation(judgement)?;
    Some(Small {
        blame: violation.blame.clone(),
        certain: violation.certain,
        records_before,
        records: shrunk.trial.case.records.len(),
        executions: shrunk.executions,
        steps: shrunk.steps,
        cut: shrunk.cut,
        also_found: shrunk.also_found.clone(),
        explanation: explain(shrunk.trial.trace(), reading, violation),
        case_file: None,
        case: shrunk.trial.case,
    })
}

fn text(result: &Report, typed: &str, read: &ReadingArgs) -> String {
    let mut text = format!("{}{}: {}\n", result.target, read.typed(), verdict(result.verdict));
    let Some(small) = &result.small else {
        let reason = result.reason.as_deref().unwrap_or("there is no violation to shrink");
        text.push_str(&format!("  {reason}\n"));
        return text;
    };
    text.push_str(&format!("{BAD}{}{BAD:#}\n", blame(&small.blame, small.certain)));
    text.push_str(&facts(&[
        ("records", format!("{} {DIM}of {}{DIM:#}", small.records, small.records_before)),
        ("executions", grouped(small.executions.into())),
        ("steps", grouped(small.steps.into())),
        ("also found", grouped(small.also_found.len() as u64)),
    ]));
    if let Some(Again { before, after, surrogate }) = &result.again {
        let told = |count: &Count| format!("{} of {} runs", count.shown, count.runs);
        let mut rows = vec![("failed before", told(before))];
        rows.extend(after.as_ref().map(|after| ("failed after", told(after))));
        rows.extend(surrogate.map(|name| ("made small on", format!("mutant:{name}"))));
        text.push_str(&facts(&rows));
    }
    if small.cut {
        text.push_str("  The executions ran out: more of them (--executions) may lead further.\n");
    }
    text.push_str(&indented(&small.explanation));
    match &small.case_file {
        Some(file) => {
            text.push_str(&format!("\n  esmeralda replay {file} {}{}\n", typed, read.typed()));
        }
        None => text.push_str(&format!("\n{}", case_text(&small.case))),
    }
    text
}
