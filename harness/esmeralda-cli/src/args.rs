//! What can be typed: verbs, options and their help. Values are checked here, before any work.

mod first;
mod plane;
mod words;

pub(crate) use first::{NextArgs, SmokeArgs};
pub(crate) use plane::{ControlArgs, ProbeArgs};
pub(crate) use words::{ExplainArgs, ListArgs, Listed};

#[cfg(feature = "consumer")]
use crate::consumer_args::ConsumerArgs;
#[cfg(feature = "endpoint")]
use crate::endpoint_args::{CleanArgs, ExecutorArgs};
#[cfg(feature = "engine")]
use crate::engine_args::ServeArgs;
use crate::target::Chosen;
use clap::{Args, Parser, Subcommand, ValueEnum};
use esm_model::catalogue;
use esm_model::rule::RuleId;
use esm_model::script::How;
use esm_model::spec::Reading;
use esm_model::when::Ms;
use esmeralda::simulate::args as simulate;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

/// Most threads that may be asked for.
const MAX_JOBS: i64 = esmeralda::campaign::MAX_JOBS as i64;
/// Most generated cases that may be asked for.
pub(crate) const MAX_CASES: u64 = 1_000_000_000_000;
/// Most seeds that may be asked for.
const MAX_SEEDS: i64 = 1_000;
/// The longest time that may be asked for: a week.
const MAX_TIME: Duration = Duration::from_secs(7 * 24 * 3_600);

const CODES: &str =
    "Exit codes: 0 conforms, 1 violates, 2 bad usage or bad input, 3 could not run, 4 undecided.";

/// Checks implementations of AWS Lambda event source mappings for Kinesis and DynamoDB Streams.
#[derive(Debug, Parser)]
#[command(name = "esmeralda", version, after_help = CODES, after_long_help = concat!(
    "Examples:\n",
    "  esmeralda run                                  the reference, 100,000 cases\n",
    "  esmeralda run mutant:one-retry-too-many        a planted bug, found and made small\n",
    "  esmeralda smoke TARGET                         whether a new target works at all\n",
    "  esmeralda next TARGET                          what to mend first\n",
    "  esmeralda mutants                              every planted bug\n",
    "  esmeralda explain RETRY-3                      what a rule says, and where it is from\n\n",
    "Exit codes: 0 conforms, 1 violates, 2 bad usage or bad input, 3 could not run, 4 undecided."))]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
    /// Let an endpoint be elsewhere than on this machine
    #[cfg(feature = "endpoint")]
    #[arg(long, global = true)]
    pub(crate) allow_remote: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Try the absolute basics: is the adapter wrong, or the implementation?
    Smoke(SmokeArgs),
    /// Find the most basic rule that a target breaks: what to mend first
    Next(NextArgs),
    /// Run scenarios, regressions and generated cases on a target
    Run(RunArgs),
    /// Run every planted bug until it is found: the kill matrix
    Mutants(MutantsArgs),
    /// Run one case from a file
    Replay(ReplayArgs),
    /// Judge a recorded trace again
    Recheck(RecheckArgs),
    /// Make a failing case small
    Shrink(ShrinkArgs),
    /// Say what a rule, an ambiguity or a word means
    Explain(ExplainArgs),
    /// List what there is
    List(ListArgs),
    /// Find out what a target can do and how long it takes, and propose a preset
    Probe(ProbeArgs),
    /// Judge what the control plane answers: create, get, update, list and delete
    Control(ControlArgs),
    /// Show what Lambda will do with a mapping when records go bad
    Simulate(SimulateArgs),
    /// Check your own function under retries, splits, partial responses and repeated deliveries
    #[cfg(feature = "consumer")]
    Consumer(Box<ConsumerArgs>),
    /// Speak the protocol of command targets on stdin and stdout, for an in-tree target
    Adapter(AdapterArgs),
    /// Remove what a crash left at an endpoint
    #[cfg(feature = "endpoint")]
    Clean(CleanArgs),
    /// Write the plugin by which LocalStack and LocalEmu run functions without containers
    #[cfg(feature = "endpoint")]
    Executor(ExecutorArgs),
    /// Run correct event source mappings in front of any emulator
    #[cfg(feature = "engine")]
    Serve(ServeArgs),
}

