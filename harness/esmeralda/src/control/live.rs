//! The mapping of a group while it is played: what the model takes it to be, and what it is to show.

use super::Facts;
use esm_model::control::{Configuration, Existing, Identity, NO_RECORDS_PROCESSED, State, echo};
use esm_model::mapping::{Mapping, Timestamp};
use esm_model::rule::RuleId;

/// The group's mapping as the model takes it to be.
pub(super) struct Live {
    pub(super) uuid: String,
    pub(super) function_arn: String,
    pub(super) mapping: Mapping,
    /// What it was before the last update.
    pub(super) before: Option<Mapping>,
    pub(super) meanwhile: State,
    pub(super) rule: RuleId,
    pub(super) about: Option<RuleId>,
}

impl Live {
    /// As what the model takes for an existing mapping.
    pub(super) fn exists(&self, facts: &Facts) -> Existing {
        Existing {
            uuid: self.uuid.clone(),
            event_source_arn: facts.stream_arn.clone(),
            function_arn: self.function_arn.clone(),
        }
    }
}

/// What the model shows of a mapping of the group.
pub(super) fn shown(facts: &Facts, live: &Live, mapping: &Mapping) -> Configuration {
    let identity =
        Identity { uuid: &live.uuid, event_source_arn: &facts.stream_arn, function_arn: &live.function_arn };
    echo(mapping, &identity, State::Enabled, NO_RECORDS_PROCESSED, Timestamp { ms: 0 })
}
