//! The command line of Esmeralda: binds targets to suites, and reports. Thin: one file for each verb.
//!
//! Exit codes: 0 conforms, 1 violates, 2 bad usage or bad input, 3 could not run, 4 undecided.

mod args;
#[cfg(feature = "consumer")]
mod consumer_args;
#[cfg(feature = "endpoint")]
mod endpoint_args;
#[cfg(feature = "engine")]
mod engine_args;
mod error;
mod features;
mod input;
mod interrupt;
mod progress;
mod report;
mod suite;
mod target;
mod verb;

use args::{Cli, Verb};
use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => match features::left_out(&error) {
            Some(error) => return error.tell().into(),
            None => error.exit(),
        },
    };
    #[cfg(feature = "endpoint")]
    if let Some(Err(error)) = cli.verb.target().map(|target| target.permit(cli.allow_remote)) {
        return error.tell().into();
    }
    if let Err(error) = interrupt::install() {
        return error.tell().into();
    }
    let done = match cli.verb {
        Verb::Smoke(args) => verb::smoke::run(&args),
        Verb::Next(args) => verb::next::run(&args),
        Verb::Run(args) => verb::run::run(&args),
        Verb::Mutants(args) => verb::mutants::run(&args),
        Verb::Replay(args) => verb::replay::run(&args),
        Verb::Recheck(args) => verb::recheck::run(&args),
        Verb::Shrink(args) => verb::shrink::run(&args),
        Verb::Explain(args) => verb::explain::run(&args),
        Verb::List(args) => verb::list::run(&args),
        Verb::Probe(args) => verb::probe::run(&args),
        Verb::Control(args) => verb::control::run(&args),
        Verb::Simulate(args) => verb::simulate::run(&args),
        #[cfg(feature = "consumer")]
        Verb::Consumer(args) => verb::consumer::run(&args),
        Verb::Adapter(args) => verb::adapter::run(&args),
        #[cfg(feature = "endpoint")]
        Verb::Clean(args) => verb::clean::run(&args, cli.allow_remote),
        #[cfg(feature = "endpoint")]
        Verb::Executor(args) => verb::executor::run(&args),
        #[cfg(feature = "engine")]
        Verb::Serve(args) => verb::serve::run(&args),
    };
    done.unwrap_or_else(|error| error.tell()).into()
}
