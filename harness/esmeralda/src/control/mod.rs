//! The control plane of a target, exercised and judged: groups of requests, what the model answers to them, and where
//! the target answered otherwise (API-*, PARAM-*, STATE-1…4).
//!
//! Not what a mapping does with records: that is a case's. Requests are raw JSON, so that values which client
//! libraries would refuse get as far as the service.

mod answer;
mod in_tree;
mod judge;
mod live;
mod members;
mod play;

pub use answer::{Reply, Verb, Wire};
pub use in_tree::{Fault, InTree};

use crate::stop::Stop;
use crate::target::TargetError;
use esm_model::catalogue::Level;
use esm_model::control::World;
use esm_model::mapping::SourceKind;
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_model::when::Ms;
use futures_util::stream::{StreamExt, iter};
use play::play;
use serde::Serialize;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;

/// What a plane's methods return: they wait for a wire, on one thread.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Makes planes, each with a stream and a function of its own.
pub trait Planes {
    /// A fresh plane for a group.
    fn open<'a>(&'a self, source: SourceKind) -> Boxed<'a, Result<Box<dyn Plane + 'a>, TargetError>>;
}

/// The control plane of one target, and what exists there.
pub trait Plane {
    /// What exists: among it one stream and one function of this group alone.
    fn facts(&self) -> &Facts;

    /// The time on the target's clock, in milliseconds since 1970.
    fn now_ms(&self) -> i64;

    /// Sends a request and returns the answer, whatever it is.
    fn call<'a>(&'a mut self, wire: &'a Wire) -> Boxed<'a, Result<Reply, TargetError>>;

    /// Lets this many milliseconds pass.
    fn pause<'a>(&'a mut self, ms: Ms) -> Boxed<'a, ()>;

    /// Takes everything down.
    fn close<'a>(&'a mut self) -> Boxed<'a, Result<(), TargetError>>;
}

/// The names in a plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Streams and functions; mappings are added and removed as the group goes on.
    pub world: World,
    /// The group's stream.
    pub stream_arn: String,
    /// The group's function.
    pub function_name: String,
    /// A queue, a topic and a bucket; empty where the target has none.
    pub queue_arn: String,
    /// See `queue_arn`.
    pub topic_arn: String,
    /// See `queue_arn`.
    pub bucket_arn: String,
    /// How long a change of a mapping may take to show, beside the bound of the documents' reading.
    pub update_settle_ms: Ms,
}

/// A group of steps on one stream and one function.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Unique among the groups; what `--only` selects by.
    pub name: &'static str,
    /// What it shows, in one sentence.
    pub claim: &'static str,
    /// The kind of the stream.
    pub source: SourceKind,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// One step of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is done.
    pub what: What,
    /// The rule that the step is about, where what the model refuses or shows has a more precise one than its own.
    pub about: Option<RuleId>,
}

/// What a step does. In members, texts that begin with `$` are names: `$STREAM`, `$FUNCTION`, `$QUEUE`, `$TOPIC`,
/// `$BUCKET`, and `$NOW+60` for a time in seconds.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Create a mapping with these members beside stream, function and TRIM_HORIZON; null leaves one out.
    Create(Value),
    /// Update the group's mapping.
    Update(Value),
    /// Read the group's mapping until its state is final, and compare all it shows.
    Settle,
    /// List the mappings of the stream and function.
    List,
    /// Delete the group's mapping.
    Delete,
    /// Read the group's mapping until there is none.
    Vanish,
    /// Delete the function.
    DeleteFunction,
    /// A request about a UUID that there is not.
    Unknown(Verb),
}

/// Where a target answered otherwise than it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// Index of the step.
    pub step: usize,
    /// The rule.
    pub rule: RuleId,
    /// Whether it violates or warns, under the reading.
    pub level: Level,
    /// What was allowed.
    pub allowed: String,
    /// What came.
    pub came: String,
}

/// A group that was played.
#[derive(Debug, Clone, Serialize)]
pub struct Played {
    /// Its name.
    pub group: &'static str,
    /// Where the target answered otherwise.
    pub breaches: Vec<Breach>,
    /// How many steps were taken, of how many.
    pub steps: (usize, usize),
    /// Every request and its answer, in order.
    pub exchanges: Vec<(Wire, Reply)>,
    /// Rules that some answer could have broken.
    pub exercised: Vec<RuleId>,
    /// Why it could not be played to its end, if it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Whether the target does not do what the group needs.
    pub unsupported: bool,
}

impl Played {
    /// Whether something counts against the target.
    pub fn violates(&self) -> bool {
        self.breaches.iter().any(|breach| breach.level == Level::Violates)
    }
}

/// Plays groups side by side, so many at a time; in their order. Those that `stop` ended are left out, but for breaches
/// that they showed before.
pub async fn play_all(
    planes: &dyn Planes,
    groups: &[Group],
    reading: &Reading,
    at_a_time: usize,
    stop: &Stop,
) -> Vec<Played> {
    let playing = iter(groups).map(|group| play(planes, group, reading, stop)).buffered(at_a_time);
    playing.filter_map(std::future::ready).collect().await
}
