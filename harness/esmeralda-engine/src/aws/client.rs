//! Requests to the upstream: signed with what the mapping's creator signed with, bounded in time and size.
//!
//! Emulators check no signature, but read account and region from it.

use crate::engine::Upstream;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use esmeralda::clock::Wall;
use esmeralda_wire::account::Account;
use esmeralda_wire::proxy::{pool, told};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Method;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value as Json, json};
use std::time::{Duration, UNIX_EPOCH};

/// Most bytes of an answer: a read of a stream has up to 10 MB, in base64.
const MAX_ANSWER: usize = 32 * 1024 * 1024;
/// By this the upstream's log tells the engine's own requests from those that it passes through.
pub const USER_AGENT: &str = concat!("esmeralda-engine/", env!("CARGO_PKG_VERSION"));
/// How often what changes nothing is asked in all.
const LOOKS: u32 = 5;
/// The wait before it is asked a second time; it doubles with each.
const LOOK_WAIT: Duration = Duration::from_millis(50);
/// How long an answer may take, where nothing else is said.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// On whose behalf requests are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Account and region.
    pub account: Account,
    /// The access key that the client used.
    pub access_key: String,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The method.
    pub method: Method,
    /// Path and query, encoded.
    pub path: String,
    /// The service, as signatures name it.
    pub service: &'static str,
    /// The region, where it is not the place's.
    pub region: Option<String>,
    /// Headers beside those that every request has.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
    /// How long the answer may take.
    pub patience: Duration,
}

impl Ask {
    /// A request with nothing out of the ordinary.
    pub fn new(method: Method, service: &'static str, path: impl Into<String>) -> Ask {
        Ask {
            method,
            path: path.into(),
            service,
            region: None,
            headers: Vec::new(),
            body: Bytes::new(),
            patience: PATIENCE,
        }
    }

    /// The same request of another region.
    #[must_use]
    pub fn of_region(mut self, region: &str) -> Ask {
        self.region = Some(region.to_owned()).filter(|region| !region.is_empty());
        self
    }

    /// The same request with that body.
    #[must_use]
    pub fn with(mut self, content_type: &str, body: impl Into<Bytes>) -> Ask {
        self.headers.push(("content-type", content_type.to_owned()));
        self.body = body.into();
        self
    }

    /// An operation that a header names.
    pub fn target(service: &'static str, version: &str, target: &str, body: &Json) -> Ask {
        let mut ask = Ask::new(Method::POST, service, "/")
            .with(&format!("application/x-amz-json-{version}"), body.to_string());
        ask.headers.push(("x-amz-target", target.to_owned()));
        ask
    }
}

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Said {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: hyper::HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Said {
    /// A header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or(Json::Null)
    }

    /// The service's name for an error.
    fn code(&self) -> String {
        let body = self.json();
        let named = self.header("x-amzn-errortype").map(str::to_owned);
        let named = named.or_else(|| super::text(&body, "__type")).or_else(|| super::text(&body, "code"));
        let named = named.or_else(|| {
            let text = String::from_utf8_lossy(&self.body);
            let (_, rest) = text.split_once("<Code>")?;
            Some(rest.split_once("</Code>")?.0.to_owned())
        });
        // Such as `com.amazonaws.sqs#QueueDoesNotExist` and `ResourceNotFoundException:http://…`.
        let named = named.unwrap_or_default();
        named.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default().to_owned()
    }

    /// The answer, if it is a good one.
    ///
    /// # Errors
    /// What the service says instead.
    pub fn good(self) -> Result<Said, Failed> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let (status, code) = (self.status, self.code());
        let body = self.json();
        let message = super::text(&body, "message").or_else(|| super::text(&body, "Message"));
        let message =
            message.unwrap_or_else(|| String::from_utf8_lossy(&self.body).chars().take(200).collect());
        Err(Failed::Refused { status, code, message })
    }
}

/// Why there is no good answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// The service says no.
    #[error("{status} {code}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's name for it; empty if it gave none.
        code: String,
        /// The service's words.
        message: String,
    },
    /// Nobody answered.
    #[error("no answer from the upstream: {0}; is it running?")]
    Silent(String),
}

/// Words by which services say that they are busy.
const BUSY: [&str; 5] = ["Throttl", "ThroughputExceeded", "TooManyRequests", "SlowDown", "LimitExceeded"];

