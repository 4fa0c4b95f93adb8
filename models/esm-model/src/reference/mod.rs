//! One deterministic implementation of event source mappings, as a machine without input or output of its own.
//!
//! It knows no case, label, script or judge: records, function results and the time go in; invocations, failure
//! records and wake-up times come out. The same machine serves virtual time, and real time later. It shares its
//! vocabulary with [`crate::spec`] and no code: two descriptions of the same rules, each testing the other.

mod age;
mod discard;
mod exchange;
mod form;
mod machine;
mod meaning;
mod mutant;
mod policy;
mod settle;
mod shard;
mod shards;
mod wait;

pub use exchange::{FunctionResult, Held, Input, Named, Output, Position, Request, Value, Write};
pub use machine::Machine;
pub use mutant::{Fault, MUTANTS, Mutant, find_mutant};
pub use policy::*;
pub use shards::MAX_SHARDS;
