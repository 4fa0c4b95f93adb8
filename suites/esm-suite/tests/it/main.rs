//! The only test binary of this crate.

mod coverage;
mod edit;
mod edits;
mod explanations;
mod mutants;
mod reference;
mod replay;
mod scenarios;
mod small_scope;
mod support;
mod tidy;
