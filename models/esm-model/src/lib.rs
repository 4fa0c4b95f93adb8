//! What is true about stream event source mappings.

mod accept;
pub mod answer;
pub mod bounds;
mod call;
pub mod case;
pub mod catalogue;
pub mod control;
pub mod event;
pub mod explain;
mod forgive;
pub mod label;
mod lane;
pub mod mapping;
mod passage;
mod reading;
pub mod reference;
pub mod rule;
pub mod script;
pub mod sequence;
pub mod setup;
pub mod spec;
mod state;
mod status;
mod table;
mod texts;
pub mod trace;
pub mod verdict;
pub mod when;
pub mod wire;

pub use rule::{RuleId, RuleSet, Section};
pub use sequence::SequenceNumber;
pub use table::NotATrace;
