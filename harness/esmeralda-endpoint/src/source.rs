//! The stream of a session, whatever it is made of, and how records get into it with their labels.

use crate::site::Site;
use crate::stream::Stream;
use crate::table::Table;
use esm_model::case::Case;
use esm_model::event::Bound;
use esm_model::label::Label;
use esm_model::mapping::SourceKind;
use esm_model::when::When;
use esmeralda::machine::label_data;
use esmeralda::target::TargetError;

/// A stream or a table's stream.
pub(crate) enum Source {
    /// A Kinesis stream.
    Stream(Stream),
    /// A table with a stream.
    Table(Table),
}

/// A record that was put: when its call began and ended by the wall clock, in milliseconds since 1970, is in `sent`.
pub(crate) struct Landed {
    pub(crate) label: Label,
    pub(crate) sequence: esm_model::sequence::SequenceNumber,
    pub(crate) sent: When,
    /// What the stream itself says, if it was asked.
    pub(crate) arrival_ms: Option<i64>,
}

impl Source {
    /// Makes the stream of a case.
    pub(crate) async fn open(site: &Site, case: &Case) -> Result<Source, TargetError> {
        let capabilities = &site.run.address.preset.capabilities;
        let wanted = site.run.address.source;
        let unsupported = |what: &str| Err(TargetError::Unsupported(what.to_owned()));
        match case.source {
            SourceKind::Kinesis if !capabilities.kinesis => unsupported("Kinesis"),
            SourceKind::DynamoDb if !capabilities.dynamodb => unsupported("DynamoDB Streams"),
            source if wanted.is_some_and(|wanted| wanted != source) => {
                unsupported("a case on the other kind of stream: see source= of the target")
            }
            SourceKind::Kinesis => Stream::open(site, case.shards).await.map(Source::Stream),
            SourceKind::DynamoDb if case.shards > 1 => {
                unsupported("a table's stream with several shards: nobody can choose the shard of an item")
            }
            SourceKind::DynamoDb => Table::open(site).await.map(Source::Table),
        }
    }

    /// The ARN that mappings name.
    pub(crate) fn arn(&self) -> &str {
        match self {
            Source::Stream(stream) => &stream.arn,
            Source::Table(table) => &table.stream_arn,
        }
    }

    /// The shard IDs, by shard index.
    pub(crate) fn shard_ids(&self) -> Vec<String> {
        match self {
            Source::Stream(stream) => stream.shards.iter().map(|shard| shard.id.clone()).collect(),
            Source::Table(table) => table.shards.clone(),
        }
    }

    /// Puts records.
    pub(crate) async fn put(
        &self,
        site: &Site,
        case: &Case,
        labels: &[Label],
    ) -> Result<Vec<Landed>, TargetError> {
        let largest = site.run.address.preset.capabilities.largest_record;
        let record = |label: &Label| (*label, case.record(*label));
        let records = labels.iter().map(record).filter_map(|(label, r)| Some((label, r?)));
        let records: Vec<Sent> = records
            .map(|(label, record)| Sent { label, shard: record.shard, data: data(label, record.size) })
            .collect();
        if records.iter().any(|record| record.data.len() > largest as usize) {
            return Err(TargetError::Unsupported(format!("a record of more than {largest} bytes")));
        }
        match self {
            Source::Stream(stream) => stream.put(site, records).await,
            Source::Table(table) => table.put(site, records).await,
        }
    }

    /// Takes it down. What cannot be removed stays in the journal.
    pub(crate) async fn close(&self, site: &Site) {
        match self {
            Source::Stream(stream) => stream.close(site).await,
            Source::Table(table) => table.close(site).await,
        }
    }
}

/// A record to be put.
pub(crate) struct Sent {
    pub(crate) label: Label,
    pub(crate) shard: u8,
    pub(crate) data: Vec<u8>,
}

/// The data of a record: JSON with its label, padded to its size. Never smaller than the label needs.
pub fn data(label: Label, size: u32) -> Vec<u8> {
    let mut data = label_data(label);
    const MEMBER: &str = ",\"pad\":\"\"";
    let missing = (size as usize).saturating_sub(data.len());
    if missing >= MEMBER.len() {
        data.pop();
        data.extend_from_slice(&MEMBER.as_bytes()[..MEMBER.len() - 1]);
        data.extend(std::iter::repeat_n(b'x', missing - MEMBER.len()));
        data.extend_from_slice(b"\"}");
    }
    data
}

/// The label in the data of a record, if there is one.
pub fn label_of(data: &[u8]) -> Option<Label> {
    let value: serde_json::Value = serde_json::from_slice(data).ok()?;
    value.get("label")?.as_str()?.parse().ok()
}

/// Records as a trace has them: in the order of their sequence numbers, dated from the case's begin.
pub(crate) fn bound(landed: Vec<Landed>, epoch_ms: i64, clock_ms: i64) -> Vec<Bound> {
    let one = |landed: Landed| {
        let arrival = match landed.arrival_ms {
            Some(instant) => When::at(instant),
            None => When { earliest: landed.sent.earliest - clock_ms, latest: landed.sent.latest + clock_ms },
        };
        Bound { label: landed.label, sequence: landed.sequence, arrival: arrival.plus(-epoch_ms) }
    };
    let mut bound: Vec<Bound> = landed.into_iter().map(one).collect();
    bound.sort_by(|a, b| a.sequence.cmp(&b.sequence));
    bound
}

/// An instant in milliseconds. Answers have it as a number of seconds, which is seldom exact.
pub(crate) fn millis(seconds: i64, nanos: u32) -> i64 {
    seconds * 1_000 + i64::from((nanos + 500_000) / 1_000_000)
}
