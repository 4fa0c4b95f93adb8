//! The shapes of the catalogue: a requirement, an ambiguity, and the grades both carry.
//!
//! The entries themselves are in one file per section; how strictly a requirement is held is in
//! [`mod@super::level`].

use crate::rule::RuleId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One behaviour that a source states, in one sentence of our own.
///
/// As JSON an object with the fields below; IDs are strings such as `"RETRY-3"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// Its name.
    pub id: RuleId,
    /// What it says, in one sentence.
    pub sentence: &'static str,
    /// What sort of rule it is.
    pub kind: Kind,
    /// How well it is known, by its strongest source.
    pub certainty: Certainty,
    /// Where to read it, the strongest source first where there are several.
    pub source: &'static str,
    /// How it shows from outside.
    pub observed: &'static str,
    /// Whether it is checked.
    pub status: Status,
}

impl Requirement {
    /// Whether it is checked now.
    pub fn is_checked(&self) -> bool {
        self.status == Status::Checked
    }

    /// Whether it is the one name of its behaviour, and does not merely restate another requirement.
    pub fn is_canonical(&self) -> bool {
        !matches!(self.kind, Kind::Restates(_))
    }

    /// Whether an observation can contradict it under its own name: it is checked, canonical, no permission.
    pub fn is_checkable(&self) -> bool {
        self.is_checked() && matches!(self.kind, Kind::Prohibition | Kind::Obligation | Kind::Api)
    }
}

/// What sort of rule a requirement is, and so what it takes to break or to exercise it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Something must not happen. Exercised when it could have happened.
    Prohibition,
    /// Something must happen.
    Obligation,
    /// Something may happen. It cannot be broken; exercised when it did happen.
    Permission,
    /// A synchronous answer of the control plane.
    Api,
    /// What a user's own function is held to. No implementation can break it, and no trace exercises it.
    Consumer,
    /// The same behaviour as another requirement, which is blamed instead.
    Restates(RuleId),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Prohibition => f.pad("prohibition"),
            Kind::Obligation => f.pad("obligation"),
            Kind::Permission => f.pad("permission"),
            Kind::Api => f.pad("api"),
            Kind::Consumer => f.pad("consumer"),
            Kind::Restates(rule) => f.pad(&format!("restates {rule}")),
        }
    }
}

/// How well a requirement is known. The strongest source decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// AWS's documents state it.
    Documented,
    /// A LocalStack test was recorded against AWS and asserts it.
    AwsValidated,
    /// A third party captured it on AWS, once.
    AwsCaptured,
    /// It follows from documents and recordings.
    Derived,
    /// Somebody reports it. Never asserted.
    Reported,
    /// The sources are silent or contradict each other. Never asserted.
    Ambiguous,
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Certainty::Documented => "documented",
            Certainty::AwsValidated => "AWS-validated",
            Certainty::AwsCaptured => "AWS-captured",
            Certainty::Derived => "derived",
            Certainty::Reported => "reported",
            Certainty::Ambiguous => "ambiguous",
        })
    }
}

/// Whether a requirement or an ambiguity is checked and, if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is checked.
    Checked,
    /// It belongs to the subject but waits, for this reason.
    Later(&'static str),
    /// It does not belong to the subject, for this reason.
    OutOfScope(&'static str),
    /// It turned out to be wrong, for this reason. The number is not given again.
    Withdrawn(&'static str),
}

impl Status {
    /// Why it is not checked; `None` if it is.
    pub fn reason(&self) -> Option<&'static str> {
        match *self {
            Status::Checked => None,
            Status::Later(reason) | Status::OutOfScope(reason) | Status::Withdrawn(reason) => Some(reason),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Checked => f.pad("checked"),
            Status::Later(reason) => f.pad(&format!("later: {reason}")),
            Status::OutOfScope(reason) => f.pad(&format!("out of scope: {reason}")),
            Status::Withdrawn(reason) => f.pad(&format!("withdrawn: {reason}")),
        }
    }
}

/// The name of an ambiguity, written `AMB-5`. Never renumbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AmbiguityId(u8);

impl AmbiguityId {
    /// The ID `AMB-number`. Whether an ambiguity of that name exists is the catalogue's to say.
    pub const fn new(number: u8) -> AmbiguityId {
        AmbiguityId(number)
    }

    /// The number behind the dash, from 1.
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for AmbiguityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("AMB-{}", self.0))
    }
}

/// A text that is not of the form `AMB-NUMBER`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the ID of an ambiguity: expected AMB and a number, such as AMB-5")]
pub struct NotAnAmbiguity(pub String);

impl FromStr for AmbiguityId {
    type Err = NotAnAmbiguity;

    /// Reads `AMB-5`, in any case.
    fn from_str(text: &str) -> Result<AmbiguityId, NotAnAmbiguity> {
        text.split_once('-')
            .filter(|(head, tail)| head.eq_ignore_ascii_case("AMB") && !tail.starts_with(['+', '0']))
            .and_then(|(_, tail)| tail.parse().ok())
            .map(AmbiguityId)
            .ok_or_else(|| NotAnAmbiguity(text.to_owned()))
    }
}

impl Serialize for AmbiguityId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AmbiguityId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<AmbiguityId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A question that the sources leave open, with every answer that is admitted.
///
/// As JSON an object with the fields below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ambiguity {
    /// Its name.
    pub id: AmbiguityId,
    /// The question.
    pub question: &'static str,
    /// The admitted answers. Never empty.
    pub variants: &'static [Variant],
    /// Why the sources do not settle it.
    pub why: &'static str,
    /// The source that comes closest.
    pub source: &'static str,
    /// Whether every admitted answer is followed when traces are judged.
    pub status: Status,
    /// The answer that a capture on AWS decides, by the name of its variant.
    pub aws: Option<&'static str>,
    /// The requirements that it leaves open. Never empty.
    pub rules: &'static [RuleId],
}

impl Ambiguity {
    /// The variant of that name; `None` if there is none.
    pub fn variant(&self, name: &str) -> Option<&'static Variant> {
        self.variants.iter().find(|variant| variant.name == name)
    }

    /// Whether more than one answer is admitted.
    pub fn is_choice(&self) -> bool {
        self.variants.len() > 1
    }
}

/// One admitted answer to an [`Ambiguity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Variant {
    /// Its name within the ambiguity, in kebab case.
    pub name: &'static str,
    /// What happens, in one sentence.
    pub sentence: &'static str,
}
