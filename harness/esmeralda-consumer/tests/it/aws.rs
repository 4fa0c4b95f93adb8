//! What a function does by the AWS SDK: what is written is an effect, and what is put aside counts as that.

use crate::support::{BAD, GOOD, MAPPING, local, run_with, violated};
use bytes::Bytes;
use esm_model::catalogue as c;
use esm_model::rule::RuleId;
use esmeralda_consumer::aws::{Answers, Recorder, SINK, Seen};
use esmeralda_consumer::effects::pattern;
use esmeralda_consumer::surrounded::Surrounded;
use esmeralda_consumer::{BadMeans, Check, Handler, Local, Log, Report};
use esmeralda_wire::client::post;
use esmeralda_wire::proxy::Host;
use serde_json::{Value, json};

/// A client of the endpoint that a recorder is.
#[derive(Clone)]
struct Sdk(String);

impl Sdk {
    async fn send(&self, path: &str, headers: &[(&str, String)], body: String) -> (u16, Value) {
        let url = format!("{}{path}", self.0);
        let (status, body) = post(&url, headers, Bytes::from(body)).await.expect("an answer");
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn call(&self, target: &str, body: Value) -> (u16, Value) {
        self.send("/", &[("x-amz-target", target.to_owned())], body.to_string()).await
    }

    async fn put_once(&self, id: &str) -> u16 {
        let item = json!({"TableName": "orders", "Item": {"id": {"S": id}},
            "ConditionExpression": "attribute_not_exists(#k)", "ExpressionAttributeNames": {"#k": "id"}});
        let (status, answer) = self.call("DynamoDB_20120810.PutItem", item).await;
        let known = answer["__type"] == "ConditionalCheckFailedException";
        if known { 200 } else { status }
    }

    async fn message(&self, queue: &str, text: &str) -> u16 {
        let url = format!("http://localhost/123456789012/{queue}");
        self.call("AmazonSQS.SendMessage", json!({"QueueUrl": url, "MessageBody": text})).await.0
    }
}

/// The name of an order, or nothing for a bad record.
fn order(record: &Value) -> Option<String> {
    let data = record["kinesis"]["data"].as_str()?;
    let data = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, data).ok()?;
    let order: Value = serde_json::from_slice(&data).ok()?;
    order["amount"].as_i64()?;
    order["id"].as_str().map(str::to_owned)
}

fn check() -> Check {
    Check::new(MAPPING, GOOD, BAD).expect("a check").writes_seen().drawn(8)
}

/// A function that does its work by the SDK; what it refuses is reported, unless that was put aside.
fn function(work: impl AsyncFn(&Sdk, &Value) -> bool) -> impl Handler {
    let recorder = Recorder::start(Answers::Stub, 0).expect("loopback");
    let sdk = Sdk(recorder.url());
    let handler = Local::new(Log::default(), async move |event: Value| {
        let mut failed = Vec::new();
        for record in event["Records"].as_array().expect("records") {
            if !work(&sdk, record).await {
                failed.push(json!({"itemIdentifier": record["kinesis"]["sequenceNumber"]}));
            }
        }
        Ok::<_, String>(json!({"batchItemFailures": failed}))
    });
    Surrounded::new(handler, recorder)
}

#[track_caller]
fn found(check: Check, mut handler: impl Handler, rules: &[RuleId]) -> Report {
    let report = run_with(&check, &mut handler).expect("a report");
    violated(&report, rules);
    report
}

#[test]
fn conditional_writes() {
    let handler = function(async |sdk, record| match order(record) {
        Some(id) => sdk.put_once(&id).await == 200,
        None => false,
    });
    let report = found(check().explore(true), handler, &[]);
    assert!(!report.notes.iter().any(|note| note.contains("No write")), "{}", report.to_text());
}

#[test]
fn a_message_for_each_delivery() {
    let handler = function(async |sdk, record| match order(record) {
        Some(id) => sdk.message("orders", &id).await == 200,
        None => false,
    });
    let report = found(check(), handler, &[c::CONS_9]);
    assert!(report.to_text().contains("by sqs SendMessage orders"), "{}", report.to_text());
}

/// Two messages for each record are two effects, and once more is too much.
#[test]
fn two_messages_for_each_record() {
    let twice = |seen: Option<std::cell::RefCell<std::collections::BTreeSet<String>>>| {
        function(async move |sdk: &Sdk, record: &Value| {
            let Some(id) = order(record) else { return false };
            if seen.as_ref().is_some_and(|seen| !seen.borrow_mut().insert(id.clone())) {
                return true;
            }
            sdk.message("orders", &id).await == 200
                && sdk.message("orders", &format!("{id} and more")).await == 200
        })
    };
    found(check().explore(true), twice(Some(Default::default())), &[]);
    found(check(), twice(None), &[c::CONS_9]);
}

/// Writes that replace what they wrote may be made again; those that count may not.
#[test]
fn updates() {
    let update = |expression: &'static str| {
        function(async move |sdk: &Sdk, record: &Value| {
            let Some(id) = order(record) else { return false };
            let update = json!({"TableName": "orders", "Key": {"id": {"S": id}}, "UpdateExpression": expression,
                "ExpressionAttributeValues": {":n": {"N": "1"}}});
            sdk.call("DynamoDB_20120810.UpdateItem", update).await.0 == 200
        })
    };
    found(check().explore(true), update("SET amount = :n"), &[]);
    found(check(), update("ADD amount :n"), &[c::CONS_9]);
    found(check(), update("SET amount = if_not_exists(amount, :n) + :n"), &[c::CONS_9]);
}

