//! The functions of an endpoint: what is known of them, and how many calls each has under way.
//!
//! Not the calls: see `invoke`. Not the JSON: see `function_api`.

use super::{MAX_FUNCTIONS, TIMEOUT_S};
use crate::account::Account;
use crate::http::ApiError;
use esm_model::control;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// A function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its ARN, without qualifier.
    pub arn: String,
    /// What the configuration shows beside what is kept below: runtime, role, handler, memory and so on.
    pub shown: Map<String, Json>,
    /// After how many seconds a call is given up.
    pub timeout_s: i64,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
    /// Digest and size of its zip.
    pub code: (String, usize),
    /// When it was changed.
    pub modified_ms: i64,
    /// Its revision.
    pub revision: String,
    /// Its reserved concurrency; 0 throttles every call.
    pub reserved: Option<u64>,
    /// How many calls are under way.
    pub running: u64,
    /// How many versions were published.
    pub versions: u64,
    /// Aliases and the versions behind them.
    pub aliases: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Function {
    /// The version behind a qualifier: a number or `$LATEST`. `None` if there is none.
    pub fn version(&self, qualifier: Option<&str>) -> Option<String> {
        match qualifier {
            None | Some("$LATEST") => Some("$LATEST".to_owned()),
            Some(alias) if self.aliases.contains_key(alias) => self.aliases.get(alias).cloned(),
            Some(number) => {
                let known = number.parse::<u64>().is_ok_and(|number| (1..=self.versions).contains(&number));
                known.then(|| number.to_owned())
            }
        }
    }

    /// Every qualifier that leads to a version.
    pub fn qualifiers(&self) -> Vec<String> {
        (1..=self.versions).map(|number| number.to_string()).chain(self.aliases.keys().cloned()).collect()
    }

    /// The configuration as answers show it.
    pub fn configuration(&self, version: &str) -> Json {
        let arn = match version {
            "$LATEST" => self.arn.clone(),
            number => format!("{}:{number}", self.arn),
        };
        let mut shown = json!({"FunctionName": self.name, "FunctionArn": arn});
        if let Some(members) = shown.as_object_mut() {
            members.extend(self.shown.clone());
        }
        let (digest, size) = &self.code;
        for (member, value) in [
            ("CodeSize", json!(size)),
            ("CodeSha256", json!(digest)),
            ("Timeout", json!(self.timeout_s)),
            (
                "LastModified",
                json!(esm_model::wire::timestamp::format_millis(self.modified_ms).replace('Z', "+0000")),
            ),
            ("Version", json!(version)),
            ("RevisionId", json!(self.revision)),
            ("State", json!("Active")),
            ("LastUpdateStatus", json!("Successful")),
        ] {
            shown[member] = value;
        }
        if !self.environment.is_empty() {
            shown["Environment"] = json!({"Variables": self.environment});
        }
        shown
    }

    /// Takes the members of a request that set something, and leaves the rest as it is.
    ///
    /// # Errors
    /// A number is out of range, or the environment is no object of texts.
    pub fn configure(&mut self, body: &Json) -> Result<(), ApiError> {
        for member in ["Runtime", "Role", "Handler", "Description", "MemorySize", "Architectures"] {
            if let Some(value) = body.get(member) {
                self.shown.insert(member.to_owned(), value.clone());
            }
        }
        if let Some(timeout) = body.get("Timeout") {
            self.timeout_s = timeout.as_i64().filter(|s| (1..=super::MAX_TIMEOUT_S).contains(s)).ok_or_else(|| {
                let message = format!(
                    "1 validation error detected: Value '{timeout}' at 'timeout' failed to satisfy constraint: \
                     Member must have value less than or equal to {}",
                    super::MAX_TIMEOUT_S
                );
                ApiError::new(400, "ValidationException", message)
            })?;
        }
        if let Some(variables) = body.pointer("/Environment/Variables") {
            self.environment = serde_json::from_value(variables.clone()).map_err(|error| {
                ApiError::new(400, "SerializationException", format!("Environment.Variables: {error}"))
            })?;
        }
        Ok(())
    }
}

/// Every function.
#[derive(Default)]
pub struct Functions(BTreeMap<String, Function>);

impl Functions {
    /// Creates a function.
    ///
    /// # Errors
    /// There is one of that name, or there are too many.
    pub fn create(&mut self, account: &Account, name: &str, now_ms: i64) -> Result<&mut Function, ApiError> {
        if self.0.contains_key(name) {
            let message = format!("Function already exist: {name}");
            return Err(ApiError::new(409, "ResourceConflictException", message));
        }
        if self.0.len() >= MAX_FUNCTIONS {
            let message = format!("this endpoint holds at most {MAX_FUNCTIONS} functions");
            return Err(ApiError::new(400, "CodeStorageExceededException", message));
        }
        let shown = [
            ("Description", json!("")),
            ("MemorySize", json!(128)),
            ("PackageType", json!("Zip")),
            ("Architectures", json!(["x86_64"])),
            ("EphemeralStorage", json!({"Size": 512})),
            ("TracingConfig", json!({"Mode": "PassThrough"})),
        ];
        Ok(self.0.entry(name.to_owned()).or_insert_with(|| Function {
            name: name.to_owned(),
            arn: account.arn("lambda", &format!("function:{name}")),
            shown: shown.into_iter().map(|(member, value)| (member.to_owned(), value)).collect(),
            timeout_s: TIMEOUT_S,
            environment: BTreeMap::new(),
            code: (String::new(), 0),
            modified_ms: now_ms,
            revision: String::new(),
            reserved: None,
            running: 0,
            versions: 0,
            aliases: BTreeMap::new(),
            tags: BTreeMap::new(),
        }))
    }

    /// The function of that name.
    pub fn get(&self, name: &str) -> Option<&Function> {
        self.0.get(name)
    }

    /// The function of that name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Function> {
        self.0.get_mut(name)
    }

    /// Removes a function. False if there was none.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// All functions, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Function> {
        self.0.values()
    }

    /// The functions as the control plane of mappings wants to know them.
    pub fn known(&self) -> Vec<control::Function> {
        let known = |f: &Function| control::Function { name: f.name.clone(), qualifiers: f.qualifiers() };
        self.0.values().map(known).collect()
    }
}
