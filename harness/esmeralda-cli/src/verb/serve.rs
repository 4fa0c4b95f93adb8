//! `serve`: the reference as an engine in front of an emulator, until it is told to stop.

use crate::engine_args::{LogFormat, ServeArgs};
use crate::error::{CliError, Exit};
use crate::interrupt;
use esm_model::reference::{Policy, find_mutant};
use esmeralda_engine::serve::{ServeError, Server};
use esmeralda_engine::state::StateError;
use esmeralda_engine::{Config, Upstream, story};

/// Serves until Ctrl-C.
pub(crate) fn run(args: &ServeArgs) -> Result<Exit, CliError> {
    let config = config(args)?;
    story::install(args.log_format == LogFormat::Json);
    let upstream = config.upstream.url().to_owned();
    let server = Server::start(args.listen, config, interrupt::stop())?;
    anstream::println!("Listening on {}, in front of {upstream}. Ctrl-C stops it.", server.url());
    server.wait()?;
    Ok(Exit::Conforms)
}

fn config(args: &ServeArgs) -> Result<Config, CliError> {
    let bad = CliError::BadInput;
    let upstream = Upstream::new(&args.upstream, args.upstream_ca.as_deref());
    let upstream = upstream.map_err(|error| bad(error.to_string()))?;
    let policy = Policy::parse(&args.policy)
        .ok_or_else(|| bad(format!("no policy {:?}: see esmeralda list policies", args.policy)))?;
    let mutant = args.mutant.as_deref().map(|name| {
        find_mutant(name).ok_or_else(|| bad(format!("no mutant {name:?}: see esmeralda list mutants")))
    });
    let fault = mutant.transpose()?.map(|mutant| mutant.fault);
    Ok(Config { upstream, policy, fault, state: args.state.clone(), region: args.region.clone() })
}

impl From<ServeError> for CliError {
    fn from(error: ServeError) -> CliError {
        match error {
            ServeError::State(StateError::Form { .. }) => CliError::BadInput(error.to_string()),
            _ => CliError::CouldNotRun(error.to_string()),
        }
    }
}
