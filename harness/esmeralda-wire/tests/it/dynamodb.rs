//! DynamoDB: tables, their streams, and a mapping of one.

use crate::function::{Does, Function};
use crate::support::{Endpoint, check, context};
use esm_model::mapping::SourceKind;
use esm_model::wire::{read_event, read_sqs};
use esmeralda_wire::Config;
use serde_json::{Value as Json, json};

fn table(name: &str) -> Json {
    json!({
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"},
    })
}

fn item(id: &str, data: &str) -> Json {
    json!({"TableName": "orders", "Item": {"id": {"S": id}, "data": {"S": data}}})
}

#[test]
fn tables_and_their_streams() {
    let mut endpoint = Endpoint::new(Config::default());
    let d = |operation: &str| format!("DynamoDB_20120810.{operation}");
    let s = |operation: &str| format!("DynamoDBStreams_20120810.{operation}");
    let made = endpoint.call(&d("CreateTable"), table("orders"));
    let arn = made["TableDescription"]["LatestStreamArn"].as_str().unwrap().to_owned();
    let label = made["TableDescription"]["LatestStreamLabel"].as_str().unwrap().to_owned();
    endpoint.say(&d("CreateTable"), table("orders"));
    endpoint.say(&d("PutItem"), item("a", "1"));
    endpoint.say(&d("PutItem"), item("a", "1"));
    endpoint.say(&d("PutItem"), json!({"TableName": "orders", "Item": {}}));
    endpoint.say(&d("PutItem"), json!({"TableName": "none", "Item": {}}));
    endpoint.say(&d("PutItem"), item("a", "2"));
    endpoint.say(
        &d("DeleteItem"),
        json!({"TableName": "orders", "Key": {"id": {"S": "a"}}, "ReturnValues": "ALL_OLD"}),
    );
    let described = endpoint.call(&s("DescribeStream"), json!({"StreamArn": arn}));
    let shard = described["StreamDescription"]["Shards"][0]["ShardId"].clone();
    let ask = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = endpoint.call(&s("GetShardIterator"), ask);
    endpoint.say(&s("GetRecords"), json!({"ShardIterator": iterator["ShardIterator"]}));
    endpoint.say(&d("DeleteTable"), json!({"TableName": "orders"}));
    endpoint.say(&s("DescribeStream"), json!({"StreamArn": arn}));
    let token = iterator["ShardIterator"].as_str().unwrap();
    endpoint.transcript = endpoint.transcript.replace(token, "…").replace(&label, "LABEL");
    check(&endpoint, "dynamodb");
}

#[test]
fn a_mapping_of_a_table() {
    let endpoint = Endpoint::new(Config::default());
    let made = endpoint.call("DynamoDB_20120810.CreateTable", table("orders"));
    let stream = made["TableDescription"]["LatestStreamArn"].as_str().unwrap().to_owned();
    let function = Function::start(|_| Does::Says(500, "no"));
    endpoint.function("orders", &function.url, 3);
    let (url, arn) = endpoint.queue("q");
    endpoint.mapping(
        &stream,
        "orders",
        json!({"MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": arn}}}),
    );
    endpoint.call("DynamoDB_20120810.PutItem", item("a", "1"));
    let called = function.next();
    let seen = read_event(&called.event.to_string(), &context(SourceKind::DynamoDb, &stream));
    assert_eq!(seen.complaints, [], "{}", called.event);
    assert_eq!(seen.records[0].data.as_deref(), Some(&b"1"[..]));
    let body = &endpoint.receive(&url, 20)[0].1;
    assert_eq!(read_sqs(body, SourceKind::DynamoDb).complaints, [], "{body}");
}

/// Conditions and updates of one item, each with what is said to it.
#[test]
fn conditions_and_updates() {
    let mut endpoint = Endpoint::new(Config::default());
    let d = |operation: &str| format!("DynamoDB_20120810.{operation}");
    endpoint.call(&d("CreateTable"), table("orders"));
    let values = json!({":a": {"S": "a"}, ":p": {"S": "op"}, ":n": {"N": "7"}, ":m": {"N": "10"}, ":l": {"L": [{"N": "1"}]},
        ":set": {"SS": ["x", "y"]}, ":other": {"SS": ["y", "z"]}, ":S": {"S": "S"}});
    let ask = |condition: &str, update: &str| {
        let mut ask = json!({"TableName": "orders", "Key": {"id": {"S": "1"}}, "ReturnValues": "ALL_NEW",
            "ExpressionAttributeNames": {"#s": "status"}, "ExpressionAttributeValues": values.clone()});
        for (member, text) in [("ConditionExpression", condition), ("UpdateExpression", update)] {
            if !text.is_empty() {
                ask[member] = text.into();
            }
        }
        ask
    };
    for update in [
        "SET #s = :p, n = :n, tags = :set, list = :l",
        "SET n = n + :n, m = if_not_exists(m, :m) - :n, list = list_append(list, :l)",
        "ADD n :n, tags :other REMOVE list[0]",
        "DELETE tags :other",
        "ADD tags :other DELETE tags :set",
        "SET map.x = :n",
        "SET id = :a",
        "SET n = nothing + :n",
        "SET n = :undefined",
        "SET n == :n",
    ] {
        endpoint.say(&d("UpdateItem"), ask("", update));
    }
    let mut told = String::new();
    for condition in [
        "attribute_exists(id)",
        "attribute_not_exists(id)",
        "attribute_not_exists(id) OR n > :n",
        "attribute_exists(id) AND NOT #s = :a",
        "n BETWEEN :n AND :m",
        "n IN (:n, :m)",
        "(begins_with(#s, :p) AND contains(#s, :p)) AND attribute_type(#s, :S)",
        "size(#s) < :n",
        "missing = :n",
        "missing <> :n",
        "contains(tags, :a)",
        "n >",
        "size(#s)",
    ] {
        let (status, _, text) = endpoint.target(&d("UpdateItem"), &ask(condition, ""));
        let kind = if text.contains("ConditionalCheckFailed") { "does not hold" } else { "holds" };
        told += &format!("{condition}: {}\n", if status == 200 || kind != "holds" { kind } else { &text });
    }
    endpoint.transcript += &told;
    let put = json!({"TableName": "orders", "Item": {"id": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"});
    endpoint.say(&d("PutItem"), put.clone());
    let new = json!({"Put": {"TableName": "orders", "Item": {"id": {"S": "2"}}}});
    endpoint.say(&d("TransactWriteItems"), json!({"TransactItems": [new, {"Put": put}]}));
    endpoint.say(&d("GetItem"), json!({"TableName": "orders", "Key": {"id": {"S": "2"}}}));
    endpoint.say(&d("TransactWriteItems"), json!({"TransactItems": [new]}));
    endpoint.say(&d("GetItem"), json!({"TableName": "orders", "Key": {"id": {"S": "2"}}}));
    check(&endpoint, "dynamodb-expressions");
}
