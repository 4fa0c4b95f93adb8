//! The engine in front of an endpoint in memory, whose own mappings are not used: seen over the wire, and judged.

mod chaos;
mod judged;
mod mutants;
mod others;
mod requests;
mod restart;
mod support;
