//! A Kinesis stream of one session: made with as many shards as the case has, each reached by its hash key.

use crate::clients::{broke, code, lacks, refused};
use crate::journal::Kind;
use crate::site::Site;
use crate::source::{Landed, Sent, millis};
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, ShardIteratorType, StreamStatus};
use esm_model::when::When;
use esmeralda::target::TargetError;

/// Most records of one PutRecords.
const MOST_RECORDS: usize = 500;
/// Most bytes of one PutRecords: the limit is 5 MiB with keys, which need some room.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// How often the stream is asked when records arrived, until the interval of the put does.
const ASKED: usize = 3;

/// A stream.
pub(crate) struct Stream {
    name: String,
    pub(crate) arn: String,
    pub(crate) shards: Vec<Shard>,
}

/// A shard, by index.
pub(crate) struct Shard {
    pub(crate) id: String,
    /// The first hash key of its range.
    hash_key: String,
}

impl Stream {
    pub(crate) async fn open(site: &Site, shards: u8) -> Result<Stream, TargetError> {
        let name = site.name("stream");
        site.made(Kind::Stream, &name)?;
        let kinesis = &site.clients.kinesis;
        let arn = site
            .few("CreateStream", async {
                let create = kinesis.create_stream().stream_name(&name).shard_count(shards.into());
                create.send().await.map_err(|error| refused(site, Kind::Stream, &name, &error))?;
                site.until(&format!("stream {name}"), async || {
                    let asked = kinesis.describe_stream_summary().stream_name(&name).send().await;
                    let summary = asked.map_err(broke("DescribeStreamSummary"))?.stream_description_summary;
                    let active = summary.filter(|s| s.stream_status == StreamStatus::Active);
                    Ok(active.map(|summary| summary.stream_arn))
                })
                .await
            })
            .await?;
        let mut known = shards_of(site, &name).await?;
        if known.len() != usize::from(shards) {
            let why = format!("a stream of {shards} shards was made, and {} are listed", known.len());
            return Err(TargetError::CouldNotRun(why));
        }
        // Equal lengths first: hash keys are decimal numbers of up to 39 digits.
        known.sort_by(|a, b| (a.hash_key.len(), &a.hash_key).cmp(&(b.hash_key.len(), &b.hash_key)));
        Ok(Stream { name, arn, shards: known })
    }

    pub(crate) async fn put(&self, site: &Site, records: Vec<Sent>) -> Result<Vec<Landed>, TargetError> {
        let mut landed = Vec::with_capacity(records.len());
        let mut chunk: Vec<Sent> = Vec::new();
        let mut bytes = 0;
        for record in records {
            let more = record.data.len();
            if chunk.len() == MOST_RECORDS || (!chunk.is_empty() && bytes + more > MOST_BYTES) {
                self.put_chunk(site, std::mem::take(&mut chunk), &mut landed).await?;
                bytes = 0;
            }
            bytes += more;
            chunk.push(record);
        }
        if !chunk.is_empty() {
            self.put_chunk(site, chunk, &mut landed).await?;
        }
        Ok(landed)
    }

