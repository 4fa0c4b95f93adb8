//! Makes what a request names and nobody made: for functions under test, which expect their tables and queues to be
//! there.
//!
//! Whoever tests a client of the control plane wants the errors, and leaves this alone.

use crate::dynamodb::{self, wanted_absent};
use crate::http::{Request, decode};
use crate::query::Form;
use crate::world::World;
use crate::{kinesis, sqs};
use serde_json::{Map, Value as Json};

/// Makes the stream, table, queue, topic or bucket that a request names. What cannot be made is missed by the service.
pub fn provide(world: &World, request: &Request) {
    let account = &world.config.account;
    if let Some(target) = request.header("x-amz-target") {
        let (service, operation) = target.split_once('.').unwrap_or((target, ""));
        if operation.starts_with("Create") {
            return;
        }
        let body = request.json().unwrap_or_default();
        match service {
            kinesis::TARGET => {
                let named = body["StreamARN"].as_str().and_then(|arn| arn.rsplit('/').next());
                let Some(name) = named.or(body["StreamName"].as_str()) else { return };
                let mut streams = world.streams.borrow_mut();
                if streams.get(name).is_none() {
                    // Made long ago, so that it is active.
                    let _refused = streams.create(account, name, 1, world.config.numbering, 0).is_err();
                }
            }
            sqs::TARGET => {
                let named =
                    body["QueueUrl"].as_str().and_then(|url| url.trim_end_matches('/').rsplit('/').next());
                let Some(name) = named.or(body["QueueName"].as_str()) else { return };
                let mut queues = world.queues.borrow_mut();
                if queues.get_mut(name).is_none() {
                    let now = world.clock.epoch_ms();
                    let _refused = queues.create(account, name, Map::new(), now).is_err();
                }
            }
            dynamodb::TARGET => tables(world, &body),
            _ => {}
        }
        return;
    }
    if let Some(arn) = Form::read(request).get("TopicArn") {
        return world.topics.borrow_mut().provide(arn);
    }
    let bucket = request.path.trim_start_matches('/').split('/').next().map(decode).unwrap_or_default();
    if request.signed_for() == Some("s3") && !bucket.is_empty() {
        let mut buckets = world.buckets.borrow_mut();
        if buckets.get_mut(&bucket).is_err() {
            let _refused = buckets.create(&bucket, world.clock.epoch_ms()).is_err();
        }
    }
}

/// Every table that a request names, with the key that it tells: that of a `Key`, or what a condition wants absent.
fn tables(world: &World, body: &Json) {
    let mut named: Vec<(&str, Vec<String>)> = Vec::new();
    let one = |request: &Json| match request["Key"].as_object() {
        Some(key) => key.keys().cloned().collect(),
        None => {
            wanted_absent(request).into_iter().filter(|name| request["Item"].get(name).is_some()).collect()
        }
    };
    if let Some(name) = body["TableName"].as_str() {
        named.push((name, one(body)));
    }
    for (name, requests) in body["RequestItems"].as_object().into_iter().flatten() {
        let keys = requests.as_array().into_iter().flatten().map(|request| one(&request["DeleteRequest"]));
        named.push((name, keys.max_by_key(Vec::len).unwrap_or_default()));
    }
    for item in body["TransactItems"].as_array().into_iter().flatten() {
        for request in item.as_object().into_iter().flatten().map(|(_, request)| request) {
            if let Some(name) = request["TableName"].as_str() {
                named.push((name, one(request)));
            }
        }
    }
    let mut tables = world.tables.borrow_mut();
    for (name, keys) in named {
        let name = name.rsplit_once(":table/").map_or(name, |(_, name)| name);
        if let Some(table) = tables.provide(&world.config.account, name) {
            table.learn_keys(keys);
        }
    }
}
