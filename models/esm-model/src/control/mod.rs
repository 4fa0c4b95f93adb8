//! The control plane of stream event source mappings: requests, the service's synchronous answers, and what the
//! configuration looks like when read back (API-*, PARAM-*).
//!
//! Not the life of a mapping after the answer: there is no clock here, and no state machine.

mod admit;
mod configuration;
mod constraint;
mod error;
mod function;
mod request;
#[cfg(test)]
mod tests;
mod validate;

pub use admit::{Admitted, Existing, Function, Stream, World, admit, find, resolve_function};
pub use configuration::{
    Configuration, Identity, NO_RECORDS_PROCESSED, State, USER_ACTION, echo, event_source_mapping_arn,
};
pub use error::ServiceError;
pub use function::FunctionName;
pub use request::{CreateRequest, ScalingConfig, UpdateRequest, apply};
pub use validate::{not_a_stream, validate, validate_update};
