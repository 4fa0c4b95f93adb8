//! The only test binary of this crate.

mod explanations;
mod mutants;
mod one;
mod reference;
mod regressions;
mod scenarios;
mod simulate;
mod strategy;
