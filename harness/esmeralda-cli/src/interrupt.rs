//! Ctrl-C and its like: the first ends a run that can keep what it found, and any other ends the process. No child
//! process is left behind.

use crate::error::CliError;
use esmeralda::stop::Stop;
use std::sync::OnceLock;

/// What the process ends with when nobody waits for its report any more: as a shell tells an interrupt.
const INTERRUPTED: i32 = 130;

/// The wish to stop, once somebody hears it.
static HEARD: OnceLock<Stop> = OnceLock::new();

/// From here on an interrupted command takes its children with it.
pub(crate) fn install() -> Result<(), CliError> {
    let hear = || match HEARD.get() {
        Some(stop) if !stop.is_told() => {
            stop.tell();
            anstream::eprintln!("stopping: what was found is kept; once more ends it at once");
        }
        _ => {
            esmeralda::lines::kill_all();
            std::process::exit(INTERRUPTED);
        }
    };
    ctrlc::set_handler(hear)
        .map_err(|error| CliError::CouldNotRun(format!("interrupts cannot be heard: {error}")))
}

/// A wish to stop that an interrupt tells.
pub(crate) fn stop() -> Stop {
    HEARD.get_or_init(Stop::default).clone()
}
