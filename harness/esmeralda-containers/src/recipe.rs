//! What is peculiar to an image, as data: its name and tag, environment, mounts, and how long it may take to start.
//!
//! Shipped recipes lie in `recipes/`; a user's own file has the same form. How its endpoint is dealt with, and how to
//! tell that it is up, is in the preset that a recipe names.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Most bytes of a recipe file.
const MAX_FILE: u64 = 64 * 1024;
/// Longest start that a recipe may ask for, in seconds: an hour is a mistake.
const MAX_START: u64 = 3600;

/// The recipes that are shipped: name and text.
pub const SHIPPED: [(&str, &str); 3] = [
    ("localstack", include_str!("../recipes/localstack.toml")),
    ("ministack", include_str!("../recipes/ministack.toml")),
    (GENERIC, include_str!("../recipes/generic.toml")),
];
/// The recipe for an image that has none of its own. It names no image.
pub(crate) const GENERIC: &str = "generic";

/// How one image is started.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    pub about: String,
    /// The image without its tag.
    pub image: String,
    /// The tag.
    pub tag: String,
    /// The port in the container on which it serves AWS's API.
    pub port: u16,
    /// The preset of the endpoint in it: a name or the path of a file.
    pub preset: String,
    /// The folder in the container that takes the executor plugin, for an emulator that loads one.
    #[serde(default)]
    pub plugin: Option<String>,
    /// How long it may take from its start until it is ready, in seconds.
    pub start_seconds: u64,
    /// Environment variables.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Folders and files of this machine that it sees.
    #[serde(default)]
    pub mounts: Vec<Share>,
}

/// A folder or file of this machine in a container.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Its absolute path here.
    pub source: String,
    /// Its absolute path there.
    pub target: String,
    /// Whether the container may write to it.
    #[serde(default)]
    pub writable: bool,
}

/// Why there is no such recipe.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// The file cannot be read.
    #[error("cannot read the recipe {path}: {problem}; name a readable file of at most 64 KiB")]
    File {
        /// Which.
        path: String,
        /// Why not.
        problem: String,
    },
    /// It is no recipe.
    #[error("the recipe {name} is not readable: {problem}")]
    Form {
        /// Which.
        name: String,
        /// Where, and what is wrong.
        problem: String,
    },
}

impl Recipe {
    /// The shipped recipe of that name.
    ///
    /// # Panics
    /// If a shipped recipe is damaged, which a test rules out.
    pub fn shipped(name: &str) -> Option<Recipe> {
        let (_, text) = SHIPPED.iter().find(|(known, _)| *known == name)?;
        Some(Recipe::parse(name, text).expect("every shipped recipe is well: a test reads them all"))
    }

    /// The recipe in a file.
    ///
    /// # Errors
    /// [`RecipeError`] says what is wrong with the file.
    pub fn read(path: &str) -> Result<Recipe, RecipeError> {
        let bad = |problem: String| RecipeError::File { path: path.to_owned(), problem };
        let size = std::fs::metadata(Path::new(path)).map_err(|error| bad(error.to_string()))?.len();
        if size > MAX_FILE {
            return Err(bad(format!("it has {size} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        Recipe::parse(path, &text)
    }

    /// Reads a recipe.
    ///
    /// # Errors
    /// [`RecipeError::Form`] says what is wrong, and where.
    pub fn parse(name: &str, text: &str) -> Result<Recipe, RecipeError> {
        let bad = |problem: String| RecipeError::Form { name: name.to_owned(), problem };
        let recipe: Recipe = toml::from_str(text).map_err(|error| bad(error.to_string()))?;
        if recipe.start_seconds == 0 || recipe.start_seconds > MAX_START {
            return Err(bad(format!("start_seconds is {}: expected 1 to {MAX_START}", recipe.start_seconds)));
        }
        if recipe.image.is_empty() && name != GENERIC {
            return Err(bad("image is empty: name one without its tag".to_owned()));
        }
        for share in &recipe.mounts {
            for path in [&share.source, &share.target] {
                if !Path::new(path).is_absolute() {
                    return Err(bad(format!("the mount {path:?} is no absolute path")));
                }
            }
        }
        Ok(recipe)
    }
}
