//! The JSON of functions: create, get, change, delete, concurrency, versions and aliases.

use super::PAGE;
use super::functions::{Function, Functions};
use crate::http::{Answer, ApiError, Request, text};
use crate::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esm_model::control::FunctionName;
use hyper::Method;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// Answers a request whose path, after the version, has these parts.
///
/// # Errors
/// What the service refuses.
pub(super) fn answer(world: &World, request: &Request, parts: &[&str]) -> Result<Answer, ApiError> {
    let body = || request.json();
    let mut functions = world.functions.borrow_mut();
    let method = request.method.as_str();
    match (method, parts) {
        ("POST", [_]) => create(world, &mut functions, &body()?),
        ("GET", [_]) => Ok(list(&functions, request)),
        ("GET", [_, name]) => {
            let (function, version) = versioned(world, &functions, name, request)?;
            let mut shown = json!({
                "Configuration": function.configuration(&version),
                "Code": {"RepositoryType": "S3", "Location": ""},
                "Tags": function.tags,
            });
            if let Some(reserved) = function.reserved {
                shown["Concurrency"] = json!({"ReservedConcurrentExecutions": reserved});
            }
            Ok(Answer::json(200, &shown))
        }
        ("GET", [_, name, "configuration"]) => {
            let (function, version) = versioned(world, &functions, name, request)?;
            Ok(Answer::json(200, &function.configuration(&version)))
        }
        ("DELETE", [_, name]) => {
            let name = known(world, &mut functions, name)?.name.clone();
            functions.remove(&name);
            Ok(Answer::empty(204))
        }
        (_, [_, name, rest @ ..]) => {
            let function = known(world, &mut functions, name)?;
            function.modified_ms = match request.method {
                Method::GET => function.modified_ms,
                _ => world.clock.epoch_ms(),
            };
            change(world, function, method, rest, &body()?)
        }
        _ => Err(unknown_operation()),
    }
}

fn unknown_operation() -> ApiError {
    ApiError::new(404, "UnknownOperationException", "Unknown Operation")
}

fn not_found(world: &World, name: &str) -> ApiError {
    let plain = FunctionName::parse(name).map_or(name, |parsed| parsed.name);
    let arn = world.config.account.arn("lambda", &format!("function:{plain}"));
    ApiError::new(404, "ResourceNotFoundException", format!("Function not found: {arn}"))
}

fn known<'f>(world: &World, functions: &'f mut Functions, name: &str) -> Result<&'f mut Function, ApiError> {
    let plain = FunctionName::parse(name).map_or(name, |parsed| parsed.name);
    functions.get_mut(plain).ok_or_else(|| not_found(world, name))
}

/// A function, and the version that name and query ask for.
fn versioned<'f>(
    world: &World,
    functions: &'f Functions,
    name: &str,
    request: &Request,
) -> Result<(&'f Function, String), ApiError> {
    let parsed = FunctionName::parse(name).ok_or_else(|| not_found(world, name))?;
    let function = functions.get(parsed.name).ok_or_else(|| not_found(world, name))?;
    let version = function.version(request.query("Qualifier").or(parsed.qualifier));
    version.map(|version| (function, version)).ok_or_else(|| not_found(world, name))
}

fn list(functions: &Functions, request: &Request) -> Answer {
    let after = request.query("Marker").unwrap_or_default();
    let limit = request.query("MaxItems").and_then(|text| text.parse().ok()).unwrap_or(PAGE).clamp(1, PAGE);
    let rest: Vec<&Function> = functions.iter().filter(|function| function.name.as_str() > after).collect();
    let shown = &rest[..rest.len().min(limit)];
    let more = rest.len() > shown.len();
    let next = shown.last().filter(|_| more).map(|last| last.name.clone());
    let functions: Vec<Json> = shown.iter().map(|function| function.configuration("$LATEST")).collect();
    Answer::json(200, &json!({"Functions": functions, "NextMarker": next}))
}

