//! One edit, one complaint: each rule is provoked alone, and the value is understood where it can be.

use super::*;
use crate::catalogue::*;
use serde_json::json;

fn set(value: Value) -> Edit {
    Edit::Set(value)
}

#[test]
fn members_outside_the_batch() {
    let request = |name: &str| format!("/requestContext/{name}");
    let response = |name: &str| format!("/responseContext/{name}");
    let cases = [
        ("/requestContext".to_owned(), Edit::Delete, REC_1),
        (request("condition"), set(json!("RetriesExhausted")), REC_1),
        (request("condition"), set(json!("Poisoned")), REC_1),
        (request("condition"), set(json!(null)), REC_1),
        (request("condition"), Edit::Delete, REC_1),
        (request("requestId"), Edit::Delete, REC_2),
        (request("functionArn"), set(json!("orders")), REC_3),
        (request("functionArn"), Edit::Delete, REC_3),
        (request("approximateInvokeCount"), set(json!("5")), REC_6),
        (request("approximateInvokeCount"), set(json!(0)), REC_6),
        (request("approximateInvokeCount"), set(json!(-1)), REC_6),
        (request("approximateInvokeCount"), set(json!(2.5)), REC_6),
        (request("approximateInvokeCount"), Edit::Delete, REC_6),
        ("/responseContext".to_owned(), set(json!(null)), REC_4),
        ("/responseContext".to_owned(), set(json!("none")), REC_4),
        (response("statusCode"), set(json!("200")), REC_4),
        (response("statusCode"), set(json!(500)), REC_4),
        (response("statusCode"), Edit::Delete, REC_4),
        (response("executedVersion"), set(json!(17)), REC_4),
        (response("executedVersion"), set(json!("live")), REC_4),
        (response("executedVersion"), set(json!(null)), REC_4),
        (response("functionError"), Edit::Delete, REC_4),
        (response("functionError"), set(json!(false)), REC_4),
        ("/version".to_owned(), set(json!(1.0)), REC_12),
        ("/version".to_owned(), set(json!("2.0")), REC_12),
        ("/version".to_owned(), Edit::Delete, REC_12),
        ("/timestamp".to_owned(), Edit::Delete, REC_9),
        ("/timestamp".to_owned(), set(json!("2026-03-04T05:06:07Z")), REC_9),
        ("/timestamp".to_owned(), set(json!("2026-03-04T05:06:07.089123Z")), REC_9),
        ("/timestamp".to_owned(), set(json!("2026-03-04T05:06:07.089+00:00")), REC_9),
        ("/timestamp".to_owned(), set(json!(1_772_600_767.089)), REC_9),
        ("/payload".to_owned(), set(json!("{}")), DISCARD_8),
        ("/payload".to_owned(), set(json!(null)), DISCARD_8),
        ("/extra".to_owned(), set(json!(1)), REC_13),
        (request("extra"), set(json!(1)), REC_13),
        (response("extra"), set(json!(1)), REC_13),
        ("/timeWindowInfo".to_owned(), set(json!(null)), REC_13),
    ];
    for source in BOTH {
        let text = good(source).to_sqs_body(source);
        for (pointer, change, rule) in &cases {
            let what = format!("{change:?} of {pointer}");
            let read = read_sqs(&edit(&text, pointer, change), source);
            only(&read.complaints, *rule, &pointer[1..].replace('/', "."), &what);
            let warns = pointer.ends_with("xtra") || *rule == REC_2 || pointer == "/timeWindowInfo";
            assert_eq!(read.complaints[0].warning, warns, "{what}");
        }
    }
}

