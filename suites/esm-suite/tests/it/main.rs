//! The only test binary of this crate.

mod explanations;
mod one;
mod reference;
