//! Failure records as they arrive at a function: in the event of a queue, of a topic, or of a bucket's notification.
//!
//! Written as AWS's guides show these events. Not the failure records themselves: see [`super::layout`].

use super::exercise::{Arrival, Exercise};
use super::layout::{BUCKET, Layout, NOW_MS};
use crate::aws::scene::account;
use esm_model::wire::sns_notification;
use esm_model::wire::timestamp::format_millis;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

/// What a key keeps as it is in a notification.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');
/// The same where slashes are encoded, too.
const WHOLE_KEY: &AsciiSet = &KEY.add(b'/');

/// The ID of a batch's message: the same each time that it is delivered.
pub(super) fn message_id(layout: &Layout, batch: usize) -> String {
    format!("{:08x}-0000-4000-a000-{batch:012x}", layout.scene.first)
}

/// The event that brings the failure records of these batches; each has been delivered so many times, this one included.
pub(super) fn event(exercise: &Exercise, layout: &Layout, batches: &[usize], delivery: u32) -> String {
    let record = |batch: &usize| match exercise.arrival {
        Arrival::Sns => by_topic(layout, *batch),
        Arrival::S3 => by_bucket(exercise, layout, *batch),
        Arrival::Sqs | Arrival::SnsToSqsRaw => {
            by_queue(layout, *batch, &layout.documents[*batch].0, delivery)
        }
        Arrival::SnsToSqs => by_queue(layout, *batch, &notification(layout, *batch), delivery),
        Arrival::S3ToSqs => {
            let body = json!({"Records": [by_bucket(exercise, layout, *batch)]}).to_string();
            by_queue(layout, *batch, &body, delivery)
        }
    };
    json!({"Records": batches.iter().map(record).collect::<Vec<_>>()}).to_string()
}

fn by_queue(layout: &Layout, batch: usize, body: &str, delivery: u32) -> Json {
    let account = account();
    let id = message_id(layout, batch);
    json!({
        "messageId": id,
        "receiptHandle": format!("{id}#{delivery}"),
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": delivery.to_string(),
            "SentTimestamp": NOW_MS.to_string(),
            "SenderId": "AROAEXAMPLE:awslambda_1",
            "ApproximateFirstReceiveTimestamp": NOW_MS.to_string(),
        },
        "messageAttributes": {},
        "md5OfBody": esmeralda_wire::account::md5_hex(body.as_bytes()),
        "eventSource": "aws:sqs",
        "eventSourceARN": account.arn("sqs", "failures"),
        "awsRegion": account.region,
    })
}

fn topic() -> String {
    account().arn("sns", "failures")
}

/// The notification that a topic writes into a queue.
fn notification(layout: &Layout, batch: usize) -> String {
    sns_notification(&topic(), &message_id(layout, batch), &layout.documents[batch].0, NOW_MS)
}

fn by_topic(layout: &Layout, batch: usize) -> Json {
    let mut sns: Json = serde_json::from_str(&notification(layout, batch)).unwrap_or_default();
    // An event spells these in another way than a notification does.
    for (from, to) in [("SigningCertURL", "SigningCertUrl"), ("UnsubscribeURL", "UnsubscribeUrl")] {
        let value = sns.as_object_mut().and_then(|members| members.remove(from));
        sns[to] = value.unwrap_or_default();
    }
    sns["Subject"] = Json::Null;
    sns["MessageAttributes"] = json!({});
    json!({
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{}:{}", topic(), message_id(layout, batch)),
        "Sns": sns,
    })
}

fn by_bucket(exercise: &Exercise, layout: &Layout, batch: usize) -> Json {
    let account = account();
    let (text, key) = &layout.documents[batch];
    let kept = if exercise.slashes { WHOLE_KEY } else { KEY };
    json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": account.region,
        "eventTime": format_millis(NOW_MS),
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:AROAEXAMPLE:awslambda_1"},
        "requestParameters": {"sourceIPAddress": "192.0.2.1"},
        "responseElements": {"x-amz-request-id": message_id(layout, batch), "x-amz-id-2": "example"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "failures",
            "bucket": {
                "name": BUCKET,
                "ownerIdentity": {"principalId": "EXAMPLE"},
                "arn": format!("arn:aws:s3:::{BUCKET}"),
            },
            "object": {
                "key": utf8_percent_encode(key, kept).to_string(),
                "size": text.len(),
                "eTag": esmeralda_wire::account::md5_hex(text.as_bytes()),
                "sequencer": "0055AED6DCD90281E5",
            },
        },
    })
}
