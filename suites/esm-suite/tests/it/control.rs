//! The judge of the control plane: the model's own plane is never accused, and planted faults of answers are, each for
//! its own rule.

use esm_model::catalogue::*;
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_suite::control::groups;
use esmeralda::control::{Fault, InTree, Played, Reply, Verb, play_all};
use esmeralda::stop::Stop;
use esmeralda::virtual_time::ready;
use serde_json::{Value, json};

fn played(fault: Option<Fault>) -> Vec<Played> {
    let plane = InTree { fault };
    ready(play_all(&plane, &groups(), &Reading::aws(), 1, &Stop::default()))
}

#[test]
fn the_model_answers_as_it_should() {
    for played in played(None) {
        assert!(played.breaches.is_empty() && played.trouble.is_none(), "{played:#?}");
        assert_eq!(played.steps.0, played.steps.1, "{} stops early", played.group);
    }
}

/// Every rule that the control plane alone can show is reached by some group.
#[test]
fn nothing_is_left_out() {
    let reached: Vec<RuleId> = played(None).into_iter().flat_map(|played| played.exercised).collect();
    let wanted = [
        API_1, API_5, API_6, API_7, API_8, API_9, API_10, API_11, API_12, API_13, API_14, API_15, API_16,
        API_17, API_19, API_21, API_22, API_23, API_24, API_25, API_28, API_29, API_30, API_31, API_33,
        PARAM_1, PARAM_2, PARAM_3, PARAM_4, PARAM_5, PARAM_7, PARAM_8, PARAM_10, PARAM_12, PARAM_15,
        PARAM_16, STATE_2, STATE_3, STATE_4,
    ];
    let missing: Vec<String> =
        wanted.iter().filter(|rule| !reached.contains(rule)).map(ToString::to_string).collect();
    assert!(missing.is_empty(), "not reached: {missing:?}");
}

/// A fault is found, and its rule is among what is blamed.
fn check(rule: RuleId, fault: Fault) {
    let found: Vec<RuleId> = played(Some(fault))
        .iter()
        .flat_map(|played| played.breaches.iter().map(|breach| breach.rule))
        .collect();
    assert!(found.contains(&rule), "{rule} is not blamed, but {found:?}");
}

fn with(mut reply: Reply, member: &str, value: Value) -> Reply {
    if reply.is_taken() && reply.body.get("UUID").is_some() {
        reply.body[member] = value;
    }
    reply
}

fn without(mut reply: Reply, member: &str) -> Reply {
    if let Some(members) = reply.body.as_object_mut() {
        members.shift_remove(member);
    }
    reply
}

#[test]
fn faults_of_configurations() {
    check(API_1, |wire, reply| match wire.verb {
        Verb::Create if reply.is_taken() => Reply { status: 201, ..reply },
        _ => reply,
    });
    check(API_1, |_, reply| with(reply, "StateTransitionReason", json!("USER_INITIATED")));
    check(API_2, |_, reply| without(reply, "FunctionResponseTypes"));
    check(API_2, |_, reply| with(reply, "Topics", json!([])));
    check(API_3, |_, reply| without(reply, "DestinationConfig"));
    check(API_3, |_, reply| match reply.body["DestinationConfig"] == json!({"OnFailure": {}}) {
        true => with(reply, "DestinationConfig", json!({})),
        false => reply,
    });
    check(API_4, |_, reply| {
        with(reply, "EventSourceMappingArn", json!("arn:aws:lambda:eu-west-1:1:mapping:x"))
    });
    check(API_5, |_, reply| {
        let bare = json!("arn:aws:lambda:eu-west-1:123456789012:function:esmeralda");
        with(reply, "FunctionArn", bare)
    });
    check(API_21, |_, reply| match reply.body["DestinationConfig"] == json!({"OnFailure": {}}) {
        true => with(reply, "DestinationConfig", json!({"OnFailure": {"Destination": ""}})),
        false => reply,
    });
    check(API_23, |_, reply| with(reply, "FilterCriteria", json!({"Filters": []})));
    check(PARAM_1, |_, reply| match reply.body["BatchSize"] == json!(100) {
        true => with(reply, "BatchSize", json!(10)),
        false => reply,
    });
    check(PARAM_4, |_, reply| match reply.body["MaximumRetryAttempts"] == json!(-1) {
        true => with(reply, "MaximumRetryAttempts", json!(10_000)),
        false => reply,
    });
}

#[test]
fn faults_of_states() {
    check(STATE_2, |wire, reply| match wire.verb {
        Verb::Get => with(reply, "State", json!("Creating")),
        _ => reply,
    });
    check(STATE_1, |_, reply| with(reply, "State", json!("Active")));
    check(STATE_3, |wire, reply| match wire.verb {
        Verb::Update => with(reply, "State", json!("Enabled")),
        _ => reply,
    });
    check(STATE_4, |wire, reply| match wire.verb {
        Verb::Delete => with(reply, "State", json!("Enabled")),
        _ => reply,
    });
}

#[test]
fn faults_of_refusals() {
    check(API_10, |_, reply| match reply.status {
        404 => Reply { status: 400, ..reply },
        _ => reply,
    });
    check(API_12, |_, reply| match reply.message().contains("startingPosition") {
        true => Reply::refused(400, "ValidationException", reply.message()),
        false => reply,
    });
    check(API_8, |_, reply| match reply.message().starts_with("Stream not found") {
        true => Reply::refused(404, "ResourceNotFoundException", "no stream"),
        false => reply,
    });
    check(PARAM_5, |wire, reply| {
        match wire.body.as_ref().and_then(|body| body.get("MaximumRecordAgeInSeconds")) {
            Some(age) if *age == json!(59) => accepted(),
            _ => reply,
        }
    });
    check(API_6, |_, reply| if reply.status == 409 { accepted() } else { reply });
}

/// What an implementation answers that checks nothing.
fn accepted() -> Reply {
    let body = json!({"UUID": "00000000-0000-4000-8000-00000000ffff", "State": "Creating"});
    Reply { status: 202, error_type: None, body }
}
