//! How many histories a core plays against a function in this process, how many calls, and how many histories all cores
//! together.
//!
//!     cargo bench -p esmeralda-consumer

use aws_lambda_events::event::kinesis::KinesisEvent;
use aws_lambda_events::event::streams::{KinesisBatchItemFailure, KinesisEventResponse};
use divan::counter::ItemsCount;
use esmeralda_consumer::{Check, Handler, Local, Log, Report};

const MAPPING: &str = include_str!("../examples/mapping.json");
const GOOD: &str = include_str!("../examples/good.jsonl");
const BAD: &str = include_str!("../examples/bad.jsonl");
/// Histories of one round.
const HISTORIES: u64 = 1_000;

// As in the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

// What is good is known by its length: what is measured is the harness, and what it takes to read an event.
fn handler() -> impl Handler {
    Local::new(Log::default(), async |event: KinesisEvent| {
        let mut response = KinesisEventResponse::default();
        for record in event.records.into_iter().filter(|record| record.kinesis.data.0.len() < 24) {
            let mut failure = KinesisBatchItemFailure::default();
            failure.item_identifier = Some(record.kinesis.sequence_number);
            response.batch_item_failures.push(failure);
        }
        Ok::<_, String>(response)
    })
}

fn run(check: &Check) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(check.run(&mut handler())).expect("a report")
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

#[divan::bench]
fn histories_on_all_processors(bencher: divan::Bencher<'_, '_>) {
    let check = check().drawn(10 * HISTORIES);
    let threads = std::thread::available_parallelism().expect("a number of processors");
    let count = run(&check).histories;
    bencher.counter(ItemsCount::new(count)).bench(|| check.run_on(threads, handler).expect("a report"));
}
