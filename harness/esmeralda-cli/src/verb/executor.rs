//! `executor`: writes the plugin by which LocalStack and LocalEmu run functions without containers.

use crate::endpoint_args::ExecutorArgs;
use crate::error::{CliError, Exit};
use crate::report;
use esmeralda_endpoint::package::{EXECUTOR, write_plugin};
use serde_json::json;

/// Writes the files, and says what the emulator has to be started with.
pub(crate) fn run(args: &ExecutorArgs) -> Result<Exit, CliError> {
    let shown = args.dir.display();
    write_plugin(&args.dir).map_err(|error| {
        CliError::CouldNotRun(format!(
            "cannot write {shown}: {error}; make it writable, or name another directory"
        ))
    })?;
    let result = json!({"PYTHONPATH": shown.to_string(), "LAMBDA_RUNTIME_EXECUTOR": EXECUTOR});
    report::emit(args.output.format, &result, || {
        format!(
            "Written. Start the emulator with\n\n  PYTHONPATH={shown} LAMBDA_RUNTIME_EXECUTOR={EXECUTOR}\n\n\
             With a wrong name it warns, and looks for Docker.\n"
        )
    })?;
    Ok(Exit::Conforms)
}
