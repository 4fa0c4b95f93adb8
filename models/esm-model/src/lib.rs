//! What is true about stream event source mappings.

pub mod rule;
pub mod sequence;

pub use rule::{RuleId, Section};
pub use sequence::SequenceNumber;
