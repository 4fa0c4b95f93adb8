//! Two implementations, one specification: `python/independent.py` against the reference, case by case.
//!
//! The Python program was written from the documents alone and shares no code with the reference. For every case and
//! policy both run, and
//!
//! 1. the judge reads the Python trace, as `documented` and (unless the policy deviates from a pin) as `aws`: it must
//!    conform, without a warning;
//! 2. the two traces are compared shard by shard: invocations with their records, answers, and failure records with
//!    condition, count, response, range, size and destination. Times and request IDs are left out. Where either run
//!    was cut by its horizon, only the part that both have is compared.
//!
//! ```text
//! cargo run --release -p esm-suite --example compare -- --cases 2000 --seed 1
//! ```
//!
//! Ends with 1 at any disagreement that is not listed in [`ADMITTED`] with its reason, with 2 if it could not run.
//!
//! | option | meaning | default |
//! |---|---|---|
//! | `--cases N` | how many cases | 500 |
//! | `--from I` | index of the first | 0 |
//! | `--seed S` | seed of the sampler | 1 |
//! | `--policies P,P…` | names as of `Policy::parse`, or `all` for the covering set | `aws`, `plain`, six pairwise ones |
//! | `--show N` | examples printed in full | 1 |
//! | `--python PATH` | the interpreter | `python3` |

mod admitted;
mod lanes;
mod report;

use esm_model::case::Case;
use esm_model::event::Event;
use esm_model::reference::Policy;
use esm_model::spec::Reading;
use esm_model::trace::TraceRef;
use esm_model::verdict::{Verdict, judge};
use esm_suite::sample;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Command, ExitCode, Stdio};
use std::rc::Rc;

use admitted::*;
use lanes::*;
use report::*;

/// How many pairwise policies are run if none are named.
const PAIRWISE: usize = 6;

/// The events of a trace, whose first element is its head.
struct Events(Vec<Event>);

impl<'de> Deserialize<'de> for Events {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Events, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Events;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a head and events")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Events, A::Error> {
                let _: Option<IgnoredAny> = seq.next_element()?;
                let mut events = Vec::new();
                while let Some(event) = seq.next_element()? {
                    events.push(event);
                }
                Ok(Events(events))
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}

/// One line that the Python program writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    #[serde(default)]
    trace: Option<Events>,
    #[serde(default)]
    error: Option<String>,
}

/// One line that it reads.
#[derive(Serialize)]
struct Request<'a> {
    case: &'a Case,
    policy: &'a Policy,
}

/// What is run.
struct Plan {
    cases: u64,
    from: u64,
    seed: u64,
    show: usize,
    python: String,
    policies: Vec<(String, Policy)>,
}

impl Plan {
    fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Plan, String> {
        let covering = Policy::covering_set();
        let pairwise = covering.iter().filter(|(name, _)| name.starts_with("plain+")).take(PAIRWISE);
        let presets = [("aws".to_owned(), Policy::AWS), ("plain".to_owned(), Policy::PLAIN)];
        let mut plan = Plan {
            cases: 500,
            from: 0,
            seed: 1,
            show: 1,
            python: "python3".to_owned(),
            policies: presets.into_iter().chain(pairwise.cloned()).collect(),
        };
        while let Some(option) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{option}: a value is missing"))?;
            let number = || value.parse::<u64>().map_err(|_| format!("{option}: {value:?} is no number"));
            match option.as_str() {
                "--cases" => plan.cases = number()?,
                "--from" => plan.from = number()?,
                "--seed" => plan.seed = number()?,
                "--show" => plan.show = number()? as usize,
                "--python" => plan.python = value,
                "--policies" if value == "all" => plan.policies.clone_from(&covering),
                "--policies" => {
                    let read = |name: &str| {
                        let policy = Policy::parse(name).ok_or_else(|| format!("{name:?} is no policy"))?;
                        Ok((name.to_owned(), policy))
                    };
                    plan.policies = value.split(',').map(read).collect::<Result<_, String>>()?;
                }
                _ => return Err(format!("{option:?} is no option")),
            }
        }
        Ok(plan)
    }

    /// Every run: index of the case, name of the policy, policy.
    fn runs(&self) -> impl Iterator<Item = (u64, &str, &Policy)> {
        (self.from..self.from + self.cases)
            .flat_map(|index| self.policies.iter().map(move |(name, policy)| (index, name.as_str(), policy)))
    }
}

