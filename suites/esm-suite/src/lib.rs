//! What we try on implementations of event source mappings.

pub mod regression;
pub mod sample;
pub mod scenario;
