//! The only test binary of this crate.

mod scenarios;
