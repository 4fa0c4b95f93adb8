//! Passes requests through to another endpoint: streaming, and unchanged but for what concerns one connection only.
//!
//! Signatures stay as they are, and so does the host that clients signed.

pub use crate::host::Host;
use crate::http::{Answer, Request};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Either, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde_json::json;
use std::time::Duration;

/// What goes out to clients.
pub type Body = Either<Incoming, Full<Bytes>>;
/// Most bytes of an answer that is read and not only passed on.
const MAX_ANSWER: usize = 32 * 1024 * 1024;
/// How long a connection may take: the endpoint is on this machine, or a handshake away.
const CONNECT: Duration = Duration::from_secs(5);
/// Unused connections are closed after this time, before most servers close them.
const IDLE: Duration = Duration::from_secs(20);
/// The request ID of an answer that nobody gave.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
/// Headers that concern one connection only. Clients that expect a go-ahead have had it from us.
const OF_ONE_CONNECTION: [&str; 9] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Nobody answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no answer from the upstream at {url}: {reason}; is it running?")]
pub struct Silent {
    url: String,
    /// What went wrong.
    pub reason: String,
}

/// The way to a host.
pub struct Proxy {
    pool: Pool<HttpsConnector<HttpConnector>, Either<Incoming, Full<Bytes>>>,
    host: Host,
    warn: fn(&Silent),
}

/// A pool of connections, for any kind of body.
pub fn pool<B: hyper::body::Body<Data = Bytes> + Send>(
    host: &Host,
) -> Pool<HttpsConnector<HttpConnector>, B> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT));
    Pool::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .build(host.connector(connector))
}

/// An error with its causes.
pub fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    // No chain is longer in practice.
    causes.take(8).fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

impl Proxy {
    /// The way to a host; `warn` hears of what was not passed through.
    pub fn new(host: Host, warn: fn(&Silent)) -> Proxy {
        Proxy { pool: pool(&host), host, warn }
    }

    /// Passes a request through, and its answer back.
    pub async fn pass(&self, request: hyper::Request<Incoming>) -> hyper::Response<Body> {
        match self.send(request.map(Either::Left)).await {
            Ok(answer) => answer.map(Either::Left),
            Err(error) => {
                (self.warn)(&error);
                unanswered(&error).into_response(false, || NOBODY.to_owned()).map(Either::Right)
            }
        }
    }

    /// Passes a request through that was read already, and reads the answer.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn repeat(&self, request: &Request, path: &str) -> Result<Answer, Silent> {
        let mut again = hyper::Request::builder().method(request.method.clone()).uri(path);
        if let Some(headers) = again.headers_mut() {
            *headers = request.headers.clone();
        }
        let body = Either::Right(Full::new(request.body.clone()));
        let again = again.body(body).map_err(|error| self.silent(error.to_string()))?;
        let (parts, body) = self.send(again).await?.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(|error| self.silent(error.to_string()))?.to_bytes();
        let text = |(name, value): (&HeaderName, &hyper::header::HeaderValue)| {
            // The length is told anew.
            let value = value.to_str().ok().filter(|_| name != "content-length")?;
            Some((name.to_string(), value.to_owned()))
        };
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers.iter().filter_map(text).collect(),
            body,
        })
    }

    fn silent(&self, reason: String) -> Silent {
        Silent { url: self.host.url().to_owned(), reason }
    }

    async fn send(&self, mut request: hyper::Request<Body>) -> Result<hyper::Response<Incoming>, Silent> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let uri = format!("{}{path}", self.host.url()).parse();
        *request.uri_mut() =
            uri.map_err(|error: hyper::http::uri::InvalidUri| self.silent(error.to_string()))?;
        *request.version_mut() = hyper::Version::HTTP_11;
        without_connection(request.headers_mut());
        let answer = self.pool.request(request).await;
        let mut answer = answer.map_err(|error| self.silent(told(&error)))?;
        without_connection(answer.headers_mut());
        Ok(answer)
    }
}

/// What a client gets where nobody answered.
pub fn unanswered(error: &Silent) -> Answer {
    let body = json!({"__type": "ServiceUnavailable", "message": error.to_string()});
    Answer::json(502, &body).with("x-amzn-errortype", "ServiceUnavailable")
}

fn without_connection(headers: &mut HeaderMap) {
    // What the header itself names belongs to the connection, too.
    let named: Vec<HeaderName> = headers
        .get_all("connection")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in OF_ONE_CONNECTION {
        headers.remove(name);
    }
}
