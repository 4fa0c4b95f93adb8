//! What can be said of containers without an engine; with one, `.ci/run` starts them.

mod order;
mod recipe;
