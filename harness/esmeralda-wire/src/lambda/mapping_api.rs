//! The JSON of event source mappings. What is admitted, and with which text refused, `esm_model::control` says.

use super::PAGE;
use super::mappings::{Description, Entry, Mappings};
use super::site::Site;
use crate::driver::{Behind, Command};
use crate::http::{Answer, ApiError, Request};
use esm_model::control::{
    CreateRequest, FunctionName, ServiceError, State, UpdateRequest, World, admit, resolve_function,
    validate_update,
};
use esm_model::mapping::{Mapping, ShapeError};
use hyper::Method;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Most members that are taken out of a request because the service would not look at them.
const MAX_UNKNOWN: usize = 100;

/// Answers a request whose path, after `event-source-mappings`, has these parts.
///
/// # Errors
/// What the service refuses.
pub async fn answer(site: &impl Site, request: &Request, parts: &[&str]) -> Result<Answer, ApiError> {
    let now = site.now_ms();
    site.mappings().borrow_mut().sweep(now);
    match (&request.method, parts) {
        (&Method::POST, []) => create(site, &request.json()?, now).await,
        (&Method::GET, []) => Ok(list(site, request, now)),
        (&Method::GET, [uuid]) => {
            found(&mut site.mappings().borrow_mut(), uuid).map(|entry| shown(entry, 200, now))
        }
        (&Method::PUT, [uuid]) => update(site, uuid, &request.json()?, now).await,
        (&Method::DELETE, [uuid]) => {
            let answer = delete(site, uuid, now)?;
            site.keep().await?;
            Ok(answer)
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

async fn create(site: &impl Site, body: &Json, now: i64) -> Result<Answer, ApiError> {
    let request = lenient(body, CreateRequest::from_value)?;
    let known = site.known(request.event_source_arn.as_deref(), request.function_name.as_deref()).await?;
    let judge = || admit(&request, &with_mappings(site, known.clone()), now).map_err(refused);
    let admitted = judge()?;
    let uuid = site.uuid();
    let handle = site.start(&admitted, &uuid).await?;
    // Another request may have been served meanwhile.
    if let Err(error) = judge() {
        handle.tell(vec![Command::Stop]);
        return Err(error);
    }
    let mapping = Description {
        uuid,
        event_source_arn: admitted.event_source_arn,
        kind: admitted.kind,
        function_arn: admitted.function_arn,
        settings: admitted.mapping,
        tags: request.tags.clone().unwrap_or_default(),
        modified_ms: now,
    };
    let entry = Entry { mapping, announced: State::Creating, gone_ms: None, handle };
    let answer = shown(&entry, 202, now);
    site.mappings().borrow_mut().add(entry)?;
    site.keep().await?;
    Ok(answer)
}

fn delete(site: &impl Site, uuid: &str, now: i64) -> Result<Answer, ApiError> {
    let mut mappings = site.mappings().borrow_mut();
    let entry = found(&mut mappings, uuid)?;
    if entry.gone_ms.is_some() {
        return Err(in_use());
    }
    entry.gone_ms = Some(Mappings::gone_at(now, site.change_delay_ms()));
    entry.handle.tell(vec![Command::Stop]);
    Ok(shown(entry, 202, now))
}

fn with_mappings(site: &impl Site, known: World) -> World {
    World { mappings: site.mappings().borrow().existing(), ..known }
}

fn list(site: &impl Site, request: &Request, now: i64) -> Answer {
    let source = request.query("EventSourceArn");
    let function = request.query("FunctionName").and_then(FunctionName::parse);
    let account = site.account();
    let wanted = function.map(|name| name.arn(&account.partition, &account.region, &account.id));
    let mappings = site.mappings().borrow();
    let matches = |entry: &&Entry| {
        source.is_none_or(|arn| entry.mapping.event_source_arn == arn)
            && wanted.as_ref().is_none_or(|arn| entry.mapping.function_arn == *arn)
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

async fn update(site: &impl Site, uuid: &str, body: &Json, now: i64) -> Result<Answer, ApiError> {
    let request = lenient(body, UpdateRequest::from_value)?;
    let known = site.known(None, request.function_name.as_deref()).await?;
    let behind = match &request.function_name {
        Some(name) => site.behind(name).await,
        None => None,
    };
    let answer = change(site, uuid, &request, &known, behind, now)?;
    site.keep().await?;
    Ok(answer)
}

fn change(
    site: &impl Site,
    uuid: &str,
    request: &UpdateRequest,
    known: &World,
    behind: Option<Behind>,
    now: i64,
) -> Result<Answer, ApiError> {
    let mut mappings = site.mappings().borrow_mut();
    let entry = found(&mut mappings, uuid)?;
    let settings = validate_update(request, &entry.mapping.settings, entry.mapping.kind).map_err(refused)?;
    let function_arn = match &request.function_name {
        Some(name) => resolve_function(known, name).map_err(refused)?,
        None => entry.mapping.function_arn.clone(),
    };
    if entry.gone_ms.is_some() || (site.change_delay_ms() > 0 && entry.handle.is_changing()) {
        return Err(in_use());
    }
    apply(entry, settings, function_arn, behind);
    entry.mapping.modified_ms = now;
    Ok(shown(entry, 202, now))
}

fn apply(entry: &mut Entry, settings: Mapping, function_arn: String, behind: Option<Behind>) {
    let mut commands = Vec::new();
    let toggled = settings.enabled != entry.mapping.settings.enabled;
    let (was, is) = (entry.mapping.settings.enabled, settings.enabled);
    let same = Mapping { enabled: was, ..settings.clone() } == entry.mapping.settings;
    entry.announced = match (toggled, is) {
        (true, true) => State::Enabling,
        (true, false) => State::Disabling,
        (false, _) => State::Updating,
    };
    if !same || !toggled {
        commands.push(Command::Configure(Box::new(settings.clone())));
    }
    if function_arn != entry.mapping.function_arn {
        commands.push(Command::Function { arn: function_arn.clone(), behind });
    }
    // Last, because the machine shows the state of what came last.
    if toggled {
        commands.push(Command::Enable(is));
    }
    entry.handle.tell(commands);
    entry.mapping.settings = settings;
    entry.mapping.function_arn = function_arn;
}

/// The tags of the mapping with that ARN.
///
/// # Errors
/// There is no such mapping.
pub async fn answer_tags(site: &impl Site, request: &Request, arn: &str) -> Result<Answer, ApiError> {
    let answer = tags(site, request, arn)?;
    site.keep().await?;
    Ok(answer)
}

fn tags(site: &impl Site, request: &Request, arn: &str) -> Result<Answer, ApiError> {
    let uuid = arn.rsplit_once("event-source-mapping:").map_or("", |(_, uuid)| uuid);
    let mut mappings = site.mappings().borrow_mut();
    let entry = mappings.get_mut(uuid).ok_or_else(|| {
        let message = format!("Event source mapping not found: {arn}");
        ApiError::new(404, "ResourceNotFoundException", message)
    })?;
    change_tags(&mut entry.mapping.tags, request)
}

/// Shows tags, sets some or removes some.
pub(super) fn change_tags(
    tags: &mut BTreeMap<String, String>,
    request: &Request,
) -> Result<Answer, ApiError> {
    match request.method {
        Method::GET => Ok(Answer::json(200, &json!({"Tags": tags}))),
        Method::POST => {
            let given: BTreeMap<String, String> = serde_json::from_value(request.json()?["Tags"].clone())
                .map_err(|error| ApiError::new(400, "SerializationException", format!("Tags: {error}")))?;
            tags.extend(given);
            Ok(Answer::empty(204))
        }
        Method::DELETE => {
            for (_, key) in request.query.iter().filter(|(name, _)| name == "tagKeys") {
                tags.remove(key);
            }
            Ok(Answer::empty(204))
        }
        _ => Err(ApiError::new(404, "UnknownOperationException", "Unknown Operation")),
    }
}
