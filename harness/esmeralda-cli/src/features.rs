//! What a build leaves out: kinds of target and verbs that need a cargo feature, and how they say so.

use crate::error::CliError;
use clap::error::{ContextKind, ContextValue};

/// Verbs and the feature that each comes with. Where it is on, the parser knows the verb, and this is not asked.
const VERBS: [(&str, &str); 4] =
    [("consumer", "consumer"), ("clean", "endpoint"), ("executor", "endpoint"), ("serve", "engine")];

/// What is said in the place of what was left out.
pub(crate) fn without(feature: &str) -> String {
    format!("built without {feature}: cargo build --features {feature}")
}

/// The error of the parser in better words, if it is about a verb that was left out.
pub(crate) fn left_out(error: &clap::Error) -> Option<CliError> {
    let Some(ContextValue::String(said)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let (verb, feature) = VERBS.iter().find(|(verb, _)| verb == said)?;
    Some(CliError::BadInput(format!("{verb}: {}", without(feature))))
}
