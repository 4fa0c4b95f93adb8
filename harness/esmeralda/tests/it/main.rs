//! The core from outside: campaigns, shrinking and run directories, on targets that misbehave in every way.

mod campaign;
mod shrink;
mod slow;
mod store;
mod support;
mod wide;