#[cfg(feature = "endpoint")]
impl Verb {
    /// The target that was chosen, if the verb has one.
    pub(crate) fn target(&self) -> Option<&Chosen> {
        match self {
            Verb::Run(args) => Some(&args.target),
            Verb::Smoke(args) => Some(&args.target),
            Verb::Next(args) => Some(&args.target),
            Verb::Control(args) => Some(&args.target),
            Verb::Probe(args) => Some(&args.target),
            Verb::Replay(args) => Some(&args.target),
            Verb::Shrink(args) => Some(&args.target),
            Verb::Clean(args) => args.target.as_ref(),
            _ => None,
        }
    }
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person.
    Text,
    /// One JSON document on one line, last on stdout.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// For a person, or one JSON document on one line
    #[arg(long, value_enum, default_value = "text", global = false)]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProfileArg {
    Documented,
    Aws,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DuplicatesArg {
    Forbid,
    Allow,
}

/// How traces are read.
#[derive(Debug, Args)]
pub(crate) struct ReadingArgs {
    /// Which sources bind: the documents, or also what was captured on AWS
    #[arg(long, value_enum, default_value = "documented")]
    reading: ProfileArg,
    /// Whether a record that was done may be delivered again
    #[arg(long, value_enum, default_value = "forbid")]
    duplicates: DuplicatesArg,
    /// Do not hold this rule against the target; may be repeated
    #[arg(long, value_name = "RULE", value_parser = rule)]
    waive: Vec<RuleId>,
}

impl ReadingArgs {
    /// The reading asked for.
    pub(crate) fn reading(&self) -> Reading {
        let base = match self.reading {
            ProfileArg::Documented => Reading::documented(),
            ProfileArg::Aws => Reading::aws(),
        };
        let base = base.with_duplicates(self.duplicates == DuplicatesArg::Allow);
        self.waive.iter().fold(base, |reading, rule| reading.waiving(catalogue::canonical(*rule)))
    }

    /// The same options as they would be typed, with a space before each; empty for the defaults.
    pub(crate) fn typed(&self) -> String {
        let mut text = String::new();
        if self.reading == ProfileArg::Aws {
            text.push_str(" --reading aws");
        }
        if self.duplicates == DuplicatesArg::Allow {
            text.push_str(" --duplicates allow");
        }
        self.waive.iter().for_each(|rule| text.push_str(&format!(" --waive {rule}")));
        text
    }
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Either limit ends the run; with --time and without --cases there is no limit of cases.\n\n",
    "Examples:\n",
    "  esmeralda run\n",
    "  esmeralda run reference:plain --cases 1000000 --jobs 2\n",
    "  esmeralda run mutant:bisect-eats-quota --time 30s --out runs/quota\n",
    "  esmeralda run --only 'BISECT-*' --format json"))]
pub(crate) struct RunArgs {
    /// What is tested: see esmeralda list targets
    #[arg(default_value = "reference", value_parser = crate::target::parse)]
    pub(crate) target: Chosen,
    /// How many cases to generate [default: 100000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=MAX_CASES))]
    pub(crate) cases: Option<u64>,
    /// Which cases to generate: equal seeds mean equal cases
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Begin no case after this time: 500ms, 30s, 10m or 2h; on a wall clock failures are then made small for as long
    /// again at most
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) time: Option<Duration>,
    /// At an endpoint or a container, leave out cases that last longer, such as 75s; the presets leave out what lasts
    /// longer than three minutes
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) longest: Option<Duration>,
    /// Count only cases that exercise a matching rule, such as 'BISECT-*'; every rule is judged
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    pub(crate) only: Option<String>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// How many threads, or sessions at an endpoint [default: one for each processor, or what the preset says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MAX_JOBS))]
    pub(crate) jobs: Option<u16>,
    /// Hold every line of a command target, in both directions, against the published schema
    #[arg(long)]
    pub(crate) check_protocol: bool,
    /// Directory for this run's failures [default: one below runs/, made when something fails]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Exits with 1 if a planted bug survives, or if the reference itself is accused.\n\n",
    "Examples:\n",
    "  esmeralda mutants\n",
    "  esmeralda mutants --only 'retry-*' --cases 5000\n",
    "  esmeralda mutants --only 'PBR-*' --seeds 10 --format json"))]
pub(crate) struct MutantsArgs {
    /// How many cases to generate at most, for each bug and seed
    #[arg(long, value_name = "N", default_value_t = 20_000,
        value_parser = clap::value_parser!(u64).range(1..=MAX_CASES))]
    pub(crate) cases: u64,
    /// Under how many seeds, from 1, each bug must be found
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u64).range(1..=MAX_SEEDS as u64))]
    pub(crate) seeds: u64,
    /// Only bugs with a matching name, or that break a matching rule
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Option<String>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// How many threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MAX_JOBS))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  esmeralda run 'command:esmeralda adapter reference'\n",
    "  esmeralda run 'command:esmeralda adapter mutant:one-retry-too-many' --cases 2000"))]
pub(crate) struct AdapterArgs {
    /// What is served: reference, reference:POLICY or mutant:NAME
    #[arg(default_value = "reference", value_parser = crate::target::parse)]
    pub(crate) target: Chosen,
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  aws lambda get-event-source-mapping --uuid UUID | esmeralda simulate --mapping -\n",
    "  esmeralda simulate --mapping mapping.json --records 20 --poison 3,7 --behaviour report\n",
    "  esmeralda simulate --mapping mapping.json --throttle 10s..40s"))]
