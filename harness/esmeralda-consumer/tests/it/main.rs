//! Functions under the reference: each mistake that people make is found with the right rule, and what is right stays
//! green.

mod api;
mod aws;
mod command;
mod export;
mod http;
mod local;
mod misbehaves;
mod mistaken;
mod mistakes;
mod redrive;
mod right;
mod support;
mod table;
mod threads;
