//! The HTTP server: one port for all services, told apart as AWS clients tell them.

use crate::http::{Answer, ApiError, BODY_LIMIT, Request};
use crate::manners::linger;
use crate::world::{Config, World};
use crate::{dynamodb, kinesis, lambda, query, s3, sqs};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::cell::Cell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};

/// Most connections at a time; further ones wait.
const MAX_CONNECTIONS: usize = 2_000;
/// Where clients ask whether the endpoint is up: its own path, and MiniStack's, whose way to call functions it shares.
const HEALTH: [&str; 2] = ["/_esmeralda/health", "/_ministack/health"];
/// What it has.
const SERVICES: [&str; 9] =
    ["dynamodb", "dynamodbstreams", "iam", "kinesis", "lambda", "s3", "sns", "sqs", "sts"];
/// How long a client may take to send its headers.
const HEADER_TIME: Duration = Duration::from_secs(30);
/// Most bytes of headers, and of what is read ahead; hyper also refuses more than 100 headers.
const HEADER_BYTES: usize = 64 * 1024;

/// Serves on a listener until the future is dropped. Needs a `LocalSet`.
///
/// # Errors
/// The listener failed.
pub async fn serve(listener: TcpListener, world: Rc<World>) -> std::io::Result<()> {
    let requests = Rc::new(Cell::new(0_u64));
    connections(listener, move |request| {
        let (world, requests) = (world.clone(), requests.clone());
        async move { respond(&world, &requests, request).await }
    })
    .await
}

/// Answers the requests of every connection, with bounds for who floods or dawdles. Needs a `LocalSet`.
///
/// # Errors
/// The listener failed.
pub async fn connections<F, A, B>(listener: TcpListener, respond: F) -> std::io::Result<()>
where
    F: Fn(hyper::Request<Incoming>) -> A + Clone + 'static,
    A: Future<Output = hyper::Response<B>> + 'static,
    B: hyper::body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let permit = connections.clone().acquire_owned().await.map_err(std::io::Error::other)?;
        let (stream, _) = listener.accept().await?;
        // Without it every answer would wait for the acknowledgement of its first packet.
        stream.set_nodelay(true)?;
        let respond = respond.clone();
        tokio::task::spawn_local(async move {
            let service = service_fn(|request| {
                let answer = respond(request);
                async move { Ok::<_, Infallible>(answer.await) }
            });
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME).max_buf_size(HEADER_BYTES);
            // A client that hangs up or talks no HTTP has only itself to tell.
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            drop(permit);
        });
    }
}

/// An endpoint on a thread of its own, for tests. It ends when this is dropped.
pub struct Double {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Double {
    /// Starts an endpoint; port 0 takes any free one.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn start(listen: SocketAddr, config: Config) -> std::io::Result<Double> {
        Double::serving(listen, |listener| serve(listener, World::new(config)))
    }

    /// Starts whatever serves on a listener, which has a `LocalSet`; port 0 takes any free one.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn serving<F, S>(listen: SocketAddr, serving: F) -> std::io::Result<Double>
    where
        F: FnOnce(TcpListener) -> S + Send + 'static,
        S: Future<Output = std::io::Result<()>>,
    {
        let listener = std::net::TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("esmeralda-wire".to_owned()).spawn(move || {
            let run = async {
                let listener = TcpListener::from_std(listener)?;
                let local = tokio::task::LocalSet::new();
                local
                    .run_until(async {
                        tokio::select! {
                            served = serving(listener) => served,
                            _ = stopped => Ok(()),
                        }
                    })
                    .await
            };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            // The socket is bound already; what can fail from here on fails for lack of file handles.
            if let Err(error) = runtime.and_then(|runtime| runtime.block_on(run)) {
                eprintln!("the endpoint at {address} ended: {error}");
            }
        })?;
        Ok(Double { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it is, as `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // An endpoint that has ended by itself does not listen any more.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn respond(
    world: &Rc<World>,
    requests: &Cell<u64>,
    request: hyper::Request<Incoming>,
) -> hyper::Response<Full<Bytes>> {
    let head = request.method() == hyper::Method::HEAD;
    let answer = match Request::read(request, BODY_LIMIT).await {
        Ok(request) => {
            let manners = world.config.manners;
            linger(&world.ids, manners.answer_delay_ms).await;
            requests.set(requests.get() + 1);
            let fails = manners.fail_every > 0 && requests.get().is_multiple_of(manners.fail_every);
            dispatch(world, &request, fails).await
        }
        Err(error) => error.to_json("application/x-amz-json-1.1"),
    };
    answer.into_response(head, || world.ids.uuid())
}

/// The answer to a request that was read already, without manners.
pub async fn answer(world: &Rc<World>, request: &Request) -> Answer {
    dispatch(world, request, false).await
}

/// Which service a request is for, and its answer. `fails` makes it a 500 in that service's manner.
async fn dispatch(world: &Rc<World>, request: &Request, fails: bool) -> Answer {
    let broken = || ApiError::new(500, "InternalFailure", "The request processing has failed. (planted)");
    if let Some(target) = request.header("x-amz-target") {
        let content_type = request.header("content-type").unwrap_or("application/x-amz-json-1.1").to_owned();
        let result = if fails { Err(broken()) } else { targeted(world, request, target).await };
        return match result {
            Ok(body) => Answer::new(200, &content_type, body.to_string()),
            Err(error) if target.starts_with(sqs::TARGET) => sqs::write_error(&error, &content_type),
            Err(error) => error.to_json(&content_type),
        };
    }
    if lambda::is_path(&request.path) {
        let result = if fails { Err(broken()) } else { lambda::answer(world, request).await };
        return result.unwrap_or_else(|error| lambda::write_error(&error));
    }
    let form = request
        .header("content-type")
        .is_some_and(|text| text.starts_with("application/x-www-form-urlencoded"));
    if form || request.query("Action").is_some() {
        return if fails { broken().to_query(&world.ids.uuid()) } else { query::answer(world, request) };
    }
    if HEALTH.contains(&request.path.as_str()) {
        return Answer::json(200, &serde_json::json!({"service": "esmeralda-wire", "services": SERVICES}));
    }
    let result = if fails { Err(broken()) } else { s3::answer(world, request) };
    result.unwrap_or_else(|error| s3::write_error(&error, &world.ids.uuid()))
}

/// Services whose operations are named in the header `x-amz-target`.
async fn targeted(world: &Rc<World>, request: &Request, target: &str) -> Result<serde_json::Value, ApiError> {
    let body = request.json()?;
    let (service, operation) = target.split_once('.').unwrap_or((target, ""));
    if operation == "GetRecords" {
        linger(&world.ids, world.config.manners.read_delay_ms).await;
    }
    match service {
        kinesis::TARGET => kinesis::answer(world, operation, &body),
        dynamodb::TARGET => dynamodb::answer(world, operation, &body),
        dynamodb::STREAMS_TARGET => dynamodb::answer_streams(world, operation, &body),
        sqs::TARGET => sqs::answer(world, operation, request, &body).await,
        _ => Err(ApiError::new(400, "UnknownOperationException", format!("unknown target {target}"))),
    }
}
