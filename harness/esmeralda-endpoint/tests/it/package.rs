//! The zip of a function, and the executor plugin.

use esmeralda_endpoint::package::{EXECUTOR, handler, write_plugin, zip};
use esmeralda_endpoint::preset::Code;
use std::io::{Cursor, Read};
use std::path::Path;

#[test]
fn a_zip_holds_the_file_that_its_handler_names() {
    for code in [Code::Python, Code::Node] {
        let bytes = zip(code);
        assert_eq!(bytes, zip(code), "equal bytes");
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("it is a zip");
        assert_eq!(archive.len(), 1);
        let mut file = archive.by_index(0).expect("it has a file");
        let module = handler(code).split('.').next().unwrap_or_default().to_owned();
        assert_eq!(file.name().split('.').next(), Some(module.as_str()));
        let mut text = String::new();
        file.read_to_string(&mut text).expect("it is text");
        assert!(text.contains("ESMERALDA_CALLBACK"), "{text}");
    }
}

#[test]
fn the_plugin_is_found_by_its_entry_point() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin");
    write_plugin(&dir).expect("it can be written");
    let points = dir.join("esmeralda_executor-0.1.dist-info/entry_points.txt");
    let points = std::fs::read_to_string(points).expect("it is there");
    let module = std::fs::read_to_string(dir.join("esmeralda_executor.py")).expect("it is there");
    for (emulator, class) in [("localstack", "LocalStackPlugin"), ("localemu", "LocalEmuPlugin")] {
        let group = format!("{emulator}.lambda.runtime_executor");
        let point = format!("[{group}]\n{EXECUTOR} = esmeralda_executor:{class}\n");
        assert!(points.contains(&point), "{points}");
        let named = module.contains(&format!("class {class}(")) && module.contains(&group);
        assert!(named && module.contains(&format!("name = \"{EXECUTOR}\"")), "{module}");
    }
}
