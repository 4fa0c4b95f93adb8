//! SQS: queues, visibility, waiting, errors.

use crate::support::{Endpoint, check};
use esmeralda_wire::Config;
use serde_json::{Value as Json, json};

#[test]
fn queues_and_messages() {
    let mut endpoint = Endpoint::new(Config::default());
    let q = |operation: &str| format!("AmazonSQS.{operation}");
    endpoint.say(&q("CreateQueue"), json!({"QueueName": "no spaces"}));
    let made = endpoint.say(&q("CreateQueue"), json!({"QueueName": "jobs"}));
    let url = made["QueueUrl"].clone();
    endpoint.say(&q("GetQueueUrl"), json!({"QueueName": "jobs"}));
    endpoint.say(&q("GetQueueUrl"), json!({"QueueName": "none"}));
    endpoint.say(&q("GetQueueAttributes"), json!({"QueueUrl": url, "AttributeNames": ["QueueArn"]}));
    endpoint.say(&q("SendMessage"), json!({"QueueUrl": url, "MessageBody": "one"}));
    let got = endpoint.say(&q("ReceiveMessage"), json!({"QueueUrl": url, "MaxNumberOfMessages": 10}));
    let handle = got["Messages"][0]["ReceiptHandle"].clone();
    endpoint.say(&q("DeleteMessage"), json!({"QueueUrl": url, "ReceiptHandle": handle}));
    endpoint.say(&q("ReceiveMessage"), json!({"QueueUrl": url, "MaxNumberOfMessages": 11}));
    endpoint.say(&q("DeleteQueue"), json!({"QueueUrl": url}));
    endpoint.say(&q("ReceiveMessage"), json!({"QueueUrl": url}));
    check(&endpoint, "sqs");
}

#[test]
fn a_message_that_is_not_deleted_comes_again() {
    let endpoint = Endpoint::new(Config::default());
    let (url, _) = endpoint.queue("q");
    endpoint.call("AmazonSQS.SendMessage", json!({"QueueUrl": url, "MessageBody": "x"}));
    let receive = |hidden: u32, wait: u32| {
        let body = json!({"QueueUrl": url, "VisibilityTimeout": hidden, "WaitTimeSeconds": wait});
        endpoint.call("AmazonSQS.ReceiveMessage", body)["Messages"][0].clone()
    };
    let first = receive(1, 0);
    assert_eq!(receive(1, 0), Json::Null, "it is hidden for a second");
    let second = receive(1, 20);
    assert_eq!(first["MessageId"], second["MessageId"]);
    assert_ne!(first["ReceiptHandle"], second["ReceiptHandle"]);
    assert_eq!(second["Attributes"]["ApproximateReceiveCount"], "2");
    // The first receipt is worth nothing any more.
    endpoint
        .call("AmazonSQS.DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": first["ReceiptHandle"]}));
    assert_eq!(receive(1, 20)["MessageId"], first["MessageId"]);
}

#[test]
fn who_waits_is_told_of_a_message() {
    let endpoint = Endpoint::new(Config::default());
    let (url, _) = endpoint.queue("q");
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| endpoint.receive(&url, 20));
        endpoint.call("AmazonSQS.SendMessage", json!({"QueueUrl": url, "MessageBody": "x"}));
        assert_eq!(waits.join().unwrap()[0].1, "x");
    });
}
