//! A control plane that answers what the model answers, in virtual time: the twin that must be green, and what
//! planted faults of answers are tried on.
//!
//! Not a judge, and no mapping here ever reads a record.

use super::answer::{Reply, Verb, Wire};
use super::{Boxed, Facts, Plane, Planes};
use crate::target::TargetError;
use esm_model::control::{
    CreateRequest, Existing, Function, Identity, NO_RECORDS_PROCESSED, ServiceError, State, Stream,
    UpdateRequest, World, admit, echo, find, validate_update,
};
use esm_model::mapping::{Mapping, SourceKind, Timestamp};
use esm_model::when::{EPOCH_MS, Ms};
use serde_json::Value;

/// How long a mapping stays in a state on its way.
const CHANGE_TAKES_MS: Ms = 1_500;

/// Alters answers: how a fault is planted.
pub type Fault = fn(&Wire, Reply) -> Reply;

/// Planes by the model, with a fault or without.
#[derive(Debug, Clone, Copy, Default)]
pub struct InTree {
    /// What is done to each answer before it goes out.
    pub fault: Option<Fault>,
}

struct Known {
    existing: Existing,
    mapping: Mapping,
    meanwhile: State,
    until: i64,
}

struct InTreePlane {
    facts: Facts,
    known: Vec<Known>,
    now_ms: i64,
    created: u32,
    fault: Option<Fault>,
}

impl Planes for InTree {
    fn open<'a>(&'a self, source: SourceKind) -> Boxed<'a, Result<Box<dyn Plane + 'a>, TargetError>> {
        let stream_arn = match source {
            SourceKind::Kinesis => "arn:aws:kinesis:eu-west-1:123456789012:stream/esmeralda",
            SourceKind::DynamoDb => {
                "arn:aws:dynamodb:eu-west-1:123456789012:table/esmeralda/stream/2026-01-05T10:00:00.000"
            }
        };
        let world = World {
            partition: "aws".to_owned(),
            region: "eu-west-1".to_owned(),
            account: "123456789012".to_owned(),
            streams: vec![Stream { arn: stream_arn.to_owned(), kind: source }],
            functions: vec![Function {
                name: "esmeralda".to_owned(),
                qualifiers: vec!["1".to_owned(), "live".to_owned()],
            }],
            mappings: Vec::new(),
        };
        let facts = Facts {
            world,
            stream_arn: stream_arn.to_owned(),
            function_name: "esmeralda".to_owned(),
            queue_arn: "arn:aws:sqs:eu-west-1:123456789012:failures".to_owned(),
            topic_arn: "arn:aws:sns:eu-west-1:123456789012:failures".to_owned(),
            bucket_arn: "arn:aws:s3:::failures".to_owned(),
            update_settle_ms: 0,
        };
        let plane = InTreePlane { facts, known: Vec::new(), now_ms: EPOCH_MS, created: 0, fault: self.fault };
        Box::pin(std::future::ready(Ok(Box::new(plane) as Box<dyn Plane>)))
    }
}

impl Plane for InTreePlane {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn now_ms(&self) -> i64 {
        self.now_ms
    }

    fn call<'a>(&'a mut self, wire: &'a Wire) -> Boxed<'a, Result<Reply, TargetError>> {
        let reply = self.answer(wire).unwrap_or_else(|error| refused(&error));
        let reply = self.fault.map_or(reply.clone(), |fault| fault(wire, reply));
        Box::pin(std::future::ready(Ok(reply)))
    }

    fn pause<'a>(&'a mut self, ms: Ms) -> Boxed<'a, ()> {
        self.now_ms += ms;
        self.known.retain(|known| known.meanwhile != State::Deleting || self.now_ms < known.until);
        Box::pin(std::future::ready(()))
    }

    fn close<'a>(&'a mut self) -> Boxed<'a, Result<(), TargetError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

fn refused(error: &ServiceError) -> Reply {
    Reply::refused(error.status, error.error_type, &error.message)
}

