//! An AWS endpoint as a target: an emulator, or AWS itself, reached by the URL of its API.
//!
//! Clients and callbacks only; what is right is the judge's to say, and no file here knows a rule. Reading order:
//! [`address`] (what is typed) and [`preset`] (what is peculiar to an endpoint), `site` (a connected endpoint),
//! `session` (one case), `hub` (what it sees), [`journal`] and [`clean`] (what it leaves behind).

pub mod address;
pub mod bench;
pub mod bounds;
pub mod clean;
mod clients;
mod control;
mod functions;
mod hub;
pub mod journal;
pub mod listener;
mod mailbox;
mod mapping;
mod needs;
pub mod package;
pub mod preset;
mod ready;
pub mod session;
mod site;
pub mod source;
mod stream;
mod table;
mod watch;
