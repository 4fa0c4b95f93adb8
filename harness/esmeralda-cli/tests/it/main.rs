//! The command line, from outside: helps, results, exit codes, and what it makes of damaged input.

mod commands;
mod damaged;
mod exits;
mod first;
mod help;
mod results;
mod same;
mod support;
mod tutorial;