fn shape(error: &dyn std::fmt::Display) -> Reply {
    Reply::refused(400, "SerializationException", &error.to_string())
}

impl InTreePlane {
    fn answer(&mut self, wire: &Wire) -> Result<Reply, ServiceError> {
        let body = wire.body.clone().unwrap_or_default();
        let uuid = wire.path.rsplit('/').next().unwrap_or_default();
        match wire.verb {
            Verb::Create => match CreateRequest::from_value(&body) {
                Ok(request) => self.create(&request),
                Err(error) => Ok(shape(&error)),
            },
            Verb::List => {
                let items = (0..self.known.len()).map(|index| self.shown(index)).collect();
                let body = Value::Object(
                    [("EventSourceMappings".to_owned(), Value::Array(items))].into_iter().collect(),
                );
                Ok(Reply { status: 200, error_type: None, body })
            }
            Verb::DeleteFunction => {
                self.facts.world.functions.clear();
                Ok(Reply { status: 204, error_type: None, body: Value::Null })
            }
            Verb::Get => {
                let index = self.index(uuid)?;
                Ok(Reply { status: 200, error_type: None, body: self.shown(index) })
            }
            Verb::Update => match UpdateRequest::from_value(&body) {
                Ok(request) => self.update(uuid, &request),
                Err(error) => Ok(shape(&error)),
            },
            Verb::Delete => {
                let index = self.index(uuid)?;
                self.change(index, State::Deleting);
                Ok(Reply { status: 202, error_type: None, body: self.shown(index) })
            }
        }
    }

    fn index(&self, uuid: &str) -> Result<usize, ServiceError> {
        let world = World {
            mappings: self.known.iter().map(|known| known.existing.clone()).collect(),
            ..self.facts.world.clone()
        };
        find(&world, uuid)?;
        Ok(self.known.iter().position(|known| known.existing.uuid == uuid).unwrap_or_default())
    }

    fn create(&mut self, request: &CreateRequest) -> Result<Reply, ServiceError> {
        let mut world = self.facts.world.clone();
        world.mappings = self.known.iter().map(|known| known.existing.clone()).collect();
        let admitted = admit(request, &world, self.now_ms)?;
        self.created += 1;
        let existing = Existing {
            uuid: format!("00000000-0000-4000-8000-{:012}", self.created),
            event_source_arn: admitted.event_source_arn,
            function_arn: admitted.function_arn,
        };
        let until = self.now_ms + CHANGE_TAKES_MS;
        self.known.push(Known { existing, mapping: admitted.mapping, meanwhile: State::Creating, until });
        Ok(Reply { status: 202, error_type: None, body: self.shown(self.known.len() - 1) })
    }

    fn update(&mut self, uuid: &str, request: &UpdateRequest) -> Result<Reply, ServiceError> {
        let index = self.index(uuid)?;
        let known = &mut self.known[index];
        let kind = self.facts.world.streams[0].kind;
        known.mapping = validate_update(request, &known.mapping, kind)?;
        let meanwhile = match request.enabled {
            Some(true) => State::Enabling,
            Some(false) => State::Disabling,
            None => State::Updating,
        };
        self.change(index, meanwhile);
        Ok(Reply { status: 202, error_type: None, body: self.shown(index) })
    }

    fn change(&mut self, index: usize, meanwhile: State) {
        let until = self.now_ms + CHANGE_TAKES_MS;
        let known = &mut self.known[index];
        (known.meanwhile, known.until) = (meanwhile, until);
    }

    fn shown(&self, index: usize) -> Value {
        let Known { existing, mapping, meanwhile, until } = &self.known[index];
        let last = if mapping.enabled { State::Enabled } else { State::Disabled };
        let state = if self.now_ms < *until { meanwhile.clone() } else { last };
        let identity = Identity {
            uuid: &existing.uuid,
            event_source_arn: &existing.event_source_arn,
            function_arn: &existing.function_arn,
        };
        echo(mapping, &identity, state, NO_RECORDS_PROCESSED, Timestamp { ms: self.now_ms }).to_json()
    }
}
