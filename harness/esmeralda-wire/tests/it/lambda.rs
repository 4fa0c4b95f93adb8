//! Lambda: functions, calls and how each can end, and the control plane of mappings.

use crate::function::{Does, Function};
use crate::support::{Endpoint, check, until};
use esmeralda_wire::Config;
use serde_json::{Value as Json, json};

const FUNCTIONS: &str = "/2015-03-31/functions";
const MAPPINGS: &str = "/2015-03-31/event-source-mappings";

#[test]
fn functions() {
    let mut endpoint = Endpoint::new(Config::default());
    endpoint.function("orders", "http://127.0.0.1:9/", 3);
    endpoint.say_rest(
        "POST",
        FUNCTIONS,
        json!({"FunctionName": "orders", "Handler": "h", "Code": {"ZipFile": ""}}),
    );
    endpoint.say_rest("POST", FUNCTIONS, json!({"FunctionName": "other", "Handler": "h", "Code": {}}));
    endpoint.say_rest("GET", &format!("{FUNCTIONS}/orders"), Json::Null);
    endpoint.say_rest("GET", &format!("{FUNCTIONS}/none/configuration"), Json::Null);
    endpoint.say_rest("PUT", &format!("{FUNCTIONS}/orders/configuration"), json!({"Timeout": 901}));
    endpoint.say_rest("POST", &format!("{FUNCTIONS}/orders/versions"), json!({}));
    let alias = json!({"Name": "live", "FunctionVersion": "1"});
    endpoint.say_rest("POST", &format!("{FUNCTIONS}/orders/aliases"), alias);
    endpoint.say_rest("GET", &format!("{FUNCTIONS}/orders/configuration?Qualifier=live"), Json::Null);
    let reserved = json!({"ReservedConcurrentExecutions": 0});
    endpoint.say_rest("PUT", "/2017-10-31/functions/orders/concurrency", reserved);
    endpoint.say_rest("POST", &format!("{FUNCTIONS}/orders/invocations"), json!({}));
    endpoint.say_rest("DELETE", "/2017-10-31/functions/orders/concurrency", Json::Null);
    endpoint.say_rest("DELETE", &format!("{FUNCTIONS}/orders"), Json::Null);
    endpoint.say_rest("POST", &format!("{FUNCTIONS}/orders/invocations"), json!({}));
    endpoint.say_rest("GET", FUNCTIONS, Json::Null);
    check(&endpoint, "functions");
}

#[test]
fn each_end_of_a_call_is_told_apart() {
    let mut endpoint = Endpoint::new(Config::default());
    let function = Function::start(|called| match called.event["do"].as_str() {
        Some("fail") => Does::Says(500, r#"{"errorMessage": "no", "errorType": "Refusal"}"#),
        Some("odd") => Does::Says(200, "<html>"),
        Some("hang") => Does::Hangs,
        Some("die") => Does::Dies,
        _ => Does::Says(200, r#"{"good": true}"#),
    });
    endpoint.function("orders", &function.url, 1);
    for what in ["succeed", "fail", "odd", "die", "hang"] {
        endpoint.say_rest("POST", &format!("{FUNCTIONS}/orders/invocations"), json!({"do": what}));
    }
    endpoint.function("nowhere", "http://127.0.0.1:1/", 1);
    endpoint.say_rest("POST", &format!("{FUNCTIONS}/nowhere/invocations"), json!({}));
    check(&endpoint, "calls");
}

#[test]
fn the_life_of_a_mapping() {
    let mut endpoint = Endpoint::new(Config::default());
    let stream = endpoint.stream("s", 1);
    endpoint.function("orders", "http://127.0.0.1:9/", 3);
    let create = json!({
        "EventSourceArn": stream, "FunctionName": "orders", "StartingPosition": "LATEST", "Enabled": false,
        "Tags": {"team": "a"},
    });
    let made = endpoint.say_rest("POST", MAPPINGS, create);
    let uuid = made["UUID"].as_str().unwrap().to_owned();
    let path = format!("{MAPPINGS}/{uuid}");
    endpoint.state(&uuid, "Disabled");
    assert_eq!(endpoint.rest("PUT", &path, json!({"Enabled": true}))["State"], "Enabling");
    endpoint.state(&uuid, "Enabled");
    let queue = "arn:aws:sqs:us-east-1:000000000000:q";
    let change = json!({
        "MaximumRetryAttempts": 2, "MaximumRecordAgeInSeconds": 3600,
        "DestinationConfig": {"OnFailure": {"Destination": queue}},
    });
    endpoint.say_rest("PUT", &path, change);
    endpoint.state(&uuid, "Enabled");
    let remove = json!({"DestinationConfig": {"OnFailure": {"Destination": ""}}});
    assert_eq!(endpoint.rest("PUT", &path, remove)["DestinationConfig"], json!({"OnFailure": {}}));
    let shown = endpoint.rest("GET", &format!("{MAPPINGS}?EventSourceArn={stream}"), Json::Null);
    assert_eq!(shown["EventSourceMappings"][0]["UUID"], uuid.as_str());
    let tags = format!("/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}");
    endpoint.rest("POST", &tags, json!({"Tags": {"step": "b"}}));
    endpoint.rest("DELETE", &format!("{tags}?tagKeys=team"), Json::Null);
    assert_eq!(endpoint.rest("GET", &tags, Json::Null), json!({"Tags": {"step": "b"}}));
    assert_eq!(endpoint.rest("PUT", &path, json!({"Enabled": false}))["State"], "Disabling");
    endpoint.state(&uuid, "Disabled");
    assert_eq!(endpoint.rest("DELETE", &path, Json::Null)["State"], "Deleting");
    until("the mapping is gone", || (endpoint.send("GET", &path, &[], b"").0 == 404).then_some(()));
    check(&endpoint, "mapping");
}

#[test]
fn requests_for_mappings_that_are_refused() {
    let mut endpoint = Endpoint::new(Config::default());
    let stream = endpoint.stream("s", 1);
    endpoint.function("orders", "http://127.0.0.1:9/", 3);
    let good = json!({"EventSourceArn": stream, "FunctionName": "orders", "StartingPosition": "LATEST"});
    for (member, value) in [
        ("EventSourceArn", Json::Null),
        ("EventSourceArn", format!("{stream}-not").into()),
        ("FunctionName", "none".into()),
        ("StartingPosition", "invalid".into()),
        ("BatchSize", 10_001.into()),
        ("BatchSize", "many".into()),
        ("MaximumRetryAttempts", (-2).into()),
        ("MaximumRecordAgeInSeconds", 59.into()),
        ("DestinationConfig", json!({"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:000000000000:q"}})),
    ] {
        let mut body = good.clone();
        body[member] = value;
        endpoint.say_rest("POST", MAPPINGS, body);
    }
    endpoint.say_rest("GET", &format!("{MAPPINGS}/00000000-0000-4000-8000-000000000000"), Json::Null);
    endpoint.say_rest("PATCH", MAPPINGS, Json::Null);
    let (status, kind, text) = endpoint.send("POST", MAPPINGS, &[], b"{");
    endpoint.note("POST {", status, &kind, &text);
    // What the service does not know it does not look at.
    let mut body = good.clone();
    (body["Colour"], body["BatchSize"]) = ("red".into(), Json::Null);
    endpoint.rest("POST", MAPPINGS, body);
    let (status, kind, text) = endpoint.send("POST", MAPPINGS, &[], good.to_string().as_bytes());
    assert_eq!((status, kind.as_str()), (409, "ResourceConflictException"), "{text}");
    check(&endpoint, "mapping_refused");
}
