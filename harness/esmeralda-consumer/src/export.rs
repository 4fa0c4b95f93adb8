//! The smallest histories as files: one event for each call, numbered, for `sam local invoke` or a unit test.

use crate::report::Report;
use std::io;
use std::path::{Path, PathBuf};

/// Most calls of a history that are written: what comes after them is more of the same.
pub const MAX_EVENTS: usize = 50;

/// Writes `DIR/RULE/01-event.json` and so on, for each broken rule. Returns what was written.
///
/// # Errors
/// What the system said of a directory or file.
pub fn export(report: &Report, dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for finding in &report.findings {
        let folder = dir.join(finding.rule.to_string());
        std::fs::create_dir_all(&folder)?;
        for (index, call) in finding.calls.iter().take(MAX_EVENTS).enumerate() {
            let path = folder.join(format!("{:02}-event.json", index + 1));
            std::fs::write(&path, format!("{}\n", call.event))?;
            written.push(path);
        }
    }
    Ok(written)
}
