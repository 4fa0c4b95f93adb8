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
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    queue: String,
    log: Log,
    mistake: Mistake,
}

impl Consumer {
    pub(crate) fn new(config: &SdkConfig, queue: String, log: Log, mistake: Mistake) -> Consumer {
        Consumer {
            kinesis: aws_sdk_kinesis::Client::new(config),
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
        let batch = &failure["KinesisBatchInfo"];
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
            Value::Null => self.from_stream(batch).await?,
            payload => self.from_payload(batch, payload).await?,
        };
        if sent < batch["batchSize"].as_u64().unwrap_or_default() && !self.makes(Mistake::Silent) {
            self.log.line("some records are gone");
        }
        Ok(())
    }

    async fn from_payload(&self, batch: &Value, payload: &Value) -> Result<u64, Error> {
        let event = match (payload, self.makes(Mistake::PayloadAsItIs)) {
            (Value::String(text), false) => serde_json::from_str(text)?,
            (payload, _) => payload.clone(),
        };
        let records = event["Records"].as_array().ok_or("the payload has no records")?;
        for record in records {
            let data = STANDARD.decode(record["kinesis"]["data"].as_str().unwrap_or_default())?;
            let number = record["kinesis"]["sequenceNumber"].as_str().unwrap_or_default();
            self.send(batch, number, String::from_utf8(data)?).await?;
        }
        Ok(records.len() as u64)
    }

    async fn from_stream(&self, batch: &Value) -> Result<u64, Error> {
        let end: SequenceNumber = batch["endSequenceNumber"].as_str().unwrap_or_default().parse()?;
        let mut last: Option<String> = None;
        let mut at = self.iterator(batch, None).await?;
        let mut found = Vec::new();
        let mut sent = 0;
        for _ in 0..MOST_PAGES {
            let page = match self.kinesis.get_records().shard_iterator(&at).send().await {
                Ok(page) => page,
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(|error| error.is_expired_iterator_exception()) =>
                {
                    let from = if self.makes(Mistake::BeginsAnew) { None } else { last.as_deref() };
                    at = self.iterator(batch, from).await?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let mut ends = self.makes(Mistake::OnePage);
            for record in page.records() {
                let number: SequenceNumber = record.sequence_number().parse()?;
                ends |= number >= end;
                let is_in = match self.mistake {
                    Mistake::EndLeftOut => number < end,
                    Mistake::WholePage => true,
                    _ => number <= end,
                };
                if is_in {
                    let data = String::from_utf8(record.data().as_ref().to_vec())?;
                    last = Some(record.sequence_number().to_owned());
                    if self.makes(Mistake::BeginsAnew) {
                        self.send(batch, record.sequence_number(), data).await?;
                        sent += 1;
                    } else {
                        found.push((record.sequence_number().to_owned(), data));
                    }
                }
            }
            let nothing = page.records().is_empty() && page.millis_behind_latest() == Some(0);
            match page.next_shard_iterator {
                Some(next) if !ends && !nothing => at = next,
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

    async fn iterator(&self, batch: &Value, last: Option<&str>) -> Result<String, Error> {
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
