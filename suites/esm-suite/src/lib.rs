//! What we try on implementations of event source mappings.

pub mod control;
pub mod coverage;
mod plain;
pub mod probe;
pub mod regression;
pub mod sample;
pub mod scenario;
pub mod small_scope;
pub mod smoke;
pub mod tour;
