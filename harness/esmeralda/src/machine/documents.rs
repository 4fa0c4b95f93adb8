//! Events and failure records of the in-tree targets as texts, and the faults that show only there.
//!
//! What the texts look like is `esm_model::wire`'s business; here the facts of a session are filled in.

use super::stream::Stream;
use esm_model::answer::{Identifier, Response, Unrecognised};
use esm_model::case::Case;
use esm_model::event::{Batch, Condition, Discard, Document, Object, ResponseFact};
use esm_model::label::Label;
use esm_model::mapping::{Destination, DestinationKind, SourceKind};
use esm_model::reference::{Fault, Held, Named, Value, Write};
use esm_model::sequence::SequenceNumber;
use esm_model::setup::Setup;
use esm_model::when::{EPOCH_MS, Ms};
use esm_model::wire;
use serde_json::Value as Json;
use std::rc::Rc;

/// What an unknown identifier looks like.
const UNKNOWN_IDENTIFIER: &str = "not-a-sequence-number";

/// Writes the texts of one session.
pub(crate) struct Documents {
    source: SourceKind,
    setup: Rc<Setup>,
    fault: Option<Fault>,
}

impl Documents {
    pub(crate) fn new(case: &Case, setup: &Rc<Setup>, fault: Option<Fault>) -> Documents {
        Documents { source: case.source, setup: setup.clone(), fault }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// The invocation event (BATCH-11, DDB-7).
    pub(crate) fn event(&self, shard: u8, held: &[Held], labels: &Batch) -> Box<str> {
        let context = wire::EventContext {
            source: self.source,
            shard_id: self.setup.shard_ids[usize::from(shard)].clone(),
            stream_arn: self.setup.stream_arn.clone(),
            region: self.setup.region.clone(),
            role_arn: self.setup.role_arn.clone(),
        };
        let record = |(held, label): (&Held, &Label)| wire::EventRecord {
            sequence: held.sequence.clone(),
            data: label_data(*label),
            partition_key: label.to_string(),
            arrival_ms: EPOCH_MS + held.arrival,
        };
        let records: Vec<_> = held.iter().zip(labels).map(record).collect();
        let mut event = wire::build_event(&context, &records);
        for (record, label) in event["Records"].as_array_mut().into_iter().flatten().zip(labels) {
            match self.fault {
                Some(Fault::EventIdWithoutShard) if self.source == SourceKind::Kinesis => {
                    record["eventID"] = record["kinesis"]["sequenceNumber"].clone();
                }
                Some(Fault::DataNotEncoded) if self.source == SourceKind::Kinesis => {
                    record["kinesis"]["data"] = Json::from(String::from_utf8_lossy(&label_data(*label)));
                }
                Some(Fault::TableEventVersion) if self.source == SourceKind::DynamoDb => {
                    record["eventVersion"] = Json::from("1.0");
                }
                _ => {}
            }
        }
        event.to_string().into()
    }

    /// A returned value as text.
    pub(crate) fn response_text(
        response: &Response,
        sequence: impl Fn(Label) -> Option<SequenceNumber>,
    ) -> Box<str> {
        let identifier = |identifier: &Identifier| match identifier {
            Identifier::Record(label) => match sequence(*label) {
                Some(sequence) => wire::Identifier::Sequence(sequence.to_string()),
                None => wire::Identifier::Sequence(UNKNOWN_IDENTIFIER.to_owned()),
            },
            Identifier::Empty => wire::Identifier::EmptyString,
            Identifier::Null => wire::Identifier::Null,
            Identifier::Missing => wire::Identifier::Missing,
            Identifier::WrongType => wire::Identifier::WrongType,
            Identifier::Unknown => wire::Identifier::Sequence(UNKNOWN_IDENTIFIER.to_owned()),
        };
        let value = match response {
            Response::Null => wire::Response::Null.to_value(),
            Response::EmptyString => wire::Response::EmptyString.to_value(),
            Response::EmptyList => wire::Response::EmptyList.to_value(),
            Response::EmptyObject => wire::Response::EmptyObject.to_value(),
            Response::ItemsNull => wire::Response::ItemsNull.to_value(),
            Response::Items(items) => {
                wire::Response::Items(items.iter().map(identifier).collect()).to_value()
            }
            Response::ItemsOfWrongType => wire::Response::ItemsOfWrongType.to_value(),
            Response::Unrecognised(form) => unrecognised(*form),
        };
        value.to_string().into()
    }

    /// The value that a mapping reads from that text.
    pub(crate) fn read_response(text: &str) -> Value {
        let value: Json = serde_json::from_str(text).unwrap_or(Json::Null);
        let named = |identifier: wire::Identifier| match identifier {
            wire::Identifier::Sequence(text) => text.parse().map_or(Named::Wrong, Named::Sequence),
            wire::Identifier::EmptyString => Named::Empty,
            wire::Identifier::Null => Named::Null,
            wire::Identifier::Missing => Named::Missing,
            wire::Identifier::WrongType => Named::Wrong,
        };
        match wire::read_response(&value) {
            wire::Response::Null => Value::Null,
            wire::Response::EmptyString => Value::EmptyString,
            wire::Response::EmptyList => Value::EmptyList,
            wire::Response::EmptyObject => Value::EmptyObject,
            wire::Response::ItemsNull => Value::ItemsNull,
            wire::Response::Items(items) => Value::Items(items.into_iter().map(named).collect()),
            wire::Response::ItemsOfWrongType | wire::Response::Unrecognised => Value::Other,
        }
    }

    /// A failure record in the form that its destination gets.
    pub(crate) fn document(
        this: Option<&Documents>,
        stream: &Stream,
        mapping: usize,
        write: &Write,
        destination: &Destination,
    ) -> Document {
        match this {
            Some(documents) => documents.text(stream, mapping, write, destination),
            None => Document::Typed(Box::new(Discard {
                condition: write.condition,
                count: write.count,
                request: write.request,
                response: write.response,
                shard: Some(write.shard),
                first: stream.label(&write.first),
                last: stream.label(&write.last),
                batch_size: write.batch_size,
                first_arrival: write.first_arrival,
                last_arrival: write.last_arrival,
                timestamp: write.timestamp,
            })),
        }
    }

    fn text(&self, stream: &Stream, mapping: usize, write: &Write, destination: &Destination) -> Document {
        let record = self.record(mapping, write);
        let timestamp = EPOCH_MS + write.timestamp;
        match destination.kind() {
            DestinationKind::Sqs => Document::Sqs(self.spoil(record.to_sqs_body(self.source)).into()),
            DestinationKind::Sns if self.is(Fault::SnsWithoutEnvelope) => {
                Document::Sns(record.to_sns_message(self.source).into())
            }
            DestinationKind::Sns => {
                let message = self.spoil(record.to_sns_message(self.source));
                let id = write.request.to_string();
                Document::Sns(wire::sns_notification(destination.arn(), &id, &message, timestamp).into())
            }
            DestinationKind::S3 => {
                let labels: Batch =
                    write.records.iter().filter_map(|held| stream.label(&held.sequence)).collect();
                let payload = self.event(write.shard, &write.records, &labels).into_string();
                let record = wire::FailureRecord { payload: Some(payload), ..record };
                Document::S3(Box::new(self.object(&record, mapping, write, timestamp)))
            }
        }
    }

    fn record(&self, mapping: usize, write: &Write) -> wire::FailureRecord {
        let names = &self.setup.mappings[mapping];
        let error = match write.response {
            ResponseFact::Absent => None,
            ResponseFact::NoError => Some(None),
            ResponseFact::Unhandled => Some(Some("Unhandled".to_owned())),
            ResponseFact::OtherError => Some(Some("Sandbox.Timedout".to_owned())),
        };
        wire::FailureRecord {
            request_id: write.request.to_string(),
            function_arn: names.function_arn.clone(),
            condition: match write.condition {
                Condition::RetryAttemptsExhausted => wire::Condition::RetryAttemptsExhausted,
                Condition::RecordAgeExceeded => wire::Condition::RecordAgeExceeded,
            },
            approximate_invoke_count: u64::from(write.count),
            response: error.map(|function_error| wire::ResponseContext {
                status_code: 200,
                executed_version: names.executed_version.clone(),
                function_error,
            }),
            version: "1.0".to_owned(),
            timestamp_ms: EPOCH_MS + write.timestamp,
            batch: wire::BatchInfo {
                shard_id: self.setup.shard_ids[usize::from(write.shard)].clone(),
                start: write.first.clone(),
                end: write.last.clone(),
                first_arrival_ms: EPOCH_MS + write.first_arrival,
                last_arrival_ms: EPOCH_MS + write.last_arrival,
                batch_size: u64::from(write.batch_size),
                stream_arn: self.setup.stream_arn.clone(),
            },
            payload: None,
        }
    }

    fn object(&self, record: &wire::FailureRecord, mapping: usize, write: &Write, timestamp: Ms) -> Object {
        let names = &self.setup.mappings[mapping];
        let object_id = format!("{:08x}-0000-4000-9000-{:012x}", write.token, u32::from(write.shard));
        let dated = if self.is(Fault::KeyLocalTime) { timestamp + 2 * 3_600_000 } else { timestamp };
        let mut key = wire::s3_key(&names.uuid, &record.batch.shard_id, dated, &object_id);
        if self.is(Fault::KeyWithColons) {
            key = key.replace('.', ":");
        }
        let content_type =
            if self.is(Fault::ContentTypeJson) { "application/json" } else { "application/octet-stream" };
        Object {
            key,
            body: self.spoil(record.to_s3_body(self.source)),
            content_type: Some(content_type.to_owned()),
        }
    }

    /// Faults in the document itself.
    fn spoil(&self, text: String) -> String {
        let Some(fault) = self.fault.filter(|fault| fault.in_documents()) else { return text };
        let Ok(mut body) = serde_json::from_str::<Json>(&text) else { return text };
        let key = self.source.batch_info_key();
        let age = body["requestContext"]["condition"] == "RecordAgeExceeded";
        match fault {
            Fault::AgeConditionMisnamed if age => {
                body["requestContext"]["condition"] = "MaximumRecordAgeExceeded".into()
            }
            Fault::ConditionRetriesExhausted if !age => {
                body["requestContext"]["condition"] = "RetriesExhausted".into()
            }
            Fault::PayloadInSqs if body.get("payload").is_none() => {
                body["payload"] = "{\"Records\":[]}".into()
            }
            Fault::FunctionArnUnqualified => {
                let name = body["requestContext"]["functionArn"]
                    .as_str()
                    .and_then(|arn| arn.split(':').nth(6))
                    .map(str::to_owned);
                body["requestContext"]["functionArn"] = name.into();
            }
            Fault::StatusCode500 if body.get("responseContext").is_some() => {
                body["responseContext"]["statusCode"] = 500.into()
            }
            Fault::StreamArnIsName => body[key]["streamArn"] = "esmeralda".into(),
            Fault::TimestampWithoutMillis => {
                let cut =
                    body["timestamp"].as_str().and_then(|t| t.split('.').next()).map(|t| format!("{t}Z"));
                body["timestamp"] = cut.into();
            }
            Fault::ArrivalPrecision => {
                for member in ["approximateArrivalOfFirstRecord", "approximateArrivalOfLastRecord"] {
                    let text = body[key][member].as_str().unwrap_or_default();
                    let other = match self.source {
                        SourceKind::Kinesis => text.split('.').next().map(|t| format!("{t}Z")),
                        SourceKind::DynamoDb => text.strip_suffix('Z').map(|t| format!("{t}.000Z")),
                    };
                    body[key][member] = other.into();
                }
            }
            Fault::VersionIsNumber => body["version"] = 1.0.into(),
            Fault::EndAbsentForOne if body[key]["batchSize"] == 1 => {
                if let Some(info) = body[key].as_object_mut() {
                    info.shift_remove("endSequenceNumber");
                }
            }
            Fault::PayloadIsObject if body.get("payload").is_some() => {
                let payload =
                    body["payload"].as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
                body["payload"] = payload.into();
            }
            Fault::PayloadAbsent => {
                if let Some(members) = body.as_object_mut() {
                    members.shift_remove("payload");
                }
            }
            Fault::BodySorted => body.sort_all_objects(),
            Fault::KinesisInfoForTables if self.source == SourceKind::DynamoDb => {
                if let Some(members) = body.as_object_mut()
                    && let Some(info) = members.shift_remove(key)
                {
                    members.insert("KinesisBatchInfo".to_owned(), info);
                }
            }
            _ => return text,
        }
        body.to_string()
    }
}

/// The data of a record: its label, so that whoever gets it can name it.
fn label_data(label: Label) -> Vec<u8> {
    format!("{{\"label\":\"{label}\"}}").into_bytes()
}

fn unrecognised(form: Unrecognised) -> Json {
    match form {
        Unrecognised::Text => Json::from("failed"),
        Unrecognised::Number | Unrecognised::Other => Json::from(42),
        Unrecognised::List => serde_json::json!([1]),
        Unrecognised::StatusCode => serde_json::json!({"statusCode": 200, "body": "failed"}),
        Unrecognised::WrongKey => serde_json::json!({"batch_item_failures": [{"item_identifier": "1"}]}),
    }
}
