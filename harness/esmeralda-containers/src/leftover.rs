//! Containers that a crash left behind: found by their label, and removed when the next one is started.
//!
//! Removes only what a process of this machine started that is no more. Where that cannot be told, nothing is removed.

use std::collections::BTreeMap;
use testcontainers::bollard::Docker;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
};

/// The label of every container that is started here: `MACHINE/PROCESS`.
pub(crate) const LABEL: &str = "esmeralda.process";

/// Who starts containers now.
pub(crate) fn owner() -> String {
    format!("{}/{}", machine(), std::process::id())
}

/// This start of this machine, as its processes count: numbers of processes mean something here only.
fn machine() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let space = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{}/{}", boot.trim(), space.display())
}

/// Whether a container of that owner is nobody's any more.
fn is_orphan(owner: &str) -> bool {
    let Some((there, process)) = owner.rsplit_once('/') else { return false };
    // Without /proc nothing is known of any process.
    there == machine()
        && there != "/"
        && process.parse::<u32>().is_ok_and(|id| !std::path::Path::new(&format!("/proc/{id}")).exists())
}

/// Removes what crashed processes left. What cannot be removed stays: the start of another container does not fail.
pub(crate) async fn remove(docker: &Docker) {
    let filters = BTreeMap::from([("label".to_owned(), vec![LABEL.to_owned()])]);
    let filters = filters.into_iter().collect();
    let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
    for found in docker.list_containers(Some(options)).await.unwrap_or_default() {
        let owner = found.labels.as_ref().and_then(|labels| labels.get(LABEL));
        if !owner.is_some_and(|owner| is_orphan(owner)) {
            continue;
        }
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        if let Some(id) = found.id {
            let _ = docker.remove_container(&id, Some(options)).await;
        }
    }
}
