//! Lambda: what a mapping needs of a function.

use super::{Ask, Client, Failed, Place, text};
use bytes::Bytes;
use esm_model::event::RequestId;
use esm_model::reference::FunctionResult;
use esmeralda::documents::Documents;
use esmeralda_wire::upstream::Reply;
use hyper::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;
use std::time::Duration;

/// How long a function may run, where it is not known: the longest that there is.
pub const LONGEST: Duration = Duration::from_secs(900);
/// What an answer may take beside the function's own time: a cold start.
const START: Duration = Duration::from_secs(30);

/// A function, as far as mappings are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The role by which it runs.
    pub role_arn: String,
    /// The version behind the qualifier.
    pub version: String,
    /// How long it may run.
    pub timeout: Duration,
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// What is said of a function there; `None` if there is nothing.
async fn asked(client: &Client, place: &Place, path: String) -> Result<Option<Json>, Failed> {
    match client.look(place, Ask::new(Method::GET, "lambda", path)).await {
        Ok(said) => Ok(Some(said.json())),
        Err(Failed::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Looks a function up. `None` if there is none, or no such version.
///
/// # Errors
/// There is no answer.
pub async fn find(
    client: &Client,
    place: &Place,
    name: &str,
    qualifier: Option<&str>,
) -> Result<Option<Function>, Failed> {
    let path = format!("/2015-03-31/functions/{}", encoded(name));
    let body = match qualifier {
        None => asked(client, place, format!("{path}/configuration")).await?,
        // LocalStack knows aliases only where the whole function is asked for.
        Some(qualifier) => {
            let whole = asked(client, place, format!("{path}?Qualifier={}", encoded(qualifier))).await?;
            whole.map(|mut whole| whole["Configuration"].take())
        }
    };
    let Some(body) = body else { return Ok(None) };
    let seconds = body["Timeout"].as_u64().filter(|seconds| *seconds > 0);
    Ok(Some(Function {
        role_arn: text(&body, "Role").unwrap_or_default(),
        version: text(&body, "Version").unwrap_or_else(|| "$LATEST".to_owned()),
        timeout: seconds.map_or(LONGEST, Duration::from_secs).min(LONGEST),
    }))
}

/// Calls a function and waits for what it returns.
pub async fn invoke(client: &Client, place: &Place, arn: &str, event: Bytes, timeout: Duration) -> Reply {
    let path = format!("/2015-03-31/functions/{}/invocations", encoded(arn));
    let mut ask = Ask::new(Method::POST, "lambda", path).with("application/json", event);
    ask.headers.push(("x-amz-invocation-type", "RequestResponse".to_owned()));
    ask.patience = timeout + START;
    let said = match client.ask(place, ask).await {
        Ok(said) => said,
        Err(error) => {
            tracing::debug!(%error, "the function was not reached");
            return FunctionResult::ServiceError.into();
        }
    };
    let request = said.header("x-amzn-requestid").and_then(RequestId::parse);
    let result = match (said.status, said.header("x-amz-function-error")) {
        (200..=299, None) => {
            let text = String::from_utf8_lossy(&said.body);
            FunctionResult::Returned(Documents::read_response(if text.is_empty() { "null" } else { &text }))
        }
        (200..=299, Some(_)) => failure(&said.json()),
        (429, _) => FunctionResult::Throttled,
        (413, _) => FunctionResult::TooLarge,
        _ => FunctionResult::ServiceError,
    };
    // Only a call that reached the function has an ID that somebody saw.
    let request = request.filter(|_| (200..300).contains(&said.status));
    Reply { result, request }
}

/// Which failure a failed call was, by what the runtime says of it.
fn failure(body: &Json) -> FunctionResult {
    let kind = text(body, "errorType").unwrap_or_default();
    let message = text(body, "errorMessage").unwrap_or_default();
    if kind == "Sandbox.Timedout" || message.contains("Task timed out after") {
        FunctionResult::TimedOut
    } else if kind == "Runtime.ExitError" || message.contains("Runtime exited") {
        FunctionResult::Crashed
    } else {
        FunctionResult::Raised
    }
}