    async fn put_chunk(
        &self,
        site: &Site,
        chunk: Vec<Sent>,
        landed: &mut Vec<Landed>,
    ) -> Result<(), TargetError> {
        let entry = |record: &Sent| {
            PutRecordsRequestEntry::builder()
                .data(Blob::new(record.data.clone()))
                .partition_key(record.label.to_string())
                .explicit_hash_key(&self.shards[usize::from(record.shard)].hash_key)
                .build()
                .map_err(|error| TargetError::CouldNotRun(error.to_string()))
        };
        let entries = chunk.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let from = landed.len();
        let began = site.wall.epoch_ms();
        let put = site.clients.kinesis.put_records().stream_name(&self.name).set_records(Some(entries));
        let put = put.send().await.map_err(broke("PutRecords"))?;
        let sent = When { earliest: began, latest: site.wall.epoch_ms() };
        if put.records.len() != chunk.len() {
            return Err(lacks("PutRecords", "entry for each record"));
        }
        for (record, result) in chunk.iter().zip(&put.records) {
            let Some(number) = result.sequence_number() else {
                let why = result.error_message().unwrap_or("no message");
                return Err(TargetError::CouldNotRun(format!("PutRecords refused a record: {why}")));
            };
            let wanted = &self.shards[usize::from(record.shard)].id;
            if result.shard_id() != Some(wanted) {
                let got = result.shard_id().unwrap_or("no shard");
                let why = format!("a record for {wanted} went to {got}: explicit hash keys are not obeyed");
                return Err(TargetError::Unsupported(why));
            }
            let sequence =
                number.parse().map_err(|error| TargetError::CouldNotRun(format!("PutRecords: {error}")))?;
            landed.push(Landed { label: record.label, sequence, sent, arrival_ms: None });
        }
        for shard in 0..self.shards.len() {
            let is_its = |index: &usize| usize::from(chunk[*index].shard) == shard;
            let mut own: Vec<usize> = (0..chunk.len()).filter(is_its).collect();
            own.sort_by(|a, b| landed[from + a].sequence.cmp(&landed[from + b].sequence));
            let own: Vec<usize> = own.into_iter().map(|index| from + index).collect();
            self.date(site, shard, &own, landed).await;
        }
        Ok(())
    }

    /// Asks the stream when records of one shard arrived. Without an answer the interval of the put remains.
    async fn date(&self, site: &Site, shard: usize, own: &[usize], landed: &mut [Landed]) -> Option<()> {
        let first = landed[*own.first()?].sequence.to_string();
        let kinesis = &site.clients.kinesis;
        let asked = kinesis.get_shard_iterator().stream_name(&self.name).shard_id(&self.shards[shard].id);
        let asked = asked.shard_iterator_type(ShardIteratorType::AtSequenceNumber);
        let mut iterator = asked.starting_sequence_number(first).send().await.ok()?.shard_iterator?;
        let mut missing = own.len();
        for _ in 0..ASKED {
            let page = kinesis.get_records().shard_iterator(iterator).send().await.ok()?;
            for record in &page.records {
                let sequence = record.sequence_number.parse().ok()?;
                let known = own.iter().find(|index| landed[**index].sequence == sequence);
                if let (Some(index), Some(at)) = (known, record.approximate_arrival_timestamp()) {
                    landed[*index].arrival_ms = Some(millis(at.secs(), at.subsec_nanos()));
                    missing = missing.saturating_sub(1);
                }
            }
            if missing == 0 {
                break;
            }
            iterator = page.next_shard_iterator?;
        }
        Some(())
    }

    pub(crate) async fn close(&self, site: &Site) {
        let gone = site.clients.kinesis.delete_stream().stream_name(&self.name);
        match gone.enforce_consumer_deletion(true).send().await {
            Ok(_) => site.run.journal.gone(Kind::Stream, &self.name),
            Err(error) if code(&error) == Some("ResourceNotFoundException") => {
                site.run.journal.gone(Kind::Stream, &self.name);
            }
            Err(_) => {}
        }
    }
}

async fn shards_of(site: &Site, name: &str) -> Result<Vec<Shard>, TargetError> {
    let listed = site.clients.kinesis.list_shards().stream_name(name).send().await;
    let listed = listed.map_err(broke("ListShards"))?;
    let one = |shard: &aws_sdk_kinesis::types::Shard| {
        let hash_key = shard.hash_key_range()?.starting_hash_key.clone();
        Some(Shard { id: shard.shard_id.clone(), hash_key })
    };
    let shards: Option<Vec<Shard>> = listed.shards().iter().map(one).collect();
    shards.ok_or_else(|| lacks("ListShards", "HashKeyRange"))
}
