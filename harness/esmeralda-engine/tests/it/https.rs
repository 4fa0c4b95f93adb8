//! An upstream that speaks HTTPS: trusted by a file of certificates, and not trusted without it.

use crate::support::{Client, Function, config, serve, upstream};
use esmeralda_engine::{Config, Upstream};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

fn certificates(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/certificates").join(name)
}

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(certificates("upstream.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(certificates("upstream.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("they belong together");
    TlsAcceptor::from(Arc::new(config))
}

/// Speaks HTTPS in front of an address, on a thread that ends with the test's process: its URL.
fn encrypting(address: String) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback can be bound");
    listener.set_nonblocking(true).expect("a socket");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (listener, acceptor) = (TcpListener::from_std(listener).expect("a socket"), acceptor());
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let (acceptor, address) = (acceptor.clone(), address.clone());
                tokio::spawn(async move {
                    // A client that does not trust the certificate hangs up.
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut plain = TcpStream::connect(address).await.expect("the endpoint listens");
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut plain).await;
                });
            }
        });
    });
    url
}

#[test]
fn a_mapping_runs_on_an_upstream_that_encrypts() {
    let double = upstream();
    let url = encrypting(double.url().trim_start_matches("http://").to_owned());
    let trusted = Upstream::new(&url, Some(&certificates("upstream.pem"))).expect("an upstream");
    let engine = serve(Config { upstream: trusted, ..config(&double.url()) });
    let front = Client::new(engine.url());
    let stream = front.stream("s", 1);
    let function = Function::picky();
    front.function("orders", &function.url, 3);
    front.mapping(&stream, "orders", json!({}));
    front.put(&stream, "good", false);
    assert_eq!(function.next(), ["good"]);
}

#[test]
fn a_certificate_that_nobody_signed_is_refused() {
    let double = upstream();
    let url = encrypting(double.url().trim_start_matches("http://").to_owned());
    let other = Upstream::new(&url, Some(&certificates("other.pem"))).expect("an upstream");
    let engine = serve(Config { upstream: other, ..config(&double.url()) });
    let (status, kind, text) = Client::new(engine.url()).send("GET", "/2015-03-31/functions", &[], b"");
    assert_eq!((status, kind.as_str()), (502, "ServiceUnavailable"), "{text}");
    assert!(text.contains("certificate"), "{text}");
}

#[test]
fn what_is_no_upstream_is_told() {
    let told = |text: &str, file: Option<&str>| {
        let path = file.map(certificates);
        Upstream::new(text, path.as_deref()).expect_err("no upstream").to_string()
    };
    for text in ["127.0.0.1:4566", "ftp://127.0.0.1", "http://127.0.0.1/path", "http://a:b@127.0.0.1"] {
        assert!(told(text, None).contains("expected http://HOST:PORT"), "{text}");
    }
    assert!(told("https://127.0.0.1", Some("upstream.key")).contains("there is none in it"));
    assert!(told("https://127.0.0.1", Some("missing.pem")).contains("cannot take certificates"));
}
