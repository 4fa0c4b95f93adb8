//! The smallest histories as files: one event for each call, numbered, for `sam local invoke` or a unit test.

use crate::told::Tells;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Most calls of a history that are written: what comes after them is more of the same.
pub const MAX_EVENTS: usize = 50;

/// Writes `DIR/RULE/01-event.json` and so on, for each broken rule; what breaks one in a second way goes to `DIR/RULE-2`.
/// Returns what was written.
///
/// # Errors
/// What the system said of a directory or file.
pub fn export<R: Tells>(report: &R, dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    let mut ways = BTreeMap::new();
    for told in report.told() {
        let way = ways.entry(told.rule).and_modify(|way| *way += 1).or_insert(1);
        let name = if *way == 1 { told.rule.to_string() } else { format!("{}-{way}", told.rule) };
        let folder = dir.join(name);
        std::fs::create_dir_all(&folder)?;
        for (index, event) in told.events.iter().take(MAX_EVENTS).enumerate() {
            let path = folder.join(format!("{:02}-event.json", index + 1));
            std::fs::write(&path, format!("{event}\n"))?;
            written.push(path);
        }
    }
    Ok(written)
}
