//! The paths of Lambda's REST API.

use super::mapping_api::change_tags;
use super::{answer_mapping, answer_tags, function_api, invoke_api};
use crate::http::{Answer, ApiError, Request};
use crate::world::World;
use esm_model::control::FunctionName;
use hyper::Method;
use serde_json::json;
use std::rc::Rc;

/// The years in which Lambda's paths begin.
const VERSIONS: [&str; 7] =
    ["2015-03-31", "2016-08-19", "2017-03-31", "2017-10-31", "2018-10-31", "2019-09-30", "2020-06-30"];

/// Whether a path is one of Lambda's.
pub fn is_path(path: &str) -> bool {
    path.trim_start_matches('/').split('/').next().is_some_and(|first| VERSIONS.contains(&first))
}

/// Answers a request.
///
/// # Errors
/// What the service refuses.
pub async fn answer(world: &Rc<World>, request: &Request) -> Result<Answer, ApiError> {
    let parts = request.parts();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match (&request.method, parts.get(1..).unwrap_or_default()) {
        (&Method::POST, ["functions", name, "invocations"]) => invoke_api(world, name, request).await,
        (_, ["functions", ..]) => function_api::answer(world, request, &parts[1..]),
        (_, ["event-source-mappings", rest @ ..]) => answer_mapping(world, request, rest).await,
        // An ARN with slashes is still one resource.
        (_, ["tags", ..]) => tags(world, request, &parts[2..].join("/")).await,
        (&Method::GET, ["account-settings"]) => Ok(Answer::json(
            200,
            &json!({
                "AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000},
                "AccountUsage": {"FunctionCount": world.functions.borrow().iter().count()},
            }),
        )),
        _ => Err(ApiError::new(404, "UnknownOperationException", "Unknown Operation")),
    }
}

async fn tags(world: &Rc<World>, request: &Request, arn: &str) -> Result<Answer, ApiError> {
    if arn.contains(":event-source-mapping:") {
        return answer_tags(world, request, arn).await;
    }
    let name = FunctionName::parse(arn).map_or(arn, |name| name.name);
    let mut functions = world.functions.borrow_mut();
    let absent = || ApiError::new(404, "ResourceNotFoundException", format!("Function not found: {arn}"));
    change_tags(&mut functions.get_mut(name).ok_or_else(absent)?.tags, request)
}

/// An error as this service writes it.
pub fn write_error(error: &ApiError) -> Answer {
    let text = &error.message;
    let body = match error.kind.as_str() {
        "ValidationException" | "SerializationException" => json!({"message": text}),
        "ResourceNotFoundException" => json!({"Message": text, "Type": "User"}),
        "TooManyRequestsException" => json!({
            "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User", "message": text,
        }),
        _ if error.status >= 500 => json!({"Message": text, "Type": "Service"}),
        _ => json!({"Type": "User", "message": text}),
    };
    Answer::json(error.status, &body).with("x-amzn-errortype", error.kind.clone())
}
