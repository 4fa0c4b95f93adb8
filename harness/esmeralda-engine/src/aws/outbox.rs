//! Failure records on their way: SQS SendMessage, SNS Publish, S3 PutObject.
//!
//! What passes is tried again, because a failure record must not be lost to a hiccup; what is refused is refused.

use super::{Ask, Client, Failed, Place};
use esm_model::event::{Document, Object};
use esm_model::mapping::{Arn, Destination};
use esmeralda_wire::upstream::message_of;
use hyper::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use std::time::Duration;

/// How often a write that may fare better later is tried in all: for about eight minutes.
const TRIES: u32 = 100;
/// The wait before the second try; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// What stands in keys of objects as it is.
const KEY: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Writes a failure record. False if the destination refuses it.
pub async fn write(client: &Client, place: &Place, destination: &Destination, document: &Document) -> bool {
    let mut wait = FIRST_WAIT;
    for _ in 0..TRIES {
        match send(client, place, destination, document).await {
            Ok(()) => return true,
            Err(error) if error.passes() => {
                tracing::debug!(destination = destination.arn(), %error, "a failure record waits");
            }
            Err(error) => {
                tracing::warn!(destination = destination.arn(), %error, "a failure record is refused");
                return false;
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    tracing::warn!(destination = destination.arn(), "a failure record is given up after {TRIES} tries");
    false
}

async fn send(
    client: &Client,
    place: &Place,
    destination: &Destination,
    document: &Document,
) -> Result<(), Failed> {
    match document {
        Document::Sqs(text) => queue(client, place, destination, text).await,
        // A topic puts an envelope of its own around the message.
        Document::Sns(text) => {
            topic(client, place, destination, &message_of(text).unwrap_or_else(|| text.to_string())).await
        }
        Document::S3(object) => bucket(client, place, destination, object).await,
        Document::Typed(_) => Err(Failed::Silent("a failure record without a text".to_owned())),
    }
}

fn region(destination: &Destination) -> &str {
    Arn::parse(destination.arn()).map_or("", |arn| arn.region)
}

async fn queue(client: &Client, place: &Place, queue: &Destination, text: &str) -> Result<(), Failed> {
    let account = Arn::parse(queue.arn()).map_or("", |arn| arn.account);
    let mut body = json!({"QueueName": queue.name()});
    if account != place.account.id {
        body["QueueOwnerAWSAccountId"] = account.into();
    }
    let say = |operation: &str, body| {
        Ask::target("sqs", "1.0", &format!("AmazonSQS.{operation}"), body).of_region(region(queue))
    };
    // Asked each time: a queue may have been made anew meanwhile.
    let found = client.ask(place, say("GetQueueUrl", &body)).await?.good()?.json();
    let body = json!({"QueueUrl": found["QueueUrl"], "MessageBody": text});
    client.ask(place, say("SendMessage", &body)).await?.good().map(drop)
}

async fn topic(client: &Client, place: &Place, topic: &Destination, text: &str) -> Result<(), Failed> {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("Action", "Publish"), ("Version", "2010-03-31")])
        .extend_pairs([("TopicArn", topic.arn()), ("Message", text)])
        .finish();
    let ask =
        Ask::new(Method::POST, "sns", "/").with("application/x-www-form-urlencoded; charset=utf-8", body);
    client.ask(place, ask.of_region(region(topic))).await?.good().map(drop)
}

async fn bucket(client: &Client, place: &Place, bucket: &Destination, object: &Object) -> Result<(), Failed> {
    let path = format!("/{}/{}", bucket.name(), utf8_percent_encode(&object.key, &KEY));
    let content_type = object.content_type.as_deref().unwrap_or("application/octet-stream");
    let ask = Ask::new(Method::PUT, "s3", path).with(content_type, object.body.clone());
    client.ask(place, ask).await?.good().map(drop)
}