#[test]
fn members_of_the_batch() {
    for source in BOTH {
        let arrival =
            if source == SourceKind::Kinesis { "2026-03-04T05:05:13Z" } else { "2026-03-04T05:05:13.000Z" };
        let late =
            if source == SourceKind::Kinesis { "2026-03-04T05:05:16.251Z" } else { "2026-03-04T05:05:17Z" };
        let above = "49660000000000000000000000000000000000000000000000000014";
        let cases = [
            ("shardId", set(json!(null)), REC_13),
            ("shardId", set(json!("")), REC_13),
            ("startSequenceNumber", set(json!("r0")), REC_7),
            ("startSequenceNumber", set(json!(11)), REC_7),
            ("startSequenceNumber", set(json!(above)), REC_7),
            ("endSequenceNumber", set(json!(null)), REC_7),
            ("approximateArrivalOfFirstRecord", set(json!(arrival)), REC_10),
            ("approximateArrivalOfLastRecord", set(json!(null)), REC_10),
            ("approximateArrivalOfFirstRecord", set(json!(late)), REC_11),
            ("batchSize", set(json!("3")), REC_7),
            ("batchSize", set(json!(0)), REC_7),
            ("batchSize", set(json!(1)), REC_7),
            ("streamArn", set(json!("orders")), REC_8),
            ("streamArn", set(json!(null)), REC_8),
            ("extra", set(json!(null)), REC_13),
            ("shardId", Edit::Delete, REC_13),
            ("startSequenceNumber", Edit::Delete, REC_13),
            ("endSequenceNumber", Edit::Delete, REC_13),
            ("approximateArrivalOfFirstRecord", Edit::Delete, REC_13),
            ("approximateArrivalOfLastRecord", Edit::Delete, REC_13),
            ("batchSize", Edit::Delete, REC_13),
            ("streamArn", Edit::Delete, REC_13),
        ];
        let text = good(source).to_sqs_body(source);
        let info = source.batch_info_key();
        for (name, change, rule) in &cases {
            let read = read_sqs(&edit(&text, &format!("/{info}/{name}"), change), source);
            only(&read.complaints, *rule, &format!("{info}.{name}"), &format!("{change:?} of {name}"));
        }
        let one = single(source).to_sqs_body(source);
        let read = read_sqs(&edit(&one, &format!("/{info}/batchSize"), &set(json!(2))), source);
        only(&read.complaints, REC_7, &format!("{info}.batchSize"), "two records with equal ends");

        only(
            &read_sqs(&edit(&text, &format!("/{info}"), &Edit::Delete), source).complaints,
            REC_13,
            info,
            "deletion",
        );
    }
}

#[test]
fn the_other_streams_key_is_understood() {
    let text = single(SourceKind::Kinesis).to_sqs_body(SourceKind::Kinesis);
    let text = edit(&text, "/KinesisBatchInfo", &Edit::Rename("DDBStreamBatchInfo"));
    let read = read_sqs(&text, SourceKind::Kinesis);
    only(&read.complaints, DDB_1, "DDBStreamBatchInfo", "renaming");
    assert_eq!(read.record.unwrap().to_record(), Some(single(SourceKind::Kinesis)));
}

#[test]
fn misspelt_conditions_are_guessed() {
    let text = aged(SourceKind::Kinesis).to_sqs_body(SourceKind::Kinesis);
    for wrong in ["EventAgeExceeded", "MaximumRecordAgeExceeded", "recordageexceeded", "RECORD_AGE_EXCEEDED"]
    {
        let read =
            read_sqs(&edit(&text, "/requestContext/condition", &set(json!(wrong))), SourceKind::Kinesis);
        only(&read.complaints, AGE_2, "requestContext.condition", wrong);
        let found = read.record.unwrap();
        assert_eq!(found.condition_guess, Some(Condition::RecordAgeExceeded));
        assert_eq!(found.condition, Some(Condition::Other(wrong.to_owned())));
    }
    for (wrong, guess) in [
        ("RetriesExhausted", Some(Condition::RetryAttemptsExhausted)),
        ("retryAttemptsExhausted", Some(Condition::RetryAttemptsExhausted)),
        ("MessageTooLarge", None),
        ("", None),
    ] {
        let read =
            read_sqs(&edit(&text, "/requestContext/condition", &set(json!(wrong))), SourceKind::Kinesis);
        only(&read.complaints, REC_1, "requestContext.condition", wrong);
        assert_eq!(read.record.unwrap().condition_guess, guess, "{wrong}");
    }
}

#[test]
fn an_aged_record_has_no_response() {
    let text = aged(SourceKind::Kinesis).to_sqs_body(SourceKind::Kinesis);
    for value in [json!(null), json!({}), json!("x"), json!({ "statusCode": 500 })] {
        let read = read_sqs(&edit(&text, "/responseContext", &set(value.clone())), SourceKind::Kinesis);
        only(&read.complaints, AGE_3, "responseContext", &value.to_string());
    }
}

