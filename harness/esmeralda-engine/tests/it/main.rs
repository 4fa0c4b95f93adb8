//! The engine in front of an endpoint in memory, whose own mappings are not used: seen over the wire, and judged.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod alias;
mod chaos;
#[path = "../../../esmeralda-wire/tests/it/client.rs"]
mod client;
mod https;
mod judged;
mod log;
mod mutants;
mod others;
mod pace;
mod requests;
mod restart;
mod support;
