//! Passes requests through to the upstream: streaming, and unchanged but for what concerns one connection only.
//!
//! Signatures stay as they are, and so does the host that clients signed.

use crate::aws::Failed;
use crate::upstream::Upstream;
use bytes::Bytes;
use esmeralda_wire::http::{Answer, Request};
use http_body_util::{BodyExt as _, Either, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

/// What goes out to clients.
pub type Body = Either<Incoming, Full<Bytes>>;
/// Most bytes of an answer of the upstream that is read and not only passed on.
const MAX_ANSWER: usize = 32 * 1024 * 1024;
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

/// The way to the upstream.
pub struct Proxy {
    pool: Pool<HttpsConnector<HttpConnector>, Either<Incoming, Full<Bytes>>>,
    upstream: Upstream,
}

impl Proxy {
    /// The way to an upstream.
    pub fn new(upstream: Upstream) -> Proxy {
        Proxy { pool: crate::aws::pool(&upstream), upstream }
    }

    /// Passes a request through, and its answer back.
    pub async fn pass(&self, request: hyper::Request<Incoming>) -> hyper::Response<Body> {
        match self.send(request.map(Either::Left)).await {
            Ok(answer) => answer.map(Either::Left),
            Err(error) => {
                tracing::warn!("a request was not passed through: {error}");
                let body = json!({"__type": "ServiceUnavailable", "message": error.to_string()});
                let answer = Answer::json(502, &body).with("x-amzn-errortype", "ServiceUnavailable");
                answer.into_response(false, || uuid::Uuid::new_v4().to_string()).map(Either::Right)
            }
        }
    }

    /// Passes a request through that was read already, and reads the answer.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn repeat(&self, request: &Request, path: &str) -> Result<Answer, Failed> {
        let mut again = hyper::Request::builder().method(request.method.clone()).uri(path);
        if let Some(headers) = again.headers_mut() {
            *headers = request.headers.clone();
        }
        let body = Either::Right(Full::new(request.body.clone()));
        let again = again.body(body).map_err(|error| Failed::Silent(error.to_string()))?;
        let (parts, body) = self.send(again).await?.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(|error| Failed::Silent(error.to_string()))?.to_bytes();
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

    async fn send(&self, mut request: hyper::Request<Body>) -> Result<hyper::Response<Incoming>, Failed> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let uri = format!("{}{path}", self.upstream.url()).parse();
        *request.uri_mut() =
            uri.map_err(|error: hyper::http::uri::InvalidUri| Failed::Silent(error.to_string()))?;
        *request.version_mut() = hyper::Version::HTTP_11;
        without_connection(request.headers_mut());
        let answer = self.pool.request(request).await;
        let mut answer = answer.map_err(|error| Failed::Silent(crate::aws::told(&error)))?;
        without_connection(answer.headers_mut());
        Ok(answer)
    }
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
