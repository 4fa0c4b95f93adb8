//! What we try on implementations of event source mappings.

pub mod sample;
pub mod scenario;
