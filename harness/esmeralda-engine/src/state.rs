//! Mappings and their checkpoints in a file, so that they survive a restart: at least once, never a gap.
//!
//! Checkpoints and attempts are written a moment after they changed: after a crash, what was done in that moment is done
//! once more, and an attempt that ended in it does not count. A batch of which a failure record was on its way is tried
//! from the beginning. An engine that is stopped writes everything, and goes on as if nothing had been.

use esm_model::reference::{Machine, Position};
use esm_model::sequence::SequenceNumber;
use esmeralda_wire::lambda::Description;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The version of the form.
const FORMAT: u32 = 1;
/// Most bytes of a file that are read.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Everything.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The version of the form.
    pub format: u32,
    /// The mappings.
    pub mappings: Vec<Kept>,
}

/// One mapping.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The partition of its account.
    pub partition: String,
    /// Its region.
    pub region: String,
    /// Its account.
    pub account: String,
    /// The access key of whoever created it.
    pub access_key: String,
    /// What requests have made of it.
    pub mapping: Description,
    /// Where shards begin that have no checkpoint.
    pub origin: Position,
    /// Its shards.
    pub shards: Vec<KeptShard>,
    /// The whole machine, where it counts attempts or the engine was stopped, and no failure record was under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Box<Machine>>,
}

/// One shard of a mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptShard {
    /// Its ID.
    pub id: String,
    /// Everything up to this record is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<SequenceNumber>,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be read or written.
    #[error("cannot use {path}: {reason}; make it readable and writable, or name another file")]
    Io {
        /// The file.
        path: String,
        /// What went wrong.
        reason: String,
    },
    /// It is none of ours.
    #[error(
        "{path} is no state of the engine: {reason}; name the file that an earlier run wrote, or a new one"
    )]
    Form {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

/// Reads a file; one that is not there is empty.
///
/// # Errors
/// It cannot be read, or is none of ours.
pub fn read(path: &Path) -> Result<State, StateError> {
    let shown = || path.display().to_string();
    let io = |error: std::io::Error| StateError::Io { path: shown(), reason: error.to_string() };
    let form = |reason: String| StateError::Form { path: shown(), reason };
    let size = match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(State { format: FORMAT, mappings: Vec::new() });
        }
        other => other.map_err(io)?.len(),
    };
    if size > MAX_BYTES {
        return Err(form(format!("it has more than {MAX_BYTES} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(io)?;
    let state: State = serde_json::from_str(&text).map_err(|error| form(error.to_string()))?;
    match state.format {
        FORMAT => Ok(state),
        other => Err(form(format!("its format is {other}, and {FORMAT} is known"))),
    }
}

/// Writes a file in one stroke: whoever looks sees the old one or the new one.
///
/// # Errors
/// It cannot be written.
pub fn write(path: &Path, mappings: Vec<Kept>) -> Result<(), StateError> {
    let io = |error: std::io::Error| StateError::Io {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let text = serde_json::to_vec(&State { format: FORMAT, mappings }).map_err(std::io::Error::other);
    let beside = beside(path);
    let mut file = std::fs::File::create(&beside).map_err(io)?;
    file.write_all(&text.map_err(io)?).map_err(io)?;
    file.sync_all().map_err(io)?;
    std::fs::rename(&beside, path).map_err(io)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}
