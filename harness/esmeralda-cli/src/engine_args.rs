//! The options of the engine.

use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For a person.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Use its URL in place of the emulator's: mappings of streams are run here, and everything else is passed through.\n\n",
    "Examples:\n",
    "  esmeralda serve --upstream http://127.0.0.1:4566\n",
    "  esmeralda serve --upstream http://127.0.0.1:4566 --state mappings.json\n",
    "  esmeralda serve --upstream http://127.0.0.1:4566 --mutant one-retry-too-many"))]
pub(crate) struct ServeArgs {
    /// The emulator: http://HOST:PORT or https://HOST:PORT
    #[arg(long, value_name = "URL")]
    pub(crate) upstream: String,
    /// Of an emulator that speaks HTTPS: trust the certificates in this file, and not those that the system trusts
    #[arg(long, value_name = "FILE")]
    pub(crate) upstream_ca: Option<PathBuf>,
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4600")]
    pub(crate) listen: SocketAddr,
    /// How to decide what the documents leave open: aws, plain, or PRESET+FIELD=VARIANT
    #[arg(long, default_value = "aws")]
    pub(crate) policy: String,
    /// A planted bug: see esmeralda list mutants
    #[arg(long, value_name = "NAME")]
    pub(crate) mutant: Option<String>,
    /// Keep mappings and checkpoints in this file, and go on from it after a restart
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// The region of requests that are not signed
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: String,
    /// How log lines are written on stderr
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) log_format: LogFormat,
}
