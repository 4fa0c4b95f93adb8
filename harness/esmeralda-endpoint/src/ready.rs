//! Whether an endpoint is up and the one that it is said to be, before anything is made.

use crate::address::Address;
use crate::clients::{Clients, said};
use crate::site::check_account;
use esmeralda::target::TargetError;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Most bytes of the page that tells whether it is up.
const MAX_PAGE: u64 = 1024 * 1024;
/// How long that page may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks for the page of the preset, then for a list that every account has.
pub(crate) async fn check(address: &Address, clients: &Clients) -> Result<(), TargetError> {
    let url = &address.url;
    if let (Some(ready), Some(authority)) = (&address.preset.ready, address.authority()) {
        let page = tokio::time::timeout(PATIENCE, page(&authority, &ready.path)).await;
        let page =
            page.map_err(|_| could_not(format!("{url} does not answer within {} s", PATIENCE.as_secs())))?;
        let page =
            page.map_err(|error| could_not(format!("no answer from {url}: {error}; is it started?")))?;
        if !page.contains(&ready.contains) {
            let name = &address.preset.name;
            let why = format!("{url}{} does not look like {name}: is it something else?", ready.path);
            return Err(could_not(why));
        }
    }
    if let Err(error) = clients.lambda.list_functions().max_items(1).send().await {
        let why = format!("{url} does not answer as Lambda does: {}", said(&error));
        return Err(could_not(why));
    }
    check_account(address, clients).await
}

/// Whether anybody listens there at all.
///
/// # Errors
/// That nobody does, and how that was told.
pub(crate) async fn listens(address: &Address) -> Result<(), String> {
    let (url, Some(authority)) = (&address.url, address.authority()) else { return Ok(()) };
    match tokio::time::timeout(PATIENCE, TcpStream::connect(authority)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("nobody listens at {url}: {error}")),
        Err(_) => Err(format!("nobody listens at {url}: no answer within {} s", PATIENCE.as_secs())),
    }
}

fn could_not(why: String) -> TargetError {
    TargetError::CouldNotRun(why)
}

/// A page by the plainest request there is.
async fn page(authority: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(authority).await?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut page = Vec::new();
    stream.take(MAX_PAGE).read_to_end(&mut page).await?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
