//! Compares one answer with what the model answers: status, error, and each member of a configuration.
//!
//! Says which rule each difference breaks; how much that counts is the reading's.

use super::answer::Reply;
use esm_model::catalogue::*;
use esm_model::control::{Configuration, ServiceError, State};
use esm_model::rule::RuleId;
use serde_json::Value;

/// A difference: the rule, what was allowed, what came.
pub(super) type Difference = (RuleId, String, String);

/// The rule of each member that shows a setting, or who the mapping is.
const MEMBERS: &[(&str, RuleId)] = &[
    ("BatchSize", PARAM_1),
    ("MaximumBatchingWindowInSeconds", PARAM_2),
    ("MaximumRetryAttempts", PARAM_4),
    ("MaximumRecordAgeInSeconds", PARAM_5),
    ("BisectBatchOnFunctionError", PARAM_6),
    ("ParallelizationFactor", PARAM_7),
    ("TumblingWindowInSeconds", PARAM_8),
    ("FunctionResponseTypes", PARAM_9),
    ("StartingPosition", PARAM_10),
    ("StartingPositionTimestamp", PARAM_11),
    ("DestinationConfig", PARAM_12),
    ("FilterCriteria", PARAM_13),
    ("EventSourceArn", API_2),
    ("EventSourceMappingArn", API_4),
    ("FunctionArn", API_5),
    ("UUID", API_2),
    ("StateTransitionReason", API_1),
    ("LastProcessingResult", API_1),
];

/// A refusal as it must be. `about` is blamed if the request is taken.
pub(super) fn refusal(expected: &ServiceError, about: Option<RuleId>, reply: &Reply) -> Option<Difference> {
    let allowed = format!("{} {}: {}", expected.status, expected.error_type, expected.message);
    if reply.is_taken() || reply.status >= 500 {
        return Some((about.unwrap_or(expected.rule), allowed, reply.told()));
    }
    // Where no recording has the text, the type and the status are only what one would expect.
    let same = reply.status == expected.status
        && reply.error_type.as_deref() == Some(expected.error_type)
        && without_clock(reply.message()) == without_clock(&expected.message);
    (expected.recorded && !same).then(|| (expected.rule, allowed, reply.told()))
}

/// A text without the reading of the service's own clock at its end.
fn without_clock(text: &str) -> &str {
    text.split("currentTimestampInMillis: ").next().unwrap_or(text)
}

/// What may differ from the expected configuration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowed<'a> {
    /// The states that may show.
    pub(super) states: &'a [State],
    /// The rule of a state that may not.
    pub(super) state_rule: RuleId,
    /// The settings may still be these: an answer may lag behind the update (API-19).
    pub(super) or: Option<&'a Configuration>,
    /// The rule that the step is about: blamed for the members that the step changes.
    pub(super) about: Option<RuleId>,
}

/// A configuration as it must be.
pub(super) fn configuration(expected: &Configuration, allowed: Allowed<'_>, body: &Value) -> Vec<Difference> {
    let (found, unknown) = match Configuration::from_value(body) {
        Ok(read) => read,
        Err(error) => return vec![(API_2, "the configuration of a mapping".to_owned(), error.to_string())],
    };
    let mut differences: Vec<Difference> = Vec::new();
    for member in found.missing_members() {
        let rule = if member == "DestinationConfig" { API_3 } else { API_2 };
        differences.push((rule, format!("the member {member}"), "it is missing".to_owned()));
    }
    for note in unknown {
        differences.push((API_2, "no other members".to_owned(), note));
    }
    let (expected_json, found_json) = (expected.to_json(), found.to_json());
    let other = allowed.or.map(Configuration::to_json);
    for &(member, rule) in MEMBERS {
        let (wanted, came) = (expected_json.get(member), found_json.get(member));
        if wanted == came || other.as_ref().is_some_and(|other| other.get(member) == came) {
            continue;
        }
        let missing = came.is_none();
        if missing && Configuration::REQUIRED.contains(&member) {
            continue;
        }
        let changed = other.as_ref().is_none_or(|other| other.get(member) != wanted);
        let rule = match (allowed.about.filter(|_| changed), member, expected.destination_config.as_ref()) {
            (Some(about), ..) => about,
            (None, "DestinationConfig", Some(config)) if config.on_failure().is_none() => API_3,
            (None, "FilterCriteria", None) => API_23,
            _ => rule,
        };
        differences.push((rule, shown(member, wanted), shown(member, came)));
    }
    let state = found.state.as_ref();
    if let Some(state) = state.filter(|state| !allowed.states.contains(state)) {
        let texts: Vec<&str> = allowed.states.iter().map(State::text).collect();
        let rule = if matches!(state, State::Other(_)) { STATE_1 } else { allowed.state_rule };
        differences.push((rule, format!("State {}", texts.join(" or ")), format!("State {}", state.text())));
    }
    differences
}

fn shown(member: &str, value: Option<&Value>) -> String {
    value.map_or_else(|| format!("no {member}"), |value| format!("{member} {value}"))
}
