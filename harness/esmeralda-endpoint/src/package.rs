//! How a function is packaged: the zip with the stub, and the executor plugin for emulators that load one.
//!
//! Neither decides anything: both post the event to the harness and obey the answer.

use crate::preset::Code;
use std::io::{Cursor, Write};
use std::path::Path;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// The name of the plugin's entry point: the value of `LAMBDA_RUNTIME_EXECUTOR`.
pub const EXECUTOR: &str = "esmeralda";
/// The plugin's module.
const MODULE: &str = "esmeralda_executor";

/// `Handler` of CreateFunction.
pub fn handler(code: Code) -> &'static str {
    match code {
        Code::Python => "handler.handler",
        Code::Node => "index.handler",
    }
}

/// The zip of CreateFunction. Equal languages give equal bytes.
pub fn zip(code: Code) -> Vec<u8> {
    let (name, text) = match code {
        Code::Python => ("handler.py", include_str!("stub/handler.py")),
        Code::Node => ("index.mjs", include_str!("stub/index.mjs")),
    };
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o755);
    writer.start_file(name, options).expect("a zip in memory takes a file");
    writer.write_all(text.as_bytes()).expect("a zip in memory takes bytes");
    writer.finish().expect("a zip in memory ends").into_inner()
}

/// Writes the executor plugin into a directory that goes on `PYTHONPATH`.
///
/// # Errors
/// What the file system said.
pub fn write_plugin(dir: &Path) -> std::io::Result<()> {
    let info = dir.join(format!("{MODULE}-0.1.dist-info"));
    std::fs::create_dir_all(&info)?;
    let point = |emulator: &str, class: &str| {
        format!("[{emulator}.lambda.runtime_executor]\n{EXECUTOR} = {MODULE}:{class}\n")
    };
    let points =
        format!("{}\n{}", point("localstack", "LocalStackPlugin"), point("localemu", "LocalEmuPlugin"));
    let metadata = format!("Metadata-Version: 2.1\nName: {}\nVersion: 0.1\n", MODULE.replace('_', "-"));
    std::fs::write(dir.join(format!("{MODULE}.py")), include_str!("stub/plugin.py"))?;
    std::fs::write(info.join("entry_points.txt"), points)?;
    std::fs::write(info.join("METADATA"), metadata)
}
