//! A table with a stream of one session: an item for each record, the label in its data.

use crate::clients::{broke, code, lacks, refused};
use crate::journal::Kind;
use crate::site::Site;
use crate::source::{Landed, Sent, label_of, millis};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    StreamSpecification, StreamViewType, TableStatus,
};
use aws_sdk_dynamodbstreams::types::{AttributeValue as Streamed, ShardIteratorType};
use esm_model::sequence::SequenceNumber;
use esm_model::when::When;
use esm_model::wire::event::{DATA_ATTRIBUTE, KEY_ATTRIBUTE};
use esmeralda::target::TargetError;
use std::collections::BTreeMap;

/// Most pages of a stream that are read in one look; a table of a case fills one.
const MOST_PAGES: usize = 100;

/// A table.
pub(crate) struct Table {
    name: String,
    pub(crate) stream_arn: String,
    pub(crate) shards: Vec<String>,
}

impl Table {
    pub(crate) async fn open(site: &Site) -> Result<Table, TargetError> {
        let name = site.name("table");
        site.made(Kind::Table, &name)?;
        let refuse = |error: aws_sdk_dynamodb::error::BuildError| TargetError::CouldNotRun(error.to_string());
        let definition = AttributeDefinition::builder()
            .attribute_name(KEY_ATTRIBUTE)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .map_err(refuse)?;
        let key = KeySchemaElement::builder()
            .attribute_name(KEY_ATTRIBUTE)
            .key_type(KeyType::Hash)
            .build()
            .map_err(refuse)?;
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::NewImage)
            .build()
            .map_err(refuse)?;
        let dynamodb = &site.clients.dynamodb;
        let create = dynamodb.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
        let create = create.attribute_definitions(definition).key_schema(key).stream_specification(stream);
        create.send().await.map_err(|error| refused(site, Kind::Table, &name, &error))?;
        let stream_arn = site
            .until(&format!("table {name}"), async || {
                let asked = dynamodb.describe_table().table_name(&name).send().await;
                let table = asked.map_err(broke("DescribeTable"))?.table;
                let active = table.filter(|t| t.table_status == Some(TableStatus::Active));
                Ok(active.and_then(|table| table.latest_stream_arn))
            })
            .await?;
        let shards = site
            .until(&format!("the stream of table {name}"), async || {
                let asked = site.clients.streams.describe_stream().stream_arn(&stream_arn).send().await;
                let stream = asked.map_err(broke("DescribeStream"))?.stream_description;
                let shards = stream.map(|stream| stream.shards.unwrap_or_default()).unwrap_or_default();
                let ids: Vec<String> = shards.into_iter().filter_map(|shard| shard.shard_id).collect();
                Ok((!ids.is_empty()).then_some(ids))
            })
            .await?;
        if shards.len() > 1 {
            let why = format!("a new table's stream has {} shards", shards.len());
            return Err(TargetError::Unsupported(why));
        }
        Ok(Table { name, stream_arn, shards })
    }

    pub(crate) async fn put(&self, site: &Site, records: Vec<Sent>) -> Result<Vec<Landed>, TargetError> {
        let mut sent = Vec::with_capacity(records.len());
        for record in &records {
            let began = site.wall.epoch_ms();
            let text = String::from_utf8_lossy(&record.data).into_owned();
            let put = site.clients.dynamodb.put_item().table_name(&self.name);
            let put = put.item(KEY_ATTRIBUTE, AttributeValue::S(record.label.to_string()));
            put.item(DATA_ATTRIBUTE, AttributeValue::S(text)).send().await.map_err(broke("PutItem"))?;
            sent.push(When { earliest: began, latest: site.wall.epoch_ms() });
        }
        // The stream alone knows the sequence numbers.
        site.until("the stream of the table to show every item", async || {
            let seen = self.seen(site).await?;
            let landed = records.iter().zip(&sent).map(|(record, sent)| {
                let (sequence, at) = seen.get(&record.label)?.clone();
                // The stream tells whole seconds; rules know that.
                Some(Landed { label: record.label, sequence, sent: *sent, arrival_ms: at })
            });
            Ok(landed.collect::<Option<Vec<_>>>())
        })
        .await
    }

    /// Every record of the stream by its label: sequence number and arrival.
    async fn seen(
        &self,
        site: &Site,
    ) -> Result<BTreeMap<esm_model::label::Label, (SequenceNumber, Option<i64>)>, TargetError> {
        let streams = &site.clients.streams;
        let asked = streams.get_shard_iterator().stream_arn(&self.stream_arn).shard_id(&self.shards[0]);
        let asked = asked.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await;
        let mut iterator = asked.map_err(broke("GetShardIterator"))?.shard_iterator;
        let mut seen = BTreeMap::new();
        for _ in 0..MOST_PAGES {
            let Some(from) = iterator else { break };
            let page = streams.get_records().shard_iterator(from).send().await;
            let page = page.map_err(broke("GetRecords"))?;
            let records = page.records.unwrap_or_default();
            if records.is_empty() {
                break;
            }
            for record in records {
                let Some(change) = record.dynamodb else { continue };
                let data = change.new_image.as_ref().and_then(|image| image.get(DATA_ATTRIBUTE));
                let Some(Streamed::S(text)) = data else { continue };
                let label = label_of(text.as_bytes());
                let number = change.sequence_number.as_deref().and_then(|text| text.parse().ok());
                let at = change.approximate_creation_date_time.map(|at| millis(at.secs(), at.subsec_nanos()));
                if let (Some(label), Some(sequence)) = (label, number) {
                    seen.insert(label, (sequence, at));
                } else {
                    return Err(lacks("GetRecords", "sequence number that is one"));
                }
            }
            iterator = page.next_shard_iterator;
        }
        Ok(seen)
    }

    pub(crate) async fn close(&self, site: &Site) {
        match site.clients.dynamodb.delete_table().table_name(&self.name).send().await {
            Ok(_) => site.run.journal.gone(Kind::Table, &self.name),
            Err(error) if code(&error) == Some("ResourceNotFoundException") => {
                site.run.journal.gone(Kind::Table, &self.name);
            }
            Err(_) => {}
        }
    }
}
