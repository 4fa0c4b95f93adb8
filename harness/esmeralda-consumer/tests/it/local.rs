//! Handlers in this process: right ones of different styles stay green under every setting, and one mistake in full.

use crate::support::{BAD, GOOD, MAPPING, STORED, TABLE, WITHOUT_REPORTS, check, run_with, violated};
use esm_model::catalogue as c;
use esmeralda_consumer::check::{Check, CheckError};
use esmeralda_consumer::effects::pattern;
use esmeralda_consumer::sample::BadMeans;
use esmeralda_consumer::{Handler, Local, Log};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// What a right handler does with one record: stores it once.
#[derive(Clone, Default)]
pub(crate) struct Shop {
    pub(crate) log: Log,
    stored: Rc<RefCell<BTreeSet<String>>>,
}

pub(crate) fn records(event: &Value) -> Vec<Value> {
    event["Records"].as_array().expect("records").clone()
}

pub(crate) fn number(record: &Value) -> Value {
    record["kinesis"]["sequenceNumber"].clone()
}

pub(crate) fn report(numbers: Vec<Value>) -> Value {
    let items: Vec<Value> = numbers.into_iter().map(|number| json!({"itemIdentifier": number})).collect();
    json!({"batchItemFailures": items})
}

impl Shop {
    pub(crate) fn order(record: &Value) -> Result<Value, String> {
        let data = record["kinesis"]["data"].as_str().ok_or("no data")?;
        let bytes = decode(data);
        let order: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        if order["amount"].is_null() { Err("no amount".to_owned()) } else { Ok(order) }
    }

    pub(crate) fn store(&self, record: &Value) -> Result<(), String> {
        let order = Shop::order(record)?;
        let id = order["id"].as_str().ok_or("no id")?;
        if self.stored.borrow_mut().insert(id.to_owned()) {
            self.log.line(format!("stored {id}"));
        }
        Ok(())
    }

    pub(crate) fn collect(&self, event: &Value) -> Vec<Value> {
        records(event).iter().filter(|record| self.store(record).is_err()).map(number).collect()
    }
}

/// Base64, as the standard has it.
fn decode(text: &str) -> Vec<u8> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let sixes: Vec<u32> =
        text.bytes().filter_map(|b| letters.iter().position(|l| *l == b)).map(|six| six as u32).collect();
    let mut bytes = Vec::new();
    for chunk in sixes.chunks(4) {
        let all = chunk.iter().enumerate().fold(0, |all, (i, six)| all | six << (18 - 6 * i));
        bytes.extend((0..chunk.len().saturating_sub(1)).map(|i| (all >> (16 - 8 * i)) as u8));
    }
    bytes
}

type Answer = Result<Value, String>;

pub(crate) fn shop(work: impl Fn(&Shop, &Value) -> Answer + 'static) -> impl Handler {
    let shop = Shop::default();
    Local::new(shop.log.clone(), async move |event: Value| work(&shop, &event))
}

#[track_caller]
pub(crate) fn green(check: Check, mut handler: impl Handler) {
    let report = run_with(&check.explore(true).drawn(100), &mut handler).expect("a report");
    report.assert_conforms();
    assert!(report.histories > 200 && report.calls > 500, "{} {}", report.histories, report.calls);
}

#[test]
fn collects_all_failures() {
    green(check(MAPPING), shop(|shop, event| Ok(report(shop.collect(event)))));
}

#[test]
fn reports_in_any_order() {
    green(
        check(MAPPING),
        shop(|shop, event| {
            let mut failed = shop.collect(event);
            failed.reverse();
            Ok(report(failed))
        }),
    );
}

#[test]
fn stops_at_the_first() {
    green(
        check(MAPPING),
        shop(|shop, event| {
            let failed = records(event).into_iter().find(|record| shop.store(record).is_err());
            Ok(report(failed.iter().map(number).collect()))
        }),
    );
}

#[test]
fn reports_everything_behind_the_first() {
    green(
        check(MAPPING),
        shop(|shop, event| {
            let all = records(event);
            let first = all.iter().position(|record| shop.store(record).is_err()).unwrap_or(all.len());
            Ok(report(all[first..].iter().map(number).collect()))
        }),
    );
}

#[test]
fn returns_nothing_if_all_is_well() {
    green(
        check(MAPPING),
        shop(|shop, event| {
            let failed = shop.collect(event);
            Ok(if failed.is_empty() { Value::Null } else { report(failed) })
        }),
    );
}

/// As batch processors do it that raise if nothing of a batch succeeded: nothing good is tried again by that.
#[test]
fn raises_if_every_record_failed() {
    green(
        check(MAPPING),
        shop(|shop, event| {
            let failed = shop.collect(event);
            if failed.len() == records(event).len() {
                Err("all failed".to_owned())
            } else {
                Ok(report(failed))
            }
        }),
    );
}

#[test]
fn raises_where_nothing_is_reported() {
    green(
        check(WITHOUT_REPORTS),
        shop(|shop, event| records(event).iter().try_for_each(|r| shop.store(r)).map(|()| Value::Null)),
    );
}

#[test]
fn looks_before_it_stores() {
    green(
        check(WITHOUT_REPORTS),
        shop(|shop, event| {
            let all = records(event);
            all.iter().try_for_each(|record| Shop::order(record).map(drop))?;
            all.iter().try_for_each(|record| shop.store(record)).map(|()| json!("fine"))
        }),
    );
}

