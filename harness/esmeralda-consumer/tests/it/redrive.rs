//! Consumers of failure records: the example made to be copied is green however they arrive, and each mistake is found with
//! the right rule.

use crate::mistaken::{Consumer, Mistake};
use crate::support::local;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_kinesis::config::Credentials;
use esm_model::catalogue::{self, *};
use esm_model::mapping::SourceKind;
use esm_model::rule::{RuleId, Section};
use esmeralda_consumer::aws::{Answers, Recorder};
use esmeralda_consumer::export::export;
use esmeralda_consumer::junit::junit;
use esmeralda_consumer::redrive::{Arrival, Redrive, Report};
use esmeralda_consumer::surrounded::Surrounded;
use esmeralda_consumer::{Local, Log, Verdict, effects};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[path = "../../examples/redrive/redrive.rs"]
mod example;

const KINESIS: SourceKind = SourceKind::Kinesis;
/// Few, for each mistake shows in an exercise of its own.
const DRAWN: u64 = 6;

/// What every SDK needs to find the recorder.
fn config(url: &str) -> SdkConfig {
    let provider = aws_smithy_http_client::tls::Provider::Rustls(
        aws_smithy_http_client::tls::rustls_provider::CryptoMode::Ring,
    );
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(url)
        .credentials_provider(aws_sdk_kinesis::config::SharedCredentialsProvider::new(Credentials::new(
            "esmeralda",
            "esmeralda",
            None,
            None,
            "tests",
        )))
        .http_client(aws_smithy_http_client::Builder::new().tls_provider(provider).build_https())
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
            aws_smithy_async::rt::sleep::TokioSleep::new(),
        ))
        .build()
}

fn recorder() -> Recorder {
    Recorder::start(Answers::Stub, 0).expect("loopback")
}

fn queue(url: &str) -> String {
    format!("{url}/123456789012/redriven.fifo")
}

/// What is said of the example.
fn of_example(redrive: Redrive) -> Report {
    local(async {
        let recorder = recorder();
        let example = example::Redrive::new(&config(&recorder.url()), queue(&recorder.url()));
        let handler = Local::new(Log::default(), async |event: Value| example.handle(&event).await);
        redrive.run(&mut Surrounded::new(handler, recorder)).await.expect("a report")
    })
}

/// What is said of a consumer with this mistake.
fn of_mistake(arrival: Arrival, mistake: Mistake) -> Report {
    of_mistake_on(KINESIS, arrival, mistake)
}

fn of_mistake_on(source: SourceKind, arrival: Arrival, mistake: Mistake) -> Report {
    local(async {
        let recorder = recorder();
        let log = Log::default();
        let consumer = Consumer::new(&config(&recorder.url()), queue(&recorder.url()), log.clone(), mistake);
        let handler = Local::new(log, async |event: Value| consumer.handle(&event).await);
        let redrive = Redrive::new(source, arrival).drawn(DRAWN);
        redrive.run(&mut Surrounded::new(handler, recorder)).await.expect("a report")
    })
}

#[test]
fn the_example_is_right_however_failure_records_arrive() {
    for (name, arrival) in Arrival::ALL {
        let report = of_example(Redrive::new(KINESIS, arrival).drawn(DRAWN));
        assert_eq!(
            (report.verdict, report.findings.len()),
            (Verdict::Conforms, 0),
            "{name}: {}",
            report.to_text()
        );
        assert!(report.exercises > 20 && report.deliveries > report.exercises as u64, "{name}");
    }
}

#[test]
fn each_mistake_is_found_with_its_rule() {
    let mut broken = BTreeSet::new();
    let plain = of_mistake(Arrival::Sqs, Mistake::None);
    plain.assert_conforms();
    of_mistake(Arrival::S3, Mistake::None).assert_conforms();
    for (mistake, arrival, rules) in [
        (Mistake::Latest, Arrival::Sqs, &[REDRIVE_1] as &[RuleId]),
        (Mistake::EndLeftOut, Arrival::Sqs, &[REDRIVE_1]),
        (Mistake::CountsRecords, Arrival::Sqs, &[REDRIVE_1]),
        (Mistake::AgeLeftOut, Arrival::Sqs, &[REDRIVE_1]),
        // It counts the others as well, so it does not see what is gone.
        (Mistake::WholePage, Arrival::Sqs, &[REDRIVE_2, REDRIVE_7]),
        (Mistake::Backwards, Arrival::Sqs, &[REDRIVE_3]),
        (Mistake::Metadata, Arrival::Sqs, &[REDRIVE_4]),
        (Mistake::NeedsContext, Arrival::Sqs, &[REDRIVE_5]),
        (Mistake::NeedsError, Arrival::Sqs, &[REDRIVE_5]),
        (Mistake::KnowsAll, Arrival::Sqs, &[REDRIVE_6]),
        (Mistake::Silent, Arrival::Sqs, &[REDRIVE_7]),
        (Mistake::SendsAgain, Arrival::Sqs, &[REDRIVE_8]),
        (Mistake::BeginsAnew, Arrival::Sqs, &[REDRIVE_8, REDRIVE_9]),
        (Mistake::OnePage, Arrival::Sqs, &[REDRIVE_9]),
        (Mistake::KeyAsItIs, Arrival::S3, &[REDRIVE_10]),
        (Mistake::PayloadAsItIs, Arrival::S3, &[REDRIVE_11]),
        (Mistake::FirstMessage, Arrival::Sqs, &[REDRIVE_12]),
        (Mistake::FirstShard, Arrival::Sqs, &[REDRIVE_13]),
        (Mistake::ArnAsItIs, Arrival::Sqs, &[REDRIVE_13]),
    ] {
        let report = of_mistake(arrival, mistake);
        assert_eq!(report.violated(), rules, "{mistake:?}: {}", report.to_text());
        broken.extend(report.violated());
    }
    // Whatever is checked can be broken.
    let checked = catalogue::section(Section::Redrive).iter().filter(|rule| rule.is_checked());
    assert_eq!(broken, checked.map(|rule| rule.id).collect());
}

