//! A consumer of failure records that makes one mistake, or none: the mistakes that people make when they re-drive.

use aws_config::SdkConfig;
use aws_sdk_kinesis::types::ShardIteratorType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esm_model::sequence::SequenceNumber;
use esmeralda_consumer::Log;
use serde_json::{Value, json};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Most pages of one range.
const MOST_PAGES: u32 = 400;
/// What a failure record was known to have when the consumer was written.
const KNOWN: [&str; 7] = [
    "requestContext",
    "responseContext",
    "version",
    "timestamp",
    "KinesisBatchInfo",
    "payload",
    "DDBStreamBatchInfo",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    None,
    Latest,
    EndLeftOut,
    CountsRecords,
    AgeLeftOut,
    WholePage,
    Backwards,
    Metadata,
    NeedsContext,
    NeedsError,
    KnowsAll,
    Silent,
    SendsAgain,
    BeginsAnew,
    OnePage,
    KeyAsItIs,
    PayloadAsItIs,
    FirstMessage,
    FirstShard,
    ArnAsItIs,
}

pub(crate) struct Consumer {
    kinesis: aws_sdk_kinesis::Client,
    changes: aws_sdk_dynamodbstreams::Client,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    queue: String,
    log: Log,
    mistake: Mistake,
}

/// What one read gets.
struct Page {
    /// Number and data of each record.
    records: Vec<(String, String)>,
    /// Where it goes on.
    next: Option<String>,
}

fn is_table(batch: &Value) -> bool {
    batch["streamArn"].as_str().is_some_and(|arn| arn.contains(":dynamodb:"))
}

impl Consumer {
    pub(crate) fn new(config: &SdkConfig, queue: String, log: Log, mistake: Mistake) -> Consumer {
        Consumer {
            kinesis: aws_sdk_kinesis::Client::new(config),
            changes: aws_sdk_dynamodbstreams::Client::new(config),
            s3: aws_sdk_s3::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            queue,
            log,
            mistake,
        }
    }

    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    pub(crate) async fn handle(&self, event: &Value) -> Result<Value, Error> {
        let count = if self.makes(Mistake::FirstMessage) { 1 } else { usize::MAX };
        for message in event["Records"].as_array().into_iter().flatten().take(count) {
            let failure = match message["body"].as_str() {
                Some(body) => serde_json::from_str(body)?,
                None => self.object(&message["s3"]).await?,
            };
            self.redrive(&failure).await?;
        }
        Ok(json!(null))
    }

    async fn object(&self, names: &Value) -> Result<Value, Error> {
        let key = names["object"]["key"].as_str().unwrap_or_default();
        let decoded = percent_encoding::percent_decode_str(key).decode_utf8()?.into_owned();
        let key = if self.makes(Mistake::KeyAsItIs) { key.to_owned() } else { decoded };
        let bucket = names["bucket"]["name"].as_str().unwrap_or_default();
        let object = self.s3.get_object().bucket(bucket).key(key).send().await?;
        Ok(serde_json::from_slice(&object.body.collect().await?.into_bytes())?)
    }

    async fn redrive(&self, failure: &Value) -> Result<(), Error> {
        let batch = failure.get("KinesisBatchInfo").unwrap_or(&failure["DDBStreamBatchInfo"]);
        let condition = failure["requestContext"]["condition"].as_str().unwrap_or_default();
        let mut members = failure.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let refused = match self.mistake {
            Mistake::NeedsContext => failure["responseContext"]["statusCode"].is_null(),
            Mistake::NeedsError => failure["responseContext"].get("functionError") == Some(&Value::Null),
            Mistake::KnowsAll => !members.all(|name| KNOWN.contains(&name)),
            _ => false,
        };
        if refused {
            return Err("this is no failure record".into());
        }
        if self.makes(Mistake::AgeLeftOut) && condition == "RecordAgeExceeded" {
            return Ok(());
        }
        if self.makes(Mistake::Metadata) {
            return self.send(batch, "all", failure.to_string()).await;
        }
        let sent = match &failure["payload"] {
            Value::Null => self.send_fetched(batch).await?,
            payload => self.send_payload(batch, payload).await?,
        };
        if sent < batch["batchSize"].as_u64().unwrap_or_default() && !self.makes(Mistake::Silent) {
            self.log.line("some records are gone");
        }
        Ok(())
    }

    async fn send_payload(&self, batch: &Value, payload: &Value) -> Result<u64, Error> {
        let event = match (payload, self.makes(Mistake::PayloadAsItIs)) {
            (Value::String(text), false) => serde_json::from_str(text)?,
            (payload, _) => payload.clone(),
        };
        let records = event["Records"].as_array().ok_or("the payload has no records")?;
        for record in records {
            let (number, data) = match record["kinesis"]["data"].as_str() {
                Some(data) => (&record["kinesis"]["sequenceNumber"], STANDARD.decode(data)?),
                None => (&record["dynamodb"]["SequenceNumber"], record.to_string().into_bytes()),
            };
            self.send(batch, number.as_str().unwrap_or_default(), String::from_utf8(data)?).await?;
        }
        Ok(records.len() as u64)
    }

