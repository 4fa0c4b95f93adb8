//! The callback listener: hands each call of a function to the session that it belongs to, and gives its answer back.
//!
//! Decides nothing and records nothing: the session does, on its own thread, before the answer leaves.

use crate::preset::Answers;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt;
use esmeralda::clock::Wall;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// Most bytes of an event: the limit of an invocation is 6 MB, and a target that breaks it shall be heard.
const MAX_EVENT: usize = 64 * 1024 * 1024;
/// Headers that may hold the request ID, the first that is there counts.
const REQUEST_ID: [&str; 2] = ["x-esmeralda-request-id", "x-amzn-lambda-request-id"];

/// A call of a function as it came in.
#[derive(Debug)]
pub struct Incoming {
    /// Index of the mapping.
    pub mapping: u8,
    /// The event.
    pub text: String,
    /// The request ID, if the function told it.
    pub request: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Takes the answer. Nobody waits for it any more if the function was given up.
    pub answer: oneshot::Sender<Told>,
}

/// What the function is told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Return this JSON text.
    Return(Box<str>),
    /// Raise an error.
    Raise,
    /// End the process.
    Crash,
    /// Fail as a service.
    ServiceError,
    /// Nothing of the case: the session is over, or there is none.
    Nothing,
}

/// Who gets the calls of one function for one stream.
struct Route {
    stream: String,
    mapping: u8,
    sender: mpsc::UnboundedSender<Incoming>,
}

/// Streams of sessions that are over, whose late calls belong to nobody: so many, because the target forgets a mapping
/// soon after its session.
const LATE: usize = 256;

#[derive(Default)]
struct Routes {
    by_token: BTreeMap<String, Vec<Route>>,
    over: VecDeque<String>,
}

/// The listener of one thread.
#[derive(Clone)]
pub struct Listener {
    shared: Arc<Shared>,
    local: SocketAddr,
}

struct Shared {
    routes: Mutex<Routes>,
    answers: Answers,
    wall: Wall,
}

impl Listener {
    /// Binds, and serves from then on.
    ///
    /// # Errors
    /// What the system said of the address.
    pub async fn bind(bind: &str, answers: Answers, wall: Wall) -> io::Result<Listener> {
        let shared = Arc::new(Shared { routes: Mutex::default(), answers, wall });
        let app = Router::new()
            .route("/{token}", post(called))
            .layer(DefaultBodyLimit::max(MAX_EVENT))
            .with_state(shared.clone());
        let listener = TcpListener::bind((bind, 0)).await?;
        let local = listener.local_addr()?;
        // Without it an answer in two segments waits for an acknowledgement.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Listener { shared, local })
    }

    /// The URL of a function, as seen by a function.
    pub fn url(&self, host: &str, token: &str) -> String {
        format!("http://{host}:{}/{token}", self.local.port())
    }

    /// From now on calls of this function for this stream go there.
    pub fn open(&self, token: &str, stream: &str, mapping: u8, sender: mpsc::UnboundedSender<Incoming>) {
        let route = Route { stream: stream.to_owned(), mapping, sender };
        self.shared.lock().by_token.entry(token.to_owned()).or_default().push(route);
    }

    /// Nobody waits for the calls of this stream any more.
    pub fn close(&self, stream: &str) {
        let mut routes = self.shared.lock();
        routes.by_token.values_mut().for_each(|list| list.retain(|route| route.stream != stream));
        routes.by_token.retain(|_, list| !list.is_empty());
        if routes.over.len() == LATE {
            routes.over.pop_front();
        }
        routes.over.push_back(stream.to_owned());
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Routes> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose call it is: by the stream that the event names, or, where it names none, the only one there is.
    fn route(&self, token: &str, text: &str) -> Option<(u8, mpsc::UnboundedSender<Incoming>)> {
        let routes = self.lock();
        let list = routes.by_token.get(token)?;
        // The ARN is searched as text: an event that is no JSON still finds its session.
        let named = list.iter().find(|route| text.contains(&route.stream));
        let is_late = || routes.over.iter().any(|stream| text.contains(stream));
        let route = named.or_else(|| list.first().filter(|_| list.len() == 1 && !is_late()))?;
        Some((route.mapping, route.sender.clone()))
    }
}

async fn called(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let at_ms = shared.wall.epoch_ms();
    let text = String::from_utf8_lossy(&body).into_owned();
    let Some((mapping, sender)) = shared.route(&token, &text) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let named = REQUEST_ID.iter().find_map(|name| headers.get(*name)?.to_str().ok());
    let (answer, told) = oneshot::channel();
    let incoming = Incoming { mapping, text, request: named.map(str::to_owned), at_ms, answer };
    if sender.send(incoming).is_err() {
        return StatusCode::GONE.into_response();
    }
    match told.await {
        Ok(told) => tell(shared.answers, &told),
        // The function had its time, and whoever runs it did not end it.
        Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}

fn tell(answers: Answers, told: &Told) -> Response {
    let body = match (answers, told) {
        (_, Told::Nothing) => return StatusCode::GONE.into_response(),
        (Answers::Plain, Told::Return(text)) => text.to_string(),
        (Answers::Plain, Told::Crash) => return broken_off(),
        (Answers::Plain, _) => return (StatusCode::INTERNAL_SERVER_ERROR, "raised").into_response(),
        (Answers::Instructions, Told::Return(text)) => json!({"do": "return", "value": text}).to_string(),
        (Answers::Instructions, Told::Raise) => json!({"do": "raise"}).to_string(),
        (Answers::Instructions, Told::Crash) => json!({"do": "crash"}).to_string(),
        (Answers::Instructions, Told::ServiceError) => json!({"do": "service-error"}).to_string(),
    };
    ([("content-type", "application/json")], body).into_response()
}

/// An answer that ends before it is one, as that of a process which died.
fn broken_off() -> Response {
    let died =
        futures_util::stream::once(async { Err::<Bytes, _>(io::Error::other("the function crashed")) });
    Body::from_stream(died).into_response()
}
