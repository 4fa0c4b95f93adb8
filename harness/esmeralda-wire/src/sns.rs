//! SNS: topics in memory, which pass messages on to queues at once.
//!
//! No other protocol than `sqs`, no filters, no FIFO.

use crate::account::Account;
use crate::http::{ApiError, escape};
use crate::query::{Form, unknown_action};
use crate::world::World;
use std::collections::BTreeMap;

/// Most topics of an endpoint.
const MAX_TOPICS: usize = 10_000;
/// Most subscriptions of a topic.
const MAX_SUBSCRIPTIONS: usize = 1_000;

/// A topic: its subscriptions, by ARN.
#[derive(Debug, Default)]
pub struct Topic {
    subscriptions: BTreeMap<String, Subscription>,
}

/// A queue that gets the messages of a topic.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// The queue's ARN.
    pub endpoint: String,
    /// Whether the message comes without an envelope.
    pub raw: bool,
}

/// Every topic, by ARN.
#[derive(Debug, Default)]
pub struct Topics(BTreeMap<String, Topic>);

impl Topics {
    /// The subscriptions of a topic. `None` if there is no such topic.
    pub fn subscriptions(&self, arn: &str) -> Option<Vec<Subscription>> {
        self.0.get(arn).map(|topic| topic.subscriptions.values().cloned().collect())
    }

    fn create(&mut self, account: &Account, name: &str) -> Result<String, ApiError> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if name.is_empty() || name.len() > 256 || !name.bytes().all(word) {
            return Err(invalid("Invalid parameter: Topic Name"));
        }
        if self.0.len() >= MAX_TOPICS {
            return Err(ApiError::new(403, "TopicLimitExceeded", format!("at most {MAX_TOPICS} topics")));
        }
        let arn = account.arn("sns", name);
        self.0.entry(arn.clone()).or_default();
        Ok(arn)
    }

    /// Makes a topic of that ARN, unless there is one.
    pub(crate) fn provide(&mut self, arn: &str) {
        if self.0.len() < MAX_TOPICS {
            self.0.entry(arn.to_owned()).or_default();
        }
    }

    fn get_mut(&mut self, arn: &str) -> Result<&mut Topic, ApiError> {
        self.0.get_mut(arn).ok_or_else(|| ApiError::new(404, "NotFound", "Topic does not exist"))
    }

    fn subscription(&mut self, arn: &str) -> Result<&mut Subscription, ApiError> {
        let found = self.0.values_mut().find_map(|topic| topic.subscriptions.get_mut(arn));
        found.ok_or_else(|| ApiError::new(404, "NotFound", "Subscription does not exist"))
    }
}

fn invalid(message: &str) -> ApiError {
    ApiError::new(400, "InvalidParameter", message)
}

/// Answers an action: the inside of its result.
///
/// # Errors
/// What the service refuses.
pub fn answer(world: &World, action: &str, form: &Form) -> Result<String, ApiError> {
    let mut topics = world.topics.borrow_mut();
    match action {
        "CreateTopic" => {
            let arn = topics.create(&world.config.account, form.need("Name")?)?;
            Ok(format!("<TopicArn>{arn}</TopicArn>"))
        }
        "DeleteTopic" => {
            topics.0.remove(form.need("TopicArn")?);
            Ok(String::new())
        }
        "ListTopics" => {
            let member = |arn: &String| format!("<member><TopicArn>{arn}</TopicArn></member>");
            Ok(format!("<Topics>{}</Topics>", topics.0.keys().map(member).collect::<String>()))
        }
        "GetTopicAttributes" => {
            let arn = form.need("TopicArn")?;
            let confirmed = topics.get_mut(arn)?.subscriptions.len();
            let entry =
                |key: &str, value: &str| format!("<entry><key>{key}</key><value>{value}</value></entry>");
            Ok(format!(
                "<Attributes>{}{}{}</Attributes>",
                entry("TopicArn", arn),
                entry("Owner", &world.config.account.id),
                entry("SubscriptionsConfirmed", &confirmed.to_string())
            ))
        }
        "SetTopicAttributes" | "TagResource" => Ok(String::new()),
        "Subscribe" => subscribe(&mut topics, world, form),
        "Unsubscribe" => {
            let arn = form.need("SubscriptionArn")?;
            topics.0.values_mut().for_each(|topic| {
                topic.subscriptions.remove(arn);
            });
            Ok(String::new())
        }
        "SetSubscriptionAttributes" => {
            let subscription = topics.subscription(form.need("SubscriptionArn")?)?;
            if form.need("AttributeName")? == "RawMessageDelivery" {
                subscription.raw = form.get("AttributeValue") == Some("true");
            }
            Ok(String::new())
        }
        "ListSubscriptionsByTopic" => {
            let arn = form.need("TopicArn")?;
            let owner = world.config.account.id.as_str();
            let member = |(id, subscription): (&String, &Subscription)| {
                format!(
                    "<member><TopicArn>{arn}</TopicArn><Protocol>sqs</Protocol><SubscriptionArn>{id}</SubscriptionArn>\
                     <Owner>{owner}</Owner><Endpoint>{}</Endpoint></member>",
                    escape(&subscription.endpoint)
                )
            };
            let members: String = topics.get_mut(arn)?.subscriptions.iter().map(member).collect();
            Ok(format!("<Subscriptions>{members}</Subscriptions>"))
        }
        "Publish" => {
            let arn = form.get("TopicArn").or(form.get("TargetArn")).unwrap_or_default().to_owned();
            topics.get_mut(&arn)?;
            // The world looks at the topics itself.
            drop(topics);
            let id = world.ids.uuid();
            world.publish(&arn, form.need("Message")?, Some(&id));
            Ok(format!("<MessageId>{id}</MessageId>"))
        }
        other => Err(unknown_action(other)),
    }
}

fn subscribe(topics: &mut Topics, world: &World, form: &Form) -> Result<String, ApiError> {
    let arn = form.need("TopicArn")?;
    if form.need("Protocol")? != "sqs" {
        return Err(invalid("Invalid parameter: this endpoint has the protocol sqs only"));
    }
    let endpoint = form.need("Endpoint")?.to_owned();
    let raw = form.entries("Attributes").iter().any(|(k, v)| k == "RawMessageDelivery" && v == "true");
    let topic = topics.get_mut(arn)?;
    if topic.subscriptions.len() >= MAX_SUBSCRIPTIONS {
        let message = format!("at most {MAX_SUBSCRIPTIONS} subscriptions of a topic");
        return Err(ApiError::new(403, "SubscriptionLimitExceeded", message));
    }
    let known = topic.subscriptions.iter().find(|(_, subscription)| subscription.endpoint == endpoint);
    let id = known.map_or_else(|| format!("{arn}:{}", world.ids.uuid()), |(id, _)| id.clone());
    topic.subscriptions.insert(id.clone(), Subscription { endpoint, raw });
    Ok(format!("<SubscriptionArn>{id}</SubscriptionArn>"))
}
