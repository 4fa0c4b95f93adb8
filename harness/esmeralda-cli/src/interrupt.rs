//! Ctrl-C and its like: the first ends the run and keeps what was found, the second ends the process.

use crate::error::CliError;
use esmeralda::stop::Stop;

/// What the process ends with when nobody waits for its report any more: as a shell tells an interrupt.
const INTERRUPTED: i32 = 130;

/// A wish to stop that an interrupt tells. Asked for once.
pub(crate) fn stop() -> Result<Stop, CliError> {
    let stop = Stop::default();
    let told = stop.clone();
    let hear = move || {
        if told.is_told() {
            std::process::exit(INTERRUPTED);
        }
        told.tell();
        anstream::eprintln!("stopping: what was found is kept; once more ends it at once");
    };
    ctrlc::set_handler(hear)
        .map_err(|error| CliError::CouldNotRun(format!("interrupts cannot be heard: {error}")))?;
    Ok(stop)
}
