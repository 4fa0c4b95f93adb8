//! The server: which requests are ours, and everything around their answers.

use crate::desk::Desk;
use crate::engine::{Config, Engine};
use crate::others;
use crate::state::{self, StateError};
use esmeralda::stop::Stop;
use esmeralda_wire::http::{Answer, ApiError, Request, decode};
use esmeralda_wire::lambda::{answer_mapping, answer_tags, write_error};
use esmeralda_wire::proxy::Body;
use esmeralda_wire::server::connections;
use http_body_util::Either;
use hyper::body::Incoming;
use serde_json::json;
use std::net::SocketAddr;
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;

/// Most bytes of a request for a mapping; the service takes no more of any request but for code and events.
const MAX_BODY: usize = 1024 * 1024;
/// How long the body of such a request may take.
const BODY_TIME: Duration = Duration::from_secs(30);
/// How often the upstream is asked for the streams of mappings of an earlier run.
const RESUME_TRIES: u32 = 60;
/// The wait between two such tries.
const RESUME_WAIT: Duration = Duration::from_secs(1);

/// Why the engine does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address.
    #[error("cannot listen on {address}: {reason}; is the port taken?")]
    Listen {
        /// Where.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// The state.
    #[error(transparent)]
    State(#[from] StateError),
    /// A mapping of an earlier run.
    #[error("mapping {uuid} of an earlier run cannot go on: {reason}")]
    Resume {
        /// Which.
        uuid: String,
        /// Why not.
        reason: String,
    },
}

/// What a request is for.
enum Ours {
    Health,
    Timeline(String),
    Mappings(Vec<String>),
    Tags(String),
}

/// Whether a path is ours.
fn ours(path: &str) -> Option<Ours> {
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let words: Vec<&str> = parts.iter().map(String::as_str).collect();
    match words[..] {
        ["_esmeralda", "health"] => Some(Ours::Health),
        ["_esmeralda", "mappings", uuid, "timeline"] => Some(Ours::Timeline(uuid.to_owned())),
        ["2015-03-31", "event-source-mappings", ..] => Some(Ours::Mappings(parts[2..].to_vec())),
        ["2017-03-31", "tags", ..] => {
            // An ARN with slashes is still one resource.
            let arn = words[2..].join("/");
            arn.contains(":event-source-mapping:").then_some(Ours::Tags(arn))
        }
        _ => None,
    }
}

/// Serves on a listener until it is told to stop. Needs a `LocalSet`.
///
/// # Errors
/// [`ServeError`] says what is wrong.
pub async fn run(listener: TcpListener, config: Config, stop: Stop) -> Result<(), ServeError> {
    let address = listener.local_addr().map_or_else(|_| String::new(), |address| address.to_string());
    let engine = Rc::new(Engine::new(config));
    tokio::select! {
        resumed = resume(&engine) => resumed?,
        () = stop.wait() => return Ok(()),
    }
    let respond = {
        let engine = engine.clone();
        move |request| {
            let engine = engine.clone();
            async move { respond(&engine, request).await }
        }
    };
    tokio::select! {
        served = connections(listener, respond) => {
            served.map_err(|error| ServeError::Listen { address, reason: error.to_string() })?;
        }
        () = engine.keep_saving() => {}
        () = stop.wait() => {}
    }
    Ok(engine.stop().await?)
}

async fn resume(engine: &Rc<Engine>) -> Result<(), ServeError> {
    let Some(path) = &engine.config.state else { return Ok(()) };
    for kept in state::read(path)?.mappings {
        let desk = Desk::of(engine, &kept);
        let mut tries = 0;
        while let Err(error) = desk.resume(&kept).await {
            tries += 1;
            if !error.passes() || tries >= RESUME_TRIES {
                return Err(ServeError::Resume { uuid: kept.mapping.uuid, reason: error.to_string() });
            }
            tracing::warn!(mapping = kept.mapping.uuid, "waiting for the upstream: {error}");
            tokio::time::sleep(RESUME_WAIT).await;
        }
        tracing::info!(mapping = kept.mapping.uuid, "goes on where it was");
    }
    // A file that cannot be written must show now, and not with the first mapping.
    Ok(engine.save(false).await?)
}

async fn respond(engine: &Rc<Engine>, request: hyper::Request<Incoming>) -> hyper::Response<Body> {
    let Some(ours) = ours(request.uri().path()) else { return engine.proxy.pass(request).await };
    let head = request.method() == hyper::Method::HEAD;
    let answer = answered(engine, ours, request).await.unwrap_or_else(|error| write_error(&error));
    answer.into_response(head, || uuid::Uuid::new_v4().to_string()).map(Either::Right)
}

async fn answered(
    engine: &Rc<Engine>,
    ours: Ours,
    request: hyper::Request<Incoming>,
) -> Result<Answer, ApiError> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let read = tokio::time::timeout(BODY_TIME, Request::read(request, MAX_BODY)).await;
    let request = read.unwrap_or_else(|_| {
        let message = format!("the body did not come within {} s", BODY_TIME.as_secs());
        Err(ApiError::new(408, "RequestTimeoutException", message))
    })?;
    match ours {
        Ours::Health => {
            let mappings = engine.remotes.borrow().len();
            let upstream = engine.config.upstream.url();
            Ok(Answer::json(
                200,
                &json!({"service": "esmeralda-engine", "upstream": upstream, "mappings": mappings}),
            ))
        }
        Ours::Timeline(uuid) => {
            let missing = || {
                ApiError::new(404, "ResourceNotFoundException", "The resource you requested does not exist.")
            };
            let remote = engine.remotes.borrow().get(&uuid).cloned().ok_or_else(missing)?;
            let shards: Vec<String> = remote.shards().into_iter().map(|shard| shard.id).collect();
            Ok(Answer::json(200, &remote.story.timeline(&shards)))
        }
        Ours::Mappings(parts) => {
            let desk = Desk::new(engine, engine.place(&request).await);
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let answer = answer_mapping(&desk, &request, &parts).await;
            others::answer(engine, &request, &path, answer).await
        }
        Ours::Tags(arn) => {
            let desk = Desk::new(engine, engine.place(&request).await);
            let answer = answer_tags(&desk, &request, &arn).await;
            others::answer(engine, &request, &path, answer).await
        }
    }
}

/// An engine on a thread of its own. It ends, gracefully, when this is dropped.
pub struct Server {
    address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Server {
    /// Starts an engine; port 0 takes any free one.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn start(listen: SocketAddr, config: Config, stop: Stop) -> Result<Server, ServeError> {
        let cannot = move |error: std::io::Error| ServeError::Listen {
            address: listen.to_string(),
            reason: error.to_string(),
        };
        let listener = std::net::TcpListener::bind(listen).map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let told = stop.clone();
        let serve = move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
            let local = tokio::task::LocalSet::new();
            runtime.block_on(local.run_until(async {
                let listener = TcpListener::from_std(listener).map_err(cannot)?;
                run(listener, config, told).await
            }))
        };
        let thread =
            std::thread::Builder::new().name("esmeralda-engine".to_owned()).spawn(serve).map_err(cannot)?;
        Ok(Server { address, stop, thread: Some(thread) })
    }

    /// Where it is, as `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// What it ended of, if nobody told it to stop.
    pub fn wait(mut self) -> Result<(), ServeError> {
        self.join()
    }

    fn join(&mut self) -> Result<(), ServeError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.tell();
        // Whoever drops it asks for no result; a panic of a broken invariant has told itself already.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
