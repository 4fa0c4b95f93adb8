//! Events and failure records of mappings that the reference drives, as texts, and the faults that show only there.
//!
//! What the texts look like is `esm_model::wire`'s business; here the names of a session are filled in. Not the
//! records' data: that comes from whoever holds the stream.

use esm_model::event::{Condition, Document, Object, ResponseFact};
use esm_model::mapping::{Destination, DestinationKind, SourceKind};
use esm_model::reference::{Fault, Named, Value, Write};
use esm_model::setup::Setup;
use esm_model::when::{EPOCH_MS, Ms};
use esm_model::wire::{self, EventRecord};
use serde_json::Value as Json;
use std::rc::Rc;

/// Writes the texts of one session.
pub struct Documents {
    source: SourceKind,
    setup: Rc<Setup>,
    fault: Option<Fault>,
}

impl Documents {
    /// For a session under these names, with a fault or without.
    pub fn new(source: SourceKind, setup: Rc<Setup>, fault: Option<Fault>) -> Documents {
        Documents { source, setup, fault }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// The invocation event (BATCH-11, DDB-7).
    pub fn event(&self, shard: u8, records: &[EventRecord]) -> Box<str> {
        let context = self.setup.event_context(self.source, shard);
        let spoils = matches!(
            self.fault,
            Some(Fault::EventIdWithoutShard | Fault::DataNotEncoded | Fault::TableEventVersion)
        );
        if spoils { self.spoilt(&context, records) } else { wire::event_text(&context, records).into() }
    }

    /// The same with the faults that show in it.
    fn spoilt(&self, context: &wire::EventContext, records: &[EventRecord]) -> Box<str> {
        let mut event = wire::build_event(context, records);
        for (written, record) in event["Records"].as_array_mut().into_iter().flatten().zip(records) {
            match self.fault {
                Some(Fault::EventIdWithoutShard) if self.source == SourceKind::Kinesis => {
                    written["eventID"] = written["kinesis"]["sequenceNumber"].clone();
                }
                Some(Fault::DataNotEncoded) if self.source == SourceKind::Kinesis => {
                    written["kinesis"]["data"] = Json::from(String::from_utf8_lossy(&record.data));
                }
                Some(Fault::TableEventVersion) if self.source == SourceKind::DynamoDb => {
                    written["eventVersion"] = Json::from("1.0");
                }
                _ => {}
            }
        }
        event.to_string().into()
    }

    /// The same event with the changes of a table's stream as they were, and not with the harness's own items.
    pub fn with_changes<'c>(text: &str, changes: impl Iterator<Item = Option<&'c Json>>) -> String {
        let Ok(mut event) = serde_json::from_str::<Json>(text) else { return text.to_owned() };
        for (written, change) in event["Records"].as_array_mut().into_iter().flatten().zip(changes) {
            for (member, value) in change.and_then(Json::as_object).into_iter().flatten() {
                written[member] = value.clone();
            }
        }
        event.to_string()
    }

    /// The value that a mapping reads from that text.
    pub fn read_response(text: &str) -> Value {
        let value: Json = serde_json::from_str(text).unwrap_or(Json::Null);
        Documents::value(wire::read_response(&value))
    }

    /// The value that a mapping sees in a response.
    pub fn value(response: wire::Response) -> Value {
        let named = |identifier: wire::Identifier| match identifier {
            wire::Identifier::Sequence(text) => text.parse().map_or(Named::Wrong, Named::Sequence),
            wire::Identifier::EmptyString => Named::Empty,
            wire::Identifier::Null => Named::Null,
            wire::Identifier::Missing => Named::Missing,
            wire::Identifier::WrongType => Named::Wrong,
        };
        match response {
            wire::Response::Null => Value::Null,
            wire::Response::EmptyString => Value::EmptyString,
            wire::Response::EmptyList => Value::EmptyList,
            wire::Response::EmptyObject => Value::EmptyObject,
            wire::Response::ItemsNull => Value::ItemsNull,
            wire::Response::Items(items) => Value::Items(items.into_iter().map(named).collect()),
            wire::Response::ItemsOfWrongType | wire::Response::Unrecognised => Value::Other,
        }
    }

    /// A failure record in the form that its destination gets. `payload` is the event of the discarded batch, asked
    /// for where it is written (DISCARD-8).
    pub fn document(
        &self,
        mapping: usize,
        write: &Write,
        destination: &Destination,
        payload: impl FnOnce() -> String,
    ) -> Document {
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
                let record = wire::FailureRecord { payload: Some(payload()), ..record };
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
