//! The options of `control` and `probe`: what a target answers, and what it can do.

use super::{Output, ReadingArgs};
use crate::target::Chosen;
use clap::Args;
use esm_model::catalogue;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  esmeralda control\n",
    "  esmeralda control --only 'range-*' --format json"))]
pub(crate) struct ControlArgs {
    /// What is tested: a target that has a control plane
    #[arg(default_value = "reference", value_parser = crate::target::parse)]
    pub(crate) target: Chosen,
    /// Play only groups whose name matches
    #[arg(long, value_name = "GLOB", value_parser = group)]
    pub(crate) only: Option<String>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Unsupported is not failing, and failing is not broken: what does not show is only left out.\n\n",
    "Examples:\n",
    "  esmeralda probe 'command:python3 poller.py'\n",
    "  esmeralda probe endpoint:http://127.0.0.1:4566,preset=ministack --out mine.toml"))]
pub(crate) struct ProbeArgs {
    /// What is probed
    #[arg(default_value = "reference", value_parser = crate::target::parse)]
    pub(crate) target: Chosen,
    /// Write the proposed preset to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

fn group(text: &str) -> Result<String, String> {
    let names: Vec<&str> = esm_suite::control::groups().iter().map(|group| group.name).collect();
    match names.iter().any(|name| catalogue::lookup::covers(text, name)) {
        true => Ok(text.to_owned()),
        false => Err(format!("it matches no group: there are {}", names.join(", "))),
    }
}
