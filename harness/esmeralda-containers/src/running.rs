//! A container from its start to its end: started, ready, used as an endpoint, removed.
//!
//! Judges nothing and waits for nothing but readiness.

use crate::order::Order;
use crate::{engine, leftover};
use esmeralda::stop::Stop;
use esmeralda_endpoint::address::Address;
use esmeralda_endpoint::bench::EndpointBench;
use esmeralda_endpoint::preset::Ready;
use std::time::Duration;
use testcontainers::{ContainerAsync, GenericImage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

/// How often a container is asked whether it is ready.
const LOOK: Duration = Duration::from_millis(100);
/// How long one such question may take.
const ANSWER: Duration = Duration::from_secs(5);
/// Most bytes of the page that tells whether it is ready.
const MAX_PAGE: u64 = 1024 * 1024;
/// Most characters of a container's output that an error shows, from its end.
const MAX_TAIL: usize = 2000;
/// How long removing a container may take.
const REMOVE: Duration = Duration::from_secs(60);

/// Why no container runs.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nobody can start one.
    #[error("no container engine at {at}: {problem}; start one, or name it in DOCKER_HOST")]
    NoEngine {
        /// Where it was looked for.
        at: String,
        /// What came instead of an answer.
        problem: String,
    },
    /// The engine has no such image and cannot fetch it.
    #[error("no image {image}: {problem}; pull or build it, or name another one")]
    NoImage {
        /// Which.
        image: String,
        /// Why it could not be fetched.
        problem: String,
    },
    /// The engine did not start it.
    #[error("cannot start a container of {image}: {problem}")]
    Refused {
        /// Of which image.
        image: String,
        /// What the engine said.
        problem: String,
    },
    /// It did not become ready.
    #[error("the container of {image} {what}; the end of its output:\n{tail}")]
    NotReady {
        /// Of which image.
        image: String,
        /// What it did instead.
        what: String,
        /// The end of its output.
        tail: String,
    },
    /// Nobody wants it any more.
    #[error("interrupted before the container was ready")]
    Interrupted,
    /// The system gave no runtime.
    #[error("cannot wait for a container: {0}")]
    Runtime(#[from] std::io::Error),
}

/// A container that is ready. It is removed when this goes.
pub struct Running {
    bench: Option<EndpointBench>,
    container: Option<ContainerAsync<GenericImage>>,
    runtime: Runtime,
}

impl Running {
    /// Starts a container and waits until it is ready, or until it is no longer wanted.
    ///
    /// # Errors
    /// [`StartError`]; a container that was started for nothing is removed.
    pub fn start(order: &Order, stop: &Stop) -> Result<Running, StartError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (container, address) = runtime.block_on(async {
            tokio::select! {
                () = stop.wait() => Err(StartError::Interrupted),
                started = started(order) => started,
            }
        })?;
        let bench = EndpointBench::in_container(address, order.name().to_owned());
        Ok(Running { bench: Some(bench), container: Some(container), runtime })
    }

    /// The endpoint in it.
    ///
    /// # Panics
    /// Never: it is there until the container goes.
    pub fn bench(&self) -> &EndpointBench {
        self.bench.as_ref().expect("the bench goes with the container, and not before")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // What was made in it is removed first, as long as it can be asked.
        self.bench = None;
        if let Some(container) = self.container.take() {
            self.runtime.block_on(remove(container));
        }
    }
}

/// A container that is ready, and its endpoint. What a crash left is removed before.
async fn started(order: &Order) -> Result<(ContainerAsync<GenericImage>, Address), StartError> {
    let docker = engine::connect().await?;
    leftover::remove(&docker).await;
    let container = engine::start(order).await?;
    match ready(order, &container).await {
        Ok(url) => {
            let bind = engine::callback_address(&docker, container.id()).await;
            Ok((container, address_of(order, url, bind)))
        }
        Err(error) => {
            remove(container).await;
            Err(error)
        }
    }
}

/// Removes a container, and says so if that fails: it would go on running.
async fn remove(container: ContainerAsync<GenericImage>) {
    let id = container.id().to_owned();
    let why = match tokio::time::timeout(REMOVE, container.rm()).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("it took longer than {} s", REMOVE.as_secs()),
    };
    eprintln!("left behind: the container {id} ({why}); remove it with docker rm --force {id}");
}

/// The endpoint of a container, with callbacks that reach the harness from within.
fn address_of(order: &Order, url: String, bind: String) -> Address {
    let mut preset = order.preset.clone();
    preset.callback.bind = bind;
    engine::HARNESS.clone_into(&mut preset.callback.host);
    Address { typed: url.clone(), url, preset, source: order.source, account: None }
}

/// Waits until the endpoint in a container serves, and says where.
async fn ready(order: &Order, container: &ContainerAsync<GenericImage>) -> Result<String, StartError> {
    let image = order.image();
    let refused = |error: testcontainers::TestcontainersError| StartError::Refused {
        image: order.image(),
        problem: error.to_string(),
    };
    let port = container.get_host_port_ipv4(order.recipe.port).await.map_err(refused)?;
    let limit = Duration::from_secs(order.recipe.start_seconds);
    let waiting = async {
        loop {
            if serves(port, order.preset.ready.as_ref()).await {
                return true;
            }
            if !container.is_running().await.unwrap_or(true) {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let what = match tokio::time::timeout(limit, waiting).await {
        Ok(true) => return Ok(format!("http://127.0.0.1:{port}")),
        Ok(false) => match container.exit_code().await {
            Ok(Some(code)) => format!("ended with code {code} before it was ready"),
            _ => "ended before it was ready".to_owned(),
        },
        Err(_) => format!("was not ready after {} s", limit.as_secs()),
    };
    Err(StartError::NotReady { image, what, tail: tail(container).await })
}

/// Whether the page that tells it holds what it must; without such a page, whether anything answers.
async fn serves(port: u16, ready: Option<&Ready>) -> bool {
    let path = ready.map_or("/", |ready| ready.path.as_str());
    let page = tokio::time::timeout(ANSWER, page(port, path)).await;
    let Ok(Ok(page)) = page else { return false };
    match ready {
        Some(ready) => page.contains(&ready.contains),
        None => page.starts_with("HTTP/"),
    }
}

/// A page by the plainest request there is.
async fn page(port: u16, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut page = Vec::new();
    stream.take(MAX_PAGE).read_to_end(&mut page).await?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// The end of what a container has said.
async fn tail(container: &ContainerAsync<GenericImage>) -> String {
    let mut said = container.stdout_to_vec().await.unwrap_or_default();
    said.extend(container.stderr_to_vec().await.unwrap_or_default());
    let text = String::from_utf8_lossy(&said);
    let skip = text.chars().count().saturating_sub(MAX_TAIL);
    text.chars().skip(skip).collect()
}
