//! An error answer of the Lambda API.
//!
//! Not an error of the harness: such an answer may be exactly what a case expects.

use crate::rule::RuleId;

/// What the service answers to a request that it refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {status} {error_type}: {message}")]
pub struct ServiceError {
    /// The HTTP status.
    pub status: u16,
    /// The exception's name, as in the header `x-amzn-ErrorType`.
    pub error_type: &'static str,
    /// The text of the body's member `message` (or `Message`).
    pub message: String,
    /// The rule that asks for the refusal.
    pub rule: RuleId,
    /// Whether the text is that of a recording, verbatim. If not, only status and type can be compared, and they
    /// too are only what the documents let one expect.
    pub recorded: bool,
}

impl ServiceError {
    /// A refusal of 400 `InvalidParameterValueException` with a recorded text.
    pub(super) fn invalid(rule: RuleId, message: impl Into<String>) -> ServiceError {
        let message = message.into();
        ServiceError {
            status: 400,
            error_type: "InvalidParameterValueException",
            message,
            rule,
            recorded: true,
        }
    }

    /// A refusal of 400 `ValidationException` with a recorded text.
    pub(super) fn validation(rule: RuleId, message: String) -> ServiceError {
        ServiceError { error_type: "ValidationException", ..ServiceError::invalid(rule, message) }
    }

    /// The same error, its text being ours.
    pub(super) fn unrecorded(self) -> ServiceError {
        ServiceError { recorded: false, ..self }
    }
}
