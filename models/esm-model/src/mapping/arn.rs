//! Amazon Resource Names, as far as mappings need them: the six parts, and which of them name streams.
//!
//! Not a registry of services, and no opinion on whether the thing named exists.

use super::SourceKind;

/// The partitions accepted, in the order of their size.
pub const PARTITIONS: [&str; 3] = ["aws", "aws-cn", "aws-us-gov"];

/// The parts of `arn:partition:service:region:account:resource`, borrowed from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// One of [`PARTITIONS`].
    pub partition: &'a str,
    /// Such as `kinesis`; never empty.
    pub service: &'a str,
    /// Such as `eu-central-1`; empty for services without regions.
    pub region: &'a str,
    /// Twelve digits, or empty for services that leave it out.
    pub account: &'a str,
    /// The rest, which may hold colons; never empty.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts of `text`, or `None` if it is no ARN of a known partition.
    pub fn parse(text: &'a str) -> Option<Arn<'a>> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        let arn = Arn {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        };
        let plain = |text: &str| {
            text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        };
        let account = arn.account.is_empty() || is_account(arn.account);
        let printable = !arn.resource.is_empty() && arn.resource.chars().all(|c| c.is_ascii_graphic());
        (PARTITIONS.contains(&arn.partition)
            && !arn.service.is_empty()
            && plain(arn.service)
            && plain(arn.region)
            && account
            && printable)
            .then_some(arn)
    }

    /// Whether region and account are both given, as they are for everything but buckets.
    pub fn is_regional(&self) -> bool {
        !self.region.is_empty() && !self.account.is_empty()
    }
}

/// Whether a text has the form of an account number.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Which kind of stream an event source ARN names: a Kinesis stream, a Kinesis consumer or a DynamoDB stream.
/// `None` if it names something else.
pub fn source_kind(arn: &str) -> Option<SourceKind> {
    let arn = Arn::parse(arn).filter(Arn::is_regional)?;
    let mut path = arn.resource.splitn(4, '/');
    let (head, name, middle, tail) = (path.next()?, path.next()?, path.next(), path.next());
    let named = |text: &str| !text.is_empty() && !text.contains(['/', ':']);
    match (arn.service, head, middle, tail) {
        ("kinesis", "stream", None, None) if named(name) => Some(SourceKind::Kinesis),
        ("kinesis", "stream", Some("consumer"), Some(consumer)) if named(name) => {
            let (consumer, created) = consumer.split_once(':')?;
            let created = !created.is_empty() && created.bytes().all(|b| b.is_ascii_digit());
            (named(consumer) && created).then_some(SourceKind::Kinesis)
        }
        // The label is the time at which the stream was switched on, so it does hold colons.
        ("dynamodb", "table", Some("stream"), Some(label)) if named(name) && !label.is_empty() => {
            (!label.contains('/')).then_some(SourceKind::DynamoDb)
        }
        _ => None,
    }
}

/// Whether an event source ARN names a Kinesis consumer and not the stream itself.
pub fn is_consumer(arn: &str) -> bool {
    source_kind(arn) == Some(SourceKind::Kinesis) && arn.contains("/consumer/")
}
