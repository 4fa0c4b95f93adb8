//! What every report of this crate tells, whatever was checked: for the forms that are written of it ([`crate::junit`],
//! [`crate::export`]).

use crate::report::Verdict;
use esm_model::rule::{RuleId, Section};
use serde::Serialize;

/// A finding, as far as any report has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<'r> {
    /// The rule.
    pub rule: RuleId,
    /// Whether it is held against the code; else it is advice.
    pub violates: bool,
    /// What happened.
    pub happened: String,
    /// All of it, for a person.
    pub text: String,
    /// The events of the smallest course that shows it.
    pub events: Vec<&'r str>,
}

/// A report.
pub trait Tells: Serialize {
    /// What was checked, as a suite of tests is named.
    const NAME: &'static str;
    /// Whose rules were checked.
    const SECTION: Section;

    /// Whether the code is right.
    fn verdict(&self) -> Verdict;
    /// What was found.
    fn told(&self) -> Vec<Told<'_>>;
    /// Why it did not go to its end, where it did not.
    fn broke_off(&self) -> Option<&str>;
    /// All of it, for a person.
    fn text(&self) -> String;
}
