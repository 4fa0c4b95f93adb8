//! The clients of one endpoint, and what their errors say.

use crate::address::Address;
use crate::journal::Kind;
use crate::site::Site;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use esmeralda::target::TargetError;
use std::error::Error;
use std::time::Duration;

/// Attempts of one request: an endpoint that refuses three times in a row is not up.
const ATTEMPTS: u32 = 3;
/// Causes of one error that are told: no chain is longer in practice.
const MOST_CAUSES: usize = 8;
/// How long a connection may take: the endpoint is on this machine, or a handshake away.
const CONNECT: Duration = Duration::from_secs(5);

/// One client for each service.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) kinesis: aws_sdk_kinesis::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) streams: aws_sdk_dynamodbstreams::Client,
    pub(crate) sts: aws_sdk_sts::Client,
}

impl Clients {
    /// The clients for an address. Loopback targets get fixed dummies, others what the SDK finds.
    pub(crate) async fn new(address: &Address) -> Clients {
        let config = config(address).await;
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        Clients {
            kinesis: aws_sdk_kinesis::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            streams: aws_sdk_dynamodbstreams::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
        }
    }
}

async fn config(address: &Address) -> SdkConfig {
    let preset = &address.preset;
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(Duration::from_millis(preset.bounds.request_ms.unsigned_abs()))
        .build();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(Region::new(preset.region.clone()))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts);
    let loader = if address.is_aws() { loader } else { loader.endpoint_url(&address.url) };
    if address.is_loopback() {
        let dummies = &preset.credentials;
        let dummies = Credentials::from_keys(&dummies.access_key, &dummies.secret_key, None);
        return loader.credentials_provider(dummies).load().await;
    }
    loader.load().await
}

/// What an error of the endpoint says: its code and message, or why there is none.
pub(crate) fn said<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    if let Some((code, service)) = error.as_service_error().and_then(|e| Some((e.code()?, e))) {
        return format!("{code}: {}", service.message().unwrap_or("no message"));
    }
    if let Some(raw) = error.raw_response() {
        return format!("HTTP status {} with a body that is no answer of AWS", raw.status().as_u16());
    }
    let mut told = error.to_string();
    let mut cause = error.source();
    for _ in 0..MOST_CAUSES {
        let Some(error) = cause else { break };
        told.push_str(&format!(": {error}"));
        cause = error.source();
    }
    told
}

/// The code of a service error.
pub(crate) fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// The error of an operation that had to succeed.
pub(crate) fn broke<E>(operation: &str) -> impl FnOnce(SdkError<E, HttpResponse>) -> TargetError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let operation = operation.to_owned();
    move |error| TargetError::CouldNotRun(format!("{operation} failed: {}", said(&error)))
}

/// Codes by which an endpoint says that it does not have a service or an operation at all.
const ABSENT: [&str; 5] = [
    "InternalFailure",
    "NotImplemented",
    "UnknownOperationException",
    "UnsupportedOperation",
    "InvalidAction",
];

/// The error of an operation that makes something. An endpoint that says no has made nothing; one that does not have
/// such things says so, and that is no fault.
pub(crate) fn refused<E>(site: &Site, kind: Kind, id: &str, error: &SdkError<E, HttpResponse>) -> TargetError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let why = format!("a {kind:?} could not be made: {}", said(error));
    match code(error) {
        None => TargetError::CouldNotRun(why),
        Some(code) => {
            site.run.journal.gone(kind, id);
            let absent = ABSENT.contains(&code);
            if absent { TargetError::Unsupported(why) } else { TargetError::CouldNotRun(why) }
        }
    }
}

/// An answer that lacks what it must have.
pub(crate) fn lacks(operation: &str, what: &str) -> TargetError {
    TargetError::CouldNotRun(format!("the answer to {operation} has no {what}"))
}
