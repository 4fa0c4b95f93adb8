//! What is peculiar to an endpoint, as data: credentials, names, how a function is packaged, what must be serialised.
//!
//! Shipped presets lie in `presets/`; a user's own file has the same form. Nothing here says what an endpoint gets
//! right: that is for the judge.

use crate::bounds::Bounds;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU8;
use std::path::Path;

/// Most bytes of a preset file.
const MAX_FILE: u64 = 64 * 1024;

/// The presets that are shipped: name and text.
pub const SHIPPED: [(&str, &str); 4] = [
    ("generic", include_str!("../presets/generic.toml")),
    ("localstack", include_str!("../presets/localstack.toml")),
    ("localemu", include_str!("../presets/localemu.toml")),
    ("ministack", include_str!("../presets/ministack.toml")),
];

/// How to deal with one kind of endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    pub about: String,
    /// The region of everything that is made.
    pub region: String,
    /// The account that a loopback endpoint uses for the dummies below.
    pub account: String,
    /// What a loopback endpoint is given in place of credentials.
    pub credentials: Credentials,
    /// The execution role of functions. It is named, never made.
    pub role: String,
    /// How to tell that it is up and the right one.
    #[serde(default)]
    pub ready: Option<Ready>,
    /// Where functions reach the harness.
    pub callback: Callback,
    /// How a function is packaged.
    pub function: Function,
    /// Operations of which only so many may overlap, such as `CreateStream`.
    #[serde(default)]
    pub serialise: Vec<String>,
    /// How many.
    #[serde(default = "one")]
    pub overlap: NonZeroU8,
    /// What it can be asked for.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// How long things take at most.
    #[serde(default)]
    pub bounds: Bounds,
}

fn one() -> NonZeroU8 {
    NonZeroU8::MIN
}

/// Credentials for a loopback endpoint. Others get only what the SDK finds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Access key.
    pub access_key: String,
    /// Secret key.
    pub secret_key: String,
}

/// A page that tells whether the endpoint is up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    /// Its path.
    pub path: String,
    /// A text that it must hold.
    pub contains: String,
}

/// Where functions reach the harness.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// The address that the listener binds.
    pub bind: String,
    /// The name under which a function finds it.
    pub host: String,
}

/// How a function is packaged.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// `Runtime` of CreateFunction.
    pub runtime: String,
    /// The language of the code in the zip.
    pub code: Code,
    /// The environment variable that holds the callback's URL.
    pub variable: String,
    /// How answers are told.
    pub answers: Answers,
}

/// The language of the code that calls back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// Python 3, standard library only.
    Python,
    /// node 18 or later.
    Node,
}

/// How the callback's answer says what the function shall do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// As an instruction that code of ours obeys: the stub in the zip, or an executor plugin.
    Instructions,
    /// As the function's own result; an error is a status that is not 2xx, a crash an answer that breaks off, a
    /// time-out no answer at all.
    Plain,
}

/// What an endpoint can be asked for; what it lacks makes a case *unsupported*, and never red.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capabilities {
    /// Kinesis streams.
    pub kinesis: bool,
    /// Tables with streams.
    pub dynamodb: bool,
    /// Queues as destinations.
    pub sqs: bool,
    /// Topics as destinations.
    pub sns: bool,
    /// Buckets as destinations.
    pub s3: bool,
    /// Throttling by a reserved concurrency of 0.
    pub throttle: bool,
    /// Service errors on demand: an executor plugin raises them.
    pub service_errors: bool,
    /// Qualified functions: versions and aliases.
    pub qualifiers: bool,
    /// Bytes of the largest record.
    pub largest_record: u32,
}

impl Default for Capabilities {
    fn default() -> Capabilities {
        Capabilities {
            kinesis: true,
            dynamodb: true,
            sqs: true,
            sns: true,
            s3: true,
            throttle: true,
            service_errors: false,
            qualifiers: true,
            // BATCH-9: the usual limit of a stream.
            largest_record: 1024 * 1024,
        }
    }
}

/// Why there is no such preset.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    /// Neither shipped nor a file.
    #[error("there is no preset {0:?}: expected {names}, or the path of a file", names = names())]
    Unknown(String),
    /// The file cannot be read.
    #[error("cannot read the preset {path}: {problem}; name a readable file of at most 64 KiB")]
    File {
        /// Which.
        path: String,
        /// Why not.
        problem: String,
    },
    /// It is no preset.
    #[error("the preset {name} is not readable: {problem}")]
    Form {
        /// Which.
        name: String,
        /// Where, and what is wrong.
        problem: String,
    },
}

/// The names of the shipped presets.
fn names() -> String {
    SHIPPED.map(|(name, _)| name).join(", ")
}

impl Preset {
    /// The shipped preset of that name, or else the file of that path.
    ///
    /// # Errors
    /// [`PresetError`] says what is wrong with the name or the file.
    pub fn find(name: &str) -> Result<Preset, PresetError> {
        if let Some((_, text)) = SHIPPED.iter().find(|(known, _)| *known == name) {
            return Preset::parse(name, text);
        }
        let path = Path::new(name);
        let bad = |problem: String| PresetError::File { path: name.to_owned(), problem };
        match std::fs::metadata(path) {
            Err(_) if !name.contains(['/', '.']) => return Err(PresetError::Unknown(name.to_owned())),
            Err(error) => return Err(bad(error.to_string())),
            Ok(found) if found.len() > MAX_FILE => return Err(bad(format!("it has {} bytes", found.len()))),
            Ok(_) => {}
        }
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        Preset::parse(name, &text)
    }

    /// The text of a preset file.
    pub fn to_text(&self) -> String {
        toml::to_string_pretty(self).expect("a preset has a text")
    }

    /// Reads a preset.
    ///
    /// # Errors
    /// [`PresetError::Form`] names the line.
    pub fn parse(name: &str, text: &str) -> Result<Preset, PresetError> {
        let bad = |problem: String| PresetError::Form { name: name.to_owned(), problem };
        let preset: Preset = toml::from_str(text).map_err(|error| bad(error.to_string()))?;
        preset.bounds.check().map_err(bad)?;
        Ok(preset)
    }
}
