//! What the service refuses because of what exists: unknown streams and functions, and mappings already there.
//!
//! Not permissions, and not races: the world does not change while a request is judged.

use super::error::ServiceError;
use super::function::FunctionName;
use super::request::CreateRequest;
use super::validate::{Source, check_source, check_stream, not_a_stream};
use crate::catalogue::{API_6, API_8, API_9, API_10, API_17};
use crate::mapping::{Mapping, SourceKind, StartingPosition, is_consumer};
use serde::{Deserialize, Serialize};

/// What exists in one account and region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// The partition, such as `aws`.
    pub partition: String,
    /// The region, such as `eu-central-1`.
    pub region: String,
    /// The account, twelve digits.
    pub account: String,
    /// Streams and consumers.
    pub streams: Vec<Stream>,
    /// Functions.
    pub functions: Vec<Function>,
    /// Mappings.
    pub mappings: Vec<Existing>,
}

/// A stream, or a consumer of one, that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// Its ARN.
    pub arn: String,
    /// Its kind.
    pub kind: SourceKind,
}

/// A function that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its versions and aliases. `$LATEST` need not be listed.
    pub qualifiers: Vec<String>,
}

/// A mapping that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Existing {
    /// Its UUID.
    pub uuid: String,
    /// Its stream or consumer.
    pub event_source_arn: String,
    /// Its function, with the qualifier given at creation.
    pub function_arn: String,
}

/// A mapping that the service would create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// Its settings.
    pub mapping: Mapping,
    /// The kind of its stream.
    pub kind: SourceKind,
    /// Its stream or consumer.
    pub event_source_arn: String,
    /// Its function, with the qualifier if one was given (API-5).
    pub function_arn: String,
}

/// Judges a create request in a world, at a time in milliseconds since the epoch. After what
/// [`super::validate()`] judges come the function, the stream, the duplicate and the timestamp, in this order, which
/// is recorded only as far as API-9 says.
///
/// # Errors
/// The service's answer: those of [`super::validate()`], and API-6, API-8, API-9, API-17.
pub fn admit(request: &CreateRequest, world: &World, now_ms: i64) -> Result<Admitted, ServiceError> {
    let source = check_source(request)?;
    // An absent name was refused just now.
    let function_name = request.function_name.as_deref().unwrap_or_default();
    let (kind, arn) = match source {
        Source::Stream(kind, arn) => (kind, arn),
        Source::Other(arn) => {
            resolve_function(world, function_name)?;
            return Err(not_a_stream(arn));
        }
    };
    let mapping = check_stream(request, kind, arn)?;
    let function_arn = resolve_function(world, function_name)?;
    if !world.streams.iter().any(|stream| stream.arn == arn && stream.kind == kind) {
        let error = ServiceError::invalid(API_8, format!("Stream not found: {arn}"));
        return Err(if is_consumer(arn) { error.unrecorded() } else { error });
    }
    let same = |mapping: &&Existing| mapping.event_source_arn == arn && mapping.function_arn == function_arn;
    if let Some(existing) = world.mappings.iter().find(same) {
        return Err(duplicate(existing, function_name));
    }
    if let StartingPosition::AtTimestamp(at) = mapping.starting_position
        && at > now_ms
    {
        let text = format!(
            "Received Exception while reading from provided stream. The timestampInMillis parameter cannot be \
             greater than the currentTimestampInMillis. timestampInMillis: {at}, currentTimestampInMillis: \
             {now_ms}"
        );
        return Err(ServiceError::invalid(API_17, text));
    }
    Ok(Admitted { mapping, kind, event_source_arn: arn.to_owned(), function_arn })
}

/// The mapping with this UUID.
///
/// # Errors
/// The answer to get, update and delete where there is none (API-10).
pub fn find<'w>(world: &'w World, uuid: &str) -> Result<&'w Existing, ServiceError> {
    world.mappings.iter().find(|mapping| mapping.uuid == uuid).ok_or_else(|| ServiceError {
        status: 404,
        error_type: "ResourceNotFoundException",
        message: "The resource you requested does not exist.".to_owned(),
        rule: API_10,
        recorded: true,
    })
}

/// The ARN of the function that a request names, in the form that answers show (API-5).
///
/// # Errors
/// There is no such function, version or alias in this world (API-9).
pub fn resolve_function(world: &World, function_name: &str) -> Result<String, ServiceError> {
    let unknown = || ServiceError::invalid(API_9, "Function does not exist");
    let Some(name) = FunctionName::parse(function_name) else { return Err(unknown().unrecorded()) };
    // What the service says about other accounts and regions, or an unknown alias, is not recorded.
    let elsewhere = name.partition.is_some_and(|partition| partition != world.partition)
        || name.region.is_some_and(|region| region != world.region)
        || name.account.is_some_and(|account| account != world.account);
    if elsewhere {
        return Err(unknown().unrecorded());
    }
    let function = world.functions.iter().find(|function| function.name == name.name).ok_or_else(unknown)?;
    let known = |qualifier: &str| {
        qualifier == "$LATEST" || function.qualifiers.iter().any(|known| known == qualifier)
    };
    match name.qualifier.is_none_or(known) {
        true => Ok(name.arn(&world.partition, &world.region, &world.account)),
        false => Err(unknown().unrecorded()),
    }
}

fn duplicate(existing: &Existing, function_name: &str) -> ServiceError {
    let name = FunctionName::parse(function_name);
    // The spaces within the quotes are the service's own.
    let message = format!(
        "The event source arn (\" {} \") and function (\" {} \") provided mapping already exists. Please update \
         or delete the existing mapping with UUID {}",
        existing.event_source_arn,
        name.map_or(function_name, |name| name.name),
        existing.uuid
    );
    ServiceError {
        status: 409,
        error_type: "ResourceConflictException",
        message,
        rule: API_6,
        // Recorded for a function named without a qualifier.
        recorded: name.is_some_and(|name| name.qualifier.is_none()),
    }
}
