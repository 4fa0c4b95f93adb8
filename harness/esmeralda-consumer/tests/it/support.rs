//! What the tests have in common: the examples of this crate, run as a user would run them.

use esm_model::rule::RuleId;
use esmeralda_consumer::check::Check;
use esmeralda_consumer::effects::pattern;
use esmeralda_consumer::runtime::{Process, Program};
use esmeralda_consumer::{Handler, HandlerError, Report};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The samples of the examples.
pub(crate) const GOOD: &str = include_str!("../../examples/good.jsonl");
pub(crate) const BAD: &str = include_str!("../../examples/bad.jsonl");
/// The mapping of the examples, and the same without ReportBatchItemFailures.
pub(crate) const MAPPING: &str = include_str!("../../examples/mapping.json");
pub(crate) const WITHOUT_REPORTS: &str = include_str!("../../examples/mapping-without-reports.json");
/// The samples and the mapping of a table's stream.
pub(crate) const ITEMS: &str = include_str!("../../examples/items.jsonl");
pub(crate) const BAD_ITEMS: &str = include_str!("../../examples/bad-items.jsonl");
pub(crate) const TABLE: &str = include_str!("../../examples/mapping-table.json");
/// How the examples say what they did.
pub(crate) const STORED: &str = r"stored (\S+)";

/// A check with the examples' samples and effects.
pub(crate) fn check(mapping: &str) -> Check {
    Check::new(mapping, GOOD, BAD).expect("a check").effects(pattern(STORED).expect("a pattern")).drawn(8)
}

pub(crate) fn examples(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(folder)
}

/// A handler of the examples: by the example's own runtime, or by awslambdaric where that is asked for.
pub(crate) fn python(handler: &str) -> Program {
    let text = match std::env::var_os("ESMERALDA_AWSLAMBDARIC") {
        Some(_) => format!("python:{handler}"),
        None => format!("exec:python3 runtime.py {handler}"),
    };
    text.parse::<Program>().expect("a handler").root(&examples("python"))
}

/// What is said of any handler.
pub(crate) fn run_with<H: Handler>(check: &Check, handler: &mut H) -> Result<Report, HandlerError> {
    local(check.run(handler))
}

/// What a future comes to, where tasks may be local.
pub(crate) fn local<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, future)
}

/// What is said of a program with this timeout.
pub(crate) fn run(check: Check, program: Program, timeout_ms: i64) -> Result<Report, HandlerError> {
    local(async {
        let mut process = Process::new(program, Duration::from_millis(timeout_ms as u64));
        let report = check.timeout_ms(timeout_ms).run(&mut process).await;
        process.close().await;
        report
    })
}

/// The rules that are held against the function.
#[track_caller]
pub(crate) fn violated(report: &Report, wanted: &[RuleId]) {
    assert_eq!(report.violated(), wanted, "{}", report.to_text());
}
