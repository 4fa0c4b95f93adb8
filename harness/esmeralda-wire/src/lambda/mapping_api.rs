//! The JSON of event source mappings. What is admitted, and with which text refused, `esm_model::control` says.

use super::PAGE;
use super::mappings::{Entry, Mappings};
use crate::driver::{Command, Handle};
use crate::http::{Answer, ApiError, Request};
use crate::world::World;
use esm_model::control::{
    self, CreateRequest, FunctionName, ServiceError, State, UpdateRequest, admit, resolve_function,
    validate_update,
};
use esm_model::mapping::{Mapping, ShapeError};
use hyper::Method;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Most members that are taken out of a request because the service would not look at them.
const MAX_UNKNOWN: usize = 100;

/// Answers a request whose path, after `event-source-mappings`, has these parts.
///
/// # Errors
/// What the service refuses.
pub fn answer(world: &Rc<World>, request: &Request, parts: &[&str]) -> Result<Answer, ApiError> {
    let now = world.clock.epoch_ms();
    world.mappings.borrow_mut().sweep(now);
    match (&request.method, parts) {
        (&Method::POST, []) => create(world, &request.json()?, now),
        (&Method::GET, []) => Ok(list(world, request, now)),
        (&Method::GET, [uuid]) => {
            found(&mut world.mappings.borrow_mut(), uuid).map(|entry| shown(entry, 200, now))
        }
        (&Method::PUT, [uuid]) => update(world, uuid, &request.json()?, now),
        (&Method::DELETE, [uuid]) => {
            let mut mappings = world.mappings.borrow_mut();
            let entry = found(&mut mappings, uuid)?;
            if entry.gone_ms.is_some() {
                return Err(in_use());
            }
            entry.gone_ms = Some(Mappings::gone_at(now, world.config.manners.change_delay_ms));
            entry.handle.tell(vec![Command::Stop]);
            Ok(shown(entry, 202, now))
        }
        _ => Err(ApiError::new(404, "UnknownOperationException", "Unknown Operation")),
    }
}

fn refused(error: ServiceError) -> ApiError {
    ApiError::new(error.status, error.error_type, error.message)
}

fn in_use() -> ApiError {
    let message = "Cannot change the event source mapping because it is in use.";
    ApiError::new(400, "ResourceInUseException", message)
}

fn found<'m>(mappings: &'m mut Mappings, uuid: &str) -> Result<&'m mut Entry, ApiError> {
    let missing =
        || ApiError::new(404, "ResourceNotFoundException", "The resource you requested does not exist.");
    mappings.get_mut(uuid).ok_or_else(missing)
}

fn shown(entry: &Entry, status: u16, now: i64) -> Answer {
    Answer::json(status, &entry.configuration(now).to_json())
}

/// Reads a request leniently: the service takes no notice of members that it does not know, nor of null.
fn lenient<T>(body: &Json, read: impl Fn(&Json) -> Result<T, ShapeError>) -> Result<T, ApiError> {
    let mut body = body.clone();
    if let Some(members) = body.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    for _ in 0..MAX_UNKNOWN {
        match read(&body) {
            Ok(read) => return Ok(read),
            Err(ShapeError::UnknownMember { member, .. }) if body.get(&member).is_some() => {
                if let Some(members) = body.as_object_mut() {
                    members.shift_remove(&member);
                }
            }
            Err(error) => return Err(ApiError::new(400, "SerializationException", error.to_string())),
        }
    }
    Err(ApiError::new(400, "SerializationException", "too many members that this service does not know"))
}

fn create(world: &Rc<World>, body: &Json, now: i64) -> Result<Answer, ApiError> {
    let request = lenient(body, CreateRequest::from_value)?;
    let admitted = admit(&request, &world.control(), now).map_err(refused)?;
    let uuid = world.ids.uuid();
    let handle = world.start(&admitted, &uuid)?;
    let entry = Entry {
        uuid,
        event_source_arn: admitted.event_source_arn,
        kind: admitted.kind,
        function_arn: admitted.function_arn,
        settings: admitted.mapping,
        tags: request.tags.unwrap_or_default(),
        modified_ms: now,
        announced: State::Creating,
        gone_ms: None,
        handle,
    };
    let answer = shown(&entry, 202, now);
    world.mappings.borrow_mut().add(entry)?;
    Ok(answer)
}

