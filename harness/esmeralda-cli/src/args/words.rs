//! The options of `explain` and `list`: what there is to read.

use super::Output;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  esmeralda explain RETRY-3\n",
    "  esmeralda explain 'BISECT-*'\n",
    "  esmeralda explain AMB-5\n",
    "  esmeralda explain MaximumRetryAttempts\n",
    "  esmeralda explain 'PROBLEM: Function call failed'"))]
pub(crate) struct ExplainArgs {
    /// An ID, a pattern of IDs with *, or a word of the documents
    #[arg(required = true, value_name = "WHAT")]
    pub(crate) what: Vec<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listed {
    Rules,
    Ambiguities,
    Mutants,
    Policies,
    Scenarios,
    Targets,
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  esmeralda list rules\n",
    "  esmeralda list mutants --format json"))]
pub(crate) struct ListArgs {
    /// What to list
    #[arg(value_enum)]
    pub(crate) what: Listed,
    #[command(flatten)]
    pub(crate) output: Output,
}