pub(crate) struct SimulateArgs {
    #[arg(long, value_name = "FILE|-", help = simulate::MAPPING_HELP)]
    pub(crate) mapping: PathBuf,
    #[arg(long, value_name = "N", default_value_t = 8, help = simulate::RECORDS_HELP,
        value_parser = clap::value_parser!(u16).range(1..=esmeralda::simulate::MAX_RECORDS as i64))]
    pub(crate) records: u16,
    #[arg(long, value_name = "LIST", default_value = "5", help = simulate::POISON_HELP)]
    pub(crate) poison: String,
    #[arg(long, default_value = "raise", help = simulate::BEHAVIOUR_HELP, value_parser = simulate::parse_behaviour)]
    pub(crate) behaviour: How,
    #[arg(long, value_name = "N", default_value_t = 1, help = simulate::SHARDS_HELP,
        value_parser = clap::value_parser!(u8).range(1..=i64::from(esm_model::case::MAX_SHARDS)))]
    pub(crate) shards: u8,
    #[arg(long, value_name = "FROM..UNTIL", help = simulate::THROTTLE_HELP, value_parser = simulate::parse_throttle)]
    pub(crate) throttle: Option<(Ms, Ms)>,
    #[arg(long, default_value = "aws", help = simulate::POLICY_HELP)]
    pub(crate) policy: String,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  esmeralda replay case.json\n",
    "  esmeralda replay case.json mutant:one-retry-too-many --trace trace.jsonl"))]
pub(crate) struct ReplayArgs {
    /// The case, as run and shrink write it; - is stdin
    #[arg(value_name = "CASE.json")]
    pub(crate) case: PathBuf,
    /// What is tested: see esmeralda list targets
    #[arg(default_value = "reference", value_parser = crate::target::parse)]
    pub(crate) target: Chosen,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Hold every line of a command target, in both directions, against the published schema
    #[arg(long)]
    pub(crate) check_protocol: bool,
    /// Write the trace to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  esmeralda recheck trace.jsonl\n",
    "  esmeralda recheck trace.jsonl --reading aws --waive RETRY-3"))]
pub(crate) struct RecheckArgs {
    /// The trace, as run and replay write it; - is stdin
    #[arg(value_name = "TRACE.jsonl")]
    pub(crate) trace: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "A smaller case counts if what it is blamed for is part of what the given one is blamed for.\n\n",
    "Examples:\n",
    "  esmeralda shrink case.json mutant:one-retry-too-many\n",
    "  esmeralda shrink case.json mutant:one-retry-too-many --out small.json"))]
pub(crate) struct ShrinkArgs {
    /// The case, as run writes it; - is stdin
    #[arg(value_name = "CASE.json")]
    pub(crate) case: PathBuf,
    /// What it fails on: reference, reference:POLICY or mutant:NAME
    #[arg(value_parser = crate::target::parse)]
    pub(crate) target: Chosen,
    /// How many cases to run at most
    #[arg(long, value_name = "N", default_value_t = NonZeroU64::new(esmeralda::shrink::MAX_EXECUTIONS as u64)
        .expect("not zero"))]
    pub(crate) executions: NonZeroU64,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Write the small case to this file, and not to stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// How many threads: as asked for, or one for each processor.
pub(crate) fn jobs(asked: Option<u16>) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    asked.map_or_else(processors, usize::from).clamp(1, esmeralda::campaign::MAX_JOBS)
}

fn rule(text: &str) -> Result<RuleId, String> {
    let rule: RuleId = text.parse().map_err(|error: esm_model::rule::NotARule| error.to_string())?;
    let known = catalogue::get(rule).map(|requirement| requirement.id);
    known.ok_or_else(|| format!("the catalogue has no {rule}: see esmeralda list rules"))
}

fn glob(text: &str) -> Result<String, String> {
    let found = catalogue::all().any(|requirement| catalogue::lookup::matches_glob(text, requirement.id));
    if found { Ok(text.to_owned()) } else { Err("it matches no rule: see esmeralda list rules".to_owned()) }
}

pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let bad = || format!("{text:?} is no length of time: expected a number and ms, s, m or h, such as 30s");
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
    let number: u64 = text[..digits].parse().map_err(|_| bad())?;
    let unit = match &text[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(bad()),
    };
    let time = Duration::from_millis(number.checked_mul(unit).ok_or_else(bad)?);
    if time > MAX_TIME || time.is_zero() {
        return Err(format!("{text} is outside 1ms..{}h", MAX_TIME.as_secs() / 3_600));
    }
    Ok(time)
}