fn list(world: &World, request: &Request, now: i64) -> Answer {
    let source = request.query("EventSourceArn");
    let function = request.query("FunctionName").and_then(FunctionName::parse);
    let account = &world.config.account;
    let wanted = function.map(|name| name.arn(&account.partition, &account.region, &account.id));
    let mappings = world.mappings.borrow();
    let matches = |entry: &&Entry| {
        source.is_none_or(|arn| entry.event_source_arn == arn)
            && wanted.as_ref().is_none_or(|arn| entry.function_arn == *arn)
    };
    let all: Vec<&Entry> = mappings.iter().filter(matches).collect();
    let from: usize = request.query("Marker").and_then(|text| text.parse().ok()).unwrap_or(0);
    let limit = request.query("MaxItems").and_then(|text| text.parse().ok()).unwrap_or(PAGE).clamp(1, PAGE);
    let page: Vec<Json> =
        all.iter().skip(from).take(limit).map(|entry| entry.configuration(now).to_json()).collect();
    let mut body = json!({"EventSourceMappings": page});
    if all.len() > from.saturating_add(limit) {
        body["NextMarker"] = (from + limit).to_string().into();
    }
    Answer::json(200, &body)
}

fn update(world: &Rc<World>, uuid: &str, body: &Json, now: i64) -> Result<Answer, ApiError> {
    let request = lenient(body, UpdateRequest::from_value)?;
    let known = world.control();
    let mut mappings = world.mappings.borrow_mut();
    let entry = found(&mut mappings, uuid)?;
    let settings = validate_update(&request, &entry.settings, entry.kind).map_err(refused)?;
    let function_arn = match &request.function_name {
        Some(name) => resolve_function(&known, name).map_err(refused)?,
        None => entry.function_arn.clone(),
    };
    // A manner: an endpoint that takes its time for changes refuses the next one meanwhile (API-20).
    if entry.gone_ms.is_some() || (world.config.manners.change_delay_ms > 0 && entry.handle.is_changing()) {
        return Err(in_use());
    }
    apply(entry, settings, function_arn);
    entry.modified_ms = now;
    Ok(shown(entry, 202, now))
}

fn apply(entry: &mut Entry, settings: Mapping, function_arn: String) {
    let mut commands = Vec::new();
    let toggled = settings.enabled != entry.settings.enabled;
    let (was, is) = (entry.settings.enabled, settings.enabled);
    let same = Mapping { enabled: was, ..settings.clone() } == entry.settings;
    entry.announced = match (toggled, is) {
        (true, true) => State::Enabling,
        (true, false) => State::Disabling,
        (false, _) => State::Updating,
    };
    if !same || !toggled {
        commands.push(Command::Configure(Box::new(settings.clone())));
    }
    if function_arn != entry.function_arn {
        commands.push(Command::Function(function_arn.clone()));
    }
    // Last, because the machine shows the state of what came last.
    if toggled {
        commands.push(Command::Enable(is));
    }
    let handle: &Handle = &entry.handle;
    handle.tell(commands);
    entry.settings = settings;
    entry.function_arn = function_arn;
}

/// The tags of a function or a mapping.
///
/// # Errors
/// There is no such resource.
pub fn tags(world: &World, request: &Request, arn: &str) -> Result<Answer, ApiError> {
    let uuid = arn.rsplit_once("event-source-mapping:").map(|(_, uuid)| uuid.to_owned());
    let mut mappings = world.mappings.borrow_mut();
    let mut functions = world.functions.borrow_mut();
    let tags = match uuid {
        Some(uuid) => mappings.get_mut(&uuid).map(|entry| &mut entry.tags).ok_or_else(|| {
            let message = format!("Event source mapping not found: {arn}");
            ApiError::new(404, "ResourceNotFoundException", message)
        })?,
        None => {
            let name = FunctionName::parse(arn).map_or(arn, |name| name.name).to_owned();
            functions.get_mut(&name).map(|function| &mut function.tags).ok_or_else(|| {
                ApiError::new(404, "ResourceNotFoundException", format!("Function not found: {arn}"))
            })?
        }
    };
    match request.method {
        Method::GET => Ok(Answer::json(200, &json!({"Tags": tags}))),
        Method::POST => {
            let given: BTreeMap<String, String> = serde_json::from_value(request.json()?["Tags"].clone())
                .map_err(|error| ApiError::new(400, "SerializationException", format!("Tags: {error}")))?;
            tags.extend(given);
            Ok(Answer::empty(204))
        }
        Method::DELETE => {
            for (name, key) in &request.query {
                if name == "tagKeys" {
                    tags.remove(key);
                }
            }
            Ok(Answer::empty(204))
        }
        _ => Err(ApiError::new(404, "UnknownOperationException", "Unknown Operation")),
    }
}

/// What `control` wants to know of an endpoint.
pub(crate) fn world_of(world: &World) -> control::World {
    let account = &world.config.account;
    control::World {
        partition: account.partition.clone(),
        region: account.region.clone(),
        account: account.id.clone(),
        streams: world.known_streams(),
        functions: world.functions.borrow().known(),
        mappings: world.mappings.borrow().existing(),
    }
}
