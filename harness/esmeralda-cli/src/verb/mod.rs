//! The verbs, one file each.

pub(crate) mod adapter;
mod bound;
#[cfg(feature = "endpoint")]
pub(crate) mod clean;
#[cfg(feature = "consumer")]
pub(crate) mod consumer;
pub(crate) mod control;
mod desk;
#[cfg(feature = "endpoint")]
pub(crate) mod executor;
pub(crate) mod explain;
mod finding;
mod findings;
mod hunt;
pub(crate) mod list;
pub(crate) mod mutants;
pub(crate) mod next;
mod next_report;
mod one;
pub(crate) mod probe;
pub(crate) mod recheck;
pub(crate) mod replay;
pub(crate) mod run;
mod run_report;
#[cfg(feature = "engine")]
pub(crate) mod serve;
pub(crate) mod shrink;
pub(crate) mod simulate;
mod smaller;
pub(crate) mod smoke;
mod smoke_report;
mod verdict;

use crate::error::CliError;
use std::path::Path;

/// Writes a file that the user named.
fn write(path: &Path, text: &str) -> Result<(), CliError> {
    std::fs::write(path, text).map_err(|error| {
        let path = path.display();
        CliError::CouldNotRun(format!("cannot write {path}: {error}; make it writable, or name another file"))
    })
}
