//! Keeps an engine busy for a while: records per second with and without its proxy, its lag, and its memory; or, with
//! `--mappings`, many mappings at once.
//!
//! The upstream must be a process of its own, so that the memory is the engine's: MiniStack, or `serve` of esmeralda-wire.

mod busy;
mod caller;
mod many;
mod usage;

use busy::Busy;
use caller::Caller;
use clap::Parser;
use esm_model::reference::Policy;
use esmeralda::stop::Stop;
use esmeralda_engine::{Config, Server, Upstream};
use many::Many;
use std::process::ExitCode;

/// Keeps an engine busy.
#[derive(Parser)]
struct Args {
    /// The emulator: http://HOST:PORT
    #[arg(long)]
    upstream: String,
    /// For so many seconds
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(10..=86_400))]
    seconds: u64,
    /// Shards of each stream
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=100))]
    shards: u32,
    /// Wait while so many records are not delivered
    #[arg(long, default_value_t = 20_000)]
    ahead: u64,
    /// Many mappings with few records, and not one with many
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    mappings: Option<u32>,
}

async fn started(args: &Args) -> Result<(), String> {
    let upstream = Upstream::new(&args.upstream, None).map_err(|error| error.to_string())?;
    let config =
        Config { upstream, policy: Policy::AWS, fault: None, state: None, region: "us-east-1".to_owned() };
    let server = Server::start(([127, 0, 0, 1], 0).into(), config, Stop::default());
    let server = server.map_err(|error| error.to_string())?;
    let (front, behind) = (Caller::new(&server.url())?, Caller::new(&args.upstream)?);
    let (seconds, shards) = (args.seconds, args.shards);
    match args.mappings {
        Some(mappings) => many::soak(&Many { mappings, seconds, shards }, &front, &behind).await,
        None => busy::soak(&Busy { seconds, shards, ahead: args.ahead }, &front, &behind).await,
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let local = tokio::task::LocalSet::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(local.run_until(started(&args))),
        Err(error) => Err(error.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
