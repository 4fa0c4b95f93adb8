//! How many histories a core plays against a function in this process, and how many calls.
//!
//!     cargo bench -p esmeralda-consumer

use divan::counter::ItemsCount;
use esmeralda_consumer::{Check, Local, Log};
use serde_json::{Value, json};

const MAPPING: &str = include_str!("../examples/mapping.json");
const GOOD: &str = include_str!("../examples/good.jsonl");
const BAD: &str = include_str!("../examples/bad.jsonl");
/// Histories of one round.
const HISTORIES: u64 = 1_000;

fn main() {
    divan::main();
}

fn run(check: &Check) -> esmeralda_consumer::Report {
    // What is good is known by its length: what is measured is the harness.
    let mut handler = Local::new(Log::default(), async |event: Value| {
        let records = event["Records"].as_array().into_iter().flatten();
        let bad = records.filter(|r| r["kinesis"]["data"].as_str().is_some_and(|data| data.len() < 32));
        let failed: Vec<Value> =
            bad.map(|r| json!({"itemIdentifier": r["kinesis"]["sequenceNumber"]})).collect();
        Ok::<_, String>(json!({"batchItemFailures": failed}))
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(check.run(&mut handler)).expect("a report")
}

fn check() -> Check {
    Check::new(MAPPING, GOOD, BAD).expect("a check").drawn(HISTORIES)
}

#[divan::bench]
fn histories(bencher: divan::Bencher<'_, '_>) {
    let check = check();
    let count = run(&check).histories;
    bencher.counter(ItemsCount::new(count)).bench(|| run(&check));
}

#[divan::bench]
fn calls(bencher: divan::Bencher<'_, '_>) {
    let check = check();
    let count = run(&check).calls;
    bencher.counter(ItemsCount::new(count)).bench(|| run(&check));
}
