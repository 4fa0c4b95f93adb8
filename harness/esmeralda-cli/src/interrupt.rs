//! Ctrl-C and its like: the first ends the run and keeps what was found, the second ends the process.

use crate::error::CliError;
use esmeralda::stop::Stop;
use std::sync::OnceLock;

/// What the process ends with when nobody waits for its report any more: as a shell tells an interrupt.
const INTERRUPTED: i32 = 130;

/// The wish of this process, once somebody has asked for it.
static STOP: OnceLock<Stop> = OnceLock::new();

/// The wish to stop that an interrupt tells: the same one, however often it is asked for.
pub(crate) fn stop() -> Result<Stop, CliError> {
    if let Some(stop) = STOP.get() {
        return Ok(stop.clone());
    }
    let stop = STOP.get_or_init(Stop::default);
    let hear = || {
        if stop.is_told() {
            std::process::exit(INTERRUPTED);
        }
        stop.tell();
        anstream::eprintln!("stopping: what was found is kept; once more ends it at once");
    };
    ctrlc::set_handler(hear)
        .map_err(|error| CliError::CouldNotRun(format!("interrupts cannot be heard: {error}")))?;
    Ok(stop.clone())
}
