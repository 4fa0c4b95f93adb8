//! `adapter`: the child side of the protocol for an in-tree target, on stdin and stdout.

use crate::args::AdapterArgs;
use crate::error::{CliError, Exit};
use crate::target::Chosen;
use std::io;

/// Serves a target until the harness closes stdin.
pub(crate) fn run(args: &AdapterArgs) -> Result<Exit, CliError> {
    let Chosen::Machine(target) = &args.target else {
        let name = args.target.name();
        return Err(CliError::BadInput(format!("only in-tree targets are served, and {name} is none")));
    };
    esmeralda::lines::serve(target, io::stdin().lock(), io::stdout().lock())
        .map_err(|error| CliError::CouldNotRun(format!("the conversation broke off: {error}")))?;
    Ok(Exit::Conforms)
}
