//! The catalogue: every requirement and every ambiguity, with its source and its certainty.
//!
//! One file per section holds a table. Each entry is also a constant, so that a search for references to
//! [`RETRY_3`] lists every rule, fault, scenario and test that touches it. Nothing here is executed: what a
//! requirement means for a trace is said by the code that cites its constant.

mod age;
mod ambiguity;
mod api;
mod batch;
mod bisect;
mod consumer;
mod discard;
mod dynamodb;
mod filter;
pub mod level;
pub mod lookup;
pub mod needs;
mod order;
mod param;
mod partial;
mod record;
mod redrive;
mod retry;
mod security;
mod state;
pub mod statements;
pub mod terms;
#[cfg(test)]
mod tests;
pub mod types;
mod window;

use crate::rule::{RuleId, Section};

pub use age::*;
pub use ambiguity::*;
pub use api::*;
pub use batch::*;
pub use bisect::*;
pub use consumer::*;
pub use discard::*;
pub use dynamodb::*;
pub use filter::*;
pub use level::{Level, Profile, level};
pub use lookup::{Found, lookup, matches_glob};
pub use needs::{needs, resting_on, rests_on};
pub use order::*;
pub use param::*;
pub use partial::*;
pub use record::*;
pub use redrive::*;
pub use retry::*;
pub use security::*;
pub use state::*;
pub use statements::{STATEMENTS, Statement};
pub use terms::{Term, Topic, explain_terms};
pub use types::{Ambiguity, AmbiguityId, Certainty, Kind, NotAnAmbiguity, Requirement, Status, Variant};
pub use window::*;

/// Declares the constants of one section and the table of its requirements at once.
///
/// ```text
/// requirements! { RULES: Retry;
///     RETRY_1 (1) Kind::Obligation, Certainty::Documented, Status::Checked;
///         says: "One sentence.";
///         source: "where to read it";
///         observed: "how it shows";
/// }
/// ```
macro_rules! requirements {
    ($table:ident: $section:ident;
        $($name:ident ($number:literal) $kind:expr, $certainty:expr, $status:expr;
            says: $says:literal;
            source: $source:literal;
            observed: $observed:literal;)+) => {
        $(#[doc = $says]
        pub const $name: crate::rule::RuleId =
            crate::rule::RuleId::new(crate::rule::Section::$section, $number);)+

        pub(super) static $table: &[super::types::Requirement] = &[$(super::types::Requirement {
            id: $name,
            sentence: $says,
            kind: $kind,
            certainty: $certainty,
            source: $source,
            observed: $observed,
            status: $status,
        }),+];
    };
}
use requirements;

/// The requirements of one section, by number without gaps.
pub fn section(section: Section) -> &'static [Requirement] {
    match section {
        Section::Api => api::RULES,
        Section::Param => param::RULES,
        Section::State => state::RULES,
        Section::Batch => batch::RULES,
        Section::Order => order::RULES,
        Section::Retry => retry::RULES,
        Section::Bisect => bisect::RULES,
        Section::Pbr => partial::RULES,
        Section::Age => age::RULES,
        Section::Discard => discard::RULES,
        Section::Rec => record::RULES,
        Section::S3 => record::S3_RULES,
        Section::Sec => security::RULES,
        Section::Filter => filter::RULES,
        Section::Window => window::RULES,
        Section::Metric => window::METRIC_RULES,
        Section::Ddb => dynamodb::RULES,
        Section::Cons => consumer::RULES,
        Section::Redrive => redrive::RULES,
    }
}

/// Every requirement, in catalogue order: by section, then by number. The order is that of [`RuleId`].
pub fn all() -> impl Iterator<Item = &'static Requirement> + Clone {
    Section::ALL.iter().flat_map(|s| section(*s))
}

/// The requirement of that name, in constant time; `None` if the catalogue has no such number.
pub fn get(rule: RuleId) -> Option<&'static Requirement> {
    section(rule.section).get(usize::from(rule.number).checked_sub(1)?)
}

/// The one name of the behaviour: the requirement that `rule` restates, or `rule` itself.
///
/// A name that is not in the catalogue is returned as it is.
pub fn canonical(rule: RuleId) -> RuleId {
    match get(rule).map(|requirement| requirement.kind) {
        Some(Kind::Restates(other)) => other,
        _ => rule,
    }
}

/// Every ambiguity, by number without gaps.
pub fn ambiguities() -> &'static [Ambiguity] {
    ambiguity::AMBIGUITIES
}

/// The ambiguity of that name, in constant time; `None` if the catalogue has no such number.
pub fn get_ambiguity(id: AmbiguityId) -> Option<&'static Ambiguity> {
    ambiguities().get(usize::from(id.number()).checked_sub(1)?)
}

/// The ambiguities that leave `rule`, or what it restates, open, by number.
pub fn ambiguities_of(rule: RuleId) -> impl Iterator<Item = &'static Ambiguity> {
    let behaviour = canonical(rule);
    ambiguities().iter().filter(move |a| a.rules.iter().any(|r| canonical(*r) == behaviour))
}
