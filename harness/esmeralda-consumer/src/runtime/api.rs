//! The Lambda Runtime API on loopback, for one process: the next event, its answer or error, and errors of the start.
//!
//! Hands on what comes in and decides nothing. Who asks out of turn is refused, as Lambda does.

use super::environment::MAX_ANSWER;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use esmeralda_wire::http::whole;
use serde_json::{Value, json};
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The ARN of the function, as the events' names have it.
const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:handler-0";

/// An event to be given out.
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) event: String,
    pub(super) deadline_ms: i64,
}

/// What the process said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It asks for the next event.
    Next,
    /// It returned this.
    Response(String),
    /// It raised this.
    Error(String),
    /// It could not start.
    InitError(String),
    /// What it returned is longer than Lambda takes.
    TooLong,
}

struct Shared {
    queue: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    said: mpsc::UnboundedSender<Said>,
    /// The invocation that is under way.
    current: Mutex<Option<String>>,
}

/// The API of one process.
pub(super) struct Api {
    pub(super) address: String,
    pub(super) said: mpsc::UnboundedReceiver<Said>,
    queue: mpsc::UnboundedSender<Invocation>,
    server: JoinHandle<()>,
}

impl Api {
    pub(super) async fn serve() -> io::Result<Api> {
        let (queue, taken) = mpsc::unbounded_channel();
        let (saying, said) = mpsc::unbounded_channel();
        let shared =
            Shared { queue: tokio::sync::Mutex::new(taken), said: saying, current: Mutex::new(None) };
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::max(MAX_ANSWER))
            .with_state(Arc::new(shared));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?.to_string();
        // Without it an answer in two segments waits for an acknowledgement.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let server = tokio::spawn(async move {
            // It ends with the process that it serves, and an error of its own shows as a silent process.
            let _ended = axum::serve(listener, app).await;
        });
        Ok(Api { address, said, queue, server })
    }

    /// Gives an event out, as soon as it is asked for.
    pub(super) fn give(&self, invocation: Invocation) -> bool {
        self.queue.send(invocation).is_ok()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    /// Whether this is the answer to what is under way; from then on nothing is.
    fn ends(&self, id: &str) -> bool {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let own = current.as_deref() == Some(id);
        if own {
            *current = None;
        }
        own
    }

    fn say(&self, said: Said) {
        // Nobody listens once the environment is given up.
        let _given_up = self.said.send(said);
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    shared.say(Said::Next);
    let Some(invocation) = shared.queue.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let Invocation { id, event, deadline_ms } = invocation;
    *shared.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.clone());
    let root = id.replace('-', "");
    let trace = format!("Root=1-{}-{};Parent={};Sampled=0", &root[..8], &root[8..], &root[16..]);
    let headers = [
        ("Content-Type", "application/json".to_owned()),
        ("Lambda-Runtime-Aws-Request-Id", id),
        ("Lambda-Runtime-Deadline-Ms", deadline_ms.to_string()),
        ("Lambda-Runtime-Invoked-Function-Arn", FUNCTION_ARN.to_owned()),
        ("Lambda-Runtime-Trace-Id", trace),
    ];
    (headers, event).into_response()
}

async fn response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Body) -> Response {
    let body = whole(body, MAX_ANSWER).await;
    if !shared.ends(&id) {
        return out_of_turn();
    }
    match body {
        Ok(body) => {
            shared.say(Said::Response(String::from_utf8_lossy(&body).into_owned()));
            taken()
        }
        Err(error) if error.status == StatusCode::PAYLOAD_TOO_LARGE => {
            shared.say(Said::TooLong);
            let text = "Exceeded maximum allowed payload size (6291556 bytes).";
            refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", text)
        }
        // What it did not send to the end it did not say.
        Err(error) => refused(StatusCode::BAD_REQUEST, "InvalidRequest", &error.message),
    }
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response {
    if !shared.ends(&id) {
        return out_of_turn();
    }
    shared.say(Said::Error(String::from_utf8_lossy(&body).into_owned()));
    taken()
}

async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    shared.say(Said::InitError(String::from_utf8_lossy(&body).into_owned()));
    taken()
}

fn out_of_turn() -> Response {
    refused(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
}

fn refused(status: StatusCode, kind: &str, message: &str) -> Response {
    told(status, &json!({"errorType": kind, "errorMessage": message}))
}

fn taken() -> Response {
    told(StatusCode::ACCEPTED, &json!({"status": "OK"}))
}

fn told(status: StatusCode, body: &Value) -> Response {
    (status, [("Content-Type", "application/json")], body.to_string()).into_response()
}
