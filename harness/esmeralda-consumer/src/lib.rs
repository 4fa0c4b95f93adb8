//! The harness turned round: the reference is the mapping, and somebody's own code is the function.
//!
//! [`Check`] says what is checked: the mapping, the samples, and what a bad record means. It plays [`history`] after
//! history in virtual time against a [`Handler`], which is a closure ([`handler::Local`]) or a process that speaks the
//! Runtime API ([`runtime::Program`]). [`judge`] holds what happened against the rules `CONS-*`, and a [`Report`] says
//! what to change. [`redrive`] checks the code that reads failure records. Nothing here judges an implementation of
//! mappings.

pub mod aws;
pub mod check;
pub mod command;
pub mod effects;
pub mod export;
pub mod function;
pub mod handler;
pub mod history;
pub mod http;
pub mod judge;
pub mod junit;
pub mod plans;
pub mod redrive;
pub mod report;
pub mod runtime;
pub mod sample;
mod shrink;
mod sum;
pub mod surrounded;
pub mod table;
mod threads;
pub mod timing;
pub mod told;
pub mod world;

pub use check::{Check, CheckError};
pub use handler::{Given, Handler, HandlerError, Local, Log, Raw};
pub use report::{Report, Verdict};
pub use sample::BadMeans;
