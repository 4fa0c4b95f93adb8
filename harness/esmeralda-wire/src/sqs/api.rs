//! The JSON of SQS: one function for each operation.

use super::store::{Message, Queue};
use super::{MAX_WAIT_S, MESSAGE_BYTES, RECEIVED};
use crate::account::md5_hex;
use crate::http::{Answer, ApiError, Request, text};
use crate::world::World;
use serde_json::{Map, Value as Json, json};
use std::time::Duration;

/// Answers an operation: its output.
///
/// # Errors
/// What the service refuses.
pub async fn answer(
    world: &World,
    operation: &str,
    request: &Request,
    body: &Json,
) -> Result<Json, ApiError> {
    match operation {
        "CreateQueue" => create(world, request, body),
        "GetQueueUrl" => {
            let name = text(body, "QueueName")?;
            with(world, name, |_| json!({"QueueUrl": url(world, request, name)}))
        }
        "ListQueues" => list(world, request, body),
        "GetQueueAttributes" => {
            let now = world.clock.epoch_ms();
            with(world, &named(body)?, |queue| json!({"Attributes": attributes(queue, body, now)}))
        }
        "SetQueueAttributes" => {
            let set = body["Attributes"].as_object().cloned().unwrap_or_default();
            with(world, &named(body)?, |queue| {
                queue.attributes.extend(set);
                json!({})
            })
        }
        "SendMessage" => send(world, &named(body)?, body),
        "SendMessageBatch" => batch(world, body, |name, entry| send(world, name, entry)),
        "ReceiveMessage" => receive(world, body).await,
        "DeleteMessage" => delete(world, &named(body)?, body),
        "DeleteMessageBatch" => batch(world, body, |name, entry| delete(world, name, entry)),
        "ChangeMessageVisibility" => {
            let until = world.clock.epoch_ms() + body["VisibilityTimeout"].as_i64().unwrap_or(0) * 1_000;
            let handle = text(body, "ReceiptHandle")?;
            let answer = with(world, &named(body)?, |queue| {
                if let Some(message) = queue.held(handle) {
                    message.visible_ms = until;
                }
                json!({})
            });
            world.arrived.notify_waiters();
            answer
        }
        "PurgeQueue" => with(world, &named(body)?, |queue| {
            queue.messages.clear();
            json!({})
        }),
        "DeleteQueue" => {
            let name = named(body)?;
            match world.queues.borrow_mut().remove(&name) {
                true => Ok(json!({})),
                false => Err(absent()),
            }
        }
        other => Err(ApiError::new(400, "UnknownOperationException", format!("unknown operation {other}"))),
    }
}

/// An error as this service writes it: with the name that it had in the query protocol.
pub fn write_error(error: &ApiError, content_type: &str) -> Answer {
    let name = error.kind.rsplit('#').next().unwrap_or_default();
    let (name, fault) = match (name, error.status) {
        ("QueueDoesNotExist", _) => ("AWS.SimpleQueueService.NonExistentQueue", "Sender"),
        ("QueueNameExists", _) => ("QueueAlreadyExists", "Sender"),
        (name, 500..) => (name, "Receiver"),
        (name, _) => (name, "Sender"),
    };
    error.to_json(content_type).with("x-amzn-query-error", format!("{name};{fault}"))
}

fn absent() -> ApiError {
    let message = "The specified queue does not exist.";
    ApiError::new(400, "com.amazonaws.sqs#QueueDoesNotExist", message)
}

/// The queue that a request names by its URL.
fn named(body: &Json) -> Result<String, ApiError> {
    let url = text(body, "QueueUrl")?;
    Ok(url.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned())
}

fn with(world: &World, name: &str, act: impl FnOnce(&mut Queue) -> Json) -> Result<Json, ApiError> {
    world.queues.borrow_mut().get_mut(name).map(act).ok_or_else(absent)
}

/// The URL by which the client that asks reaches the queue.
fn url(world: &World, request: &Request, name: &str) -> String {
    format!("{}/{}/{name}", request.origin(), world.config.account.id)
}

fn create(world: &World, request: &Request, body: &Json) -> Result<Json, ApiError> {
    let name = text(body, "QueueName")?;
    let attributes = body["Attributes"].as_object().cloned().unwrap_or_default();
    let now = world.clock.epoch_ms();
    world.queues.borrow_mut().create(&world.config.account, name, attributes, now)?;
    Ok(json!({"QueueUrl": url(world, request, name)}))
}

fn list(world: &World, request: &Request, body: &Json) -> Result<Json, ApiError> {
    let prefix = body["QueueNamePrefix"].as_str().unwrap_or_default();
    let queues = world.queues.borrow();
    let named = queues.names().filter(|name| name.starts_with(prefix));
    Ok(json!({"QueueUrls": named.map(|name| url(world, request, name)).collect::<Vec<_>>()}))
}

