//! One departure of a document from one rule.
//!
//! Not a verdict: whether a complaint fails a run depends on the reading and on [`Complaint::warning`].

use crate::rule::RuleId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is wrong at one place of a document, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// The rule that the document breaks.
    pub rule: RuleId,
    /// The place, as dotted member names with list indices (`Records[0].kinesis.data`); `key` and
    /// `Content-Type` for what surrounds an S3 object; empty for the document as a whole.
    pub path: String,
    /// What was seen and what the rule wants: `is an object; S3-3: a JSON string`.
    pub message: String,
    /// Set where the sources support no more than a warning, whatever the reading (spec section 0.6): extra
    /// members, REC-2, S3-4, S3-5.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warning: bool,
}

impl Complaint {
    /// A complaint from its parts: `seen` continues "`path` …", `wanted` names what belongs there.
    pub fn new(rule: RuleId, path: impl Into<String>, seen: &str, wanted: &str) -> Complaint {
        Complaint { rule, path: path.into(), message: format!("{seen}; {rule}: {wanted}"), warning: false }
    }

    /// The same complaint as a mere warning.
    #[must_use]
    pub fn as_warning(self) -> Complaint {
        Complaint { warning: true, ..self }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "the document {}", self.message),
            path => write!(f, "`{path}` {}", self.message),
        }
    }
}
