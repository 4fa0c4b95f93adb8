//! Histories on several threads: the report is that of one.

use crate::local::{Shop, report, shop};
use crate::support::{MAPPING, check, run_with, violated};
use esm_model::catalogue as c;
use esm_model::event::RequestId;
use esmeralda_consumer::check::Check;
use esmeralda_consumer::{Given, Handler, HandlerError, Raw, Report};
use serde_json::{Value, json};
use std::num::NonZero;

/// Tells the last failure and not the first.
fn tells_the_last() -> impl Handler {
    shop(|shop: &Shop, event: &Value| {
        Ok(report(shop.collect(event).into_iter().next_back().into_iter().collect()))
    })
}

/// Cannot be called any more once so many records were put.
struct Breaks {
    after: u64,
}

impl Handler for Breaks {
    async fn call(&mut self, event: &str, _request: RequestId) -> Result<Given, HandlerError> {
        let event: Value = serde_json::from_str(event).expect("an event");
        let number = event["Records"][0]["kinesis"]["sequenceNumber"].as_str().expect("a number");
        let given: u64 = number[20..].parse().expect("digits");
        match given > self.after {
            true => Err(HandlerError::Surroundings("it is gone".to_owned())),
            false => Ok(Given::new(Raw::Returned(json!({"batchItemFailures": []}).to_string()))),
        }
    }
}

fn same<H: Handler>(check: &Check, handler: impl Fn() -> H + Sync) -> Result<Report, HandlerError> {
    let one = run_with(check, &mut handler());
    for threads in [1, 2, 5] {
        let threads = NonZero::new(threads).expect("more than none");
        assert_eq!(check.run_on(threads, &handler), one, "{threads} threads");
    }
    one
}

#[test]
fn the_report_does_not_depend_on_threads() {
    let report = same(&check(MAPPING).explore(true).drawn(500), tells_the_last).expect("a report");
    assert!(report.histories > 500, "{}", report.histories);
    violated(&report, &[c::CONS_4]);
}

#[test]
fn what_broke_off_has_the_histories_before_it() {
    let check = check(MAPPING).drawn(500);
    let report = same(&check, || Breaks { after: 1_000 }).expect("a report");
    assert!((65..500).contains(&report.histories), "more than a block, and not all: {}", report.histories);
    assert!(same(&check, || Breaks { after: 0 }).is_err());
}
