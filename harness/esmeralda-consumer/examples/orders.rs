//! A handler in Rust under `lambda_runtime`: with --handler exec: it runs as it does in Lambda.
//!
//!     orders [first|last]
//!
//! It reports the first failure and stops, or, with the word `last`, makes the mistake to report the last one only.

use aws_lambda_events::event::kinesis::{KinesisEvent, KinesisEventRecord};
use aws_lambda_events::event::streams::{KinesisBatchItemFailure, KinesisEventResponse};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

#[derive(Deserialize)]
struct Order {
    id: String,
    amount: i64,
}

/// What is stored, here in place of a table with conditional writes.
static STORED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn store(record: &KinesisEventRecord) -> Result<(), serde_json::Error> {
    let order: Order = serde_json::from_slice(&record.kinesis.data.0)?;
    let mut stored = STORED.lock().unwrap_or_else(PoisonError::into_inner);
    if stored.insert(order.id.clone()) {
        println!("stored {} {}", order.id, order.amount);
    }
    Ok(())
}

fn handle(event: &KinesisEvent, last: bool) -> KinesisEventResponse {
    let mut failed = None;
    for record in &event.records {
        if store(record).is_err() {
            failed = record.kinesis.sequence_number.clone();
            if !last {
                break;
            }
        }
    }
    let failure = |number| {
        let mut failure = KinesisBatchItemFailure::default();
        failure.item_identifier = Some(number);
        failure
    };
    let mut response = KinesisEventResponse::default();
    response.batch_item_failures = failed.into_iter().map(failure).collect();
    response
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let last = std::env::args().nth(1).as_deref() == Some("last");
    run(service_fn(async |event: LambdaEvent<KinesisEvent>| Ok::<_, Error>(handle(&event.payload, last))))
        .await
}
