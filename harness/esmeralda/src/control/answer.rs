//! Requests and answers of the control plane as they are on the wire.
//!
//! Not signed and not sent: that is a plane's.

use serde::Serialize;
use serde_json::{Map, Value};

/// The requests about mappings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// CreateEventSourceMapping.
    Create,
    /// GetEventSourceMapping.
    Get,
    /// UpdateEventSourceMapping.
    Update,
    /// DeleteEventSourceMapping.
    Delete,
    /// ListEventSourceMappings.
    List,
    /// DeleteFunction.
    DeleteFunction,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wire {
    /// What it asks for.
    pub verb: Verb,
    /// The HTTP method.
    pub method: &'static str,
    /// The path with its query.
    pub path: String,
    /// The body, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// A UUID that nobody has.
pub(super) const NOBODY: &str = "0badc0de-0000-4000-8000-000000000000";
/// The root of the resource.
const MAPPINGS: &str = "/2015-03-31/event-source-mappings/";

impl Wire {
    /// Creates a mapping.
    pub fn create(members: Value) -> Wire {
        Wire { verb: Verb::Create, method: "POST", path: MAPPINGS.to_owned(), body: Some(members) }
    }

    /// A request about one mapping: get, update or delete.
    pub fn of(verb: Verb, uuid: &str, members: Option<Value>) -> Wire {
        let method = match verb {
            Verb::Update => "PUT",
            Verb::Delete => "DELETE",
            _ => "GET",
        };
        Wire { verb, method, path: format!("{MAPPINGS}{uuid}"), body: members }
    }

    /// Lists the mappings of a stream and a function.
    pub fn list(stream_arn: &str, function_name: &str) -> Wire {
        let path = format!("{MAPPINGS}?EventSourceArn={}&FunctionName={function_name}", escaped(stream_arn));
        Wire { verb: Verb::List, method: "GET", path, body: None }
    }

    /// Deletes a function.
    pub fn delete_function(name: &str) -> Wire {
        let path = format!("/2015-03-31/functions/{name}");
        Wire { verb: Verb::DeleteFunction, method: "DELETE", path, body: None }
    }
}

/// An ARN as a query holds it.
fn escaped(arn: &str) -> String {
    arn.replace(':', "%3A").replace('/', "%2F")
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The exception's name, without what may follow it after a colon; from the header, or from the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<String>,
    /// The body; null if there is none, a text if it is not JSON.
    pub body: Value,
}

impl Reply {
    /// The answer of this status, header `x-amzn-ErrorType` and body.
    pub fn new(status: u16, header: Option<&str>, body: &str) -> Reply {
        let body = match body.trim() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        };
        let named = ["__type", "code", "Code"].iter().find_map(|name| body.get(name)?.as_str());
        let bare = |name: &str| {
            let name = name.split(':').next().unwrap_or_default();
            name.rsplit('#').next().unwrap_or_default().to_owned()
        };
        let error_type = header.or(named).filter(|_| status >= 400).map(bare);
        Reply { status, error_type, body }
    }

    /// The answer to a request that is refused.
    pub fn refused(status: u16, error_type: &str, message: &str) -> Reply {
        let mut body = Map::new();
        body.insert("Type".to_owned(), "User".into());
        body.insert("message".to_owned(), message.into());
        Reply { status, error_type: Some(error_type.to_owned()), body: Value::Object(body) }
    }

    /// Whether the request was taken.
    pub fn is_taken(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The text of an error.
    pub fn message(&self) -> &str {
        let text = ["Message", "message"].iter().find_map(|name| self.body.get(name)?.as_str());
        text.or_else(|| self.body.as_str()).unwrap_or_default()
    }

    /// The answer in a few words.
    pub fn told(&self) -> String {
        if self.is_taken() {
            return format!("{} {}", self.status, self.body);
        }
        let name = self.error_type.as_deref().unwrap_or("without an error type");
        format!("{} {name}: {}", self.status, self.message())
    }
}
