//! The engine: its mappings, by account and region, and what it was told at the start.

use crate::aws::{Client, Place, sts};
use crate::remote::Remote;
use crate::state::{self, Kept, KeptShard, StateError};
use esm_model::reference::{Fault, Policy};
use esmeralda::clock::Wall;
use esmeralda_wire::account::Account;
use esmeralda_wire::driver::Command;
use esmeralda_wire::http::Request;
use esmeralda_wire::lambda::Mappings;
use esmeralda_wire::proxy::Proxy;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify};

/// Most access keys and regions that are told apart: further ones share the first one's place.
const MAX_PLACES: usize = 1_000;
/// The state is written at most so often.
const SAVE_EVERY: Duration = Duration::from_millis(200);
/// How long calls and failure records that are under way may take to end when the engine stops.
const STOP_PATIENCE: Duration = Duration::from_secs(15);
/// How often a stopping engine looks whether they have.
const STOP_LOOK: Duration = Duration::from_millis(20);
/// The access key of unsigned requests, as emulators' users type it.
const ACCESS_KEY: &str = "test";

/// Where the upstream is.
pub use esmeralda_wire::host::Host as Upstream;

/// What the engine is told at the start.
#[derive(Debug, Clone)]
pub struct Config {
    /// What it stands in front of.
    pub upstream: Upstream,
    /// How mappings decide what the documents leave open.
    pub policy: Policy,
    /// What they do wrong.
    pub fault: Option<Fault>,
    /// Where mappings and checkpoints are kept.
    pub state: Option<PathBuf>,
    /// The region of unsigned requests.
    pub region: String,
}

/// Mappings by account and region.
type Accounts = BTreeMap<(String, String), Rc<RefCell<Mappings>>>;

/// The engine.
pub struct Engine {
    /// What it was told.
    pub config: Config,
    /// Connections to the upstream.
    pub client: Rc<Client>,
    /// Passes requests through.
    pub proxy: Proxy,
    /// The mappings of each account and region.
    mappings: RefCell<Accounts>,
    /// Who has asked, by access key and region.
    places: RefCell<BTreeMap<(String, String), Rc<Place>>>,
    /// The worlds of the mappings, by UUID.
    pub remotes: RefCell<BTreeMap<String, Rc<Remote>>>,
    /// Told when a checkpoint has moved, or a batch has failed.
    pub moved: Rc<Notify>,
    /// How many worlds are read.
    pub readers: Rc<Cell<u32>>,
    saving: Mutex<()>,
    /// Makes request IDs differ.
    pub seeds: Cell<u64>,
}

impl Engine {
    /// An engine without mappings.
    pub fn new(config: Config) -> Engine {
        let clock = Wall::start();
        Engine {
            client: Rc::new(Client::new(config.upstream.clone(), clock)),
            proxy: Proxy::new(config.upstream.clone(), |error| {
                tracing::warn!("a request was not passed through: {error}");
            }),
            config,
            mappings: RefCell::default(),
            places: RefCell::default(),
            remotes: RefCell::default(),
            moved: Rc::new(Notify::new()),
            readers: Rc::default(),
            saving: Mutex::new(()),
            // The upper bits of request IDs; from the clock, so that a restart does not repeat them.
            seeds: Cell::new((clock.epoch_ms() / 1_000).unsigned_abs() & u64::from(u32::MAX)),
        }
    }

    /// The mappings of an account and region.
    pub fn mappings(&self, account: &Account) -> Rc<RefCell<Mappings>> {
        let key = (account.id.clone(), account.region.clone());
        self.mappings.borrow_mut().entry(key).or_default().clone()
    }

