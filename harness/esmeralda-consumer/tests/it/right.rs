//! More right handlers, each in a style of its own: green under every setting.

use crate::local::{Shop, green, number, records, report, shop};
use crate::support::{BAD, GOOD, MAPPING, WITHOUT_REPORTS, check, run_with, violated};
use aws_lambda_events::event::kinesis::{KinesisEvent, KinesisEventRecord};
use aws_lambda_events::event::streams::{KinesisBatchItemFailure, KinesisEventResponse};
use esmeralda_consumer::{Check, Local, Log};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Goes on with other keys where a record of one has failed, and reports the first failure of each.
#[test]
fn works_key_by_key() {
    green(
        check(MAPPING),
        shop(|shop, event| {
            let mut keys: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            for record in records(event) {
                keys.entry(record["kinesis"]["partitionKey"].to_string()).or_default().push(record);
            }
            let first = |of_key: Vec<Value>| of_key.into_iter().find(|record| shop.store(record).is_err());
            Ok(report(keys.into_values().filter_map(first).map(|record| number(&record)).collect()))
        }),
    );
}

#[test]
fn returns_an_empty_text() {
    green(
        check(MAPPING),
        shop(|shop, event| {
            let failed = shop.collect(event);
            Ok(if failed.is_empty() { json!("") } else { report(failed) })
        }),
    );
}

#[test]
fn reports_each_failure_twice() {
    green(
        check(MAPPING),
        shop(|shop, event| {
            let failed = shop.collect(event);
            Ok(report([failed.clone(), failed].concat()))
        }),
    );
}

#[test]
fn tells_more_than_its_failures() {
    green(
        check(MAPPING),
        shop(|shop, event| {
            let mut answer = report(shop.collect(event));
            answer["statistics"] = json!({"records": records(event).len()});
            Ok(answer)
        }),
    );
}

/// Parses everything first, with an eye on each record, and stores what could be parsed.
#[test]
fn parses_then_stores() {
    green(
        check(MAPPING),
        shop(|shop, event| {
            let all = records(event);
            let (good, bad): (Vec<_>, Vec<_>) = all.iter().partition(|record| Shop::order(record).is_ok());
            good.into_iter().try_for_each(|record| shop.store(record))?;
            Ok(report(bad.into_iter().map(number).collect()))
        }),
    );
}

/// Knows by the number of the last record of each shard what was done already, and stores nothing else.
#[test]
fn remembers_how_far_it_came() {
    let marks = std::cell::RefCell::new(BTreeMap::<String, String>::new());
    green(
        check(MAPPING),
        shop(move |shop, event| {
            for record in records(event) {
                let shard =
                    record["eventID"].as_str().and_then(|id| id.split(':').next()).unwrap_or_default();
                let sequence = record["kinesis"]["sequenceNumber"].as_str().unwrap_or_default();
                if marks.borrow().get(shard).is_some_and(|done| sequence <= done.as_str()) {
                    continue;
                }
                let Ok(order) = Shop::order(&record) else { return Ok(report(vec![number(&record)])) };
                shop.log.line(format!("stored {}", order["id"].as_str().unwrap_or_default()));
                marks.borrow_mut().insert(shard.to_owned(), sequence.to_owned());
            }
            Ok(json!({"batchItemFailures": []}))
        }),
    );
}

/// Where bad data is no matter: there is none, and nothing fails.
#[test]
fn knows_only_good_records() {
    for mapping in [MAPPING, WITHOUT_REPORTS] {
        let good_only = Check::new(mapping, GOOD, "").expect("a check");
        green(
            good_only,
            shop(|shop, event| {
                shop.collect(event);
                Ok(Value::Null)
            }),
        );
    }
}

/// Raises over a bad record that stands first, and stops in front of one that does not.
#[test]
fn raises_where_nothing_was_done_yet() {
    green(
        Check::new(MAPPING, GOOD, BAD).expect("a check"),
        shop(|shop, event| {
            let all = records(event);
            match all.iter().position(|record| shop.store(record).is_err()) {
                Some(0) => Err("the first record is bad".to_owned()),
                Some(at) => Ok(report(vec![number(&all[at])])),
                None => Ok(report(Vec::new())),
            }
        }),
    );
}

/// With the types of `aws_lambda_events`, as a function in Rust has them.
#[test]
fn takes_and_gives_types() {
    let (log, stored) = (Log::default(), RefCell::new(BTreeSet::new()));
    let said = log.clone();
    let store = |record: &KinesisEventRecord| {
        let order: Value =
            serde_json::from_slice(&record.kinesis.data.0).map_err(|error| error.to_string())?;
        let (id, _amount) = order["id"].as_str().zip(order["amount"].as_i64()).ok_or("no order")?;
        if stored.borrow_mut().insert(id.to_owned()) {
            said.line(format!("stored {id}"));
        }
        Ok::<_, String>(())
    };
    let mut handler = Local::new(log, async |event: KinesisEvent| {
        let first = event.records.iter().find(|record| store(record).is_err());
        let mut response = KinesisEventResponse::default();
        if let Some(record) = first {
            let mut failure = KinesisBatchItemFailure::default();
            failure.item_identifier = Some(record.kinesis.sequence_number.clone());
            response.batch_item_failures.push(failure);
        }
        Ok::<_, String>(response)
    });
    let report = run_with(&check(MAPPING).explore(true), &mut handler).unwrap();
    violated(&report, &[]);
    assert!(report.calls > 500, "{}", report.to_text());

    let mut other = Local::new(Log::default(), async |_: Vec<u8>| Ok::<_, String>(Value::Null));
    let report = run_with(&check(MAPPING), &mut other).unwrap();
    assert!(report.to_text().contains("the event cannot be read: invalid type: map"), "{}", report.to_text());
}
