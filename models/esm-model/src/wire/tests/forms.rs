//! S3 objects, their keys, and the forms of timestamps.

use super::*;
use crate::catalogue::*;
use crate::wire::timestamp::{format_millis, format_seconds, parse, parse_millis, parse_seconds};
use serde_json::json;

fn object(source: SourceKind) -> String {
    with_payload(source).to_s3_body(source)
}

#[test]
fn the_key_is_exact() {
    let expected = "aws/lambda/0b4d1f0e-6a52-5e0f-9c3d-7e1a2b3c4d5e/shardId-000000000003/2026/03/04/\
                    2026-03-04T05.06.07-7d0c9b8a-1f2e-4a3b-8c4d-5e6f708192a3";
    assert_eq!(key(SourceKind::Kinesis), expected);
}

#[test]
fn wrong_keys() {
    let good = key(SourceKind::Kinesis);
    let with = |from: &str, to: &str| good.replace(from, to);
    let cases = [
        (good.clone() + ".json", S3_1),
        (with(OBJECT, &OBJECT.to_uppercase()), S3_1),
        (with(OBJECT, "1"), S3_1),
        (with(&format!("-{OBJECT}"), ""), S3_1),
        (with("05.06.07", "05:06:07"), S3_1),
        (with("2026/03/04", "2026/3/4"), S3_1),
        (with("2026/03/04", "2026/03/05"), S3_1),
        (with("2026/03/04/", ""), S3_1),
        (with("aws/lambda", "lambda"), S3_1),
        (with("aws/lambda", "/aws/lambda"), S3_1),
        (with(MAPPING, "mapping"), S3_1),
        (with("shardId-000000000003", ""), S3_1),
        (with("shardId-000000000003", "shardId-000000000004"), S3_1),
        (with("T05.06.07", ""), S3_1),
        ("".to_owned(), S3_1),
        ("é".repeat(40), S3_1),
        (with("T05.06.07", "T05.06.08"), S3_2),
        (with("T05.06.07", "T06.06.07"), S3_2),
    ];
    for (key, rule) in cases {
        let read = read_s3(&key, &object(SourceKind::Kinesis), None, SourceKind::Kinesis);
        only(&read.complaints, rule, "key", &key);
    }
}

#[test]
fn a_key_is_understood_as_far_as_possible() {
    let dotted = read_s3(
        &(key(SourceKind::Kinesis).replace("05.06.07", "05:06:07") + ".json"),
        &object(SourceKind::Kinesis),
        None,
        SourceKind::Kinesis,
    );
    assert_eq!(dotted.record.unwrap().key.time_ms, Some(AT / 1000 * 1000));
}

#[test]
fn content_types() {
    let read = |kind| {
        read_s3(&key(SourceKind::Kinesis), &object(SourceKind::Kinesis), kind, SourceKind::Kinesis).complaints
    };
    assert_eq!(read(None), []);
    assert_eq!(read(Some("application/octet-stream")), []);
    only(&read(Some("application/json")), S3_5, "Content-Type", "json");
    assert!(read(Some("application/json"))[0].warning);
}

#[test]
fn payloads() {
    for source in BOTH {
        let text = object(source);
        let payload = with_payload(source).payload.unwrap();
        let event: Value = serde_json::from_str(&payload).unwrap();
        let shortened = edit(&payload, "/Records/1", &Edit::Delete);
        let mut swapped = event.clone();
        swapped["Records"].as_array_mut().unwrap().swap(0, 1);
        for wrong in [
            json!(null),
            json!(7),
            json!([]),
            json!(""),
            json!("{}"),
            json!("[]"),
            json!("plain"),
            json!(shortened),
            json!(swapped.to_string()),
            json!(payload.clone() + "}"),
            event.clone(),
        ] {
            let read = in_bucket(&edit(&text, "/payload", &Edit::Set(wrong.clone())), source);
            assert_eq!(brief(&read.complaints).len(), 1, "{:?}", brief(&read.complaints));
            assert_eq!(read.complaints[0].rule, S3_3, "{wrong}");
        }
        only(
            &in_bucket(&edit(&text, "/payload", &Edit::Delete), source).complaints,
            S3_3,
            "payload",
            "deletion",
        );
        let read = in_bucket(&edit(&text, "/payload", &Edit::Set(event)), source);
        assert_eq!(read.record.unwrap().payload, Some(payload.clone()));

        let spoiled = edit(&payload, "/Records/2/awsRegion", &Edit::Delete);
        let read = in_bucket(&edit(&text, "/payload", &Edit::Set(spoiled.into())), source);
        let rule = if source == SourceKind::Kinesis { BATCH_11 } else { DDB_7 };
        only(&read.complaints, rule, "payload.Records[2].awsRegion", "an incomplete record");
    }
}

#[test]
fn timestamps() {
    assert_eq!(format_millis(AT), "2026-03-04T05:06:07.089Z");
    assert_eq!(format_seconds(AT), "2026-03-04T05:06:07Z");
    assert_eq!(format_millis(-1), "1969-12-31T23:59:59.999Z");
    assert_eq!(format_seconds(-1), "1969-12-31T23:59:59Z");
    assert_eq!(format_millis(i64::MAX), "9999-12-31T23:59:59.999Z");
    assert_eq!(format_millis(i64::MIN), "0000-01-01T00:00:00.000Z");
    for ms in [0, 1, AT, -1, 951_782_400_000, i64::MAX, i64::MIN] {
        let text = format_millis(ms);
        assert_eq!(parse_millis(&text).map(format_millis), Some(text));
        let text = format_seconds(ms);
        assert_eq!(parse_seconds(&text).map(format_seconds), Some(text));
    }
    for (text, precision) in [
        ("2026-03-04T05:06:07.000Z", Precision::Millis),
        ("2026-03-04T05:06:07Z", Precision::Seconds),
        ("2026-03-04T05:06:07.0Z", Precision::Other),
        ("2026-03-04T05:06:07.000000Z", Precision::Other),
        ("2026-03-04T05:06:07+00:00", Precision::Other),
        ("2026-03-04T05:06:07.000z", Precision::Other),
        ("2026-03-04T05:06:07", Precision::Other),
        ("2026-03-04T06:06:07.000+01:00", Precision::Other),
    ] {
        assert_eq!(parse(text), Some((1_772_600_767_000, precision)), "{text}");
    }
    for text in ["", "now", "2026-02-30T00:00:00Z", "2026-03-04", "1772600767", "2026-03-04T25:00:00Z", "é"]
    {
        assert_eq!(parse(text), None, "{text}");
    }
    assert_eq!(parse("2016-12-31T23:59:60Z").map(|(_, precision)| precision), Some(Precision::Other));
}
