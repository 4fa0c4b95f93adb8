//! Every node of every good document, deleted or replaced: never a panic, and a complaint unless the change
//! is legal.

use super::*;
use serde_json::json;

/// Changes that the rules allow, or that only others can judge: the end of the node's pointer, and what it
/// became.
const LEGAL: &[(&str, &str)] = &[
    // Whether it is the right one is seen against the invocations (REC-2, REC-5, REC-6).
    ("/requestContext/requestId", "string"),
    ("/requestContext/approximateInvokeCount", "number"),
    ("/responseContext", "deleted"),
    // Any string, or null (REC-4, AMB-20).
    ("/responseContext/functionError", "null"),
    ("/responseContext/functionError", "string"),
    // Seen against the stream; in a bucket the key and the payload tell.
    ("BatchInfo/shardId", "string"),
    ("BatchInfo/batchSize", "number"),
    // The topic's own members.
    ("/MessageId", "string"),
    ("/TopicArn", "string"),
    ("/Timestamp", "string"),
    ("/SignatureVersion", "string"),
    ("/Signature", "string"),
    ("/SigningCertURL", "string"),
    ("/UnsubscribeURL", "string"),
    // A record's contents are the producer's.
    ("/kinesis/partitionKey", "string"),
    ("/kinesis/approximateArrivalTimestamp", "number"),
    ("/dynamodb/ApproximateCreationDateTime", "number"),
    ("/dynamodb/SizeBytes", "number"),
    ("/Keys/id/S", "string"),
    ("/Keys/id", "deleted"),
    ("/NewImage/id", "deleted"),
    ("/NewImage/data", "deleted"),
    ("/NewImage/id/S", "string"),
    ("/NewImage/data/S", "string"),
    // A shorter event.
    ("/Records/0", "deleted"),
    ("/Records/1", "deleted"),
    ("/Records/2", "deleted"),
];

/// In a bucket these contradict the key or the payload.
const NOT_IN_A_BUCKET: &[&str] = &["BatchInfo/shardId", "BatchInfo/batchSize"];

fn pointers(value: &Value, prefix: &str, into: &mut Vec<String>) {
    into.push(prefix.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| pointers(value, &format!("{prefix}/{name}"), into));
        }
        Value::Array(list) => {
            let entries = list.iter().enumerate();
            entries.for_each(|(index, value)| pointers(value, &format!("{prefix}/{index}"), into));
        }
        _ => {}
    }
}

fn spoil(text: &str, in_bucket: bool, complaints: impl Fn(&str) -> Vec<Complaint>) {
    let document: Value = serde_json::from_str(text).unwrap();
    assert_eq!(brief(&complaints(text)), [""; 0]);
    let mut nodes = Vec::new();
    pointers(&document, "", &mut nodes);
    assert!(nodes.len() >= 10);
    let changes = [
        ("deleted", Edit::Delete),
        ("null", Edit::Set(json!(null))),
        ("number", Edit::Set(json!(7))),
        ("string", Edit::Set(json!("x"))),
        ("list", Edit::Set(json!([]))),
    ];
    for pointer in &nodes {
        for (kind, change) in &changes {
            if pointer.is_empty() && *kind == "deleted" {
                continue;
            }
            let mut legal = LEGAL.iter().any(|(end, what)| pointer.ends_with(end) && what == kind);
            legal &= !(in_bucket && NOT_IN_A_BUCKET.iter().any(|end| pointer.ends_with(end)));
            let found = brief(&complaints(&edit(text, pointer, change)));
            assert_eq!(found.is_empty(), legal, "{pointer} {kind}: {found:?}");
        }
    }
}

#[test]
fn every_node_of_a_record_matters() {
    for source in BOTH {
        spoil(&good(source).to_sqs_body(source), false, |text| read_sqs(text, source).complaints);
        spoil(&envelope(source), false, |text| read_sns(text, source).complaints);
        spoil(&with_payload(source).to_s3_body(source), true, |text| in_bucket(text, source).complaints);
        spoil(&aged(source).to_sqs_body(source), false, |text| read_sqs(text, source).complaints);
    }
}

#[test]
fn every_node_of_an_event_matters() {
    for source in BOTH {
        let context = context(source);
        spoil(&event_text(&context, &records()), false, |text| read_event(text, &context).complaints);
    }
}

#[test]
fn every_node_of_a_payload_is_read_without_a_panic() {
    for source in BOTH {
        let record = with_payload(source);
        let payload = record.payload.clone().unwrap();
        let mut nodes = Vec::new();
        pointers(&serde_json::from_str(&payload).unwrap(), "", &mut nodes);
        for pointer in nodes {
            for value in [json!(null), json!(7), json!("x"), json!([])] {
                let payload = Some(edit(&payload, &pointer, &Edit::Set(value)));
                let text = FailureRecord { payload, ..record.clone() }.to_s3_body(source);
                assert!(in_bucket(&text, source).record.is_some());
            }
        }
    }
}

#[test]
fn truncation_is_never_missed() {
    for source in BOTH {
        let context = context(source);
        let (sqs, sns) = (good(source).to_sqs_body(source), envelope(source));
        let (s3, event) = (with_payload(source).to_s3_body(source), event_text(&context, &records()));
        for end in 0..sqs.len() {
            assert_eq!(read_sqs(&sqs[..end], source).complaints.len(), 1);
        }
        for end in 0..sns.len() {
            assert_eq!(read_sns(&sns[..end], source).complaints.len(), 1);
        }
        for end in 0..s3.len() {
            assert_eq!(in_bucket(&s3[..end], source).complaints.len(), 1);
        }
        for end in 0..event.len() {
            assert_eq!(read_event(&event[..end], &context).complaints.len(), 1);
        }
        // A payload cut off inside a whole object.
        let record = with_payload(source);
        let payload = record.payload.clone().unwrap();
        for end in 0..payload.len() {
            let cut = FailureRecord { payload: Some(payload[..end].to_owned()), ..record.clone() };
            only(
                &in_bucket(&cut.to_s3_body(source), source).complaints,
                crate::catalogue::S3_3,
                "payload",
                "a cut",
            );
        }
        for end in 0..key(source).len() {
            let read = read_s3(&key(source)[..end], &s3, None, source);
            assert!(
                read.complaints.iter().any(|complaint| complaint.rule == crate::catalogue::S3_1),
                "{end}"
            );
        }
    }
}