    async fn send_fetched(&self, batch: &Value) -> Result<u64, Error> {
        let end: SequenceNumber = batch["endSequenceNumber"].as_str().unwrap_or_default().parse()?;
        let size = batch["batchSize"].as_u64().unwrap_or_default();
        let mut last: Option<String> = None;
        let mut at = self.iterator(batch, None).await?;
        let mut found = Vec::new();
        let mut sent = 0;
        for _ in 0..MOST_PAGES {
            let Some(page) = self.page(batch, &at).await? else {
                let from = if self.makes(Mistake::BeginsAnew) { None } else { last.as_deref() };
                at = self.iterator(batch, from).await?;
                continue;
            };
            let mut ends = self.makes(Mistake::OnePage);
            for (number, data) in &page.records {
                let text = number;
                let number: SequenceNumber = text.parse()?;
                ends |= number >= end;
                let is_in = match self.mistake {
                    Mistake::EndLeftOut => number < end,
                    Mistake::WholePage => true,
                    _ => number <= end,
                };
                if is_in {
                    last = Some(text.clone());
                    ends |= self.makes(Mistake::CountsRecords) && found.len() as u64 + 1 >= size;
                    if self.makes(Mistake::CountsRecords) && found.len() as u64 >= size {
                        continue;
                    }
                    if self.makes(Mistake::BeginsAnew) {
                        self.send(batch, text, data.clone()).await?;
                        sent += 1;
                    } else {
                        found.push((text.clone(), data.clone()));
                    }
                }
            }
            match page.next {
                Some(next) if !ends => at = next,
                _ => break,
            }
        }
        if self.makes(Mistake::Backwards) {
            found.reverse();
        }
        for (number, data) in found {
            self.send(batch, &number, data).await?;
            sent += 1;
        }
        Ok(sent)
    }

    /// A page; nothing where the iterator has expired.
    async fn page(&self, batch: &Value, at: &str) -> Result<Option<Page>, Error> {
        if is_table(batch) {
            return match self.changes.get_records().shard_iterator(at).send().await {
                Ok(page) => {
                    let change = |record: &aws_sdk_dynamodbstreams::types::Record| {
                        let change = record.dynamodb()?;
                        Some((change.sequence_number()?.to_owned(), format!("{:?}", change.new_image())))
                    };
                    let records: Vec<_> = page.records().iter().filter_map(change).collect();
                    Ok(Some(Page { records, next: page.next_shard_iterator }))
                }
                Err(error) if error.as_service_error().is_some_and(|e| e.is_expired_iterator_exception()) => {
                    Ok(None)
                }
                Err(error) => Err(error.into()),
            };
        }
        match self.kinesis.get_records().shard_iterator(at).send().await {
            Ok(page) => {
                let at_the_end = page.records().is_empty() && page.millis_behind_latest() == Some(0);
                let mut records = Vec::new();
                for record in page.records() {
                    let data = String::from_utf8(record.data().as_ref().to_vec())?;
                    records.push((record.sequence_number().to_owned(), data));
                }
                Ok(Some(Page { records, next: page.next_shard_iterator.filter(|_| !at_the_end) }))
            }
            Err(error) if error.as_service_error().is_some_and(|e| e.is_expired_iterator_exception()) => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn change_iterator(&self, batch: &Value, last: Option<&str>) -> Result<String, Error> {
        use aws_sdk_dynamodbstreams::types::ShardIteratorType;
        let ask = || {
            let ask =
                self.changes.get_shard_iterator().stream_arn(batch["streamArn"].as_str().unwrap_or_default());
            ask.shard_id(batch["shardId"].as_str().unwrap_or_default())
        };
        let (kind, number) = match last {
            Some(last) => (ShardIteratorType::AfterSequenceNumber, last),
            None => (
                ShardIteratorType::AtSequenceNumber,
                batch["startSequenceNumber"].as_str().unwrap_or_default(),
            ),
        };
        let answer = match ask().shard_iterator_type(kind).sequence_number(number).send().await {
            Err(error) if error.as_service_error().is_some_and(|e| e.is_trimmed_data_access_exception()) => {
                ask().shard_iterator_type(ShardIteratorType::TrimHorizon).send().await?
            }
            answer => answer?,
        };
        Ok(answer.shard_iterator.unwrap_or_default())
    }

    async fn iterator(&self, batch: &Value, last: Option<&str>) -> Result<String, Error> {
        if is_table(batch) {
            return self.change_iterator(batch, last).await;
        }
        let arn = batch["streamArn"].as_str().unwrap_or_default();
        let stream = arn.split_once("/consumer/").filter(|_| !self.makes(Mistake::ArnAsItIs));
        let shard = batch["shardId"].as_str().unwrap_or_default();
        let shard = if self.makes(Mistake::FirstShard) { "shardId-000000000000" } else { shard };
        let ask = self.kinesis.get_shard_iterator().shard_id(shard);
        let ask = ask.stream_arn(stream.map_or(arn, |(stream, _)| stream));
        let (kind, number) = match last {
            _ if self.makes(Mistake::Latest) => (ShardIteratorType::Latest, None),
            Some(last) => (ShardIteratorType::AfterSequenceNumber, Some(last)),
            None => (ShardIteratorType::AtSequenceNumber, batch["startSequenceNumber"].as_str()),
        };
        let ask = ask.shard_iterator_type(kind).set_starting_sequence_number(number.map(str::to_owned));
        Ok(ask.send().await?.shard_iterator.unwrap_or_default())
    }

    async fn send(&self, batch: &Value, number: &str, data: String) -> Result<(), Error> {
        let send = self.sqs.send_message().queue_url(&self.queue).message_body(data);
        let again = matches!(self.mistake, Mistake::SendsAgain | Mistake::BeginsAnew);
        let shard = batch["shardId"].as_str().unwrap_or_default();
        let send = send.message_group_id(shard);
        let once = (!again).then(|| format!("{shard}-{number}"));
        send.set_message_deduplication_id(once).send().await?;
        Ok(())
    }
}