#[test]
fn what_a_table_s_mapping_has_discarded() {
    for (mistake, arrival, rules) in [
        (Mistake::None, Arrival::Sqs, &[] as &[RuleId]),
        (Mistake::None, Arrival::S3, &[]),
        (Mistake::EndLeftOut, Arrival::Sqs, &[REDRIVE_1]),
        (Mistake::Metadata, Arrival::SnsToSqsRaw, &[REDRIVE_4]),
        (Mistake::OnePage, Arrival::Sqs, &[REDRIVE_9]),
        (Mistake::PayloadAsItIs, Arrival::S3, &[REDRIVE_11]),
    ] {
        let report = of_mistake_on(SourceKind::DynamoDb, arrival, mistake);
        assert_eq!(report.violated(), rules, "{mistake:?}: {}", report.to_text());
        assert!(report.exercises > 15, "{mistake:?}: {}", report.to_text());
    }
}

#[test]
fn the_report_its_events_and_junit() {
    let report = of_mistake(Arrival::Sqs, Mistake::OnePage);
    let text = format!("{}\n{}", report.to_text(), junit(&report).unwrap());
    esm_snapshots::settings("consumer").bind(|| insta::assert_snapshot!("redrive", text));
    let again = of_mistake(Arrival::Sqs, Mistake::OnePage);
    assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&report).unwrap());

    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("redrive");
    let _new = std::fs::remove_dir_all(&dir);
    let written = export(&report, &dir).unwrap();
    let folders: BTreeSet<_> =
        written.iter().filter_map(|path| path.parent()?.file_name()?.to_str()).collect();
    assert_eq!(folders, BTreeSet::from(["REDRIVE-9", "REDRIVE-9-2"]));
    let event: Value = serde_json::from_str(&std::fs::read_to_string(&written[0]).unwrap()).unwrap();
    let body: Value = serde_json::from_str(event["Records"][0]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["requestContext"]["condition"], "RetryAttemptsExhausted");
}

#[test]
fn what_arrives() {
    let mut all = String::new();
    for (name, arrival) in Arrival::ALL {
        let log = Log::default();
        let event = local(async {
            let mut first = None;
            let mut handler = Surrounded::new(
                Local::new(log, async |event: Value| {
                    first.get_or_insert(event);
                    Ok::<_, String>(json!(null))
                }),
                recorder(),
            );
            Redrive::new(KINESIS, arrival).drawn(0).run(&mut handler).await.unwrap();
            drop(handler);
            first.unwrap()
        });
        all += &format!("{name}\n{}\n\n", serde_json::to_string_pretty(&event).unwrap());
    }
    esm_snapshots::settings("consumer").bind(|| insta::assert_snapshot!("failure-records", all));
}

/// Who is not seen is not accused.
#[test]
fn what_is_not_seen_is_no_verdict() {
    let run = |redrive: Redrive, lines: fn(&Value) -> Vec<String>| {
        local(async {
            let log = Log::default();
            let said = log.clone();
            let handler = Local::new(log, async move |event: Value| {
                lines(&event).into_iter().for_each(|line| said.line(line));
                Ok::<_, String>(json!(null))
            });
            redrive.run(&mut Surrounded::new(handler, recorder())).await.expect("a report")
        })
    };
    let unseen = run(Redrive::new(KINESIS, Arrival::Sqs).drawn(2), |_| Vec::new());
    assert_eq!(unseen.verdict, Verdict::CouldNotRun, "{}", unseen.to_text());
    assert!(unseen.to_text().contains("nothing that the function does"), "{}", unseen.to_text());

    // By a pattern, records may be named by their sequence numbers: here the first of each range, and no other.
    let first = |event: &Value| {
        let records = event["Records"].as_array().into_iter().flatten();
        let body = |record: &Value| {
            serde_json::from_str::<Value>(record["body"].as_str().unwrap_or_default()).unwrap_or_default()
        };
        let line = |body: Value| {
            format!("sent {}", body["KinesisBatchInfo"]["startSequenceNumber"].as_str().unwrap_or(""))
        };
        records.map(|record| line(body(record))).collect()
    };
    let pattern = effects::pattern(r"sent (\d+)").unwrap();
    let by_line = run(Redrive::new(KINESIS, Arrival::Sqs).drawn(0).effects(pattern).repeatable(true), first);
    assert_eq!(by_line.violated(), [REDRIVE_1], "{}", by_line.to_text());
    assert!(by_line.findings[0].happened.starts_with("Record 4 of records 3 and 4"), "{}", by_line.to_text());
}
