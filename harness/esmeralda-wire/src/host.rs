//! Where another endpoint is, and whose certificates are trusted there.

use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

/// Where requests are passed on to.
#[derive(Debug, Clone)]
pub struct Host {
    url: String,
    tls: Arc<ClientConfig>,
}

/// Why something is no host.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The text.
    #[error("{0:?} is no upstream: expected http://HOST:PORT or https://HOST:PORT")]
    Form(String),
    /// The file of certificates.
    #[error("cannot take certificates from {path}: {reason}; name a file of certificates in PEM form")]
    Certificates {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system's certificates.
    #[error("the system trusts no certificates: {0}; name a file of certificates with --upstream-ca")]
    NoRoots(String),
}

impl Host {
    /// Reads `http://HOST[:PORT]` or `https://HOST[:PORT]`. Of the latter the certificate must be signed by one in that
    /// file, or by one that the system trusts where no file is named.
    ///
    /// # Errors
    /// [`HostError`] says what is wrong.
    pub fn new(text: &str, certificates: Option<&Path>) -> Result<Host, HostError> {
        let form = || HostError::Form(text.to_owned());
        let uri: hyper::Uri = text.trim_end_matches('/').parse().map_err(|_| form())?;
        let scheme = uri.scheme_str().filter(|it| ["http", "https"].contains(it)).ok_or_else(form)?;
        let authority = uri.authority().ok_or_else(form)?.as_str();
        if uri.path() != "/" || uri.query().is_some() || authority.contains('@') {
            return Err(form());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| HostError::NoRoots(error.to_string()))?;
        let builder = match certificates {
            Some(path) => builder.with_root_certificates(read(path)?),
            None if scheme == "https" => {
                builder.with_native_roots().map_err(|error| HostError::NoRoots(error.to_string()))?
            }
            None => builder.with_root_certificates(RootCertStore::empty()),
        };
        let tls = Arc::new(builder.with_no_client_auth());
        Ok(Host { url: format!("{scheme}://{authority}"), tls })
    }

    /// Reads the same, where the system's certificates will do. `None` if it is something else.
    pub fn parse(text: &str) -> Option<Host> {
        Host::new(text, None).ok()
    }

    /// The URL, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes connections over that connector, encrypted where the URL says so.
    pub(crate) fn connector(&self, mut plain: HttpConnector) -> HttpsConnector<HttpConnector> {
        // The URL's scheme is for the encrypting one to judge.
        plain.enforce_http(false);
        HttpsConnectorBuilder::new()
            .with_tls_config(ClientConfig::clone(&self.tls))
            .https_or_http()
            .enable_http1()
            .wrap_connector(plain)
    }
}

fn read(path: &Path) -> Result<RootCertStore, HostError> {
    let bad = |reason: String| HostError::Certificates { path: path.display().to_string(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| bad(error.to_string()))? {
        let certificate = certificate.map_err(|error| bad(error.to_string()))?;
        roots.add(certificate).map_err(|error| bad(error.to_string()))?;
    }
    match roots.is_empty() {
        true => Err(bad("there is none in it".to_owned())),
        false => Ok(roots),
    }
}
