//! The events of the smallest history, as files, and the report for CI.

use crate::support::{MAPPING, check, run_with};
use esmeralda_consumer::export::export;
use esmeralda_consumer::junit::junit;
use esmeralda_consumer::{Local, Log};
use serde_json::{Value, json};

#[test]
fn events_are_files_that_a_function_can_be_called_with() {
    let mut swallows = Local::new(Log::default(), async |_: Value| Ok::<_, String>(json!({})));
    let report = run_with(&check(MAPPING), &mut swallows).unwrap();
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("export");
    let _new = std::fs::remove_dir_all(&dir);
    let written = export(&report, &dir).unwrap();
    assert!(written.contains(&dir.join("CONS-5").join("01-event.json")), "{written:?}");
    for path in written {
        let event: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(event["Records"][0]["eventSource"], "aws:kinesis", "{}", path.display());
    }
}

#[test]
fn a_report_for_ci() {
    let mut swallows = Local::new(Log::default(), async |_: Value| Ok::<_, String>(json!({})));
    let report = run_with(&check(MAPPING).explore(true), &mut swallows).unwrap();
    let text = junit(&report).unwrap();
    esm_snapshots::settings("consumer").bind(|| insta::assert_snapshot!("junit", text));
}
