//! What the API of mappings needs to know of the upstream, on behalf of one caller; and how mappings start.

use crate::aws::{Failed, Place, functions, kinesis, tables};
use crate::engine::Engine;
use crate::remote::{Remote, Shard};
use crate::state::Kept;
use crate::story::Story;
use esm_model::bounds::Bounds;
use esm_model::control::{self, Admitted, FunctionName, State, World};
use esm_model::mapping::{Arn, Mapping, SourceKind, StartingPosition, is_consumer, source_kind};
use esm_model::setup::{MappingSetup, Setup};
use esm_model::when::EPOCH_MS;
use esmeralda_wire::account::Account;
use esmeralda_wire::driver::{Behind, Handle, Resume, Start, start};
use esmeralda_wire::http::ApiError;
use esmeralda_wire::lambda::{Entry, Mappings, Site};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The engine, as one caller sees it during one request.
pub struct Desk {
    engine: Rc<Engine>,
    place: Rc<Place>,
    mappings: Rc<RefCell<Mappings>>,
    told: Told,
}

/// The name of a function, and its qualifier.
type Asked = (String, Option<String>);

/// What the upstream has told during this request: with hundreds of mappings it is busy enough without being asked twice.
#[derive(Default)]
struct Told {
    functions: RefCell<BTreeMap<Asked, Option<functions::Function>>>,
    /// How long streams keep their records, by ARN.
    retention_ms: RefCell<BTreeMap<String, i64>>,
}

/// What a mapping is started with, beside what the upstream knows.
struct Wanted<'w> {
    uuid: &'w str,
    arn: &'w str,
    kind: SourceKind,
    function_arn: &'w str,
    settings: &'w Mapping,
    resume: Option<&'w Kept>,
}

/// An upstream that cannot tell is an error of the service.
fn unknown(error: &Failed) -> ApiError {
    ApiError::new(500, "ServiceException", format!("the upstream cannot tell: {error}"))
}

impl Desk {
    /// For a caller.
    pub fn new(engine: &Rc<Engine>, place: Rc<Place>) -> Desk {
        let mappings = engine.mappings(&place.account);
        Desk { engine: engine.clone(), place, mappings, told: Told::default() }
    }

    /// For whoever created a mapping of an earlier run.
    pub fn of(engine: &Rc<Engine>, kept: &Kept) -> Desk {
        let (partition, region, id) = (kept.partition.clone(), kept.region.clone(), kept.account.clone());
        let account = Account { partition, region, id };
        Desk::new(engine, Rc::new(Place { account, access_key: kept.access_key.clone() }))
    }

