//! Kinesis: streams, records, iterators, errors.

use crate::support::{Endpoint, check};
use esmeralda_wire::Config;
use serde_json::json;

#[test]
fn streams_and_records() {
    let mut endpoint = Endpoint::new(Config::default());
    endpoint.stream("orders", 2);
    let k = |operation: &str| format!("Kinesis_20131202.{operation}");
    endpoint.say(&k("CreateStream"), json!({"StreamName": "orders", "ShardCount": 1}));
    endpoint.say(&k("CreateStream"), json!({"StreamName": "or ders", "ShardCount": 1}));
    endpoint.say(&k("DescribeStreamSummary"), json!({"StreamName": "orders"}));
    endpoint.say(&k("ListShards"), json!({"StreamName": "orders"}));
    // The digest of a begins with 0c and lies in the first half, that of b with 92; a hash key overrules both.
    endpoint.say(
        &k("PutRecords"),
        json!({"StreamName": "orders", "Records": [
            {"Data": "MQ==", "PartitionKey": "a"},
            {"Data": "Mg==", "PartitionKey": "b"},
            {"Data": "Mw==", "PartitionKey": "b", "ExplicitHashKey": "0"},
        ]}),
    );
    endpoint.say(&k("PutRecord"), json!({"StreamName": "orders", "Data": "!", "PartitionKey": "a"}));
    endpoint.say(&k("PutRecord"), json!({"StreamName": "none", "Data": "", "PartitionKey": "a"}));
    endpoint.say(&k("ListStreams"), json!({}));
    endpoint.say(&k("Dance"), json!({}));
    endpoint.say(&k("DeleteStream"), json!({"StreamName": "orders"}));
    endpoint.say(&k("DescribeStream"), json!({"StreamName": "orders"}));
    check(&endpoint, "kinesis");
}

#[test]
fn every_iterator_begins_where_it_says() {
    let endpoint = Endpoint::new(Config::default());
    let stream = endpoint.stream("s", 1);
    let numbers: Vec<String> =
        ["a", "b", "c"].iter().map(|data| endpoint.put(&stream, data, false)).collect();
    let read = |mut how: serde_json::Value| {
        how["StreamARN"] = stream.as_str().into();
        how["ShardId"] = "shardId-000000000000".into();
        let iterator = endpoint.call("Kinesis_20131202.GetShardIterator", how);
        let mut token = iterator["ShardIterator"].clone();
        let mut seen = Vec::new();
        // Three records, one by one.
        for _ in 0..3 {
            let body = json!({"ShardIterator": token, "Limit": 1});
            let got = endpoint.call("Kinesis_20131202.GetRecords", body);
            token = got["NextShardIterator"].clone();
            let records = got["Records"].as_array().unwrap();
            seen.extend(records.iter().map(|record| record["SequenceNumber"].as_str().unwrap().to_owned()));
        }
        seen
    };
    assert_eq!(read(json!({"ShardIteratorType": "TRIM_HORIZON"})), numbers);
    assert_eq!(read(json!({"ShardIteratorType": "LATEST"})), Vec::<String>::new());
    let second = numbers[1].as_str();
    let at = json!({"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": second});
    assert_eq!(read(at), numbers[1..]);
    let after = json!({"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": second});
    assert_eq!(read(after), numbers[2..]);
    assert_eq!(read(json!({"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": 0})), numbers);
    assert_eq!(read(json!({"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": 32_503_680_000_i64})).len(), 0);
}

#[test]
fn what_is_no_iterator_is_refused() {
    let endpoint = Endpoint::new(Config::default());
    let (status, kind, _) = endpoint.target("Kinesis_20131202.GetRecords", &json!({"ShardIterator": "bm8="}));
    assert_eq!((status, kind.as_str()), (400, "InvalidArgumentException"));
    // A token of 1970.
    let old = json!({"ShardIterator": "YXJuOmF3cyAwIDAgMA=="});
    let (status, kind, _) = endpoint.target("Kinesis_20131202.GetRecords", &old);
    assert_eq!((status, kind.as_str()), (400, "ExpiredIteratorException"));
}

#[test]
fn sequence_numbers_grow_as_numbers_and_not_as_texts() {
    let numbering = esmeralda_wire::log::Numbering::Counting;
    let endpoint = Endpoint::new(Config { numbering, ..Config::default() });
    let stream = endpoint.stream("s", 1);
    let numbers: Vec<String> = (0..4).map(|_| endpoint.put(&stream, "x", false)).collect();
    assert_eq!(numbers, ["7", "8", "9", "10"]);
}
