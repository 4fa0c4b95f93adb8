//! The command line, from outside: helps, results, exit codes, and what it makes of damaged input.

mod commands;
#[cfg(feature = "consumer")]
mod consumer;
mod damaged;
mod exits;
mod first;
mod flaky;
mod help;
mod results;
mod same;
mod support;
mod tutorial;
