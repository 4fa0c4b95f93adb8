//! What an endpoint is, how its functions call back, and what is written down about it: without any endpoint.

mod address;
mod comes_back;
mod double;
mod interrupted;
mod journal;
mod listener;
mod package;
mod preset;
mod records;
