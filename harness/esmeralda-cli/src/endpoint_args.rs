//! The options of the verbs that only endpoints need.

use crate::args::Output;
use crate::target::Chosen;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  esmeralda executor plugin")]
pub(crate) struct ExecutorArgs {
    /// A directory for it: it goes on the emulator's PYTHONPATH
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Each run writes down what it makes before it makes it. Runs that are still going on are left alone.\n\n",
    "Examples:\n",
    "  esmeralda clean\n",
    "  esmeralda clean endpoint:http://127.0.0.1:4566,preset=localstack\n",
    "  esmeralda clean --forget"))]
pub(crate) struct CleanArgs {
    /// Only at this endpoint, however it was typed then
    #[arg(value_parser = crate::target::parse)]
    pub(crate) target: Option<Chosen>,
    /// Forget what cannot be removed, such as what was made at an emulator that is gone for good
    #[arg(long)]
    pub(crate) forget: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}