impl Failed {
    /// Whether the same request may fare better later.
    pub fn passes(&self) -> bool {
        match self {
            Failed::Silent(_) => true,
            Failed::Refused { status, code, .. } => {
                *status >= 500 || *status == 429 || BUSY.iter().any(|word| code.contains(word))
            }
        }
    }

    /// Whether the service gave this name to it.
    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, Failed::Refused { code, .. } if code.contains(wanted))
    }
}

/// Connections to the upstream.
#[derive(Debug, Clone)]
pub struct Client {
    pool: Pool<HttpsConnector<HttpConnector>, Full<Bytes>>,
    upstream: Upstream,
    clock: Wall,
}

impl Client {
    /// For an upstream.
    pub fn new(upstream: Upstream, clock: Wall) -> Client {
        Client { pool: pool(&upstream), upstream, clock }
    }

    /// What time it is.
    pub fn now_ms(&self) -> i64 {
        self.clock.epoch_ms()
    }

    /// The clock.
    pub fn clock(&self) -> Wall {
        self.clock
    }

    /// Sends a request and reads the answer, good or bad.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn ask(&self, place: &Place, ask: Ask) -> Result<Said, Failed> {
        let patience = ask.patience;
        let request = self.signed(place, ask).map_err(Failed::Silent)?;
        let exchange = async {
            let answer = self.pool.request(request).await.map_err(|error| told(&error))?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await.map_err(|error| error.to_string())?;
            Ok(Said { status: parts.status.as_u16(), headers: parts.headers, body: body.to_bytes() })
        };
        match tokio::time::timeout(patience, exchange).await {
            Ok(answer) => answer.map_err(Failed::Silent),
            Err(_) => Err(Failed::Silent(format!("nothing within {} s", patience.as_secs()))),
        }
    }

    /// Asks what changes nothing, and so may be asked again where the trouble may pass: the good answer.
    ///
    /// # Errors
    /// There is no good answer.
    pub(super) async fn look(&self, place: &Place, ask: Ask) -> Result<Said, Failed> {
        let mut wait = LOOK_WAIT;
        for _ in 1..LOOKS {
            match self.ask(place, ask.clone()).await.and_then(Said::good) {
                Err(error) if error.passes() => tokio::time::sleep(wait).await,
                other => return other,
            }
            wait *= 2;
        }
        self.ask(place, ask).await?.good()
    }

    fn signed(&self, place: &Place, ask: Ask) -> Result<hyper::Request<Full<Bytes>>, String> {
        let url = format!("{}{}", self.upstream.url(), ask.path);
        let mut request =
            hyper::Request::builder().method(&ask.method).uri(&url).header("user-agent", USER_AGENT);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        let mut request = request.body(Full::new(ask.body.clone())).map_err(|error| error.to_string())?;
        let region = ask.region.as_deref().unwrap_or(&place.account.region);
        let mut settings = SigningSettings::default();
        if ask.service == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.percent_encoding_mode = PercentEncodingMode::Single;
        }
        // The secret is only the client's to know; who checks signatures is no emulator.
        let identity = Credentials::new(&place.access_key, "test", None, None, "esmeralda").into();
        let now = UNIX_EPOCH + Duration::from_millis(self.clock.epoch_ms().unsigned_abs());
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(ask.service)
            .time(now)
            .settings(settings)
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let headers = ask.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let body = SignableBody::Bytes(&ask.body);
        let signable = SignableRequest::new(ask.method.as_str(), url.as_str(), headers, body);
        let signed = sign(signable.map_err(|error| error.to_string())?, &params);
        let (instructions, _) = signed.map_err(|error| error.to_string())?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }

    /// An operation of a JSON service that must be good: its output.
    ///
    /// # Errors
    /// There is no good answer.
    pub(super) async fn target(
        &self,
        place: &Place,
        service: &'static str,
        version: &str,
        target: &str,
        body: Json,
    ) -> Result<Json, Failed> {
        let said = self.look(place, Ask::target(service, version, target, &body)).await?;
        match said.body.is_empty() {
            true => Ok(json!({})),
            false => serde_json::from_slice(&said.body).map_err(|error| {
                Failed::Silent(format!("{target} was answered with what is no JSON: {error}"))
            }),
        }
    }
}
