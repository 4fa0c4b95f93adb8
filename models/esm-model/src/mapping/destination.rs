//! On-failure destinations: queue, topic or bucket, read from an ARN.
//!
//! Not what is sent there, and not who may send.

use super::Arn;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What a destination is (PARAM-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DestinationKind {
    /// An SQS queue.
    Sqs,
    /// An SNS topic.
    Sns,
    /// An S3 bucket.
    S3,
}

/// An on-failure destination. Its region and account may differ from the stream's (PARAM-12).
/// Its JSON form is the ARN as a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    kind: DestinationKind,
    arn: Arc<str>,
}

/// A text that is not the ARN of a queue, a topic or a bucket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a destination: expected arn:aws:sqs:REGION:ACCOUNT:QUEUE, arn:aws:sns:REGION:ACCOUNT:TOPIC \
     or arn:aws:s3:::BUCKET (also of the partitions aws-cn and aws-us-gov)"
)]
pub struct NotADestination(pub String);

impl Destination {
    /// What the ARN names.
    pub fn kind(&self) -> DestinationKind {
        self.kind
    }

    /// The ARN as it was given.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// Whether it is a FIFO queue or topic, which the service refuses (API-33). Buckets may end in `.fifo`.
    pub fn is_fifo(&self) -> bool {
        self.kind != DestinationKind::S3 && self.arn.ends_with(".fifo")
    }

    /// The name of the queue, topic or bucket: what follows the last colon.
    pub fn name(&self) -> &str {
        self.arn.rsplit(':').next().unwrap_or_default()
    }
}

impl FromStr for Destination {
    type Err = NotADestination;

    fn from_str(text: &str) -> Result<Destination, NotADestination> {
        let bad = || NotADestination(text.chars().take(200).collect());
        let arn = Arn::parse(text).ok_or_else(bad)?;
        let regional = arn.is_regional();
        let kind = match arn.service {
            "sqs" if regional => DestinationKind::Sqs,
            "sns" if regional => DestinationKind::Sns,
            "s3" if arn.region.is_empty() && arn.account.is_empty() => DestinationKind::S3,
            _ => return Err(bad()),
        };
        if arn.resource.contains([':', '/']) || arn.resource == ".fifo" {
            return Err(bad());
        }
        Ok(Destination { kind, arn: text.into() })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.arn)
    }
}

impl Serialize for Destination {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.arn)
    }
}

impl<'de> Deserialize<'de> for Destination {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Destination, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
