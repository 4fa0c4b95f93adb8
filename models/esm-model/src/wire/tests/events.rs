//! Invocation events: their exact text, read back, and one complaint per edit.

use super::*;
use crate::catalogue::*;
use serde_json::json;

#[test]
fn the_text_of_a_kinesis_event_is_exact() {
    let expected = concat!(
        r#"{"Records":[{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"customer-11","#,
        r#""sequenceNumber":"49660000000000000000000000000000000000000000000000000011","#,
        r#""data":"eyJuIjoxMX0=","approximateArrivalTimestamp":1772600713.75},"#,
        r#""eventSource":"aws:kinesis","eventVersion":"1.0","#,
        r#""eventID":"shardId-000000000003:49660000000000000000000000000000000000000000000000000011","#,
        r#""eventName":"aws:kinesis:record","#,
        r#""invokeIdentityArn":"arn:aws:iam::444455556666:role/orders-worker","awsRegion":"eu-west-3","#,
        r#""eventSourceARN":"arn:aws:kinesis:eu-west-3:444455556666:stream/orders"}]}"#,
    );
    assert_eq!(event_text(&context(SourceKind::Kinesis), &records()[..1]), expected);
}

#[test]
fn the_text_of_a_dynamodb_event_is_exact() {
    let expected = concat!(
        r#"{"Records":[{"eventID":"<id>","eventName":"INSERT","eventVersion":"1.1","#,
        r#""eventSource":"aws:dynamodb","awsRegion":"eu-west-3","dynamodb":{"#,
        r#""ApproximateCreationDateTime":1772600713,"Keys":{"id":{"S":"customer-11"}},"#,
        r#""NewImage":{"data":{"S":"{\"n\":11}"},"id":{"S":"customer-11"}},"#,
        r#""SequenceNumber":"49660000000000000000000000000000000000000000000000000011","#,
        r#""SizeBytes":38,"StreamViewType":"NEW_IMAGE"},"eventSourceARN":"#,
        r#""arn:aws:dynamodb:eu-west-3:444455556666:table/orders/stream/2026-03-04T00:00:00.000"}]}"#,
    );
    let event = build_event(&context(SourceKind::DynamoDb), &records()[..1]);
    let id = event["Records"][0]["eventID"].as_str().unwrap();
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
    assert_eq!(event.to_string(), expected.replace("<id>", id));
}

#[test]
fn an_event_is_made_of_its_entries() {
    for source in BOTH {
        let (context, records) = (context(source), records());
        let entries: Vec<String> = records.iter().map(|record| entry_text(&context, record, None)).collect();
        for count in 0..=records.len() {
            let together = event_of(entries[..count].iter().map(String::as_str));
            assert_eq!(together, event_text(&context, &records[..count]));
        }
    }
}

#[test]
fn a_change_replaces_members_of_an_entry() {
    let (context, records) = (context(SourceKind::DynamoDb), records());
    let change = json!({"eventName": "REMOVE", "dynamodb": {"StreamViewType": "KEYS_ONLY"}});
    let text = entry_text(&context, &records[0], Some(&change));
    let mut expected = build_event(&context, &records[..1])["Records"][0].clone();
    expected["eventName"] = "REMOVE".into();
    expected["dynamodb"] = json!({"StreamViewType": "KEYS_ONLY"});
    assert_eq!(text, expected.to_string());
}

#[test]
fn events_read_back() {
    for source in BOTH {
        let context = context(source);
        let read = read_event(&event_text(&context, &records()), &context);
        assert_eq!(read.complaints, []);
        assert_eq!(read.records.len(), 3);
        for (seen, record) in read.records.iter().zip(records()) {
            assert_eq!(seen.sequence, Some(record.sequence));
            assert_eq!(seen.data, Some(record.data));
            assert_eq!(seen.partition_key, Some(record.partition_key));
            match source {
                SourceKind::Kinesis => {
                    assert_eq!(seen.arrival_ms, Some(record.arrival_ms));
                    assert_eq!(seen.shard_id.as_deref(), Some("shardId-000000000003"));
                }
                SourceKind::DynamoDb => {
                    assert_eq!(seen.arrival_ms, Some(record.arrival_ms / 1000 * 1000));
                    assert_eq!(seen.shard_id, None);
                }
            }
        }
    }
}

#[test]
fn every_millisecond_survives() {
    for offset in 0..1000 {
        let record = EventRecord { arrival_ms: AT + offset, ..records().remove(0) };
        let context = context(SourceKind::Kinesis);
        let read = read_event(&event_text(&context, &[record]), &context);
        assert_eq!(read.records[0].arrival_ms, Some(AT + offset));
    }
}

