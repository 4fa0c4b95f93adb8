//! Removes what was made: one thing, or everything that a journal still lists.

use crate::address::Address;
use crate::clients::{Clients, code, said};
use crate::journal::{Journal, Kind, Left, Made};
use crate::ready;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use esmeralda::clock::Deadline;
use std::error::Error;
use std::time::Duration;

/// Most objects that are removed from one bucket before it is: as many as one list has, so many times.
const MOST_PAGES: usize = 1_000;

/// How often a mapping that is busy is looked at before it is deleted all the same.
const MOST_LOOKS: usize = 40;
/// How often one that is being deleted is looked at, in case it comes back.
const MOST_LOOKS_GOING: usize = 8;
/// How often one that comes back is deleted.
const MOST_DELETES: usize = 8;
/// How long lies between two such looks.
const LOOK: Duration = Duration::from_millis(250);

/// At the end of a run nothing further is removed after this time: it stays in the journal.
const TIDYING: Duration = Duration::from_secs(60);

/// Codes of an error that says that the thing is not there.
const GONE: [&str; 9] = [
    "ResourceNotFoundException",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
    "NonExistentQueue",
    "NotFound",
    "NotFoundException",
    "NoSuchBucket",
    "TableNotFoundException",
    "InvalidParameter",
];

/// Removes one thing. That it is not there is no error.
///
/// # Errors
/// What the endpoint said.
pub(crate) async fn remove(clients: &Clients, kind: Kind, id: &str) -> Result<(), String> {
    match kind {
        Kind::Mapping => mapping(clients, id).await,
        Kind::Function => settle(clients.lambda.delete_function().function_name(id).send().await),
        Kind::Stream => {
            let gone = clients.kinesis.delete_stream().stream_name(id).enforce_consumer_deletion(true);
            settle(gone.send().await)
        }
        Kind::Table => settle(clients.dynamodb.delete_table().table_name(id).send().await),
        Kind::Subscription => settle(clients.sns.unsubscribe().subscription_arn(id).send().await),
        Kind::Topic => {
            let Some(arn) = topic_arn(clients, id).await? else { return Ok(()) };
            settle(clients.sns.delete_topic().topic_arn(arn).send().await)
        }
        Kind::Queue => {
            let Some(url) = queue_url(clients, id).await? else { return Ok(()) };
            settle(clients.sqs.delete_queue().queue_url(url).send().await)
        }
        Kind::Bucket => bucket(clients, id).await,
    }
}

/// A mapping that is busy may refuse to be deleted (API-20), or never end if it does not refuse; and what was under way
/// may end after it was deleted, and bring it back. One that goes on being deleted needs nobody any more, however long
/// the endpoint takes for it.
async fn mapping(clients: &Clients, uuid: &str) -> Result<(), String> {
    let (mut busy, mut going, mut deleted) = (0, 0, 0);
    loop {
        let found = match clients.lambda.get_event_source_mapping().uuid(uuid).send().await {
            Ok(found) => found,
            Err(error) => return settle::<(), _>(Err(error)),
        };
        match found.state() {
            Some("Deleting") if going == MOST_LOOKS_GOING => return Ok(()),
            Some("Deleting") => going += 1,
            Some("Creating" | "Enabling" | "Disabling" | "Updating") if busy < MOST_LOOKS => busy += 1,
            state if deleted == MOST_DELETES => {
                return Err(format!("it was deleted {deleted} times, and is {}", state.unwrap_or("there")));
            }
            _ => {
                settle(clients.lambda.delete_event_source_mapping().uuid(uuid).send().await)?;
                deleted += 1;
                if deleted == 1 {
                    // Most are gone at once.
                    continue;
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn settle<T, E>(done: Result<T, SdkError<E, HttpResponse>>) -> Result<(), String>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match done {
        Err(error) if !code(&error).is_some_and(|code| GONE.contains(&code)) => Err(said(&error)),
        _ => Ok(()),
    }
}

/// A journal knows a topic by its name until the ARN came back.
async fn topic_arn(clients: &Clients, id: &str) -> Result<Option<String>, String> {
    if id.starts_with("arn:") {
        return Ok(Some(id.to_owned()));
    }
    let mut pages = clients.sns.list_topics().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| said(&error))?;
        let mut arns = page.topics().iter().filter_map(|topic| topic.topic_arn());
        if let Some(arn) = arns.find(|arn| arn.rsplit(':').next() == Some(id)) {
            return Ok(Some(arn.to_owned()));
        }
    }
    Ok(None)
}

/// A journal knows a queue by its name until the URL came back.
async fn queue_url(clients: &Clients, id: &str) -> Result<Option<String>, String> {
    if id.contains("://") {
        return Ok(Some(id.to_owned()));
    }
    match clients.sqs.get_queue_url().queue_name(id).send().await {
        Ok(found) => Ok(found.queue_url),
        Err(error) if code(&error).is_some_and(|code| GONE.contains(&code)) => Ok(None),
        Err(error) => Err(said(&error)),
    }
}

async fn bucket(clients: &Clients, name: &str) -> Result<(), String> {
    for _ in 0..MOST_PAGES {
        let listed = match clients.s3.list_objects_v2().bucket(name).send().await {
            Ok(listed) => listed,
            Err(error) => return settle::<(), _>(Err(error)),
        };
        let keys: Vec<&str> = listed.contents().iter().filter_map(|object| object.key()).collect();
        for key in &keys {
            settle(clients.s3.delete_object().bucket(name).key(*key).send().await)?;
        }
        if keys.is_empty() || listed.is_truncated() != Some(true) {
            return settle(clients.s3.delete_bucket().bucket(name).send().await);
        }
    }
    Err(format!("the bucket {name} does not get empty"))
}

/// What a clean-up came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// How many things were removed, or were not there any more.
    pub removed: usize,
    /// What could not be removed, and why.
    pub kept: Vec<(Made, String)>,
}

/// Removes everything that a running journal lists, as far as there is time.
pub(crate) async fn journal(address: &Address, journal: &Journal) -> Cleaned {
    let there = journal.there();
    let cleaned = all(address, &there, Deadline::after(Some(TIDYING))).await;
    for made in there.iter().filter(|made| !cleaned.kept.iter().any(|(kept, _)| kept == *made)) {
        journal.gone(made.kind, &made.id);
    }
    cleaned
}

/// Removes everything that an earlier run left, and its journal if nothing remains.
///
/// # Errors
/// What the file system said of the journal.
pub async fn left(address: &Address, left: &Left) -> std::io::Result<Cleaned> {
    let cleaned = all(address, &left.there, Deadline::after(None)).await;
    if cleaned.kept.is_empty() {
        std::fs::remove_file(&left.path)?;
    }
    Ok(cleaned)
}

async fn all(address: &Address, there: &[Made], deadline: Deadline) -> Cleaned {
    let mut cleaned = Cleaned::default();
    if there.is_empty() {
        return cleaned;
    }
    // Each thing would be asked for several times, only to hear that.
    if let Err(why) = ready::listens(address).await {
        cleaned.kept = there.iter().map(|made| (made.clone(), why.clone())).collect();
        return cleaned;
    }
    let clients = Clients::new(address).await;
    for made in there {
        if deadline.is_over() {
            cleaned.kept.push((made.clone(), "there was no time left".to_owned()));
            continue;
        }
        match remove(&clients, made.kind, &made.id).await {
            Ok(()) => cleaned.removed += 1,
            Err(why) => cleaned.kept.push((made.clone(), why)),
        }
    }
    cleaned
}
