//! The container engine: whether one answers, starting a container, and the address under which it reaches the harness.
//!
//! Knows containers and ports; what is served in them is not its business.

use crate::leftover;
use crate::order::Order;
use crate::running::StartError;
use esmeralda_endpoint::package;
use std::net::TcpListener;
use std::time::Duration;
use testcontainers::bollard::Docker;
use testcontainers::bollard::models::PortBinding;
use testcontainers::bollard::query_parameters::InspectContainerOptions;
use testcontainers::core::client::docker_client_instance;
use testcontainers::core::error::ClientError;
use testcontainers::core::{AccessMode, Host, IntoContainerPort, Mount};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, ContainerRequest, GenericImage, ImageExt, TestcontainersError};

/// The name under which a container finds the machine that it runs on.
pub(crate) const HARNESS: &str = "host.docker.internal";
/// How long the engine may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long fetching an image and creating a container may take.
const CREATE: Duration = Duration::from_secs(900);

/// The engine's client, if it answers.
pub(crate) async fn connect() -> Result<Docker, StartError> {
    let none = |problem: String| StartError::NoEngine { at: place(), problem };
    let docker = docker_client_instance().await.map_err(|error| none(error.to_string()))?;
    match tokio::time::timeout(PATIENCE, docker.ping()).await {
        Ok(Ok(_)) => Ok(docker),
        Ok(Err(error)) => Err(none(error.to_string())),
        Err(_) => Err(none(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

/// Where the engine is looked for.
fn place() -> String {
    std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned())
}

/// Creates and starts the container. An image that the engine has is never fetched.
pub(crate) async fn start(order: &Order) -> Result<ContainerAsync<GenericImage>, StartError> {
    let image = order.image();
    match tokio::time::timeout(CREATE, request(order).start()).await {
        Ok(Ok(container)) => Ok(container),
        Ok(Err(TestcontainersError::Client(ClientError::PullImage { err, .. }))) => {
            Err(StartError::NoImage { image, problem: err.to_string() })
        }
        Ok(Err(error)) => Err(StartError::Refused { image, problem: error.to_string() }),
        Err(_) => {
            Err(StartError::Refused { image, problem: format!("it took longer than {} s", CREATE.as_secs()) })
        }
    }
}

fn request(order: &Order) -> ContainerRequest<GenericImage> {
    let recipe = &order.recipe;
    let port = recipe.port.tcp();
    let mut request = GenericImage::new(recipe.image.as_str(), recipe.tag.as_str())
        .with_exposed_port(port)
        .with_host(HARNESS, Host::HostGateway)
        .with_label(leftover::LABEL, leftover::owner())
        .with_startup_timeout(CREATE)
        // Reached from this machine only.
        .with_host_config_modifier(move |config| {
            let here = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some(String::new()) };
            config.publish_all_ports = Some(false);
            config.port_bindings = Some([(port.to_string(), Some(vec![here]))].into_iter().collect());
        });
    for (name, value) in &recipe.environment {
        request = request.with_env_var(name, value);
    }
    for share in &recipe.mounts {
        let access = if share.writable { AccessMode::ReadWrite } else { AccessMode::ReadOnly };
        request =
            request.with_mount(Mount::bind_mount(&share.source, &share.target).with_access_mode(access));
    }
    if let Some(folder) = &recipe.plugin {
        // Copied, not mounted: an engine on another machine sees no folder of this one.
        for (name, text) in package::plugin_files() {
            request = request.with_copy_to(format!("{folder}/{name}"), text.into_bytes());
        }
    }
    request
}

/// The address that the callback listener binds, so that [`HARNESS`] reaches it from this container.
///
/// That is the bridge's own address where the machine has it. Where the engine runs in a machine of its own, such as
/// on a Mac, it passes such calls on to the loopback address.
pub(crate) async fn callback_address(docker: &Docker, container: &str) -> String {
    let found = docker.inspect_container(container, None::<InspectContainerOptions>).await.ok();
    let networks = found.and_then(|found| found.network_settings).and_then(|settings| settings.networks);
    networks
        .into_iter()
        .flatten()
        .filter_map(|(_, network)| network.gateway)
        .find(|gateway| !gateway.is_empty() && TcpListener::bind((gateway.as_str(), 0)).is_ok())
        .unwrap_or_else(|| "127.0.0.1".to_owned())
}
