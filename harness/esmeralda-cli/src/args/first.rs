//! What can be typed for the two verbs that come first with a new target: `smoke` and `next`.

use super::{MAX_CASES, MAX_JOBS, Output, ReadingArgs, time};
use crate::target::Chosen;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// Generated cases, unless another number is asked for: enough that each rule is looked at.
const NEXT_CASES: u64 = 2_000;

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Exits with 0 if all is fine, with 1 if the implementation is wrong, with 3 if the adapter is, and with 4 if \
     it cannot be told.\n\n",
    "Examples:\n",
    "  esmeralda smoke\n",
    "  esmeralda smoke mutant:never-retries\n",
    "  esmeralda smoke mutant:never-retries --only 'retries-*' --out smoke --format json"))]
pub(crate) struct SmokeArgs {
    /// What is tried: see esmeralda list targets
    #[arg(default_value = "reference", value_parser = crate::target::parse)]
    pub(crate) target: Chosen,
    /// Only basics with a matching name, such as 'retries-*'
    #[arg(long, value_name = "GLOB", value_parser = basics)]
    pub(crate) only: Option<String>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Write case and trace of each basic that fails to this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "A rule that rests on a broken one cannot be judged: it waits until that one is green.\n\n",
    "Examples:\n",
    "  esmeralda next mutant:never-retries\n",
    "  esmeralda next mutant:never-retries --cases 20000 --reading aws\n",
    "  esmeralda next mutant:never-retries --time 30s --out next --format json"))]
pub(crate) struct NextArgs {
    /// What is tested: see esmeralda list targets
    #[arg(default_value = "reference", value_parser = crate::target::parse)]
    pub(crate) target: Chosen,
    /// How many cases to generate, at most
    #[arg(long, value_name = "N", default_value_t = NEXT_CASES,
        value_parser = clap::value_parser!(u64).range(0..=MAX_CASES))]
    pub(crate) cases: u64,
    /// Which cases to generate: equal seeds mean equal cases
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Begin no case after this time: 500ms, 30s, 10m or 2h
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = time)]
    pub(crate) time: Duration,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// How many threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MAX_JOBS))]
    pub(crate) jobs: Option<u16>,
    /// Directory for the failures [default: one below runs/, made when something fails]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

fn basics(text: &str) -> Result<String, String> {
    let all = esm_suite::smoke::all();
    if all.iter().any(|basic| esm_model::catalogue::lookup::covers(text, basic.name)) {
        return Ok(text.to_owned());
    }
    let names: Vec<&str> = all.iter().map(|basic| basic.name).collect();
    Err(format!("it matches none of the basics: {}", names.join(", ")))
}