/// The attributes asked for, as texts.
fn attributes(queue: &Queue, body: &Json, now: i64) -> Map<String, Json> {
    let visible = queue.messages.iter().filter(|message| message.visible_ms <= now).count();
    let delayed =
        queue.messages.iter().filter(|message| message.visible_ms > now && message.received == 0).count();
    let hidden = queue.messages.len() - visible - delayed;
    let mut all = Map::new();
    for (name, value) in [
        ("QueueArn", queue.arn.clone()),
        ("ApproximateNumberOfMessages", visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", hidden.to_string()),
        ("ApproximateNumberOfMessagesDelayed", delayed.to_string()),
        ("CreatedTimestamp", (queue.created_ms / 1_000).to_string()),
        ("LastModifiedTimestamp", (queue.created_ms / 1_000).to_string()),
        ("VisibilityTimeout", "30".to_owned()),
        ("MaximumMessageSize", MESSAGE_BYTES.to_string()),
        ("MessageRetentionPeriod", "345600".to_owned()),
        ("DelaySeconds", "0".to_owned()),
        ("ReceiveMessageWaitTimeSeconds", "0".to_owned()),
        ("SqsManagedSseEnabled", "true".to_owned()),
    ] {
        all.insert(name.to_owned(), value.into());
    }
    all.extend(queue.attributes.clone());
    let asked = body["AttributeNames"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !asked.iter().any(|name| name == "All") {
        all.retain(|name, _| asked.iter().any(|asked| asked == name));
    }
    all
}

fn send(world: &World, name: &str, body: &Json) -> Result<Json, ApiError> {
    let content = text(body, "MessageBody")?;
    if content.len() > MESSAGE_BYTES {
        let message = format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {MESSAGE_BYTES} bytes."
        );
        return Err(ApiError::new(400, "com.amazonaws.sqs#InvalidParameterValue", message));
    }
    let now = world.clock.epoch_ms();
    let mut queues = world.queues.borrow_mut();
    let queue = queues.get_mut(name).ok_or_else(absent)?;
    let delay = body["DelaySeconds"].as_i64().unwrap_or_else(|| queue.number("DelaySeconds", 0));
    let sent = body["MessageAttributes"].clone();
    let id = queue.send(&world.ids, &world.config.manners, now, delay, content, sent)?;
    world.arrived.notify_waiters();
    Ok(json!({"MD5OfMessageBody": md5_hex(content.as_bytes()), "MessageId": id}))
}

fn delete(world: &World, name: &str, body: &Json) -> Result<Json, ApiError> {
    let handle = text(body, "ReceiptHandle")?;
    with(world, name, |queue| {
        queue.delete(handle);
        json!({})
    })
}

/// Answers each entry of a batch by itself.
fn batch(
    world: &World,
    body: &Json,
    act: impl Fn(&str, &Json) -> Result<Json, ApiError>,
) -> Result<Json, ApiError> {
    let name = named(body)?;
    with(world, &name, |_| Json::Null)?;
    let entries = body["Entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    if entries.is_empty() || entries.len() > RECEIVED {
        let message = format!("A batch has 1 to {RECEIVED} entries.");
        return Err(ApiError::new(400, "com.amazonaws.sqs#TooManyEntriesInBatchRequest", message));
    }
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for entry in entries {
        match act(&name, entry) {
            Ok(mut answer) => {
                answer["Id"] = entry["Id"].clone();
                good.push(answer);
            }
            Err(error) => bad.push(json!({
                "Code": error.kind, "Id": entry["Id"], "Message": error.message, "SenderFault": true,
            })),
        }
    }
    Ok(json!({"Successful": good, "Failed": bad}))
}

async fn receive(world: &World, body: &Json) -> Result<Json, ApiError> {
    let name = named(body)?;
    let limit = body["MaxNumberOfMessages"].as_u64().unwrap_or(1) as usize;
    if limit == 0 || limit > RECEIVED {
        let message = format!(
            "Value {limit} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and {RECEIVED}, if \
             provided."
        );
        return Err(ApiError::new(400, "com.amazonaws.sqs#InvalidParameterValue", message));
    }
    let started = world.clock.epoch_ms();
    loop {
        let arrived = world.arrived.notified();
        let now = world.clock.epoch_ms();
        let (received, until, next) = {
            let mut queues = world.queues.borrow_mut();
            let queue = queues.get_mut(&name).ok_or_else(absent)?;
            let hidden =
                body["VisibilityTimeout"].as_i64().unwrap_or_else(|| queue.number("VisibilityTimeout", 30));
            let wait = body["WaitTimeSeconds"].as_i64();
            let wait = wait.unwrap_or_else(|| queue.number("ReceiveMessageWaitTimeSeconds", 0));
            let received = queue.receive(&world.ids, &world.config.manners, now, hidden, limit);
            let next = queue.messages.iter().map(|message| message.visible_ms).min();
            (received, started + wait.clamp(0, MAX_WAIT_S) * 1_000, next)
        };
        if !received.is_empty() {
            return Ok(
                json!({"Messages": received.iter().map(|found| shown(world, found)).collect::<Vec<_>>()}),
            );
        }
        if now >= until {
            return Ok(json!({}));
        }
        let due = next.unwrap_or(until).min(until).max(now + 1);
        // Being told and waiting in vain both lead to another look.
        let _ = tokio::time::timeout(Duration::from_millis((due - now) as u64), arrived).await;
    }
}

fn shown(world: &World, (message, handle): &(Message, String)) -> Json {
    let mut shown = json!({
        "Attributes": {
            "ApproximateFirstReceiveTimestamp": message.first_received_ms.to_string(),
            "ApproximateReceiveCount": message.received.to_string(),
            "SenderId": world.config.account.id,
            "SentTimestamp": message.sent_ms.to_string(),
        },
        "Body": message.body,
        "MD5OfBody": md5_hex(message.body.as_bytes()),
        "MessageId": message.id,
        "ReceiptHandle": handle,
    });
    if message.attributes.is_object() {
        shown["MessageAttributes"] = message.attributes.clone();
    }
    shown
}
