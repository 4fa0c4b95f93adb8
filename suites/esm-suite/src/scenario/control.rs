//! Vectors that are answered at once: requests to the control plane, judged with `esm_model::control` against the
//! recorded status, type and text.
//!
//! Not the life of a mapping after the answer. Permissions wait, and so do tags, of which there is no model.

mod captured;
mod recorded;

use super::Citation;
use esm_model::control::{
    Configuration, CreateRequest, Existing, Function, Identity, ServiceError, State, Stream, UpdateRequest,
    World, admit, echo, find, resolve_function, validate, validate_update,
};
use esm_model::mapping::{Mapping, SourceKind, Timestamp};
use serde_json::{Map, Value};

/// Recorded requests and answers.
#[derive(Debug, Clone)]
pub struct ControlScenario {
    /// Its vector, such as `V-K-3`; unique among these.
    pub id: &'static str,
    /// The vector and a few words.
    pub name: &'static str,
    /// What AWS answered, in one sentence.
    pub claim: &'static str,
    /// Where this is known from.
    pub citation: Citation,
    /// What exists.
    pub world: World,
    /// Requests, and what each was answered. None of them changes the world.
    pub exchanges: Vec<(Request, Reply)>,
}

/// A request to the control plane.
#[derive(Debug, Clone)]
pub enum Request {
    /// CreateEventSourceMapping with these members.
    Create(Value),
    /// UpdateEventSourceMapping with these members, of a mapping with these settings.
    Update(Value, Box<Mapping>, SourceKind),
    /// Get, update or delete of the mapping with this UUID.
    Find(&'static str),
    /// The function that a create request names.
    Name(&'static str),
}

/// What was answered.
#[derive(Debug, Clone)]
pub enum Reply {
    /// An error.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The exception.
        error_type: &'static str,
        /// The text, exactly.
        message: String,
    },
    /// The request was taken.
    Taken,
    /// The request was taken, and the configuration in this state has these members and no others; when it was last
    /// modified is left out.
    Shows(State, &'static str, Value),
    /// The function's ARN as answers show it.
    Arn(&'static str),
}

/// Every vector that is answered at once, in the order of the vectors.
pub fn all() -> Vec<ControlScenario> {
    let mut all = recorded::scenarios();
    all.extend(captured::scenarios());
    all
}

const STREAM: &str = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";
const TABLE: &str = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-05T10:00:00.000";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:failures";
const UUID: &str = "0b3c1f3e-6a7d-4a5e-9b1c-1d2e3f405162";
const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:work";

/// A stream, a table's stream and a function with a version and an alias.
fn world() -> World {
    let stream = |arn: &str, kind| Stream { arn: arn.to_owned(), kind };
    World {
        partition: "aws".to_owned(),
        region: "eu-west-1".to_owned(),
        account: "123456789012".to_owned(),
        streams: vec![stream(STREAM, SourceKind::Kinesis), stream(TABLE, SourceKind::DynamoDb)],
        functions: vec![Function {
            name: "work".to_owned(),
            qualifiers: vec!["1".to_owned(), "myalias".to_owned()],
        }],
        mappings: Vec::new(),
    }
}

/// The same, and the function is mapped to a stream already.
fn mapped(arn: &str) -> World {
    let existing = Existing {
        uuid: UUID.to_owned(),
        event_source_arn: arn.to_owned(),
        function_arn: FUNCTION_ARN.to_owned(),
    };
    World { mappings: vec![existing], ..world() }
}

/// Members of a create request for the function: `members` replace or add to stream and position.
fn create(arn: &str, members: Value) -> Request {
    let mut all = Map::new();
    all.insert("EventSourceArn".to_owned(), arn.into());
    all.insert("FunctionName".to_owned(), "work".into());
    all.insert("StartingPosition".to_owned(), "TRIM_HORIZON".into());
    for (name, value) in members.as_object().cloned().unwrap_or_default() {
        match value {
            Value::Null => all.shift_remove(&name),
            value => all.insert(name, value),
        };
    }
    Request::Create(Value::Object(all))
}

fn refused(status: u16, error_type: &'static str, message: impl Into<String>) -> Reply {
    Reply::Refused { status, error_type, message: message.into() }
}

fn invalid(message: impl Into<String>) -> Reply {
    refused(400, "InvalidParameterValueException", message)
}

fn validation(message: impl Into<String>) -> Reply {
    refused(400, "ValidationException", message)
}

impl ControlScenario {
    /// Which answers the model gives otherwise than they were recorded: one sentence each.
    pub fn differences(&self) -> Vec<String> {
        let differs = |(request, reply): &(Request, Reply)| {
            let found = self.answer(request, reply);
            let found = found.err()?;
            Some(format!("{request:?}: {found}; recorded was {reply:?}"))
        };
        self.exchanges.iter().filter_map(differs).collect()
    }

    fn answer(&self, request: &Request, wanted: &Reply) -> Result<(), String> {
        match request {
            Request::Create(members) => {
                let request = CreateRequest::from_value(members).map_err(|error| error.to_string())?;
                if let Reply::Refused { .. } | Reply::Taken = wanted {
                    // A refusal of the request alone, in AWS's own words, is the same with the world around it.
                    let alone = validate(&request);
                    if alone.as_ref().is_err_and(|error| error.recorded) {
                        same(alone, wanted)?;
                    }
                    return same(admit(&request, &self.world, NOW_MS), wanted);
                }
                let admitted = admit(&request, &self.world, NOW_MS).map_err(|error| error.to_string())?;
                let identity = Identity {
                    uuid: UUID,
                    event_source_arn: &admitted.event_source_arn,
                    function_arn: &admitted.function_arn,
                };
                shows(&admitted.mapping, &identity, wanted)
            }
            Request::Update(members, mapping, kind) => {
                let request = UpdateRequest::from_value(members).map_err(|error| error.to_string())?;
                let updated = validate_update(&request, mapping, *kind);
                match (updated, wanted) {
                    (Ok(updated), Reply::Shows(..)) => {
                        let event_source_arn = if *kind == SourceKind::Kinesis { STREAM } else { TABLE };
                        shows(
                            &updated,
                            &Identity { uuid: UUID, event_source_arn, function_arn: FUNCTION_ARN },
                            wanted,
                        )
                    }
                    (updated, _) => same(updated, wanted),
                }
            }
            Request::Find(uuid) => same(find(&self.world, uuid), wanted),
            Request::Name(name) => {
                let arn = resolve_function(&self.world, name);
                match (&arn, wanted) {
                    (Ok(arn), Reply::Arn(known)) if arn == known => Ok(()),
                    _ => Err(format!("{arn:?}")),
                }
            }
        }
    }
}

/// The time of every request.
const NOW_MS: i64 = esm_model::when::EPOCH_MS;

fn same<T: std::fmt::Debug>(found: Result<T, ServiceError>, wanted: &Reply) -> Result<(), String> {
    match (&found, wanted) {
        (Ok(_), Reply::Taken) => Ok(()),
        (Err(error), Reply::Refused { status, error_type, message })
            if (error.status, error.error_type) == (*status, *error_type)
                && error.message == *message
                && error.recorded =>
        {
            Ok(())
        }
        _ => Err(format!("the model answers {found:?}")),
    }
}

fn shows(mapping: &Mapping, identity: &Identity<'_>, wanted: &Reply) -> Result<(), String> {
    let Reply::Shows(state, result, members) = wanted else {
        return Err("the model takes it".to_owned());
    };
    let shown = echo(mapping, identity, state.clone(), result, Timestamp { ms: NOW_MS });
    let shown = Configuration { last_modified: None, ..shown }.to_json();
    match shown == *members {
        true => Ok(()),
        false => Err(format!("the model shows {shown}")),
    }
}
