//! A function behind a URL: the event is posted, and the response is its answer.
//!
//! So speak Lambda's Runtime Interface Emulator, `sam local start-lambda`, and emulators. What it writes to its output is
//! not seen here; what it does by the SDK is, if it was started with the recorder's URL.

use crate::handler::{Given, Handler, HandlerError, Raw};
use bytes::Bytes;
use esm_model::event::RequestId;
use esmeralda::clock::Wall;
use esmeralda_wire::client::{CallError, post};
use serde_json::Value as Json;
use std::time::Duration;

/// How much of an error is told.
const TOLD: usize = 2_000;

/// A function behind a URL. Needs a `LocalSet`.
pub struct Http {
    url: String,
    timeout: Duration,
    wall: Wall,
}

impl Http {
    /// The function at this URL, with this timeout.
    pub fn new(url: &str, timeout: Duration) -> Http {
        Http { url: url.to_owned(), timeout, wall: Wall::start() }
    }
}

impl Handler for Http {
    async fn call(&mut self, event: &str, request: RequestId) -> Result<Given, HandlerError> {
        let headers = [("lambda-runtime-aws-request-id", request.to_string())];
        let began_ms = self.wall.epoch_ms();
        let event = Bytes::copy_from_slice(event.as_bytes());
        let raw = match tokio::time::timeout(self.timeout, post(&self.url, &headers, event)).await {
            Err(_) => Raw::TimedOut,
            Ok(Ok((status, body))) => answered(status, &body),
            Ok(Err(error @ CallError::Broken { .. })) => Raw::Died(error.to_string()),
            Ok(Err(error @ CallError::Unreachable { .. })) => {
                return Err(HandlerError::Start(error.to_string()));
            }
        };
        let took_ms = Some(self.wall.epoch_ms() - began_ms);
        Ok(Given { took_ms, ..Given::new(raw) })
    }
}

/// What a response means: an error is told by its status, or by its body as the Runtime Interface Emulator has it.
fn answered(status: u16, body: &[u8]) -> Raw {
    let text = String::from_utf8_lossy(body).into_owned();
    if !(200..300).contains(&status) {
        let told: String = text.chars().take(TOLD).collect();
        return Raw::Raised(format!("status {status}: {told}"));
    }
    let value: Json = serde_json::from_str(&text).unwrap_or_default();
    match (value["errorType"].as_str(), value["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => Raw::Raised(format!("{kind}: {message}")),
        _ => Raw::Returned(if text.is_empty() { "null".to_owned() } else { text }),
    }
}
