//! The core from outside: campaigns, shrinking and run directories, on targets that misbehave in every way.

mod campaign;
mod confirm;
mod lines;
mod probe;
mod protocol;
mod shrink;
mod slow;
mod stop;
mod store;
mod support;
mod wide;
