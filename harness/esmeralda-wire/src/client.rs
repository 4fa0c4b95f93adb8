//! Calls of a function that is an HTTP endpoint.
//!
//! One connection for each call: a function that crashed must not leave a connection behind that the next call uses.

use crate::proxy::told;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Most bytes of an answer, as the service takes from a function.
const RESPONSE_BYTES: usize = 6 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The function was not reached.
    #[error("{url} cannot be reached: {reason}; is the function's HTTP server running?")]
    Unreachable {
        /// What was called.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The call was sent, and the connection ended without an answer.
    #[error("{url} gave no answer: {reason}")]
    Broken {
        /// What was called.
        url: String,
        /// What went wrong.
        reason: String,
    },
}

/// Posts JSON and reads status and body of the answer. Only `http://`: the endpoint stays on one machine.
///
/// # Errors
/// The function was not reached, or it gave no answer.
pub async fn post(url: &str, headers: &[(&str, String)], body: Bytes) -> Result<(u16, Bytes), CallError> {
    let unreachable = |reason: String| CallError::Unreachable { url: url.to_owned(), reason };
    let uri: Uri = url.parse().map_err(|error| unreachable(format!("{error}")))?;
    let host = uri.host().filter(|_| uri.scheme_str() == Some("http"));
    let host = host.ok_or_else(|| unreachable("expected http://HOST:PORT/PATH".to_owned()))?;
    let port = uri.port_u16().unwrap_or(80);
    let connected = TcpStream::connect((host, port)).await.map_err(|error| unreachable(error.to_string()))?;
    // Without it each call would wait for the acknowledgement of its first packet.
    connected.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(connected))
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    tokio::task::spawn_local(async move {
        // How a connection ends after the answer does not matter; before it, the sender says so.
        let _ = connection.await;
    });
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::post(path).header("host", format!("{host}:{port}"));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request
        .header("content-type", "application/json")
        .body(Full::new(body))
        .map_err(|error| unreachable(error.to_string()))?;
    let broken = |reason: String| CallError::Broken { url: url.to_owned(), reason };
    let answer = sender.send_request(request).await.map_err(|error| broken(told(&error)))?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), RESPONSE_BYTES).collect().await;
    Ok((status, body.map_err(|error| broken(told(&*error)))?.to_bytes()))
}
