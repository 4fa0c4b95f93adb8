//! Reading files: bounded before anything is parsed, and every refusal names the place and the remedy.

use crate::error::CliError;
use esm_model::case::Case;
use esm_model::trace::Trace;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest case or trace that is read. What the harness writes itself is far smaller.
pub(crate) const MAX_INPUT_BYTES: u64 = 64 * 1024 * 1024;

/// Reads a case.
pub(crate) fn case(path: &Path) -> Result<Case, CliError> {
    let text = text(path)?;
    let refused = |place: String, problem: String| {
        // A value outside its domain names its place itself.
        let place = if place == "." { String::new() } else { format!("{place}: ") };
        bad(path, &format!("not a case: {place}{problem}; see the case format in models/esm-model/FORMAT.md"))
    };
    let mut source = serde_json::Deserializer::from_str(&text);
    let case: Case = serde_path_to_error::deserialize(&mut source)
        .map_err(|error| refused(error.path().to_string(), error.inner().to_string()))?;
    source.end().map_err(|error| refused(".".to_owned(), error.to_string()))?;
    Ok(case)
}

/// Reads a trace.
pub(crate) fn trace(path: &Path) -> Result<Trace, CliError> {
    let text = text(path)?;
    Trace::from_lines(&text).map_err(|error| {
        bad(path, &format!("not a trace: {error}; see the trace format in models/esm-model/FORMAT.md"))
    })
}

/// An error about an input file.
pub(crate) fn bad(path: &Path, problem: &str) -> CliError {
    CliError::BadInput(format!("{}: {problem}", path.display()))
}

/// The whole of a file, or of stdin for `-`.
pub(crate) fn text(path: &Path) -> Result<String, CliError> {
    let bytes =
        if path == Path::new("-") { read(path, io::stdin().lock())? } else { read(path, open(path)?)? };
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        bad(path, &format!("byte {at} is not UTF-8: cases and traces are UTF-8 JSON"))
    })
}

fn open(path: &Path) -> Result<File, CliError> {
    let file =
        File::open(path).map_err(|error| bad(path, &format!("cannot be read: {error}; check the path")))?;
    match file.metadata() {
        Ok(found) if found.is_dir() => Err(bad(path, "is a directory: name a file in it")),
        Ok(found) if found.len() > MAX_INPUT_BYTES => Err(too_long(path)),
        _ => Ok(file),
    }
}

fn read(path: &Path, source: impl Read) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    source
        .take(MAX_INPUT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| bad(path, &format!("cannot be read: {error}; check the path")))?;
    if bytes.len() as u64 > MAX_INPUT_BYTES { Err(too_long(path)) } else { Ok(bytes) }
}

fn too_long(path: &Path) -> CliError {
    let limit = MAX_INPUT_BYTES >> 20;
    bad(
        path,
        &format!("longer than {limit} MiB, the most that is read: cut it down to one case or one trace"),
    )
}
