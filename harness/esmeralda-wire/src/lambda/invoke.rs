//! A call of a function, by a client or by a mapping: reached or not, answered or not, in time or not.

use super::{EVENT_BYTES, URL_VARIABLE};
use crate::client::{CallError, post};
use crate::http::{Answer, ApiError, Request};
use crate::world::World;
use bytes::Bytes;
use esm_model::control::FunctionName;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// What a call came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Invoked {
    /// The function returned this text, which is JSON or empty.
    Returned(Bytes),
    /// The function failed and said this.
    Failed(Json),
    /// The function did not answer in time.
    TimedOut(Json),
    /// The function's process ended without an answer.
    Crashed(Json),
    /// Its concurrency is used up.
    Throttled,
    /// The function was not reached.
    Unreachable(String),
    /// There is no such function or version.
    Absent,
}

/// Ends a call's share of the concurrency, however the call ends.
struct Running<'w> {
    world: &'w World,
    name: &'w str,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(function) = self.world.functions.borrow_mut().get_mut(self.name) {
            function.running = function.running.saturating_sub(1);
        }
    }
}

/// Calls a function by name, ARN or ARN with qualifier. Also returned is the version that ran.
pub async fn invoke(world: &World, function: &str, request_id: &str, event: Bytes) -> (Invoked, String) {
    let latest = || "$LATEST".to_owned();
    let Some(name) = FunctionName::parse(function) else { return (Invoked::Absent, latest()) };
    let (url, timeout_s, version, arn) = {
        let mut functions = world.functions.borrow_mut();
        let Some(function) = functions.get_mut(name.name) else { return (Invoked::Absent, latest()) };
        let Some(version) = function.version(name.qualifier) else { return (Invoked::Absent, latest()) };
        if function.reserved.is_some_and(|reserved| function.running >= reserved) {
            return (Invoked::Throttled, version);
        }
        function.running += 1;
        let url = function.environment.get(URL_VARIABLE).cloned();
        (url, function.timeout_s, version, function.arn.clone())
    };
    let _running = Running { world, name: name.name };
    let Some(url) = url else {
        let message =
            format!("this endpoint runs no code: set the function's environment variable {URL_VARIABLE}");
        return (Invoked::Failed(failure("Runtime.HandlerError", &message)), version);
    };
    let deadline = world.clock.epoch_ms() + timeout_s * 1_000;
    let headers = [
        ("x-amzn-lambda-function-name", name.name.to_owned()),
        ("x-amzn-lambda-function-version", version.clone()),
        ("x-amzn-lambda-function-arn", arn),
        ("x-amzn-lambda-request-id", request_id.to_owned()),
        ("x-amzn-lambda-deadline-ms", deadline.to_string()),
    ];
    let limit = Duration::from_secs(timeout_s as u64);
    let answer = tokio::time::timeout(limit, post(&url, &headers, event)).await;
    let invoked = match answer {
        Err(_) => {
            let message = format!("{request_id} Task timed out after {timeout_s}.00 seconds");
            Invoked::TimedOut(failure("Sandbox.Timedout", &message))
        }
        Ok(Err(error @ CallError::Unreachable { .. })) => Invoked::Unreachable(error.to_string()),
        Ok(Err(CallError::Broken { .. })) => {
            let message = format!("RequestId: {request_id} Error: Runtime exited without providing a reason");
            Invoked::Crashed(failure("Runtime.ExitError", &message))
        }
        Ok(Ok((200..=299, body))) => returned(body),
        Ok(Ok((_, body))) => Invoked::Failed(said(&body)),
    };
    (invoked, version)
}

fn failure(kind: &str, message: &str) -> Json {
    json!({"errorType": kind, "errorMessage": message})
}

/// What is no JSON is no result of a function.
fn returned(body: Bytes) -> Invoked {
    match body.is_empty() || serde_json::from_slice::<Json>(&body).is_ok() {
        true => Invoked::Returned(body),
        false => Invoked::Failed(failure("Runtime.MarshalError", "the function's answer is not JSON")),
    }
}

/// The error object of a failed call: the function's own if it sent one.
fn said(body: &Bytes) -> Json {
    match serde_json::from_slice::<Json>(body) {
        Ok(Json::Object(members)) if members.contains_key("errorMessage") => Json::Object(members),
        _ => failure("Error", &String::from_utf8_lossy(&body[..body.len().min(500)])),
    }
}

/// The operation Invoke.
///
/// # Errors
/// What the service refuses.
pub async fn invoke_api(world: &World, function: &str, request: &Request) -> Result<Answer, ApiError> {
    if request.body.len() > EVENT_BYTES {
        let message = format!(
            "{} byte payload is too large for the RequestResponse invocation type",
            request.body.len()
        );
        return Err(ApiError::new(413, "RequestTooLargeException", message));
    }
    let function = match request.query("Qualifier") {
        Some(qualifier) => format!("{function}:{qualifier}"),
        None => function.to_owned(),
    };
    match request.header("x-amz-invocation-type").unwrap_or("RequestResponse") {
        "RequestResponse" => {}
        "DryRun" => return Ok(Answer::empty(204)),
        other => {
            let message =
                format!("this endpoint has the invocation types RequestResponse and DryRun, not {other}");
            return Err(ApiError::new(400, "InvalidParameterValueException", message));
        }
    }
    let id = world.ids.uuid();
    let event = if request.body.is_empty() { Bytes::from_static(b"{}") } else { request.body.clone() };
    let (invoked, version) = invoke(world, &function, &id, event).await;
    let answer = match invoked {
        Invoked::Returned(body) => {
            let body = if body.is_empty() { Bytes::from_static(b"null") } else { body };
            Answer::new(200, "application/json", body)
        }
        Invoked::Failed(said) | Invoked::TimedOut(said) | Invoked::Crashed(said) => {
            Answer::json(200, &said).with("x-amz-function-error", "Unhandled")
        }
        Invoked::Throttled => return Err(ApiError::new(429, "TooManyRequestsException", "Rate Exceeded.")),
        Invoked::Unreachable(reason) => return Err(ApiError::new(500, "ServiceException", reason)),
        Invoked::Absent => {
            let arn = world.config.account.arn("lambda", &format!("function:{function}"));
            return Err(ApiError::new(
                404,
                "ResourceNotFoundException",
                format!("Function not found: {arn}"),
            ));
        }
    };
    Ok(answer.with("x-amz-executed-version", version).with("x-amzn-requestid", id))
}
