//! Serves an endpoint in memory until it is stopped: for tests by hand, and for clients in other languages.

use clap::Parser;
use esm_model::reference::{Policy, find_mutant};
use esmeralda_wire::log::Numbering;
use esmeralda_wire::manners::{Manners, Trouble};
use esmeralda_wire::world::{Config, World};
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::net::TcpListener;

/// An AWS endpoint in memory: Kinesis, Lambda with event source mappings, SQS, SNS, S3.
#[derive(Parser)]
struct Args {
    /// Where to listen; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:4600")]
    listen: SocketAddr,
    /// How mappings decide what the documents leave open: aws, plain, or PRESET+FIELD=VARIANT
    #[arg(long, default_value = "aws")]
    policy: String,
    /// A planted bug of the reference, as `esmeralda list mutants` names it
    #[arg(long)]
    mutant: Option<String>,
    /// prompt, slow, untidy, flaky, or several joined by +
    #[arg(long, default_value = "prompt")]
    manners: String,
    /// A planted bug of the endpoint: lose:N loses each N-th failure record, stall:SHARD[:RECORDS] stops reading a shard
    #[arg(long)]
    trouble: Option<String>,
    /// Sequence numbers 7, 8, … and not 56 digits
    #[arg(long)]
    short_sequences: bool,
    /// Makes identifiers and delays repeatable
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn config(args: &Args) -> Result<Config, String> {
    let mutant = args.mutant.as_deref().map(|name| {
        find_mutant(name).ok_or_else(|| format!("no mutant {name:?}: see esmeralda list mutants"))
    });
    let fault = mutant.transpose()?.map(|mutant| mutant.fault);
    let policy = Policy::parse(&args.policy).ok_or_else(|| format!("no policy {:?}", args.policy))?;
    let manners = Manners::parse(&args.manners).ok_or_else(|| {
        let names: Vec<_> = Manners::PRESETS.iter().map(|(name, _)| *name).collect();
        format!("no manners {:?}: expected {}, or several joined by +", args.manners, names.join(", "))
    })?;
    let trouble = args.trouble.as_deref().map(|text| {
        Trouble::parse(text)
            .ok_or_else(|| format!("no trouble {text:?}: expected lose:N or stall:SHARD[:RECORDS]"))
    });
    let numbering = if args.short_sequences { Numbering::Counting } else { Numbering::Long };
    let trouble = trouble.transpose()?.unwrap_or_default();
    Ok(Config { policy, fault, manners, trouble, numbering, seed: args.seed, ..Config::default() })
}

async fn serve(args: &Args, config: Config) -> std::io::Result<()> {
    let listener = TcpListener::bind(args.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let local = tokio::task::LocalSet::new();
    local.run_until(esmeralda_wire::serve(listener, World::new(config))).await
}

fn main() -> ExitCode {
    let args = Args::parse();
    let config = match config(&args) {
        Ok(config) => config,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(serve(&args, config))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot listen on {}: {error}; is the port taken?", args.listen);
            ExitCode::from(3)
        }
    }
}
