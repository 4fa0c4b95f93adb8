//! The automaton of everything that the sources allow, for one shard of one mapping.
//!
//! A state (`state/`) says what a shard may be in the middle of. Each step here takes one event and gives all states
//! that may follow; none if no source allows the event. What the sources leave open is a fork that cites its
//! ambiguity. A guard cites its rule: `forgives` and `forgiven` say no, but where the reading waives the rule. How
//! things go on then is told in `forgive/`; without a waiver nothing comes from there.

mod answer;
mod deliver;
mod invoke;
mod settle;
mod silent;

pub use crate::reading::{AGE_SLACK_MS, PROGRESS_BOUND_MS, Reading, UPDATE_SETTLE_AWS_MS};
pub(crate) use answer::{Class, Meaning, Meanings};
pub(crate) use deliver::Facts;
pub(crate) use invoke::Call;
