//! Ctrl-C and its like: the first ends a run that can keep what it found, and any that is meant as another one ends the
//! process. No child process is left behind.
//!
//! One wish often comes as several signals: `timeout` tells the process and then its group, a closed terminal hangs up
//! and terminates. So what follows at once is the same wish still.

use crate::error::CliError;
use esmeralda::clock::Stopwatch;
use esmeralda::stop::Stop;
use std::sync::OnceLock;
use std::time::Duration;

/// What the process ends with when nobody waits for its report any more: as a shell tells an interrupt.
const INTERRUPTED: i32 = 130;

/// Signals so close to the first one are not another wish.
const SAME_WISH: Duration = Duration::from_secs(1);

/// The wish to stop, once somebody hears it.
static HEARD: OnceLock<Stop> = OnceLock::new();

/// From here on an interrupted command takes its children with it.
pub(crate) fn install() -> Result<(), CliError> {
    let mut first: Option<Stopwatch> = None;
    let hear = move || match (HEARD.get(), first) {
        (Some(stop), None) => {
            first = Some(Stopwatch::start());
            stop.tell();
            anstream::eprintln!("stopping: what was found is kept; once more ends it at once");
        }
        (Some(_), Some(first)) if first.elapsed() < SAME_WISH => {}
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
