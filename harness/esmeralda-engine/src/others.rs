//! Mappings of other sources than streams: queues and the like are the upstream's own, and stay with it.
//!
//! The reference knows streams only. One URL must serve for everything, so what concerns such a mapping is passed on.

use crate::engine::Engine;
use esm_model::control::not_a_stream;
use esm_model::mapping::source_kind;
use esmeralda_wire::http::{Answer, ApiError, Request};
use hyper::Method;
use serde_json::Value as Json;

/// The answer to a request, given what the API of stream mappings says to it.
///
/// # Errors
/// What that API says, where the upstream knows no better.
pub async fn answer(
    engine: &Engine,
    request: &Request,
    path: &str,
    ours: Result<Answer, ApiError>,
) -> Result<Answer, ApiError> {
    match &ours {
        Err(error) if request.method == Method::POST && is_elsewhere(request, error) => {
            engine.proxy.repeat(request, path).await.or(ours)
        }
        // A mapping that is unknown here may be one of the upstream's.
        Err(error) if error.status == 404 && error.kind == "ResourceNotFoundException" => {
            match engine.proxy.repeat(request, path).await {
                Ok(theirs) if (200..300).contains(&theirs.status) => Ok(theirs),
                _ => ours,
            }
        }
        Ok(answer) if request.method == Method::GET && is_list(request) => {
            let theirs = engine.proxy.repeat(request, path).await;
            Ok(theirs.map_or_else(|_| answer.clone(), |theirs| together(answer, &theirs)))
        }
        _ => ours,
    }
}

/// Whether the only thing that speaks against a mapping is that its source is no stream.
fn is_elsewhere(request: &Request, error: &ApiError) -> bool {
    let body = request.json().unwrap_or_default();
    body["EventSourceArn"].as_str().is_some_and(|arn| not_a_stream(arn).message == error.message)
}

fn is_list(request: &Request) -> bool {
    request.parts().len() == 2 && request.query("Marker").is_none()
}

/// Our list, and behind its last page what the upstream has beside streams.
fn together(ours: &Answer, theirs: &Answer) -> Answer {
    let (Ok(mut body), Ok(other)) =
        (serde_json::from_slice::<Json>(&ours.body), serde_json::from_slice::<Json>(&theirs.body))
    else {
        return ours.clone();
    };
    let elsewhere =
        |mapping: &&Json| mapping["EventSourceArn"].as_str().is_some_and(|arn| source_kind(arn).is_none());
    let more: Vec<Json> =
        other["EventSourceMappings"].as_array().into_iter().flatten().filter(elsewhere).cloned().collect();
    if body.get("NextMarker").is_some() || more.is_empty() {
        return ours.clone();
    }
    if let Some(list) = body["EventSourceMappings"].as_array_mut() {
        list.extend(more);
    }
    Answer::json(ours.status, &body)
}
