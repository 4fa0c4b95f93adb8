//! The queues of an endpoint, and who waits for their messages.
//!
//! Not the JSON around them: see `api`.

use super::{MAX_MESSAGES, MAX_QUEUES};
use crate::account::{Account, Ids};
use crate::http::ApiError;
use crate::manners::Manners;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// A message of a queue.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its ID; a message delivered twice keeps it.
    pub id: String,
    /// Its body.
    pub body: String,
    /// Its attributes, as they were sent.
    pub attributes: Json,
    /// When it was sent.
    pub sent_ms: i64,
    /// From when on it may be received.
    pub visible_ms: i64,
    /// When it was received first.
    pub first_received_ms: i64,
    /// How often it was received.
    pub received: u32,
    /// Tells this delivery from others, among them those of a duplicate.
    pub receipt: u64,
}

/// A queue.
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was created.
    pub created_ms: i64,
    /// The attributes that were set.
    pub attributes: Map<String, Json>,
    /// Its messages, oldest first.
    pub messages: Vec<Message>,
    sent: u64,
    receipts: u64,
}

impl Queue {
    /// An attribute that is a number.
    pub fn number(&self, attribute: &str, default: i64) -> i64 {
        let text = self.attributes.get(attribute).and_then(Json::as_str);
        text.and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    /// Sends a message and returns its ID.
    ///
    /// # Errors
    /// The queue is full.
    pub fn send(
        &mut self,
        ids: &Ids,
        manners: &Manners,
        now_ms: i64,
        delay_s: i64,
        body: &str,
        attributes: Json,
    ) -> Result<String, ApiError> {
        if self.messages.len() >= MAX_MESSAGES {
            let message = format!("this endpoint holds at most {MAX_MESSAGES} messages of a queue");
            return Err(ApiError::new(403, "OverLimit", message));
        }
        let id = ids.uuid();
        self.sent += 1;
        let message = Message {
            id: id.clone(),
            body: body.to_owned(),
            attributes,
            sent_ms: now_ms,
            visible_ms: now_ms + delay_s * 1_000,
            first_received_ms: 0,
            received: 0,
            receipt: 0,
        };
        if manners.duplicate_every > 0 && self.sent.is_multiple_of(manners.duplicate_every) {
            self.messages.push(message.clone());
        }
        self.messages.push(message);
        Ok(id)
    }

    /// Takes up to so many visible messages; they are hidden until they are deleted or `hidden_s` seconds have passed.
    pub fn receive(
        &mut self,
        ids: &Ids,
        manners: &Manners,
        now_ms: i64,
        hidden_s: i64,
        limit: usize,
    ) -> Vec<(Message, String)> {
        let mut received = Vec::new();
        while received.len() < limit {
            let visible: Vec<usize> =
                (0..self.messages.len()).filter(|&index| self.messages[index].visible_ms <= now_ms).collect();
            if visible.is_empty() {
                break;
            }
            let chosen = if manners.reorder { ids.below(visible.len() as u64) as usize } else { 0 };
            self.receipts += 1;
            let message = &mut self.messages[visible[chosen]];
            message.received += 1;
            message.receipt = self.receipts;
            message.first_received_ms =
                if message.received == 1 { now_ms } else { message.first_received_ms };
            // A wait of nothing would hand the message out twice within one answer.
            message.visible_ms = now_ms + (hidden_s * 1_000).max(1);
            received.push((message.clone(), format!("{}#{}", message.id, message.receipt)));
        }
        received
    }

    /// Deletes the message with that receipt handle; one that is gone is deleted too.
    pub fn delete(&mut self, handle: &str) {
        let Some((id, receipt)) = handle.split_once('#') else { return };
        let is = |message: &Message| message.id == id && message.receipt.to_string() == receipt;
        self.messages.retain(|message| !is(message));
    }

    /// The message with that receipt handle.
    pub fn held(&mut self, handle: &str) -> Option<&mut Message> {
        let (id, receipt) = handle.split_once('#')?;
        self.messages.iter_mut().find(|message| message.id == id && message.receipt.to_string() == receipt)
    }
}

/// Every queue.
#[derive(Default)]
pub struct Queues(BTreeMap<String, Queue>);

impl Queues {
    /// Creates a queue, or finds the one that has the same attributes.
    ///
    /// # Errors
    /// There is one with other attributes, the name is not one, or there are too many.
    pub fn create(
        &mut self,
        account: &Account,
        name: &str,
        attributes: Map<String, Json>,
        now_ms: i64,
    ) -> Result<&mut Queue, ApiError> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let plain = name.strip_suffix(".fifo").unwrap_or(name);
        if plain.is_empty() || name.len() > 80 || !plain.bytes().all(word) {
            let message =
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
            return Err(ApiError::new(400, "com.amazonaws.sqs#InvalidParameterValue", message));
        }
        if self.0.len() >= MAX_QUEUES {
            let message = format!("this endpoint holds at most {MAX_QUEUES} queues");
            return Err(ApiError::new(403, "com.amazonaws.sqs#OverLimit", message));
        }
        if self
            .0
            .get(name)
            .is_some_and(|queue| attributes.iter().any(|(k, v)| queue.attributes.get(k) != Some(v)))
        {
            let message = "A queue already exists with the same name and a different value for an attribute";
            return Err(ApiError::new(400, "com.amazonaws.sqs#QueueNameExists", message));
        }
        Ok(self.0.entry(name.to_owned()).or_insert_with(|| Queue {
            name: name.to_owned(),
            arn: account.arn("sqs", name),
            created_ms: now_ms,
            attributes,
            messages: Vec::new(),
            sent: 0,
            receipts: 0,
        }))
    }

    /// The queue of that name.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Queue> {
        self.0.get_mut(name)
    }

    /// The queue with that ARN.
    pub fn by_arn(&mut self, arn: &str) -> Option<&mut Queue> {
        self.get_mut(arn.rsplit(':').next()?).filter(|queue| queue.arn == arn)
    }

    /// Removes a queue. False if there was none.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// The names of all queues.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
