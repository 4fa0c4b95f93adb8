//! Failure records in, the data of their records out: to a FIFO queue, in order.
//!
//! Failure records may arrive from a queue, a topic or a bucket, through each other or not. The queue's deduplication makes
//! it harmless that they arrive more than once. It forgets after five minutes: where failure records may come again later,
//! keep what was re-driven in a table.

use aws_sdk_kinesis::types::ShardIteratorType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::Duration;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Most reads for one failure record.
const MOST_READS: u32 = 1_000;
/// A shard bears five reads a second.
const PAUSE: Duration = Duration::from_millis(200);

/// Sequence number and data of a record.
type Record = (String, Vec<u8>);

/// What it takes to re-drive.
pub(crate) struct Redrive {
    kinesis: aws_sdk_kinesis::Client,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    queue_url: String,
}

fn text<'v>(value: &'v Value, pointer: &str) -> Result<&'v str, Error> {
    value.pointer(pointer).and_then(Value::as_str).ok_or_else(|| format!("no text at {pointer}").into())
}

/// Sequence numbers are numbers, and too long for any integer: the longer one is the greater.
fn order(number: &str) -> (usize, &str) {
    (number.len(), number)
}

impl Redrive {
    /// With clients of this configuration, to this queue.
    pub(crate) fn new(config: &aws_config::SdkConfig, queue_url: String) -> Redrive {
        Redrive {
            kinesis: aws_sdk_kinesis::Client::new(config),
            s3: aws_sdk_s3::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            queue_url,
        }
    }

    /// Every message of an event. Those of a queue that fail are reported: its mapping needs ReportBatchItemFailures.
    pub(crate) async fn handle(&self, event: &Value) -> Result<Value, Error> {
        let mut failed = Vec::new();
        for message in event["Records"].as_array().into_iter().flatten() {
            if let Err(error) = self.message(message).await {
                println!("not re-driven: {error}");
                if message["eventSource"] != "aws:sqs" {
                    return Err(error);
                }
                failed.push(json!({"itemIdentifier": message["messageId"]}));
            }
        }
        Ok(json!({"batchItemFailures": failed}))
    }

    async fn message(&self, message: &Value) -> Result<(), Error> {
        for failure in self.failure_records(message).await? {
            self.redrive(&failure).await?;
        }
        Ok(())
    }

    /// What a message of a queue, a topic or a bucket brings.
    async fn failure_records(&self, message: &Value) -> Result<Vec<Value>, Error> {
        if message["eventSource"] == "aws:s3" {
            return Ok(vec![self.object(message).await?]);
        }
        if message["EventSource"] == "aws:sns" {
            return Ok(vec![serde_json::from_str(text(message, "/Sns/Message")?)?]);
        }
        let body: Value = serde_json::from_str(text(message, "/body")?)?;
        if body["Type"] == "Notification" {
            return Ok(vec![serde_json::from_str(text(&body, "/Message")?)?]);
        }
        let Some(notifications) = body["Records"].as_array() else { return Ok(vec![body]) };
        let mut all = Vec::new();
        for notification in notifications {
            all.push(self.object(notification).await?);
        }
        Ok(all)
    }

    /// The object that a notification names, by a key that is encoded as in a URL.
    async fn object(&self, notification: &Value) -> Result<Value, Error> {
        let key = text(notification, "/s3/object/key")?.replace('+', " ");
        let key = percent_encoding::percent_decode_str(&key).decode_utf8()?.into_owned();
        let bucket = text(notification, "/s3/bucket/name")?;
        let object = self.s3.get_object().bucket(bucket).key(key).send().await?;
        Ok(serde_json::from_slice(&object.body.collect().await?.into_bytes())?)
    }

    /// Sends the data of the discarded records on.
    async fn redrive(&self, failure: &Value) -> Result<(), Error> {
        let batch = &failure["KinesisBatchInfo"];
        let shard = text(batch, "/shardId")?;
        let records = match failure["payload"].as_str() {
            // A bucket gets the whole event, as a string.
            Some(payload) => payload_records(payload)?,
            None => self.fetch(batch).await?,
        };
        for (number, data) in &records {
            let send = self.sqs.send_message().queue_url(&self.queue_url);
            let send = send.message_body(String::from_utf8_lossy(data)).message_group_id(shard);
            send.message_deduplication_id(format!("{shard}-{number}")).send().await?;
        }
        let size = batch["batchSize"].as_u64().unwrap_or_default();
        if (records.len() as u64) < size {
            // Nobody can fetch them any more: let the failure record end where somebody looks.
            return Err(format!("only {} of {size} records are not gone: {batch}", records.len()).into());
        }
        Ok(())
    }

    /// Reads the range from the stream, however many pages that takes.
    async fn fetch(&self, batch: &Value) -> Result<Vec<Record>, Error> {
        let end = text(batch, "/endSequenceNumber")?;
        let mut records: Vec<Record> = Vec::new();
        let mut iterator = None;
        for _ in 0..MOST_READS {
            let at = match iterator.take() {
                Some(at) => at,
                None => self.iterator(batch, records.last()).await?,
            };
            let page = match self.kinesis.get_records().shard_iterator(at).send().await {
                Ok(page) => page,
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(|error| error.is_expired_iterator_exception()) =>
                {
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            for record in page.records() {
                let number = record.sequence_number();
                if order(number) <= order(end) {
                    records.push((number.to_owned(), record.data().as_ref().to_vec()));
                }
                if order(number) >= order(end) {
                    return Ok(records);
                }
            }
            if page.records().is_empty() {
                if page.millis_behind_latest() == Some(0) {
                    return Ok(records);
                }
                tokio::time::sleep(PAUSE).await;
            }
            iterator = page.next_shard_iterator;
            if iterator.is_none() {
                return Ok(records);
            }
        }
        Err(format!("{MOST_READS} reads did not reach {end}").into())
    }

    /// An iterator at the start of the range, or behind the last record that was read of it.
    async fn iterator(&self, batch: &Value, last: Option<&Record>) -> Result<String, Error> {
        // With enhanced fan-out the consumer is named, and its stream in front of it.
        let arn = text(batch, "/streamArn")?;
        let stream = arn.split_once("/consumer/").map_or(arn, |(stream, _)| stream);
        let (kind, number) = match last {
            Some((number, _)) => (ShardIteratorType::AfterSequenceNumber, number.as_str()),
            None => (ShardIteratorType::AtSequenceNumber, text(batch, "/startSequenceNumber")?),
        };
        let ask = self.kinesis.get_shard_iterator().stream_arn(stream).shard_id(text(batch, "/shardId")?);
        let answer = ask.shard_iterator_type(kind).starting_sequence_number(number).send().await?;
        answer.shard_iterator.ok_or_else(|| "no iterator".into())
    }
}

/// The records of an invocation's event.
fn payload_records(payload: &str) -> Result<Vec<Record>, Error> {
    let event: Value = serde_json::from_str(payload)?;
    let record = |record: &Value| {
        let data = STANDARD.decode(text(record, "/kinesis/data")?)?;
        Ok((text(record, "/kinesis/sequenceNumber")?.to_owned(), data))
    };
    event["Records"].as_array().into_iter().flatten().map(record).collect()
}
