//! An endpoint as one thread sees it: its clients, the listener, the functions that sessions share, and the journal.

use crate::address::Address;
use crate::clients::{Clients, broke};
use crate::functions::Functions;
use crate::journal::{Journal, Kind};
use crate::listener::Listener;
use crate::ready;
use esm_model::when::Ms;
use esmeralda::clock::Wall;
use esmeralda::target::TargetError;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// What all threads of a run share.
#[derive(Debug)]
pub(crate) struct Run {
    /// Where.
    pub(crate) address: Address,
    /// Its name, part of the name of everything that is made.
    pub(crate) id: String,
    /// What has been made.
    pub(crate) journal: Journal,
    /// Counts what gets a name.
    pub(crate) count: AtomicU32,
    /// Held during an operation of which only so many may overlap.
    pub(crate) few: Semaphore,
}

/// How often something that is awaited is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// An endpoint, ready for sessions.
pub(crate) struct Site {
    pub(crate) run: Arc<Run>,
    pub(crate) clients: Clients,
    pub(crate) listener: Listener,
    pub(crate) functions: Functions,
    pub(crate) wall: Wall,
}

impl Site {
    /// Connects: the endpoint is up and the right one, and the listener listens.
    pub(crate) async fn open(run: Arc<Run>) -> Result<Site, TargetError> {
        let address = &run.address;
        let clients = Clients::new(address).await;
        ready::check(address, &clients).await?;
        let wall = Wall::start();
        let callback = &address.preset.callback;
        let bound = Listener::bind(&callback.bind, address.preset.function.answers, wall).await;
        let listener = bound.map_err(|error| {
            let bind = &callback.bind;
            TargetError::CouldNotRun(format!(
                "cannot listen on {bind}: {error}; change callback.bind in the preset"
            ))
        })?;
        Ok(Site { clients, listener, functions: Functions::default(), wall, run })
    }

    /// A name that nothing else has, and that tells whose it is.
    pub(crate) fn name(&self, what: &str) -> String {
        let number = self.run.count.fetch_add(1, Ordering::Relaxed);
        format!("esmeralda-{}-{number}-{what}", self.run.id)
    }

    /// Notes that something is about to be made.
    pub(crate) fn made(&self, kind: Kind, id: &str) -> Result<(), TargetError> {
        self.run.journal.made(kind, id).map_err(|error| {
            let path = self.run.journal.path();
            let path = path.display();
            TargetError::CouldNotRun(format!(
                "cannot write {path}: {error}; nothing is made without it, name another directory in ESMERALDA_STATE"
            ))
        })
    }

    /// Runs an operation, with few others beside it if the preset says so.
    pub(crate) async fn few<T>(&self, operation: &str, doing: impl Future<Output = T>) -> T {
        let serialised = self.run.address.preset.serialise.iter().any(|name| name == operation);
        // Nobody closes it, so a permit comes.
        let _permit = if serialised { self.run.few.acquire().await.ok() } else { None };
        doing.await
    }

    /// Looks until there is something, at most as long as setting up may take.
    pub(crate) async fn until<T>(
        &self,
        what: &str,
        look: impl AsyncFnMut() -> Result<Option<T>, TargetError>,
    ) -> Result<T, TargetError> {
        until(self.run.address.preset.bounds.setup_ms, what, look).await
    }
}

/// Looks until there is something, at most so many milliseconds.
pub(crate) async fn until<T>(
    limit: Ms,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>, TargetError>,
) -> Result<T, TargetError> {
    let looking = async {
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let limit = Duration::from_millis(limit.unsigned_abs());
    tokio::time::timeout(limit, looking).await.unwrap_or_else(|_| {
        Err(TargetError::CouldNotRun(format!("{what} took longer than {} s", limit.as_secs_f64())))
    })
}

/// Whose account it is, where the user has typed one.
pub(crate) async fn check_account(address: &Address, clients: &Clients) -> Result<(), TargetError> {
    let Some(account) = &address.account else { return Ok(()) };
    let identity = clients.sts.get_caller_identity().send().await.map_err(broke("GetCallerIdentity"))?;
    let found = identity.account().unwrap_or("no account");
    if found == account {
        return Ok(());
    }
    Err(TargetError::CouldNotRun(format!("the credentials are of {found}, and account={account} was typed")))
}