/// A token for each record and a sum of all, written together or not at all.
#[test]
fn transactions() {
    let handler = function(async |sdk, record| {
        let Some(id) = order(record) else { return false };
        let token = json!({"TableName": "tokens", "Item": {"id": {"S": id}},
            "ConditionExpression": "attribute_not_exists(id)"});
        let add = json!({"TableName": "sums", "Key": {"day": {"S": "today"}}, "UpdateExpression": "ADD orders :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}}});
        let items = json!({"TransactItems": [{"Put": token}, {"Update": add}]});
        let (status, answer) = sdk.call("DynamoDB_20120810.TransactWriteItems", items).await;
        status == 200 || answer["__type"] == "TransactionCanceledException"
    });
    found(check().explore(true), handler, &[]);
}

#[test]
fn bad_records_in_a_side_queue() {
    let aside = || check().bad_means(BadMeans::Diverted(pattern("sqs SendMessage rejects").unwrap()));
    let divert = |every: usize| {
        let seen = std::cell::Cell::new(0_usize);
        function(async move |sdk: &Sdk, record: &Value| {
            if let Some(id) = order(record) {
                return sdk.put_once(&id).await == 200;
            }
            seen.set(seen.get() + 1);
            !seen.get().is_multiple_of(every) || sdk.message("rejects", &record.to_string()).await == 200
        })
    };
    found(aside().explore(true), divert(1), &[]);
    found(aside(), divert(2), &[c::CONS_5]);
}

/// Data as the event has it names its record, if no other has the same.
#[test]
fn what_is_put_aside_as_it_came() {
    let aside = check().bad_means(BadMeans::Diverted(pattern("rejects").unwrap()));
    let handler = function(async |sdk, record| match order(record) {
        Some(id) => sdk.put_once(&id).await == 200,
        None => sdk.message("rejects", record["kinesis"]["data"].as_str().unwrap()).await == 200,
    });
    let report = found(aside, handler, &[]);
    assert!(report.notes.iter().any(|note| note.contains("named no record")), "{}", report.to_text());
}

#[test]
fn what_is_not_written() {
    let every_other = |which: fn(usize) -> bool| {
        let seen = std::cell::Cell::new(0_usize);
        function(async move |sdk: &Sdk, record: &Value| {
            let Some(id) = order(record) else { return false };
            seen.set(seen.get() + 1);
            !which(seen.get()) || sdk.put_once(&id).await == 200
        })
    };
    found(check(), every_other(|count| count.is_multiple_of(2)), &[c::CONS_8]);
    // Who writes nothing at all may do its work elsewhere: that is told, and is no red.
    let report = found(check(), every_other(|_| false), &[]);
    assert!(report.to_text().contains("No write to AWS carried"), "{}", report.to_text());
}

/// What the services were asked, as patterns see it.
#[test]
fn writes_as_texts() {
    let all = local(async {
        let recorder = Recorder::start(Answers::Stub, 0).expect("loopback");
        let sdk = Sdk(recorder.url());
        let form = |text: &str| text.to_owned();
        sdk.call(
            "Kinesis_20131202.PutRecords",
            json!({"StreamName": "next", "Records": [
            {"PartitionKey": "a", "Data": "ZXNtLTE="}, {"PartitionKey": "b", "Data": "ZXNtLTI="}]}),
        )
        .await;
        sdk.call("Kinesis_20131202.PutRecord", json!({"StreamName": "next", "PartitionKey": "", "Data": ""}))
            .await;
        sdk.message("rejects", "esm-3").await;
        sdk.call(
            "DynamoDB_20120810.BatchWriteItem",
            json!({"RequestItems": {"orders": [
            {"PutRequest": {"Item": {"id": {"S": "esm-4"}, "raw": {"B": "ZXNtLTU="}}}}]}}),
        )
        .await;
        sdk.call(
            "DynamoDB_20120810.TransactWriteItems",
            json!({"TransactItems": [
            {"Put": {"TableName": "orders", "Item": {"id": {"S": "esm-6"}}}},
            {"Update": {"TableName": "sums", "Key": {"id": {"S": "all"}}, "UpdateExpression": "ADD n :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}}}}]}),
        )
        .await;
        sdk.call("DynamoDB_20120810.GetItem", json!({"TableName": "orders", "Key": {"id": {"S": "esm-6"}}}))
            .await;
        sdk.call("AWSGlue.GetTable", json!({"Name": "t"})).await;
        let signed =
            [("authorization", form("AWS4-HMAC-SHA256 Credential=k/20260105/eu-west-1/sns/aws4_request, x"))];
        let publish = "/?Action=Publish&Version=2010-03-31&TopicArn=arn:aws:sns:eu-west-1:123456789012:news&Message=esm-7";
        sdk.send(publish, &signed, form("")).await;
        sdk.send(SINK, &[], form("stored esm-8\nstored esm-9")).await;
        let Seen { writes, lines, .. } = recorder.take();
        (writes, lines, recorder.refused())
    });
    esm_snapshots::settings("consumer").bind(|| insta::assert_debug_snapshot!("writes", all));
}

/// The same endpoint, behind another one: what passes through is seen as well.
#[test]
fn writes_that_are_passed_on() {
    let behind = Recorder::start(Answers::Stub, 0).expect("loopback");
    let host = Host::parse(&behind.url()).expect("a URL");
    let front = Recorder::start(Answers::Host(host), 0).expect("loopback");
    let status = local(Sdk(front.url()).message("rejects", "esm-1"));
    assert_eq!((status, front.take()), (200, behind.take()));
    let nobody = Recorder::start(Answers::Nobody, 0).expect("loopback");
    assert_eq!(local(Sdk(nobody.url()).message("rejects", "esm-1")), 404);
    drop(behind);
    assert_eq!(local(Sdk(front.url()).message("rejects", "esm-1")), 502);
    assert!(front.take().writes.is_empty());
}
