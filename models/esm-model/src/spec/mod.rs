//! The automaton of everything that the sources allow, for one shard of one mapping.
//!
//! Read [`state`](self) first: a state says what a shard may be in the middle of. Each step takes one event and gives
//! all states that may follow; none if no source allows the event. A branch that a rule forbids cites the rule and is
//! followed only where the reading waives it, so that every prohibition has a continuation. What the sources leave
//! open is a fork that cites its ambiguity.

mod answer;
mod deliver;
mod invoke;
mod lane;
mod reading;
mod settle;
mod silent;
mod state;
mod status;
mod wall;

pub(crate) use deliver::Facts;
pub(crate) use invoke::Call;
pub(crate) use lane::{Config, Disabled, Lane, MappingFacts, Rec};
pub use reading::{AGE_SLACK_MS, PROGRESS_BOUND_MS, Reading, UPDATE_SETTLE_AWS_MS};
pub(crate) use state::{Fail, Origin, Owed, Part, Pos, Split, State, Why};
pub(crate) use status::StatusJudge;
