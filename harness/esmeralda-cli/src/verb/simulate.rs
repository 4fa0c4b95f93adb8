//! `simulate`: what Lambda will do with a mapping when records go bad, as a timeline in virtual time.

use crate::args::SimulateArgs;
use crate::error::{CliError, Exit};
use crate::{input, report};
use esmeralda::simulate::{Options, args, simulate};

/// Simulates a mapping.
pub(crate) fn run(args: &SimulateArgs) -> Result<Exit, CliError> {
    let refused = |option: &str, problem: String| CliError::BadInput(format!("{option}: {problem}"));
    let options = Options {
        mapping_json: input::text(&args.mapping)?,
        records: usize::from(args.records),
        poison: args::parse_poison(&args.poison).map_err(|error| refused("--poison", error.to_string()))?,
        behaviour: args.behaviour,
        shards: args.shards,
        throttle: args.throttle,
        policy: args::parse_policy(&args.policy).map_err(|error| refused("--policy", error.to_string()))?,
        policy_name: args.policy.clone(),
    };
    let simulation = simulate(&options).map_err(|error| input::bad(&args.mapping, &error.to_string()))?;
    report::emit(args.output.format, &simulation, || simulation.to_text())?;
    Ok(Exit::Conforms)
}
