//! The only test binary of this crate.

mod mutants;
mod one;
mod reference;
mod scenarios;
