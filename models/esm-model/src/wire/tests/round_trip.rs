//! Good documents: their exact text, read back without a complaint.

use super::*;

#[test]
fn the_text_of_a_record_is_exact() {
    let expected = concat!(
        r#"{"requestContext":{"requestId":"c2d3e4f5-0617-4829-9a3b-4c5d6e7f8091","#,
        r#""functionArn":"arn:aws:lambda:eu-west-3:444455556666:function:orders:live","#,
        r#""condition":"RetryAttemptsExhausted","approximateInvokeCount":5},"#,
        r#""responseContext":{"statusCode":200,"executedVersion":"17","functionError":"Unhandled"},"#,
        r#""version":"1.0","timestamp":"2026-03-04T05:06:07.089Z","#,
        r#""KinesisBatchInfo":{"shardId":"shardId-000000000003","#,
        r#""startSequenceNumber":"49660000000000000000000000000000000000000000000000000011","#,
        r#""endSequenceNumber":"49660000000000000000000000000000000000000000000000000013","#,
        r#""approximateArrivalOfFirstRecord":"2026-03-04T05:05:13.750Z","#,
        r#""approximateArrivalOfLastRecord":"2026-03-04T05:05:16.250Z","batchSize":3,"#,
        r#""streamArn":"arn:aws:kinesis:eu-west-3:444455556666:stream/orders"}}"#,
    );
    assert_eq!(good(SourceKind::Kinesis).to_sqs_body(SourceKind::Kinesis), expected);
}

#[test]
fn dynamodb_differs_in_key_and_arrivals() {
    let text = good(SourceKind::DynamoDb).to_sqs_body(SourceKind::DynamoDb);
    assert!(text.contains(r#""DDBStreamBatchInfo":{"#), "{text}");
    assert!(text.contains(r#""approximateArrivalOfLastRecord":"2026-03-04T05:05:16Z""#), "{text}");
    assert!(text.contains(r#""timestamp":"2026-03-04T05:06:07.089Z""#), "{text}");
}

#[test]
fn every_record_reads_back() {
    for source in BOTH {
        let no_error = {
            let mut record = good(source);
            record.response =
                record.response.map(|response| ResponseContext { function_error: None, ..response });
            record
        };
        for record in [good(source), aged(source), single(source), no_error] {
            let text = record.to_sqs_body(source);
            let notification =
                sns_notification("arn:aws:sns:eu-west-3:444455556666:failures", OBJECT, &text, AT);
            for read in [read_sqs(&text, source), read_sns(&notification, source)] {
                assert_eq!(brief(&read.complaints), [""; 0]);
                assert_eq!(read.record.unwrap().to_record(), Some(record.clone()));
            }
        }
    }
}

#[test]
fn an_object_reads_back() {
    for source in BOTH {
        let record = with_payload(source);
        let read = in_bucket(&record.to_s3_body(source), source);
        assert_eq!(brief(&read.complaints), [""; 0]);
        let found = read.record.unwrap();
        assert_eq!(found.to_record(), Some(record));
        assert_eq!(found.key.time_ms, Some(AT / 1000 * 1000));
        assert_eq!(found.key.mapping.as_deref(), Some(MAPPING));
        let data: Vec<_> =
            found.payload_records.unwrap().into_iter().map(|seen| seen.data.unwrap()).collect();
        assert_eq!(data, records().into_iter().map(|record| record.data).collect::<Vec<_>>());
    }
}

#[test]
fn members_of_an_object_are_in_order() {
    let text = with_payload(SourceKind::Kinesis).to_s3_body(SourceKind::Kinesis);
    let document: Value = serde_json::from_str(&text).unwrap();
    let names: Vec<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["requestContext", "responseContext", "version", "payload", "timestamp", "KinesisBatchInfo"];
    assert_eq!(names, expected);
}

#[test]
fn the_order_of_a_message_is_free() {
    let text = with_payload(SourceKind::Kinesis).to_s3_body(SourceKind::Kinesis);
    let mut document: Value = serde_json::from_str(&text).unwrap();
    document.sort_all_objects();
    only(
        &in_bucket(&document.to_string(), SourceKind::Kinesis).complaints,
        crate::catalogue::S3_4,
        "",
        "sorting",
    );
    document.as_object_mut().unwrap().shift_remove("payload");
    assert_eq!(read_sqs(&document.to_string(), SourceKind::Kinesis).complaints, []);
}

#[test]
fn the_record_of_an_empty_window_is_short() {
    let mut text = good(SourceKind::DynamoDb).to_sqs_body(SourceKind::DynamoDb);
    let window = serde_json::json!({ "window": {}, "isFinalInvokeForWindow": true });
    for name in [
        "startSequenceNumber",
        "endSequenceNumber",
        "approximateArrivalOfFirstRecord",
        "approximateArrivalOfLastRecord",
        "batchSize",
    ] {
        text = edit(&text, &format!("/DDBStreamBatchInfo/{name}"), &Edit::Delete);
    }
    assert_eq!(read_sqs(&text, SourceKind::DynamoDb).complaints.len(), 5);
    let text = edit(&text, "/timeWindowInfo", &Edit::Set(window));
    let read = read_sqs(&text, SourceKind::DynamoDb);
    assert_eq!(read.complaints, []);
    assert!(read.record.unwrap().window);
}

#[test]
fn what_was_read_has_a_json_form() {
    let read = in_bucket(
        &edit(&good(SourceKind::Kinesis).to_s3_body(SourceKind::Kinesis), "/version", &Edit::Delete),
        SourceKind::Kinesis,
    );
    let text = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<Read>(&text).unwrap(), read);
    let record = with_payload(SourceKind::Kinesis);
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<FailureRecord>(&text).unwrap(), record);
}
