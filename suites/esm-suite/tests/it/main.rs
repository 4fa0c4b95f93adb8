//! The only test binary of this crate.

mod one;
mod reference;
