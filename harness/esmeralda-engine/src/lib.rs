//! The reference as an engine: correct event source mappings in front of any emulator.
//!
//! A server at one URL: it answers Lambda's API of event source mappings itself, runs those mappings on streams,
//! functions and destinations of an upstream, and passes every other request through to it.
//!
//! - [`serve`] listens and tells requests apart; what is not ours passes through esmeralda-wire's proxy.
//! - [`desk`] is what the mappings' API needs to know; the API itself is `esmeralda_wire::lambda`'s.
//! - [`remote`] is the upstream as the world of one mapping, [`pace`] how often that reads; the driver is
//!   `esmeralda_wire::driver`'s.
//! - [`aws`] says to the upstream what is to be said: requests, signed, one file for each service.
//! - [`state`] keeps mappings and checkpoints in a file; [`story`] tells what happens.
//!
//! No rule is here: what a mapping does the reference machine decides, and what the API answers the model.

pub mod aws;
pub mod desk;
pub mod engine;
pub mod others;
pub mod pace;
pub mod remote;
pub mod serve;
pub mod state;
pub mod story;

pub use engine::Config;
pub use engine::Upstream;
pub use serve::{Server, run};
