//! The only test binary of this crate.

mod coverage;
mod edges;
mod edit;
mod edits;
mod explanations;
mod judged;
mod mutants;
mod reference;
mod regressions;
mod replay;
mod scenarios;
mod simulate;
mod small_scope;
mod strategy;
mod support;
mod tidy;
