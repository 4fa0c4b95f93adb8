//! Ctrl-C: no child process is left behind.
//!
//! Failures are kept in the run directory as soon as they are known, so nothing else is to be saved.

use crate::error::Exit;

/// From here on an interrupted command takes its children with it.
pub(crate) fn install() {
    let installed = ctrlc::set_handler(|| {
        esmeralda::lines::kill_all();
        anstream::eprintln!("interrupted: what failed so far is in the run directory");
        std::process::exit(Exit::CouldNotRun as i32);
    });
    // Only a second handler is refused, and this is the only one.
    debug_assert!(installed.is_ok(), "{installed:?}");
}
