//! The destinations of a session: queues, topics with a queue behind them, buckets; and looking into them.
//!
//! What is found is handed over as it came. Whether it is a failure record is for the judge.

use crate::clients::{broke, code, lacks, refused};
use crate::hub::Hub;
use crate::journal::Kind;
use crate::site::Site;
use aws_sdk_sqs::types::QueueAttributeName;
use esm_model::event::{Document, Object};
use esm_model::mapping::DestinationKind;
use esmeralda::target::TargetError;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Most messages of one look: the service's own limit.
pub(crate) const MOST_MESSAGES: usize = 10;
/// Most bytes of one object: a payload of 6 MB as text within text, and what surrounds it.
const MOST_OBJECT: i64 = 64 * 1024 * 1024;

/// Looks that may fail in a row before the session gives up.
const FAILED_LOOKS: u32 = 3;

/// A destination that was made.
pub(crate) struct Mailbox {
    /// What mappings name.
    pub(crate) arn: String,
    kind: DestinationKind,
    /// The queue that is read: the destination itself, or the topic's subscriber.
    queue: Option<String>,
    subscription: Option<String>,
    bucket: Option<String>,
}

/// What one look found.
pub(crate) struct Look {
    /// Documents not seen before.
    pub(crate) documents: Vec<Document>,
    /// There may be more that were there already.
    pub(crate) more: bool,
}

impl Mailbox {
    /// Makes a destination of that kind.
    pub(crate) async fn open(site: &Site, kind: DestinationKind) -> Result<Mailbox, TargetError> {
        let capabilities = &site.run.address.preset.capabilities;
        let (can, what) = match kind {
            DestinationKind::Sqs => (capabilities.sqs, "queues as destinations"),
            DestinationKind::Sns => (capabilities.sns, "topics as destinations"),
            DestinationKind::S3 => (capabilities.s3, "buckets as destinations"),
        };
        if !can {
            return Err(TargetError::Unsupported(what.to_owned()));
        }
        match kind {
            DestinationKind::Sqs => {
                let (url, arn) = queue(site).await?;
                Ok(Mailbox { arn, kind, queue: Some(url), subscription: None, bucket: None })
            }
            DestinationKind::Sns => topic(site).await,
            DestinationKind::S3 => bucket(site).await,
        }
    }

    /// Looks once; a queue waits `wait_s` seconds for a message. `seen` holds message IDs and keys.
    pub(crate) async fn look(
        &self,
        site: &Site,
        wait_s: i32,
        seen: &mut BTreeSet<String>,
    ) -> Result<Look, TargetError> {
        match (&self.queue, &self.bucket) {
            (Some(url), _) => self.look_queue(site, url, wait_s, seen).await,
            (None, Some(name)) => look_bucket(site, name, seen).await,
            (None, None) => Ok(Look { documents: Vec::new(), more: false }),
        }
    }

    async fn look_queue(
        &self,
        site: &Site,
        url: &str,
        wait_s: i32,
        seen: &mut BTreeSet<String>,
    ) -> Result<Look, TargetError> {
        let sqs = &site.clients.sqs;
        let ask = sqs.receive_message().queue_url(url).wait_time_seconds(wait_s);
        let got = ask.max_number_of_messages(MOST_MESSAGES as i32).send().await;
        let messages = got.map_err(broke("ReceiveMessage"))?.messages.unwrap_or_default();
        let more = messages.len() >= MOST_MESSAGES;
        let mut documents = Vec::new();
        for message in messages {
            let id = message.message_id.ok_or_else(|| lacks("ReceiveMessage", "MessageId"))?;
            let body = message.body.unwrap_or_default();
            // A queue may hand out a message twice; that is the queue's, and not the mapping's.
            if seen.insert(id) {
                documents.push(match self.kind {
                    DestinationKind::Sns => Document::Sns(body.into()),
                    _ => Document::Sqs(body.into()),
                });
            }
            if let Some(receipt) = message.receipt_handle {
                let gone = sqs.delete_message().queue_url(url).receipt_handle(receipt).send().await;
                gone.map_err(broke("DeleteMessage"))?;
            }
        }
        Ok(Look { documents, more })
    }

    /// Takes it down. What cannot be removed stays in the journal.
    pub(crate) async fn close(&self, site: &Site) {
        let journal = &site.run.journal;
        let clients = &site.clients;
        let own = [
            self.subscription.as_ref().map(|arn| (Kind::Subscription, arn)),
            (self.kind == DestinationKind::Sns).then_some((Kind::Topic, &self.arn)),
            self.queue.as_ref().map(|url| (Kind::Queue, url)),
            self.bucket.as_ref().map(|name| (Kind::Bucket, name)),
        ];
        for (kind, id) in own.into_iter().flatten() {
            if crate::clean::remove(clients, kind, id).await.is_ok() {
                journal.gone(kind, id);
            }
        }
    }
}

/// A queue: its URL and its ARN.
async fn queue(site: &Site) -> Result<(String, String), TargetError> {
    let name = site.name("queue");
    // Known by its URL once it is made; until then by its name.
    site.made(Kind::Queue, &name)?;
    let sqs = &site.clients.sqs;
    let made = sqs.create_queue().queue_name(&name).send().await;
    let made = made.map_err(|error| refused(site, Kind::Queue, &name, &error))?;
    let url = made.queue_url.ok_or_else(|| lacks("CreateQueue", "QueueUrl"))?;
    site.made(Kind::Queue, &url)?;
    site.run.journal.gone(Kind::Queue, &name);
    let asked = sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn);
    let mut attributes =
        asked.send().await.map_err(broke("GetQueueAttributes"))?.attributes.unwrap_or_default();
    let arn = attributes.remove(&QueueAttributeName::QueueArn);
    Ok((url, arn.ok_or_else(|| lacks("GetQueueAttributes", "QueueArn"))?))
}

