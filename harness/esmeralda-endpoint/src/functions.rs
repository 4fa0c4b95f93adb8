//! The functions at an endpoint: shared by sessions, and made anew only for what a case does to one.
//!
//! A function does nothing of itself: it calls back, and its token says which one it is.

use crate::clients::{broke, lacks, refused};
use crate::journal::Kind;
use crate::package;
use crate::site::Site;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime, State};
use esm_model::when::Ms;
use esmeralda::target::TargetError;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use tokio::sync::{Mutex, OnceCell};

/// The longest timeout that a function can have: 15 minutes.
const MAX_TIMEOUT_MS: Ms = 900_000;

/// The index of a mapping within its case, and the timeout in seconds.
type Key = (u8, i32);

/// Functions that sessions share. Mappings of one stream need a function each (API-6).
#[derive(Default)]
pub(crate) struct Functions(RefCell<BTreeMap<Key, Rc<OnceCell<Rc<Function>>>>>);

/// A function that was made.
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// Its ARN, without a qualifier.
    pub(crate) arn: String,
    /// What its URL ends in; nobody guesses it.
    pub(crate) token: String,
    /// The version published for qualified mappings.
    version: OnceCell<String>,
    /// Aliases of that version.
    aliases: Mutex<BTreeSet<String>>,
}

impl Functions {
    /// The function that sessions share for this mapping index and timeout.
    pub(crate) async fn shared(
        &self,
        site: &Site,
        mapping: u8,
        timeout_ms: Ms,
    ) -> Result<Rc<Function>, TargetError> {
        let key = (mapping, seconds(timeout_ms)?);
        let cell = self.0.borrow_mut().entry(key).or_default().clone();
        let made = cell.get_or_try_init(async || Function::make(site, key.1).await.map(Rc::new)).await?;
        Ok(made.clone())
    }
}

impl Function {
    /// A function for one session alone.
    pub(crate) async fn own(site: &Site, timeout_ms: Ms) -> Result<Rc<Function>, TargetError> {
        Function::make(site, seconds(timeout_ms)?).await.map(Rc::new)
    }

    async fn make(site: &Site, timeout: i32) -> Result<Function, TargetError> {
        let preset = &site.run.address.preset;
        let name = site.name("function");
        let token = token();
        let url = site.listener.url(&preset.callback.host, &token);
        let environment = Environment::builder()
            .variables("ESMERALDA_CALLBACK", &url)
            .variables(&preset.function.variable, &url)
            .build();
        site.made(Kind::Function, &name)?;
        let made = site
            .clients
            .lambda
            .create_function()
            .function_name(&name)
            .role(&preset.role)
            .runtime(Runtime::from(preset.function.runtime.as_str()))
            .handler(package::handler(preset.function.code))
            .code(FunctionCode::builder().zip_file(Blob::new(package::zip(preset.function.code))).build())
            .timeout(timeout)
            .environment(environment)
            .send()
            .await
            .map_err(|error| refused(site, Kind::Function, &name, &error))?;
        let arn = made.function_arn().ok_or_else(|| lacks("CreateFunction", "FunctionArn"))?.to_owned();
        let function =
            Function { name, arn, token, version: OnceCell::new(), aliases: Mutex::new(BTreeSet::new()) };
        function.wait(site).await?;
        Ok(function)
    }

    async fn wait(&self, site: &Site) -> Result<(), TargetError> {
        let what = format!("function {}", self.name);
        site.until(&what, async || {
            let asked = site.clients.lambda.get_function_configuration().function_name(&self.name);
            let found = asked.send().await.map_err(broke("GetFunctionConfiguration"))?;
            match found.state() {
                Some(State::Pending) => Ok(None),
                Some(State::Failed) => {
                    let why = found.state_reason().unwrap_or("no reason");
                    Err(TargetError::CouldNotRun(format!("{what} failed: {why}")))
                }
                // Some endpoints tell no state at all.
                _ => Ok(Some(())),
            }
        })
        .await
    }

    /// The ARN with that qualifier and the version behind it. Any number stands for the version published here.
    pub(crate) async fn qualified(
        &self,
        site: &Site,
        qualifier: &str,
    ) -> Result<(String, String), TargetError> {
        if qualifier == "$LATEST" {
            return Ok((format!("{}:$LATEST", self.arn), "$LATEST".to_owned()));
        }
        if !site.run.address.preset.capabilities.qualifiers {
            return Err(TargetError::Unsupported("qualified functions".to_owned()));
        }
        let lambda = &site.clients.lambda;
        let version = self.version.get_or_try_init(async || {
            let published = lambda.publish_version().function_name(&self.name).send().await;
            let published = published.map_err(broke("PublishVersion"))?;
            published.version().map(str::to_owned).ok_or_else(|| lacks("PublishVersion", "Version"))
        });
        let version = version.await?.clone();
        if qualifier.bytes().all(|b| b.is_ascii_digit()) {
            return Ok((format!("{}:{version}", self.arn), version));
        }
        let mut aliases = self.aliases.lock().await;
        if aliases.insert(qualifier.to_owned()) {
            let alias = lambda.create_alias().function_name(&self.name).name(qualifier);
            alias.function_version(&version).send().await.map_err(broke("CreateAlias"))?;
        }
        Ok((format!("{}:{qualifier}", self.arn), version))
    }

    /// Throttles it from now on, or no longer.
    pub(crate) async fn throttle(&self, site: &Site, throttled: bool) -> Result<(), TargetError> {
        let lambda = &site.clients.lambda;
        if throttled {
            let put = lambda.put_function_concurrency().function_name(&self.name);
            put.reserved_concurrent_executions(0)
                .send()
                .await
                .map(drop)
                .map_err(broke("PutFunctionConcurrency"))
        } else {
            let gone = lambda.delete_function_concurrency().function_name(&self.name);
            gone.send().await.map(drop).map_err(broke("DeleteFunctionConcurrency"))
        }
    }
}

/// A timeout in the whole seconds of the service.
fn seconds(timeout_ms: Ms) -> Result<i32, TargetError> {
    if timeout_ms % 1_000 != 0 || !(1_000..=MAX_TIMEOUT_MS).contains(&timeout_ms) {
        return Err(TargetError::Unsupported(format!("a function timeout of {timeout_ms} ms")));
    }
    Ok((timeout_ms / 1_000) as i32)
}

/// A text that nobody guesses.
pub(crate) fn token() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