/// What the judge has against a trace.
fn complaint(case: &Case, events: &[Event], reading: &Reading) -> Option<String> {
    let judged = match judge(TraceRef { case, setup: None, events }, reading) {
        Ok(judged) => judged,
        Err(error) => return Some(error.to_string()),
    };
    match judged.verdict {
        Verdict::Conforms if judged.warnings.is_empty() => None,
        Verdict::Conforms => {
            let warnings: Vec<_> = judged.warnings.iter().map(|w| w.rule.to_string()).collect();
            Some(format!("warns {}", warnings.join(" ")))
        }
        Verdict::Undecided(why) => Some(format!("undecided: {why}")),
        Verdict::Violates(violations) => {
            let blame = |rules: &[esm_model::rule::RuleId]| {
                rules.iter().map(|rule| rule.to_string()).collect::<Vec<_>>().join("|")
            };
            let all: Vec<_> = violations.iter().map(|v| blame(&v.blame)).collect();
            Some(all.join(" "))
        }
    }
}

fn compare(plan: &Plan) -> Result<Report, String> {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/python/independent.py");
    let mut child = Command::new(&plan.python)
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", plan.python))?;
    let to = child.stdin.take().ok_or("no way to the program")?;
    let from = child.stdout.take().ok_or("no way from the program")?;
    let report = std::thread::scope(|scope| {
        // Pipes are bounded: this side writes as fast as the other reads, and each line is answered by one line.
        scope.spawn(move || {
            let mut to = BufWriter::new(to);
            for (index, _, policy) in plan.runs() {
                let case = sample::case(plan.seed, index);
                let line = serde_json::to_string(&Request { case: &case, policy }).expect("a case is JSON");
                if writeln!(to, "{line}").is_err() {
                    return; // The program ended early: the reading side says so.
                }
            }
        });
        let mut lines = BufReader::new(from).lines();
        let mut report = Report::default();
        for (index, name, policy) in plan.runs() {
            let line = lines.next().ok_or("the program ended early")?.map_err(|error| error.to_string())?;
            report.take(name, index, &Rc::new(sample::case(plan.seed, index)), policy, &line);
        }
        Ok::<_, String>(report)
    })?;
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(report) } else { Err(format!("the program ended with {status}")) }
}

fn main() -> ExitCode {
    let done = Plan::from_arguments(std::env::args().skip(1)).and_then(|plan| Ok((compare(&plan)?, plan)));
    let (report, plan) = match done {
        Ok(done) => done,
        Err(error) => {
            eprintln!("compare: {error}");
            return ExitCode::from(2);
        }
    };
    println!(
        "{} cases (seed {}, from {}), {} policies: {} runs, {} of them cut, {} verdicts, {} events compared",
        plan.cases,
        plan.seed,
        plan.from,
        plan.policies.len(),
        report.runs,
        report.cut,
        report.judged,
        report.compared
    );
    for (name, count) in &report.admitted {
        let reason = ADMITTED.iter().find(|a| a.name == *name).map_or("", |a| a.reason);
        println!("admitted {count} x {name}: {reason}");
    }
    let mut groups: Vec<_> = report.disagreements.into_iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.count));
    for (kind, group) in &groups {
        println!("disagreement {} x {kind}", group.count);
    }
    for (_, group) in groups.iter().take(plan.show) {
        println!("{}", group.example);
    }
    if groups.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