    async fn function(&self, name: &str) -> Result<Option<functions::Function>, Failed> {
        let Some(name) = FunctionName::parse(name) else { return Ok(None) };
        let key = (name.name.to_owned(), name.qualifier.map(str::to_owned));
        if let Some(told) = self.told.functions.borrow().get(&key) {
            return Ok(told.clone());
        }
        let found = functions::find(&self.engine.client, &self.place, name.name, name.qualifier).await?;
        self.told.functions.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    /// How long a stream of Kinesis keeps its records.
    async fn retention_ms(&self, arn: &str) -> Result<i64, Failed> {
        if let Some(told) = self.told.retention_ms.borrow().get(arn) {
            return Ok(*told);
        }
        let ms = kinesis::retention_ms(&self.engine.client, &self.place, arn).await?;
        self.told.retention_ms.borrow_mut().insert(arn.to_owned(), ms);
        Ok(ms)
    }

    /// Whether there is such a stream. Whose answer is no good has none.
    async fn stream(&self, arn: &str) -> Result<Option<control::Stream>, ApiError> {
        let (Some(kind), Some(source)) = (source_kind(arn), Arn::parse(arn)) else { return Ok(None) };
        let own = &self.place.account;
        if source.account != own.id || source.region != own.region {
            return Ok(None);
        }
        let asked = match kind {
            SourceKind::Kinesis if is_consumer(arn) => {
                kinesis::consumer(&self.engine.client, &self.place, arn).await
            }
            SourceKind::Kinesis => self.retention_ms(arn).await.map(drop),
            SourceKind::DynamoDb => tables::shards(&self.engine.client, &self.place, arn).await.map(drop),
        };
        match asked {
            Ok(()) => Ok(Some(control::Stream { arn: arn.to_owned(), kind })),
            Err(error) if error.passes() => Err(unknown(&error)),
            Err(_) => Ok(None),
        }
    }

    /// The shards from which reading starts: those that follow on none that is listed.
    async fn first_shards(&self, arn: &str, kind: SourceKind) -> Result<Vec<Shard>, Failed> {
        let listed = match kind {
            SourceKind::Kinesis => kinesis::shards(&self.engine.client, &self.place, arn).await?,
            SourceKind::DynamoDb => tables::shards(&self.engine.client, &self.place, arn).await?.0,
        };
        let known = |id: &String| listed.iter().any(|it| it.id == *id);
        let first = listed.iter().filter(|it| !it.parents.iter().any(known));
        Ok(first.map(|it| Shard::new(it.id.clone(), None)).collect())
    }

    async fn run(&self, wanted: Wanted<'_>) -> Result<Handle, Failed> {
        let engine = &self.engine;
        let (arn, kind) = (wanted.arn, wanted.kind);
        let retention_ms = match kind {
            SourceKind::Kinesis => match self.retention_ms(arn).await {
                // A mapping outlives its stream (STATE-11).
                Err(error) if wanted.resume.is_some() && !error.passes() => kinesis::RETENTION_MS,
                other => other?,
            },
            SourceKind::DynamoDb => tables::RETENTION_MS,
        };
        let shards = match wanted.resume {
            Some(kept) => kept.shards.iter().map(|it| Shard::new(it.id.clone(), it.done.clone())).collect(),
            None => self.first_shards(arn, kind).await?,
        };
        let function = self.function(wanted.function_arn).await?;
        let remote = Rc::new(Remote::new(
            engine.client.clone(),
            self.place.clone(),
            (arn, kind),
            shards.clone(),
            (engine.moved.clone(), engine.readers.clone()),
            Story::new(wanted.uuid),
        ));
        let latest = wanted.settings.starting_position == StartingPosition::Latest;
        let newest = match wanted.resume {
            None if latest => Some(remote.newest().await?),
            _ => None,
        };
        let setup = Setup {
            region: self.place.account.region.clone(),
            stream_arn: arn.to_owned(),
            role_arn: function.as_ref().map_or_else(String::new, |it| it.role_arn.clone()),
            shard_ids: shards.iter().map(|it| it.id.clone()).collect(),
            mappings: vec![MappingSetup {
                uuid: wanted.uuid.to_owned(),
                function_arn: wanted.function_arn.to_owned(),
                executed_version: function.map_or_else(|| "$LATEST".to_owned(), |it| it.version),
            }],
            bounds: Bounds::default(),
            epoch_ms: EPOCH_MS,
        };
        engine.seeds.set(engine.seeds.get() + 1);
        let resume = |kept: &Kept| Resume {
            origin: kept.origin.clone(),
            shards: kept.shards.iter().map(|shard| shard.done.clone()).collect(),
            machine: kept.machine.clone(),
        };
        let handle = start(
            remote.clone(),
            engine.client.clock(),
            Start {
                settings: wanted.settings.clone(),
                source: kind,
                setup,
                retention_ms,
                policy: engine.config.policy,
                fault: engine.config.fault,
                seed: engine.seeds.get(),
                change_delay_ms: 0,
                resume: wanted.resume.map(resume),
            },
        );
        // Before the driver has its first turn: what arrives from now on is behind these iterators.
        if let Some(iterators) = newest {
            remote.begin_at(handle.origin(), iterators);
        }
        engine.remotes.borrow_mut().insert(wanted.uuid.to_owned(), remote);
        Ok(handle)
    }

    /// Starts a mapping of an earlier run again.
    ///
    /// # Errors
    /// The upstream does not answer.
    pub async fn resume(&self, kept: &Kept) -> Result<(), Failed> {
        let handle = self
            .run(Wanted {
                uuid: &kept.mapping.uuid,
                arn: &kept.mapping.event_source_arn,
                kind: kept.mapping.kind,
                function_arn: &kept.mapping.function_arn,
                settings: &kept.mapping.settings,
                resume: Some(kept),
            })
            .await?;
        let entry = Entry { mapping: kept.mapping.clone(), announced: State::Enabled, gone_ms: None, handle };
        self.mappings.borrow_mut().add(entry).map_err(|error| Failed::Silent(error.to_string()))
    }
}

impl Site for Desk {
    fn now_ms(&self) -> i64 {
        self.engine.client.now_ms()
    }

    fn account(&self) -> &Account {
        &self.place.account
    }

    fn uuid(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }

    fn change_delay_ms(&self) -> u64 {
        0
    }

    fn mappings(&self) -> &RefCell<Mappings> {
        &self.mappings
    }

    async fn known(&self, stream: Option<&str>, function: Option<&str>) -> Result<World, ApiError> {
        let streams = match stream {
            Some(arn) => self.stream(arn).await?.into_iter().collect(),
            None => Vec::new(),
        };
        let mut functions = Vec::new();
        if let Some(name) = function.and_then(FunctionName::parse) {
            let found = self.function(function.unwrap_or_default()).await.map_err(|error| unknown(&error))?;
            functions.extend(found.map(|_| control::Function {
                name: name.name.to_owned(),
                qualifiers: name.qualifier.map(str::to_owned).into_iter().collect(),
            }));
        }
        let account = &self.place.account;
        Ok(World {
            partition: account.partition.clone(),
            region: account.region.clone(),
            account: account.id.clone(),
            streams,
            functions,
            mappings: Vec::new(),
        })
    }

    async fn behind(&self, function: &str) -> Option<Behind> {
        let found = self.function(function).await.ok()??;
        Some(Behind { role_arn: found.role_arn, version: found.version })
    }

    async fn start(&self, admitted: &Admitted, uuid: &str) -> Result<Handle, ApiError> {
        let wanted = Wanted {
            uuid,
            arn: &admitted.event_source_arn,
            kind: admitted.kind,
            function_arn: &admitted.function_arn,
            settings: &admitted.mapping,
            resume: None,
        };
        self.run(wanted).await.map_err(|error| unknown(&error))
    }

    async fn keep(&self) -> Result<(), ApiError> {
        self.engine
            .save(false)
            .await
            .map_err(|error| ApiError::new(500, "ServiceException", error.to_string()))
    }
}
