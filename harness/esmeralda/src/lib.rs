//! How cases run: the boundary to implementations, the ports, the recorder and the runner.
//!
//! Knows effects, and nothing about retries or batches.

pub mod machine;
pub mod ports;
pub mod run;
pub mod simulate;
pub mod target;
pub mod virtual_time;