    /// On whose behalf a request is made: the upstream knows the account of an access key.
    pub async fn place(&self, request: &Request) -> Rc<Place> {
        let region = request.scope(2).filter(|region| is_word(region)).unwrap_or(&self.config.region);
        let access_key = request.scope(0).filter(|key| is_word(key)).unwrap_or(ACCESS_KEY);
        let key = (access_key.to_owned(), region.to_owned());
        if let Some(place) = self.places.borrow().get(&key) {
            return place.clone();
        }
        let account = Account { region: region.to_owned(), ..Account::default() };
        let mut place = Place { account, access_key: access_key.to_owned() };
        let caller = sts::caller(&self.client, &place).await;
        if let Some((id, partition)) = &caller {
            (place.account.id, place.account.partition) = (id.clone(), partition.clone());
        } else if access_key.len() == 12 && access_key.bytes().all(|b| b.is_ascii_digit()) {
            place.account.id = access_key.to_owned();
        }
        let place = Rc::new(place);
        let mut places = self.places.borrow_mut();
        // An upstream that did not answer is asked again.
        if caller.is_some() && places.len() < MAX_PLACES {
            places.insert(key, place.clone());
        }
        place
    }

    /// The present state of every mapping that was not deleted.
    fn kept(&self, at_rest: bool) -> Vec<Kept> {
        let mut all = Vec::new();
        let mut remotes = self.remotes.borrow_mut();
        let mut alive = std::collections::BTreeSet::new();
        for mappings in self.mappings.borrow().values() {
            for entry in mappings.borrow().iter().filter(|entry| entry.gone_ms.is_none()) {
                let Some(remote) = remotes.get(&entry.mapping.uuid) else { continue };
                alive.insert(entry.mapping.uuid.clone());
                let Place { account, access_key } = (*remote.place).clone();
                let shard = |shard: crate::remote::Shard| KeptShard { id: shard.id, done: shard.done };
                all.push(Kept {
                    partition: account.partition,
                    region: account.region,
                    account: account.id,
                    access_key,
                    mapping: entry.mapping.clone(),
                    origin: entry.handle.origin().clone(),
                    shards: remote.shards().into_iter().map(shard).collect(),
                    machine: entry.handle.to_resume(at_rest),
                });
            }
        }
        remotes.retain(|uuid, _| alive.contains(uuid));
        all
    }

    /// Writes the state, where there is a file for it; with every machine, if they are at rest.
    ///
    /// # Errors
    /// It cannot be written.
    pub async fn save(&self, at_rest: bool) -> Result<(), StateError> {
        let _one = self.saving.lock().await;
        let kept = self.kept(at_rest);
        let Some(path) = self.config.state.clone() else { return Ok(()) };
        let shown = path.display().to_string();
        let written = tokio::task::spawn_blocking(move || state::write(&path, kept)).await;
        written.unwrap_or_else(|error| Err(StateError::Io { path: shown, reason: error.to_string() }))
    }

    /// Writes checkpoints and attempts as they change, for as long as it runs.
    pub async fn keep_saving(&self) {
        loop {
            self.moved.notified().await;
            if self.config.state.is_some()
                && let Err(error) = self.save(false).await
            {
                tracing::error!("{error}");
            }
            tokio::time::sleep(SAVE_EVERY).await;
        }
    }

    /// Lets what is under way end, takes nothing new, and writes the state.
    ///
    /// # Errors
    /// It cannot be written.
    pub async fn stop(&self) -> Result<(), StateError> {
        let all: Vec<_> = self.mappings.borrow().values().cloned().collect();
        let handles: Vec<_> = all
            .iter()
            .flat_map(|it| it.borrow().iter().map(|entry| entry.handle.clone()).collect::<Vec<_>>())
            .collect();
        for handle in &handles {
            handle.tell(vec![Command::Rest]);
        }
        let ended = async {
            while handles.iter().any(|handle| handle.is_changing() || handle.is_busy()) {
                tokio::time::sleep(STOP_LOOK).await;
            }
        };
        if tokio::time::timeout(STOP_PATIENCE, ended).await.is_err() {
            tracing::warn!("calls are under way still; their records are delivered again after a restart");
        }
        self.save(true).await
    }
}

/// Whether a text is one word of a credential.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/+=".contains(&b))
}
