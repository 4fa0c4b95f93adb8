//! The only test binary of this crate.

mod by_hand;
mod control;
mod coverage;
mod edges;
mod edit;
mod edits;
mod explanations;
mod judged;
mod loosen;
mod mutants;
mod next;
mod pipe;
mod probe;
mod reference;
mod regressions;
mod replay;
mod scenarios;
mod simulate;
mod small_scope;
mod smoke;
mod strategy;
mod support;
mod tally;
mod tidy;
mod wall;
mod wire;
