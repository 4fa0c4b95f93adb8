//! `container:NAME|FILE|IMAGE[,preset=…][,tag=…][,env=NAME=VALUE]…`: which image, and how it is started.
//!
//! Reads what was typed; nothing is started here.

use crate::recipe::{GENERIC, Recipe, RecipeError};
use esm_model::mapping::SourceKind;
use esmeralda_endpoint::preset::{Preset, PresetError};

/// What was typed behind `container:`.
#[derive(Debug, Clone)]
pub struct Order {
    name: String,
    /// How the container is started.
    pub recipe: Recipe,
    /// How the endpoint in it is dealt with.
    pub preset: Preset,
    /// Run only cases on this kind of stream.
    pub source: Option<SourceKind>,
}

/// What is wrong with an order.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// Nothing is named.
    #[error(
        "a container has an image: expected container:localstack, container:ministack, or container:IMAGE,preset=…"
    )]
    Nothing,
    /// An image of which nothing is known.
    #[error("{0:?} has no recipe: say how its endpoint is dealt with, such as container:{0},preset=generic")]
    NoPreset(String),
    /// An option.
    #[error(
        "{0:?} is no option of a container: expected preset=NAME|FILE, tag=TAG, port=PORT, env=NAME=VALUE or \
         source=kinesis|dynamodb"
    )]
    Option(String),
    /// The recipe.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The preset.
    #[error(transparent)]
    Preset(#[from] PresetError),
}

impl Order {
    /// Reads what stands behind `container:`.
    ///
    /// # Errors
    /// [`OrderError`] says what is wrong and what is expected.
    pub fn parse(typed: &str) -> Result<Order, OrderError> {
        let mut parts = typed.split(',');
        let what = parts.next().unwrap_or_default();
        let options: Vec<&str> = parts.collect();
        let named = options.iter().find_map(|option| option.strip_prefix("preset="));
        let mut recipe = recipe(what, named)?;
        if let Some(name) = named {
            name.clone_into(&mut recipe.preset);
        }
        let mut source = None;
        for option in options {
            let bad = || OrderError::Option(option.to_owned());
            match option.split_once('=').ok_or_else(bad)? {
                ("preset", _) => {}
                ("tag", tag) if is_tag(tag) => tag.clone_into(&mut recipe.tag),
                ("port", port) => recipe.port = port.parse().map_err(|_| bad())?,
                ("env", pair) => {
                    let (name, value) =
                        pair.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(bad)?;
                    recipe.environment.insert(name.to_owned(), value.to_owned());
                }
                ("source", "kinesis") => source = Some(SourceKind::Kinesis),
                ("source", "dynamodb") => source = Some(SourceKind::DynamoDb),
                _ => return Err(bad()),
            }
        }
        let preset = Preset::find(&recipe.preset)?;
        Ok(Order { name: format!("container:{typed}"), recipe, preset, source })
    }

    /// As it is typed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The image with its tag.
    pub fn image(&self) -> String {
        format!("{}:{}", self.recipe.image, self.recipe.tag)
    }
}

/// A shipped recipe, one from a file, or the one for the preset with another image in it.
fn recipe(what: &str, preset: Option<&str>) -> Result<Recipe, OrderError> {
    if what.is_empty() || what == GENERIC {
        return Err(OrderError::Nothing);
    }
    if let Some(recipe) = Recipe::shipped(what) {
        return Ok(recipe);
    }
    if what.ends_with(".toml") {
        return Ok(Recipe::read(what)?);
    }
    let preset = preset.ok_or_else(|| OrderError::NoPreset(what.to_owned()))?;
    let known = Recipe::shipped(preset).or_else(|| Recipe::shipped(GENERIC));
    let mut recipe = known.expect("the generic recipe is shipped");
    let (image, tag) = split_tag(what);
    image.clone_into(&mut recipe.image);
    tag.unwrap_or("latest").clone_into(&mut recipe.tag);
    Ok(recipe)
}

/// Image and tag; a colon before a slash is the one of a port.
fn split_tag(image: &str) -> (&str, Option<&str>) {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (image, None),
    }
}

fn is_tag(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !text.is_empty() && text.len() <= 128 && text.chars().all(plain)
}
