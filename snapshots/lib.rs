//! Where the reviewed snapshots lie. A package of its own, because cargo-insta looks into packages only.

use std::path::Path;

/// Settings for snapshots in `snapshots/esm/<folder>`, named after their assertion alone.
pub fn settings(folder: &str) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("esm").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}