#[test]
fn kinesis_complaints() {
    let context = context(SourceKind::Kinesis);
    let text = event_text(&context, &records());
    let cases = [
        ("/kinesis/kinesisSchemaVersion", Edit::Set(json!("2.0"))),
        ("/kinesis/partitionKey", Edit::Delete),
        ("/kinesis/sequenceNumber", Edit::Delete),
        ("/kinesis/data", Edit::Set(json!("{\"n\":12}"))),
        ("/kinesis/data", Edit::Set(json!("_wCA"))),
        ("/kinesis/approximateArrivalTimestamp", Edit::Set(json!("1772600715.0"))),
        ("/kinesis/approximateArrivalTimestamp", Edit::Set(json!(1_772_600_715_000_u64))),
        ("/kinesis/extra", Edit::Set(json!(1))),
        ("/eventSource", Edit::Set(json!("kinesis"))),
        ("/eventVersion", Edit::Set(json!("1.1"))),
        ("/eventID", Edit::Set(json!("shardId-000000000003"))),
        ("/eventID", Edit::Set(json!("shardId-000000000003:12"))),
        ("/eventID", Edit::Set(json!(":49660000000000000000000000000000000000000000000000000012"))),
        ("/eventName", Edit::Delete),
        ("/invokeIdentityArn", Edit::Set(json!("arn:aws:iam::444455556666:role/other"))),
        ("/awsRegion", Edit::Set(json!("us-east-1"))),
        ("/eventSourceARN", Edit::Set(json!(null))),
        ("/extra", Edit::Set(json!(1))),
    ];
    for (pointer, change) in cases {
        let read = read_event(&edit(&text, &format!("/Records/1{pointer}"), &change), &context);
        let path = format!("Records[1]{}", pointer.replace('/', "."));
        only(&read.complaints, BATCH_11, &path, &format!("{change:?}"));
        assert_eq!(read.complaints[0].warning, pointer.ends_with("extra"));
        assert_eq!(read.records.len(), 3);
    }
}

#[test]
fn dynamodb_complaints() {
    let context = context(SourceKind::DynamoDb);
    let text = event_text(&context, &records());
    let cases = [
        ("/eventID", Edit::Set(json!("shardId-1:2"))),
        ("/eventName", Edit::Set(json!("aws:dynamodb:record"))),
        ("/eventVersion", Edit::Set(json!("1.0"))),
        ("/eventSource", Edit::Delete),
        ("/awsRegion", Edit::Delete),
        ("/dynamodb", Edit::Delete),
        ("/dynamodb/ApproximateCreationDateTime", Edit::Set(json!("2026-03-04T05:05:13Z"))),
        ("/dynamodb/Keys", Edit::Delete),
        ("/dynamodb/Keys/id", Edit::Set(json!("customer-12"))),
        ("/dynamodb/NewImage/data", Edit::Set(json!({ "S": 7 }))),
        ("/dynamodb/SequenceNumber", Edit::Set(json!(12))),
        ("/dynamodb/SizeBytes", Edit::Delete),
        ("/dynamodb/StreamViewType", Edit::Delete),
        ("/eventSourceARN", Edit::Set(json!("orders"))),
    ];
    for (pointer, change) in cases {
        let read = read_event(&edit(&text, &format!("/Records/1{pointer}"), &change), &context);
        only(
            &read.complaints,
            DDB_7,
            &format!("Records[1]{}", pointer.replace('/', ".")),
            &format!("{change:?}"),
        );
    }
    let exponent = text.replace("1772600713", "1.772600713E9");
    let read = read_event(&exponent, &context);
    assert_eq!(read.complaints, []);
    assert_eq!(read.records[0].arrival_ms, Some(1_772_600_713_000));
}

#[test]
fn a_foreign_table_is_no_fault() {
    let context = context(SourceKind::DynamoDb);
    let text = event_text(&context, &records()[..1]);
    let text = edit(&text, "/Records/0/dynamodb/Keys/id", &Edit::Rename("order"));
    let text = edit(&text, "/Records/0/dynamodb/NewImage", &Edit::Set(json!({ "data": { "N": "7" } })));
    let read = read_event(&text, &context);
    assert_eq!(read.complaints, []);
    assert_eq!((&read.records[0].partition_key, &read.records[0].data), (&None, &None));
}

#[test]
fn what_is_unknown_is_not_compared() {
    for source in BOTH {
        let context = context(source);
        let unknown = EventContext {
            stream_arn: String::new(),
            region: String::new(),
            role_arn: String::new(),
            ..context.clone()
        };
        assert_eq!(read_event(&event_text(&context, &records()), &unknown).complaints, []);
    }
}

#[test]
fn only_the_last_event_of_a_window_is_empty() {
    let context = context(SourceKind::Kinesis);
    only(&read_event(r#"{"Records":[]}"#, &context).complaints, BATCH_11, "Records", "emptying");
    let last = r#"{"Records":[],"window":{},"state":{},"isFinalInvokeForWindow":true}"#;
    assert_eq!(read_event(last, &context).complaints, []);
}

#[test]
fn complaints_are_bounded() {
    let text = json!({ "Records": vec![json!({}); 1000] }).to_string();
    let read = read_event(&text, &context(SourceKind::Kinesis));
    assert_eq!((read.records.len(), read.complaints.len()), (1000, 200));
}