fn create(world: &World, functions: &mut Functions, body: &Json) -> Result<Answer, ApiError> {
    let given = text(body, "FunctionName")?;
    let name = FunctionName::parse(given).map_or(given, |parsed| parsed.name);
    let required = if body["PackageType"] == "Image" { "Role" } else { "Handler" };
    text(body, required)?;
    let code = code(body.get("Code").unwrap_or(&Json::Null))?;
    let function = functions.create(&world.config.account, name, world.clock.epoch_ms())?;
    let configured = function.configure(body);
    function.code = code;
    function.revision = world.ids.uuid();
    if let Some(tags) = body.get("Tags").and_then(|tags| serde_json::from_value(tags.clone()).ok()) {
        function.tags = tags;
    }
    if let Err(error) = configured {
        functions.remove(name);
        return Err(error);
    }
    let shown = functions.get(name).map(|function| function.configuration("$LATEST")).unwrap_or_default();
    Ok(Answer::json(201, &shown))
}

/// Digest and size of what was uploaded: a zip, or the name of an image or object.
fn code(body: &Json) -> Result<(String, usize), ApiError> {
    let bytes = match body.get("ZipFile").and_then(Json::as_str) {
        Some(zip) => STANDARD.decode(zip).map_err(|error| {
            let message = format!("Could not unzip uploaded file: {error}");
            ApiError::new(400, "InvalidParameterValueException", message)
        })?,
        None if body.get("S3Key").is_some() || body.get("ImageUri").is_some() => {
            body.to_string().into_bytes()
        }
        None => {
            let message = "Please provide a source for function code.";
            return Err(ApiError::new(400, "InvalidParameterValueException", message));
        }
    };
    Ok((STANDARD.encode(Sha256::digest(&bytes)), bytes.len()))
}

/// Everything that changes a function or looks at one side of it.
fn change(
    world: &World,
    function: &mut Function,
    method: &str,
    parts: &[&str],
    body: &Json,
) -> Result<Answer, ApiError> {
    match (method, parts) {
        ("PUT", ["configuration"]) => {
            function.configure(body)?;
            function.revision = world.ids.uuid();
            Ok(Answer::json(200, &function.configuration("$LATEST")))
        }
        ("PUT", ["code"]) => {
            function.code = code(body)?;
            function.revision = world.ids.uuid();
            Ok(Answer::json(200, &function.configuration("$LATEST")))
        }
        ("PUT", ["concurrency"]) => {
            let reserved = body["ReservedConcurrentExecutions"].as_u64().ok_or_else(|| {
                let message = "1 validation error detected: Value at 'reservedConcurrentExecutions' failed to satisfy \
                               constraint: Member must have value greater than or equal to 0";
                ApiError::new(400, "ValidationException", message)
            })?;
            function.reserved = Some(reserved);
            Ok(Answer::json(200, &json!({"ReservedConcurrentExecutions": reserved})))
        }
        ("GET", ["concurrency"]) => match function.reserved {
            Some(reserved) => Ok(Answer::json(200, &json!({"ReservedConcurrentExecutions": reserved}))),
            None => Ok(Answer::json(200, &json!({}))),
        },
        ("DELETE", ["concurrency"]) => {
            function.reserved = None;
            Ok(Answer::empty(204))
        }
        ("POST", ["versions"]) => {
            function.versions += 1;
            Ok(Answer::json(201, &function.configuration(&function.versions.to_string())))
        }
        ("POST", ["aliases"]) => {
            let name = text(body, "Name")?.to_owned();
            if function.aliases.contains_key(&name) {
                let message = format!("Alias already exists: {}:{name}", function.arn);
                return Err(ApiError::new(409, "ResourceConflictException", message));
            }
            alias(function, &name, text(body, "FunctionVersion")?, 201)
        }
        ("GET", ["aliases", name]) => {
            let version = function.aliases.get(*name).cloned();
            let version = version.ok_or_else(|| not_found(world, &format!("{}:{name}", function.name)))?;
            alias(function, name, &version, 200)
        }
        ("PUT", ["aliases", name]) => alias(function, name, text(body, "FunctionVersion")?, 200),
        ("DELETE", ["aliases", name]) => {
            function.aliases.remove(*name);
            Ok(Answer::empty(204))
        }
        _ => Err(unknown_operation()),
    }
}

fn alias(function: &mut Function, name: &str, version: &str, status: u16) -> Result<Answer, ApiError> {
    if function.version(Some(version)).is_none() {
        let message = format!("Function not found: {}:{version}", function.arn);
        return Err(ApiError::new(404, "ResourceNotFoundException", message));
    }
    function.aliases.insert(name.to_owned(), version.to_owned());
    let arn = format!("{}:{name}", function.arn);
    let shown = json!({"AliasArn": arn, "Name": name, "FunctionVersion": version, "Description": ""});
    Ok(Answer::json(status, &shown))
}