/// A topic, with a queue that gets every notification as it is.
async fn topic(site: &Site) -> Result<Mailbox, TargetError> {
    let (url, queue_arn) = queue(site).await?;
    let name = site.name("topic");
    site.made(Kind::Topic, &name)?;
    let sns = &site.clients.sns;
    let made = sns.create_topic().name(&name).send().await;
    let made = made.map_err(|error| refused(site, Kind::Topic, &name, &error))?;
    let arn = made.topic_arn.ok_or_else(|| lacks("CreateTopic", "TopicArn"))?;
    site.made(Kind::Topic, &arn)?;
    site.run.journal.gone(Kind::Topic, &name);
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": arn}},
        }],
    });
    let allow = site.clients.sqs.set_queue_attributes().queue_url(&url);
    let allow = allow.attributes(QueueAttributeName::Policy, policy.to_string()).send().await;
    allow.map_err(broke("SetQueueAttributes"))?;
    let subscribe = sns.subscribe().topic_arn(&arn).protocol("sqs").endpoint(queue_arn);
    let subscribed = subscribe.return_subscription_arn(true).send().await.map_err(broke("Subscribe"))?;
    let subscription = subscribed.subscription_arn.ok_or_else(|| lacks("Subscribe", "SubscriptionArn"))?;
    site.made(Kind::Subscription, &subscription)?;
    let subscription = Some(subscription);
    Ok(Mailbox { arn, kind: DestinationKind::Sns, queue: Some(url), subscription, bucket: None })
}

async fn bucket(site: &Site) -> Result<Mailbox, TargetError> {
    use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
    let name = site.name("bucket");
    site.made(Kind::Bucket, &name)?;
    let region = &site.run.address.preset.region;
    // The one region that must not be named.
    let place = (region != "us-east-1").then(|| {
        let constraint = BucketLocationConstraint::from(region.as_str());
        CreateBucketConfiguration::builder().location_constraint(constraint).build()
    });
    let create = site.clients.s3.create_bucket().bucket(&name).set_create_bucket_configuration(place);
    create.send().await.map_err(|error| refused(site, Kind::Bucket, &name, &error))?;
    Ok(Mailbox {
        arn: format!("arn:aws:s3:::{name}"),
        kind: DestinationKind::S3,
        queue: None,
        subscription: None,
        bucket: Some(name),
    })
}

async fn look_bucket(site: &Site, name: &str, seen: &mut BTreeSet<String>) -> Result<Look, TargetError> {
    let s3 = &site.clients.s3;
    let listed = s3.list_objects_v2().bucket(name).send().await.map_err(broke("ListObjectsV2"))?;
    let keys = listed.contents().iter().filter_map(|object| object.key.clone());
    let fresh: Vec<String> = keys.filter(|key| !seen.contains(key)).collect();
    let mut documents = Vec::new();
    for key in fresh {
        let got = s3.get_object().bucket(name).key(&key).send().await;
        let got = match got {
            Ok(got) => got,
            Err(error) if code(&error) == Some("NoSuchKey") => continue,
            Err(error) => return Err(broke("GetObject")(error)),
        };
        if got.content_length().is_some_and(|length| length > MOST_OBJECT) {
            return Err(TargetError::CouldNotRun(format!(
                "the object {key} has more than {MOST_OBJECT} bytes"
            )));
        }
        let content_type = got.content_type.clone();
        let body = got.body.collect().await;
        let body = body.map_err(|error| TargetError::CouldNotRun(format!("GetObject: {error}")))?;
        let body = String::from_utf8_lossy(&body.into_bytes()).into_owned();
        seen.insert(key.clone());
        documents.push(Document::S3(Box::new(Object { key, body, content_type })));
    }
    Ok(Look { documents, more: listed.is_truncated() == Some(true) })
}

/// Looks into a destination again and again. What a look finds was not there when the one before it began.
pub(crate) async fn watch(site: Rc<Site>, hub: Rc<Hub>, mailbox: Rc<Mailbox>, mapping: u8, destination: u8) {
    let look_ms = site.run.address.preset.bounds.look_ms;
    let wait_s = i32::try_from(look_ms / 1_000).unwrap_or(1).clamp(1, 20);
    let mut seen = BTreeSet::new();
    let mut before = hub.now();
    let mut failed = 0;
    loop {
        let begun = hub.now();
        match mailbox.look(&site, wait_s, &mut seen).await {
            Ok(look) => {
                failed = 0;
                look.documents.into_iter().for_each(|doc| hub.delivered(before, mapping, destination, doc));
                // Of a full look the rest was perhaps there before.
                if !look.more {
                    before = begun;
                }
            }
            Err(error) => {
                failed += 1;
                if failed >= FAILED_LOOKS {
                    return hub.breaks(error.to_string());
                }
            }
        }
        // Of a bucket, and of a queue that does not wait.
        hub.sleep_until(begun + look_ms).await;
    }
}
