//! What can be typed after `esmeralda consumer`, and its help.

use crate::args::{Output, time};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use esm_model::mapping::SourceKind;
use esmeralda_consumer::aws::Answers;
use esmeralda_consumer::check::DEFAULT_DRAWN;
use esmeralda_consumer::effects::pattern;
use esmeralda_consumer::function::Named;
use esmeralda_consumer::redrive::Arrival;
use esmeralda_consumer::sample::BadMeans;
use regex::Regex;
use std::path::PathBuf;
use std::time::Duration;

/// The longest timeout that Lambda has.
const MAX_TIMEOUT: Duration = Duration::from_secs(900);
/// Most histories that may be drawn.
const MAX_DRAWN: u64 = 1_000_000;

/// Whether repeated effects do harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Repeats {
    /// The same effect twice is a mistake.
    Forbid,
    /// The same effect twice does no harm.
    Allow,
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "The function runs in a process of its own and speaks the Lambda Runtime API; python needs awslambdaric.\n",
    "Samples hold the data of records, one to a line; of a table's stream, items in typed JSON or whole records.\n",
    "{{label}} in them becomes a name that no other record has, {{key}} one that the records of a key have.\n",
    "What the function does is seen in its output (--effect), in what it writes by the AWS SDK (--aws), and in lines\n",
    "that it posts to the URL in ESMERALDA_SINK.\n",
    "With --failure-records the function is one that fetches discarded records and gives them another chance: it gets\n",
    "failure records, and a stream and a bucket in memory answer its SDK.\n\n",
    "Examples:\n",
    "  esmeralda consumer --handler python:app.handler --mapping mapping.json --good good.jsonl --bad bad.jsonl\n",
    "  esmeralda consumer --handler node:index.handler --mapping mapping.json --good good.jsonl --effect 'stored (\\S+)'\n",
    "  esmeralda consumer --handler exec:./bootstrap --mapping mapping.json --good good.jsonl --aws stub --explore\n",
    "  esmeralda consumer --handler http://127.0.0.1:9000/2015-03-31/functions/function/invocations --mapping mapping.json \\\n",
    "    --good-from 'python3 samples.py' --junit report.xml\n",
    "  esmeralda consumer --handler python:redrive.handler --failure-records sqs"))]
pub(crate) struct ConsumerArgs {
    /// The function: python:MODULE.FUNCTION, node:MODULE.FUNCTION, exec:PROGRAM with its arguments, or http:URL
    #[arg(long, value_name = "HANDLER")]
    pub(crate) handler: Named,
    /// The function reads failure records, which arrive by sqs, sns, sns-to-sqs, sns-to-sqs-raw, s3 or s3-to-sqs
    #[arg(long, value_name = "HOW",
        conflicts_with_all = ["mapping", "bad", "bad_from", "bad_means", "aws", "explore"])]
    pub(crate) failure_records: Option<Arrival>,
    /// The stream whose records were discarded: kinesis, or dynamodb for that of a table
    #[arg(long, value_name = "KIND", default_value = "kinesis", conflicts_with = "mapping",
        value_parser = PossibleValuesParser::new(["kinesis", "dynamodb"]).map(source))]
    pub(crate) source: SourceKind,
    #[arg(long, value_name = "FILE", required_unless_present = "failure_records",
        help = esmeralda::simulate::args::MAPPING_HELP)]
    pub(crate) mapping: Option<PathBuf>,
    /// File with data that the function is meant to accept, one record to a line
    #[arg(long, value_name = "FILE", required_unless_present_any = ["good_from", "failure_records"])]
    pub(crate) good: Option<PathBuf>,
    /// A command that prints such data
    #[arg(long, value_name = "COMMAND", conflicts_with = "good")]
    pub(crate) good_from: Option<String>,
    /// File with data that it is meant to refuse
    #[arg(long, value_name = "FILE")]
    pub(crate) bad: Option<PathBuf>,
    /// A command that prints such data
    #[arg(long, value_name = "COMMAND", conflicts_with = "bad")]
    pub(crate) bad_from: Option<String>,
    /// What it does with bad data: reported, dropped, or diverted:PATTERN, which finds lines and writes that tell of it
    #[arg(long, value_name = "MEANS", default_value = "reported", value_parser = means)]
    pub(crate) bad_means: BadMeans,
    /// How an effect shows in a line of its output, or in a write; a group names the record by its label or sequence
    /// number, and without one every such name counts
    #[arg(long, value_name = "PATTERN", value_parser = effect)]
    pub(crate) effect: Option<Regex>,
    /// What answers its AWS SDK: `stub`, endpoints in memory, or the URL of an emulator. Each write that carries a record's
    /// label or sequence number is an effect
    #[arg(long, value_name = "stub|URL")]
    pub(crate) aws: Option<Answers>,
    /// The port for that, where the function must know it before; else any free one
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(crate) aws_port: u16,
    /// What line or write tells that discarded records are gone from the stream; without it, any that says so in English
    #[arg(long, value_name = "PATTERN", value_parser = effect, conflicts_with = "mapping")]
    pub(crate) gone: Option<Regex>,
    /// A command that resets the world, run before each history; it knows AWS_ENDPOINT_URL
    #[arg(long, value_name = "COMMAND")]
    pub(crate) reset: Option<String>,
    /// Whether the same effect twice does harm
    #[arg(long, value_enum, default_value = "forbid")]
    pub(crate) repeats: Repeats,
    /// The directory of the code
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) code: PathBuf,
    /// A variable for the function; may be repeated. {{aws}} in it becomes the URL of what answers the SDK
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) env: Vec<(String, String)>,
    /// The function's timeout, at most 15m
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = timeout)]
    pub(crate) timeout: Duration,
    /// Try other settings as well, to know what the function would bear
    #[arg(long)]
    pub(crate) explore: bool,
    /// Which histories to draw: equal seeds mean equal histories
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many histories to draw
    #[arg(long, value_name = "N", default_value_t = DEFAULT_DRAWN,
        value_parser = clap::value_parser!(u64).range(0..=MAX_DRAWN))]
    pub(crate) histories: u64,
    /// Write the events of the smallest histories to this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) export_events: Option<PathBuf>,
    /// Write a report as JUnit XML to this file as well
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

fn source(text: String) -> SourceKind {
    if text == "dynamodb" { SourceKind::DynamoDb } else { SourceKind::Kinesis }
}

fn effect(text: &str) -> Result<Regex, String> {
    pattern(text).map_err(|error| error.to_string())
}

fn means(text: &str) -> Result<BadMeans, String> {
    match text.split_once(':') {
        None if text == "reported" => Ok(BadMeans::Reported),
        None if text == "dropped" => Ok(BadMeans::Dropped),
        Some(("diverted", text)) => effect(text).map(BadMeans::Diverted),
        _ => Err("expected reported, dropped or diverted:PATTERN".to_owned()),
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    let limit = time(text)?;
    if limit > MAX_TIMEOUT { Err("Lambda's longest timeout is 15m".to_owned()) } else { Ok(limit) }
}
