//! Requests and answers as plain values, and the shapes in which services put their errors.
//!
//! No sockets here: see `server`. No service either: which error is due is for the services to say.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::{HeaderMap, Method};
use serde_json::{Map, Value as Json, json};

/// The largest body that is read: an invocation may have 6 MB, a zip in JSON 70 MB.
pub const BODY_LIMIT: usize = 80 * 1024 * 1024;
/// What is still read of a body that is too large, and thrown away: clients write before they read, and a connection
/// that is closed on them would keep the refusal from them.
const DRAINED: usize = BODY_LIMIT;

/// A request, read to its end.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as it came, percent-encoded.
    pub path: String,
    /// Names and values of the query, decoded.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// Reads a request to its end.
    ///
    /// # Errors
    /// As of [`whole`].
    pub async fn read(request: hyper::Request<Incoming>, limit: usize) -> Result<Request, ApiError> {
        let (parts, body) = request.into_parts();
        let body = whole(body, limit).await?;
        let query =
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        Ok(Request {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query,
            headers: parts.headers,
            body,
        })
    }

    /// The first header of that name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The first value of that name in the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The parts of the path, decoded, without empty ones.
    pub fn parts(&self) -> Vec<String> {
        self.path.split('/').filter(|part| !part.is_empty()).map(decode).collect()
    }

    /// The service in the credential scope of a signed request.
    pub fn signed_for(&self) -> Option<&str> {
        self.scope(3)
    }

    /// A part of the credential scope of a signed request: access key, date, region, service.
    pub fn scope(&self, part: usize) -> Option<&str> {
        let authorization = self.header("authorization")?;
        let (_, scope) = authorization.split_once("Credential=")?;
        scope.split(',').next()?.split('/').nth(part)
    }

    /// Scheme, host and port by which the client came here.
    pub fn origin(&self) -> String {
        format!("http://{}", self.header("host").unwrap_or("127.0.0.1"))
    }

    /// The body as JSON; an empty one is an empty object.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn json(&self) -> Result<Json, ApiError> {
        if self.body.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| ApiError::new(400, "SerializationException", format!("not JSON: {error}")))
    }
}

/// A body of at most so many bytes.
///
/// # Errors
/// 413, once its sender has written it: it is larger. 400: it broke off.
pub async fn whole<B>(mut body: B, limit: usize) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let error = match Limited::new(&mut body, limit).collect().await {
        Ok(read) => return Ok(read.to_bytes()),
        Err(error) => error,
    };
    if !error.is::<LengthLimitError>() {
        let message = format!("the body cannot be read: {error}");
        return Err(ApiError::new(400, "IncompleteBodyException", message));
    }
    let mut drained = 0;
    while drained < DRAINED
        && let Some(Ok(frame)) = body.frame().await
    {
        drained += frame.data_ref().map_or(0, Bytes::len);
    }
    let message = format!("the body is larger than {limit} bytes");
    Err(ApiError::new(413, "RequestEntityTooLargeException", message))
}

/// A percent-encoded text, decoded.
pub fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// An answer with a body of this type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Answer {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Answer { status, headers, body: body.into() }
    }

    /// JSON, as REST services send it.
    pub fn json(status: u16, body: &Json) -> Answer {
        Answer::new(status, "application/json", body.to_string())
    }

    /// XML, as query services and S3 send it.
    pub fn xml(status: u16, body: &str) -> Answer {
        Answer::new(status, "text/xml", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"))
    }

    /// Nothing but a status.
    pub fn empty(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// As it goes out. For a HEAD, the length of the body that a GET would have, and no body.
    pub fn into_response(
        self,
        head: bool,
        request_id: impl FnOnce() -> String,
    ) -> hyper::Response<Full<Bytes>> {
        let mut response = hyper::Response::builder().status(self.status);
        let identified = self.headers.iter().any(|(name, _)| name == "x-amzn-requestid");
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        if !identified {
            response = response.header("x-amzn-requestid", request_id());
        }
        if head {
            response = response.header("content-length", self.body.len());
        }
        let body = if head { Bytes::new() } else { self.body };
        response.body(Full::new(body)).unwrap_or_else(|_| {
            // A header that cannot be sent, such as metadata with control characters.
            let mut failed = hyper::Response::new(Full::new(Bytes::new()));
            *failed.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            failed
        })
    }

    /// The same answer with one more header.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Answer {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// An error of a service, before it is written in that service's manner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {kind}: {message}")]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The exception's name.
    pub kind: String,
    /// What went wrong.
    pub message: String,
    /// What else a JSON service tells.
    pub members: Box<Map<String, Json>>,
}

impl ApiError {
    /// An error with these parts.
    pub fn new(status: u16, kind: impl Into<String>, message: impl Into<String>) -> ApiError {
        ApiError { status, kind: kind.into(), message: message.into(), members: Box::default() }
    }

    /// The same error, telling one thing more.
    #[must_use]
    pub fn with(mut self, member: &str, value: Json) -> ApiError {
        self.members.insert(member.to_owned(), value);
        self
    }

    /// As services of JSON 1.0 and 1.1 write it.
    pub fn to_json(&self, content_type: &str) -> Answer {
        let mut body = json!({"__type": self.kind, "message": self.message});
        for (member, value) in self.members.iter() {
            body[member] = value.clone();
        }
        Answer::new(self.status, content_type, body.to_string()).with("x-amzn-errortype", self.kind.clone())
    }

    /// As query services write it.
    pub fn to_query(&self, request_id: &str) -> Answer {
        let fault = if self.status < 500 { "Sender" } else { "Receiver" };
        let body = format!(
            "<ErrorResponse><Error><Type>{fault}</Type><Code>{}</Code><Message>{}</Message></Error>\
             <RequestId>{request_id}</RequestId></ErrorResponse>",
            escape(&self.kind),
            escape(&self.message)
        );
        Answer::xml(self.status, &body)
    }
}

/// A text in XML.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// The text member of a JSON request.
///
/// # Errors
/// It is absent or no text.
pub fn text<'a>(body: &'a Json, member: &str) -> Result<&'a str, ApiError> {
    body.get(member).and_then(Json::as_str).ok_or_else(|| {
        let message = format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not \
             be null"
        );
        ApiError::new(400, "ValidationException", message)
    })
}
