//! How results leave: as text for a person, or as one JSON document on one line. Results go to stdout, the rest to
//! stderr.

pub(crate) mod json;
pub(crate) mod text;

use crate::args::Format;
use crate::error::CliError;
use serde::Serialize;
use std::io::{self, Write};

/// Writes a result in the format asked for.
pub(crate) fn emit<R: Serialize>(
    format: Format,
    result: &R,
    text: impl FnOnce() -> String,
) -> Result<(), CliError> {
    let text = match format {
        Format::Text => text(),
        Format::Json => json::line(result)?,
    };
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads has seen enough: `esmeralda list rules | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| CliError::CouldNotRun(format!("cannot write to stdout: {error}"))),
    }
}
