//! Re-drives what an event source mapping of a Kinesis stream has discarded, under `lambda_runtime`: made to be copied.
//!
//! What it does is in `redrive`. The environment names the FIFO queue as QUEUE_URL.

mod redrive;

use aws_config::BehaviorVersion;
use aws_smithy_http_client::tls;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use redrive::Redrive;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let http = aws_smithy_http_client::Builder::new().tls_provider(provider).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
    let redrive = Redrive::new(&config, std::env::var("QUEUE_URL")?);
    run(service_fn(async |event: LambdaEvent<Value>| redrive.handle(&event.payload).await)).await
}