#[test]
fn what_can_be_understood_is() {
    let source = SourceKind::Kinesis;
    let text = good(source).to_sqs_body(source);
    let read =
        |pointer: &str, value: Value| read_sqs(&edit(&text, pointer, &set(value)), source).record.unwrap();
    assert_eq!(read("/requestContext/approximateInvokeCount", json!("2")).approximate_invoke_count, Some(2));
    assert_eq!(read("/requestContext/approximateInvokeCount", json!(2.0)).approximate_invoke_count, Some(2));
    assert_eq!(read("/requestContext/approximateInvokeCount", json!([])).approximate_invoke_count, None);
    assert_eq!(read("/timestamp", json!("2026-03-04T06:06:07.089+01:00")).timestamp_ms, Some(AT));
    assert_eq!(read("/timestamp", json!("2026-03-04T05:06:07.089")).timestamp_ms, Some(AT));
    assert_eq!(read("/timestamp", json!(1_772_600_767.089)).timestamp_ms, Some(AT));
    assert_eq!(read("/timestamp", json!(AT)).timestamp_ms, Some(AT));
    let first = read("/KinesisBatchInfo/approximateArrivalOfFirstRecord", json!("2026-03-04T05:05:13Z"));
    assert_eq!(first.batch.first_arrival_ms, Some(1_772_600_713_000));
    assert_eq!(read("/KinesisBatchInfo/startSequenceNumber", json!(7)).batch.start, Some(7.into()));
    assert_eq!(read("/version", json!(1)).version.as_deref(), Some("1"));
    assert_eq!(read("/responseContext", json!(null)).response, Member::Null);
    assert_eq!(read("/responseContext", json!([])).response, Member::WrongType);
    let answered = read("/responseContext/functionError", json!(null)).response;
    assert_eq!(answered.value().unwrap().function_error, Member::Null);
}

#[test]
fn envelopes() {
    for source in BOTH {
        let text = envelope(source);
        let cases = [
            ("/Type", set(json!("SubscriptionConfirmation")), DISCARD_9),
            ("/Type", Edit::Delete, DISCARD_9),
            ("/Message", set(serde_json::from_str(&good(source).to_sns_message(source)).unwrap()), DISCARD_9),
            ("/Message", set(json!("failed")), DISCARD_9),
            ("/Message", Edit::Delete, DISCARD_9),
            ("/TopicArn", Edit::Delete, DISCARD_9),
            ("/Signature", set(json!(null)), DISCARD_9),
        ];
        for (pointer, change, rule) in cases {
            let read = read_sns(&edit(&text, pointer, &change), source);
            only(&read.complaints, rule, &pointer[1..], &format!("{change:?} of {pointer}"));
            let envelope_only = ["/TopicArn", "/Signature"].contains(&pointer);
            assert_eq!(read.complaints[0].warning, envelope_only, "{pointer}");
        }
        let raw = read_sns(&good(source).to_sns_message(source), source);
        only(&raw.complaints, DISCARD_9, "", "raw delivery");
        assert_eq!(raw.record.unwrap().to_record(), Some(good(source)));
    }
}

#[test]
fn text_that_is_no_object() {
    for text in ["", "null", "[]", "\"{}\"", "{", "{}{}", "\u{feff}{}", "1e999"] {
        only(&read_sqs(text, SourceKind::Kinesis).complaints, DISCARD_8, "", text);
        only(&read_sns(text, SourceKind::Kinesis).complaints, DISCARD_9, "", text);
        only(&in_bucket(text, SourceKind::Kinesis).complaints, S3_3, "", text);
    }
    let bomb = "[".repeat(100_000);
    assert!(read_sqs(&bomb, SourceKind::Kinesis).record.is_none());
}

#[test]
fn a_complaint_reads_well() {
    let complaint = Complaint::new(S3_3, "payload", "is an object", "a JSON string");
    assert_eq!(complaint.to_string(), "`payload` is an object; S3-3: a JSON string");
    let text = serde_json::to_string(&complaint).unwrap();
    assert_eq!(text, r#"{"rule":"S3-3","path":"payload","message":"is an object; S3-3: a JSON string"}"#);
    assert_eq!(serde_json::from_str::<Complaint>(&text).unwrap(), complaint);
}