#[test]
fn puts_bad_records_aside() {
    let aside = BadMeans::Diverted(pattern(r"aside (\d+)").unwrap());
    for mapping in [MAPPING, WITHOUT_REPORTS] {
        green(
            check(mapping).bad_means(aside.clone()),
            shop(|shop, event| {
                for record in records(event).iter().filter(|record| shop.store(record).is_err()) {
                    shop.log.line(format!("aside {}", number(record).as_str().unwrap()));
                }
                Ok(Value::Null)
            }),
        );
    }
}

#[test]
fn drops_bad_records() {
    green(
        check(MAPPING).bad_means(BadMeans::Dropped),
        shop(|shop, event| {
            shop.collect(event);
            Ok(json!({}))
        }),
    );
}

/// The same effect any number of times: nothing is remembered, and it is said that this does no harm.
#[test]
fn overwrites() {
    green(
        check(MAPPING).repeatable(true),
        shop(|shop, event| {
            shop.stored.borrow_mut().clear();
            Ok(report(shop.collect(event)))
        }),
    );
}

#[test]
fn puts_some_aside_and_others_not() {
    let aside = BadMeans::Diverted(pattern(r"aside (\d+)").unwrap());
    let mut handler = shop(|shop, event| {
        for record in records(event).iter().filter(|record| shop.store(record).is_err()).step_by(2) {
            shop.log.line(format!("aside {}", number(record).as_str().unwrap()));
        }
        Ok(Value::Null)
    });
    let report = run_with(&check(MAPPING).bad_means(aside), &mut handler).unwrap();
    violated(&report, &[c::CONS_5]);
}

#[test]
fn fails_without_cause() {
    let mut handler = shop(|shop, event| match records(event).len() {
        4.. => Err("too many".to_owned()),
        _ => Ok(report(shop.collect(event))),
    });
    let found = run_with(&check(MAPPING), &mut handler).unwrap();
    assert!(found.violated().contains(&c::CONS_3), "{}", found.to_text());
    let finding = found.findings.iter().find(|finding| finding.rule == c::CONS_3).unwrap();
    assert_eq!(finding.records, ["good"; 4], "the smallest batch that shows it");
}

/// Other settings are advice to a function that is right under its own.
#[test]
fn what_other_settings_would_do_is_advice() {
    let mut handler = shop(|shop, event| Ok(report(shop.collect(event))));
    let found = run_with(&check(MAPPING).explore(true), &mut handler).unwrap();
    found.assert_conforms();
    let advice: Vec<_> = found.findings.iter().map(|finding| (finding.rule, finding.violates)).collect();
    assert!(advice.contains(&(c::CONS_6, false)), "{}", found.to_text());
}

#[test]
fn a_red_in_full() {
    let mut handler = shop(|shop, event| {
        let failed = shop.collect(event).pop();
        Ok(report(failed.into_iter().collect()))
    });
    let found = run_with(&check(MAPPING), &mut handler).unwrap();
    violated(&found, &[c::CONS_4]);
    esm_snapshots::settings("consumer").bind(|| insta::assert_snapshot!("reports-last", found.to_text()));
}

/// Lines that get mixed by threads tell of both records; a name that is none is no reason for a red.
#[test]
fn lines_that_are_mixed_or_name_nothing() {
    let both = |end: &'static str| {
        shop(move |shop, event| {
            let failed = shop.collect(event);
            let lines: Vec<String> = shop.log.take();
            shop.log.line(lines.join(end));
            Ok(report(failed))
        })
    };
    let mixed = run_with(&check(MAPPING), &mut both(" ")).unwrap();
    mixed.assert_conforms();
    let unnamed = |text: &str| text.contains("named no record");
    assert!(!unnamed(&mixed.to_text()), "{}", mixed.to_text());
    let unreadable = run_with(&check(MAPPING), &mut both("")).unwrap();
    unreadable.assert_conforms();
    assert!(unnamed(&unreadable.to_text()), "{}", unreadable.to_text());
}

#[test]
fn equal_seeds_mean_equal_reports() {
    let once = || {
        let mut handler = shop(|shop, event| {
            Ok(report(shop.collect(event).split_off(0).into_iter().rev().take(1).collect()))
        });
        run_with(&check(MAPPING).seed(7).explore(true), &mut handler).unwrap()
    };
    let (one, two) = (once(), once());
    assert_eq!(one, two);
    assert_eq!(one.to_text(), two.to_text());
}

#[test]
fn what_cannot_be_checked() {
    for (good, part) in [
        (GOOD, "without a type"),
        ("[]", "is no object"),
        (r#"{"eventName": "PUT", "dynamodb": {}}"#, "none of INSERT, MODIFY, REMOVE"),
        (r#"{"eventName": "REMOVE", "dynamodb": {}}"#, "has no dynamodb.Keys"),
    ] {
        let error = Check::new(TABLE, good, "").expect_err("no change of an item").to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(matches!(Check::new("{", GOOD, BAD), Err(CheckError::Mapping(_))));
    assert!(matches!(Check::new(MAPPING, "\n\n", BAD), Err(CheckError::Samples(_))));
    assert!(pattern("(").unwrap_err().to_string().contains("no regular expression"));
    assert!(pattern(STORED).is_ok());
}
