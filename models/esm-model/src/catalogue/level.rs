//! How strictly a requirement is held: whether breaking it violates, warns, or goes unnoticed.
//!
//! The level follows from certainty and profile alone. Which variants of an ambiguity are admitted, and which
//! requirements a user waives, is decided by whoever judges a trace.

use super::types::{Certainty, Kind, Requirement, Status};
use super::{BISECT_6, BISECT_9, CONS_12, REC_2, REC_6, RETRY_5, RETRY_10, S3_4, S3_5, S3_6, S3_7, get};
use crate::rule::RuleId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What breaking a requirement amounts to, from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It is not held at all.
    Ignored,
    /// It is told and changes no verdict.
    Warns,
    /// It makes a trace violate.
    Violates,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Ignored => "ignored",
            Level::Warns => "warns",
            Level::Violates => "violates",
        })
    }
}

/// Which sources bind: the documents, or also what was captured on AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Documents and validated recordings bind, captures warn.
    Documented,
    /// Captures bind as well.
    Aws,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Profile::Documented => "documented",
            Profile::Aws => "aws",
        })
    }
}

/// The requirements about which nobody is ever failed, however well they are known.
pub const ONLY_WARN: &[RuleId] =
    &[RETRY_5, RETRY_10, BISECT_6, BISECT_9, REC_2, S3_4, S3_5, S3_6, S3_7, CONS_12];

/// How strictly `rule` is held under `profile`.
///
/// Where repeated deliveries are allowed, the count of attempts in a failure record (REC-6) can only warn. A
/// requirement that restates another is held as that one, or more mildly where it is less well known itself.
/// What was withdrawn, and what is not in the catalogue, is ignored. Whether the requirement is checked makes
/// no difference here.
pub fn level(rule: RuleId, profile: Profile, duplicates_allowed: bool) -> Level {
    let Some(requirement) = get(rule) else { return Level::Ignored };
    let own = own_level(requirement, profile, duplicates_allowed);
    match requirement.kind {
        Kind::Restates(other) => own.min(level(other, profile, duplicates_allowed)),
        _ => own,
    }
}

fn own_level(requirement: &Requirement, profile: Profile, duplicates_allowed: bool) -> Level {
    if matches!(requirement.status, Status::Withdrawn(_)) {
        return Level::Ignored;
    }
    let only_warns = ONLY_WARN.contains(&requirement.id) || (duplicates_allowed && requirement.id == REC_6);
    let cap = if only_warns { Level::Warns } else { Level::Violates };
    by_certainty(requirement.certainty, profile).min(cap)
}

fn by_certainty(certainty: Certainty, profile: Profile) -> Level {
    match (certainty, profile) {
        (Certainty::Documented | Certainty::AwsValidated | Certainty::Derived, _) => Level::Violates,
        (Certainty::AwsCaptured, Profile::Aws) => Level::Violates,
        (Certainty::AwsCaptured, Profile::Documented) => Level::Warns,
        (Certainty::Reported | Certainty::Ambiguous, _) => Level::Ignored,
    }
}
