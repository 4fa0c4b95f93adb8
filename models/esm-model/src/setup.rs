//! The names under which a case ran: what documents and events must say of streams, functions and mappings; and the
//! bounds of its session.
//!
//! Part of a trace wherever a text was seen; typed traces have none.

use crate::bounds::Bounds;
use crate::case::Case;
use crate::mapping::SourceKind;
use crate::when::EPOCH_MS;
use crate::wire::EventContext;
use serde::{Deserialize, Serialize};

/// Names of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The region of the stream.
    pub region: String,
    /// The stream's ARN: the mapping's `EventSourceArn` (REC-8).
    pub stream_arn: String,
    /// The execution role: `invokeIdentityArn`.
    pub role_arn: String,
    /// The shard IDs, by shard index.
    pub shard_ids: Vec<String>,
    /// One for each mapping of the case.
    pub mappings: Vec<MappingSetup>,
    /// How long what is due may take to show here.
    #[serde(default, skip_serializing_if = "Bounds::is_virtual")]
    pub bounds: Bounds,
    /// When the case began, in milliseconds since 1970: what texts date is counted from here.
    #[serde(default = "epoch", skip_serializing_if = "is_epoch")]
    pub epoch_ms: i64,
}

fn epoch() -> i64 {
    EPOCH_MS
}

fn is_epoch(epoch_ms: &i64) -> bool {
    *epoch_ms == EPOCH_MS
}

/// Names of one mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingSetup {
    /// Its UUID.
    pub uuid: String,
    /// Its `FunctionArn`, with the qualifier if it has one (API-5, REC-3).
    pub function_arn: String,
    /// The version behind the qualifier: `$LATEST` or a number (REC-4).
    pub executed_version: String,
}

impl Setup {
    /// What all records of an event of this shard share.
    pub fn event_context(&self, source: SourceKind, shard: u8) -> EventContext {
        EventContext {
            source,
            shard_id: self.shard_ids[usize::from(shard)].clone(),
            stream_arn: self.stream_arn.clone(),
            region: self.region.clone(),
            role_arn: self.role_arn.clone(),
        }
    }

    /// The names that in-tree sessions use.
    pub fn in_tree(case: &Case) -> Setup {
        let stream_arn = match case.source {
            SourceKind::Kinesis => "arn:aws:kinesis:eu-west-1:123456789012:stream/esmeralda",
            SourceKind::DynamoDb => {
                "arn:aws:dynamodb:eu-west-1:123456789012:table/esmeralda/stream/2026-01-05T10:00:00.000"
            }
        };
        let mapping = |(index, mapping): (usize, &crate::case::CaseMapping)| {
            let name = format!("arn:aws:lambda:eu-west-1:123456789012:function:handler-{index}");
            MappingSetup {
                uuid: format!("00000000-0000-4000-8000-0000000000{index:02x}"),
                function_arn: mapping.qualifier.as_ref().map_or(name.clone(), |q| format!("{name}:{q}")),
                executed_version: match &mapping.qualifier {
                    Some(qualifier) if qualifier != "$LATEST" => "1".to_owned(),
                    _ => "$LATEST".to_owned(),
                },
            }
        };
        Setup {
            region: "eu-west-1".to_owned(),
            stream_arn: stream_arn.to_owned(),
            role_arn: "arn:aws:iam::123456789012:role/esmeralda".to_owned(),
            shard_ids: (0..case.shards).map(|shard| shard_id(case.source, shard)).collect(),
            mappings: case.mappings.iter().enumerate().map(mapping).collect(),
            bounds: Bounds::default(),
            epoch_ms: EPOCH_MS,
        }
    }

    /// The shard of that ID.
    pub fn shard(&self, id: &str) -> Option<u8> {
        self.shard_ids.iter().position(|known| known == id).map(|index| index as u8)
    }
}

fn shard_id(source: SourceKind, shard: u8) -> String {
    match source {
        SourceKind::Kinesis => format!("shardId-{shard:012}"),
        SourceKind::DynamoDb => format!("shardId-0000000{:013}-{shard:08x}", 1_767_607_200_000_i64),
    }
}
