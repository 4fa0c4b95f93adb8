//! Hand-written cases: what was recorded or captured on AWS, restated with its source, and what AWS made of it.
//!
//! Nothing here runs a case or judges a trace. A recording says less than a trace does: what it lacks is named in
//! every scenario, and where the reference takes another allowed course, [`reconstruct`] tells AWS's own.

mod captured_dynamodb;
mod captured_kinesis;
pub mod control;
pub mod documents;
mod dynamodb;
pub mod facts;
pub mod history;
mod kinesis;
mod kinesis_outcomes;
mod observed;
pub mod reconstruct;

pub use control::ControlScenario;
pub use facts::{Count, Deliveries, Expected, Failure};
pub use history::history;

use crate::plain::plain;
use esm_model::case::{Case, Record};
use esm_model::event::Event;
use esm_model::mapping::{Destination, Mapping, SourceKind};
use esm_model::script::{Behaviour, How};
use esm_model::when::Ms;

/// A hand-written case with a name and a claim.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its vector, such as `V-K-10`; unique.
    pub id: &'static str,
    /// The vector and a few words.
    pub name: &'static str,
    /// What AWS did, in one sentence.
    pub claim: &'static str,
    /// Where this is known from.
    pub citation: Citation,
    /// What is done.
    pub case: Case,
    /// What was recorded.
    pub expected: Expected,
    /// What the recording lacks and was reconstructed.
    pub missing: &'static str,
    /// AWS's own histories, where they differ from what the reference does.
    pub histories: Vec<History>,
}

/// A history as it went on AWS, as far as the recording tells.
#[derive(Debug, Clone)]
pub struct History {
    /// Which of several.
    pub name: &'static str,
    /// What in it was recorded; the rest was filled in.
    pub recorded: &'static str,
    /// The events.
    pub events: Vec<Event>,
}

/// Where a fact is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Citation {
    /// The publication or the repository.
    pub source: Source,
    /// The test, the case within the file, or the page.
    pub place: &'static str,
    /// When it was recorded, or the text read.
    pub date: &'static str,
}

/// A publication that scenarios cite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// localstack/localstack, snapshots recorded on AWS: the suite of Kinesis sources.
    LocalStackKinesis,
    /// The same repository: the suite of DynamoDB Streams sources.
    LocalStackDynamoDb,
    /// The same repository: the suite of the Lambda API.
    LocalStackApi,
    /// radkawar/stackd, native captures from AWS.
    Stackd,
    /// The AWS Lambda developer guide.
    DeveloperGuide,
}

impl Source {
    /// The repository and the file, or the title.
    pub const fn text(self) -> &'static str {
        match self {
            Source::LocalStackKinesis => {
                "localstack/localstack @ 8b9a79f0, tests/aws/services/lambda_/event_source_mapping/\
                 test_lambda_integration_kinesis.snapshot.json"
            }
            Source::LocalStackDynamoDb => {
                "localstack/localstack @ 8b9a79f0, tests/aws/services/lambda_/event_source_mapping/\
                 test_lambda_integration_dynamodbstreams.snapshot.json"
            }
            Source::LocalStackApi => {
                "localstack/localstack @ 8b9a79f0, tests/aws/services/lambda_/test_lambda_api.snapshot.json"
            }
            Source::Stackd => "radkawar/stackd @ 9dc356f5, testdata/aws/lambda/",
            Source::DeveloperGuide => "AWS Lambda developer guide, page kinesis-on-failure-destination",
        }
    }
}

impl std::fmt::Display for Citation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} ({})", self.source.text(), self.place, self.date)
    }
}

/// Every scenario, in the order of the vectors: the recordings of Kinesis, of DynamoDB Streams, the captures, and the
/// documents' own example. What is answered at once, without a history, is in [`control::all`].
pub fn all() -> Vec<Scenario> {
    let mut scenarios = kinesis::scenarios();
    scenarios.extend(kinesis_outcomes::scenarios());
    scenarios.extend(dynamodb::scenarios());
    scenarios.extend(captured_kinesis::scenarios());
    scenarios.extend(captured_dynamodb::scenarios());
    scenarios.push(documents::queue_in_another_region());
    scenarios
}

/// The scenario of this ID or name.
pub fn find(name: &str) -> Option<Scenario> {
    all().into_iter().find(|scenario| scenario.id == name || scenario.name == name)
}

/// The time of a scenario unless it says otherwise: longer than any wait in a recording.
const HORIZON_MS: Ms = 1_200_000;
/// The regions and the account of the destinations are those of the in-tree sessions.
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:failures";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:failures";
const BUCKET: &str = "arn:aws:s3:::failures";

/// Nothing to do yet, and time for any wait in a recording.
fn case(source: SourceKind, settings: Mapping) -> Case {
    Case { horizon_ms: HORIZON_MS, ..plain(source, settings) }
}

/// The destination of this ARN; none if it is not one, which the tests would show.
fn to(arn: &str) -> Option<Destination> {
    arn.parse().ok()
}

/// Healthy records put by one call.
fn healthy(at: Ms, count: usize) -> Vec<Record> {
    vec![Record::healthy(at); count]
}

/// A record that misbehaves at every delivery.
fn failing(at: Ms, how: How) -> Record {
    Record { behaviour: Some(Behaviour { how, times: None }), ..Record::healthy(at) }
}
