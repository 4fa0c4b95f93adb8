//! Every kept case can be read, and none is forgotten.

use esm_suite::regression::{REGRESSIONS, all};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn no_file_is_forgotten() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let entries: Vec<std::fs::DirEntry> =
        std::fs::read_dir(&dir).map(|entries| entries.filter_map(Result::ok).collect()).unwrap_or_default();
    let files = entries.iter().filter_map(|entry| entry.file_name().into_string().ok());
    let files: BTreeSet<String> =
        files.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
    let named: BTreeSet<String> = REGRESSIONS.iter().map(|regression| regression.name.to_owned()).collect();
    assert_eq!(files, named);
    assert_eq!(all().count(), REGRESSIONS.len());
}
