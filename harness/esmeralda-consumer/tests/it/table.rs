//! Streams of tables: events as DynamoDB has them, and the same rules.

use crate::support::{BAD_ITEMS, ITEMS, STORED, TABLE, run_with, violated};
use esm_model::catalogue as c;
use esmeralda_consumer::effects::pattern;
use esmeralda_consumer::{Check, Handler, Local, Log};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn check() -> Check {
    let check = Check::new(TABLE, ITEMS, BAD_ITEMS).expect("a check");
    check.effects(pattern(STORED).expect("a pattern")).drawn(20)
}

/// Stores each change once, and reports what has no amount by what `number` takes for its identifier.
fn handler(number: fn(&Value) -> &Value, order: fn(&mut Vec<Value>)) -> impl Handler {
    let log = Log::default();
    let mut stored = BTreeSet::new();
    Local::new(log.clone(), async move |mut event: Value| {
        let mut failed = Vec::new();
        let records = event["Records"].as_array_mut().expect("records");
        order(records);
        for record in records {
            let image = &record["dynamodb"]["NewImage"];
            let amount = image["amount"]["N"].as_str();
            let id = image["order"]["S"].as_str().or(image["id"]["S"].as_str());
            match (amount, id) {
                (Some(_), Some(id)) if stored.insert(id.to_owned()) => log.line(format!("stored {id}")),
                (Some(_), Some(_)) => {}
                _ => failed.push(json!({"itemIdentifier": number(record)})),
            }
        }
        Ok::<_, String>(json!({"batchItemFailures": failed}))
    })
}

#[test]
fn a_right_handler() {
    let mut right = handler(|record| &record["dynamodb"]["SequenceNumber"], |_| {});
    violated(&run_with(&check().explore(true), &mut right).unwrap(), &[]);
}

#[test]
fn an_event_id_in_place_of_the_number() {
    let mut wrong = handler(|record| &record["eventID"], |_| {});
    let report = run_with(&check(), &mut wrong).unwrap();
    violated(&report, &[c::CONS_2]);
    assert!(report.to_text().contains(r#"record["dynamodb"]["SequenceNumber"]"#), "{}", report.to_text());
}

/// Order holds for the changes of an item, and of nothing else.
#[test]
fn changes_of_an_item_out_of_order() {
    let number: fn(&Value) -> &Value = |record| &record["dynamodb"]["SequenceNumber"];
    let mut backwards = handler(number, |records| records.reverse());
    violated(&run_with(&check(), &mut backwards).unwrap(), &[c::CONS_10]);
    let only_new = ITEMS.lines().next().unwrap();
    let other_items = Check::new(TABLE, only_new, "").unwrap().effects(pattern(STORED).unwrap()).drawn(20);
    let mut backwards = handler(number, |records| records.reverse());
    violated(&run_with(&other_items, &mut backwards).unwrap(), &[]);
}

#[test]
fn events_as_dynamodb_has_them() {
    let mut raises = Local::new(Log::default(), async |_: Value| Err::<Value, _>("no"));
    let report = run_with(&Check::new(TABLE, ITEMS, "").unwrap().drawn(0), &mut raises).unwrap();
    let events: Vec<Value> = report.findings[0]
        .calls
        .iter()
        .map(|call| serde_json::from_str(&call.event).expect("an event"))
        .collect();
    esm_snapshots::settings("consumer").bind(|| insta::assert_json_snapshot!("table-event", events[0]));
}
