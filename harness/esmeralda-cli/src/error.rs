//! How a command ends: its exit code, and the errors that keep it from its work.

use esmeralda::outcome::Standing;
use esmeralda::store::StoreError;
use std::process::ExitCode;

/// The exit codes, part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Conforms = 0,
    Violates = 1,
    BadInput = 2,
    CouldNotRun = 3,
    Undecided = 4,
}

impl From<Standing> for Exit {
    fn from(standing: Standing) -> Exit {
        match standing {
            Standing::Conforms => Exit::Conforms,
            Standing::Undecided => Exit::Undecided,
            Standing::CouldNotRun => Exit::CouldNotRun,
            Standing::Violates => Exit::Violates,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command did not get to its result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The user can mend it: what was wrong, where, and what to do.
    #[error("{0}")]
    BadInput(String),
    /// The surroundings failed.
    #[error("{0}")]
    CouldNotRun(String),
}

impl CliError {
    /// Says it on stderr.
    pub(crate) fn tell(&self) -> Exit {
        anstream::eprintln!("{}error:{:#} {self}", crate::report::text::BAD, crate::report::text::BAD);
        match self {
            CliError::BadInput(_) => Exit::BadInput,
            CliError::CouldNotRun(_) => Exit::CouldNotRun,
        }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> CliError {
        match error {
            StoreError::NotOurs(_) | StoreError::NotADirectory(_) => CliError::BadInput(error.to_string()),
            StoreError::Io { .. } => CliError::CouldNotRun(error.to_string()),
        }
    }
}
