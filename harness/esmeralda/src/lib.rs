//! How cases run: the boundary to implementations, the ports, the recorder and the runner.
//!
//! Knows effects, and nothing about retries or batches.

pub mod bench;
pub mod campaign;
pub mod clock;
pub mod confirm;
pub mod control;
pub mod documents;
pub mod lines;
pub mod machine;
pub mod next;
pub mod outcome;
pub mod ports;
pub mod predict;
pub mod probe;
pub mod run;
pub mod shrink;
pub mod simulate;
pub mod stop;
pub mod store;
pub mod target;
pub mod virtual_time;
