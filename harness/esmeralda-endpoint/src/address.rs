//! `endpoint:URL[,preset=…][,source=…][,account=…]`: where the endpoint is, how it is dealt with, and whether it may be.

use crate::preset::{Preset, PresetError};
use esm_model::mapping::SourceKind;
use std::net::IpAddr;

/// What was typed behind `endpoint:`.
#[derive(Debug, Clone)]
pub struct Address {
    /// As it was typed.
    pub typed: String,
    /// Scheme, host and port.
    pub url: String,
    /// How to deal with it.
    pub preset: Preset,
    /// Run only cases on this kind of stream.
    pub source: Option<SourceKind>,
    /// The account that the user says it is.
    pub account: Option<String>,
}

/// What is wrong with an address.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// The URL.
    #[error("{0:?} is no endpoint: expected http://HOST:PORT or https://HOST")]
    Url(String),
    /// An option.
    #[error(
        "{0:?} is no option of an endpoint: expected preset=NAME|FILE, source=kinesis|dynamodb or account=ID"
    )]
    Option(String),
    /// The preset.
    #[error(transparent)]
    Preset(#[from] PresetError),
    /// Not on this machine.
    #[error("{0} is not on this machine: nothing is made there unless --allow-remote is given")]
    Remote(String),
    /// Real AWS.
    #[error("{0} is AWS itself: type the account that may be used as well, such as {0},account=123456789012")]
    NoAccount(String),
}

impl Address {
    /// Reads what stands behind `endpoint:`.
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong and what is expected.
    pub fn parse(typed: &str) -> Result<Address, AddressError> {
        let mut parts = typed.split(',');
        let url = parts.next().unwrap_or_default().trim_end_matches('/');
        if host(url).is_none() {
            return Err(AddressError::Url(url.to_owned()));
        }
        let (mut preset, mut source, mut account) = (None, None, None);
        for part in parts {
            let bad = || AddressError::Option(part.to_owned());
            match part.split_once('=').ok_or_else(bad)? {
                ("preset", name) => preset = Some(Preset::find(name)?),
                ("source", "kinesis") => source = Some(SourceKind::Kinesis),
                ("source", "dynamodb") => source = Some(SourceKind::DynamoDb),
                ("account", id) if id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()) => {
                    account = Some(id.to_owned());
                }
                _ => return Err(bad()),
            }
        }
        let preset = preset.map_or_else(|| Preset::find("generic"), Ok)?;
        Ok(Address { typed: typed.to_owned(), url: url.to_owned(), preset, source, account })
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        let host = host(&self.url).unwrap_or_default();
        host == "localhost"
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether it is AWS itself.
    pub fn is_aws(&self) -> bool {
        let host = host(&self.url).unwrap_or_default().to_ascii_lowercase();
        let host = host.trim_end_matches('.');
        ["amazonaws.com", "amazonaws.com.cn", "api.aws", "aws.dev"]
            .iter()
            .any(|domain| host == *domain || host.ends_with(&format!(".{domain}")))
    }

    /// Whether things may be made there.
    ///
    /// # Errors
    /// [`AddressError`] says what has to be typed for it.
    pub fn permit(&self, allow_remote: bool) -> Result<(), AddressError> {
        if self.is_loopback() {
            return Ok(());
        }
        if !allow_remote {
            return Err(AddressError::Remote(self.url.clone()));
        }
        if self.is_aws() && self.account.is_none() {
            return Err(AddressError::NoAccount(self.url.clone()));
        }
        Ok(())
    }

    /// Host and port of a plain URL, for a page that no SDK knows.
    pub(crate) fn authority(&self) -> Option<String> {
        let rest = self.url.strip_prefix("http://")?;
        Some(if rest.rsplit(']').next()?.contains(':') { rest.to_owned() } else { format!("{rest}:80") })
    }
}

/// The host of a URL that has neither user nor path.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let end = match rest.find(']') {
        Some(end) => end + 1,
        None => rest.find(':').unwrap_or(rest.len()),
    };
    let (host, port) = rest.split_at_checked(end)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    let port_is_well = port.is_empty() || port.strip_prefix(':').is_some_and(|p| p.parse::<u16>().is_ok());
    (!host.is_empty() && host.chars().all(plain) && port_is_well).then_some(host)
}
