//! A reading of the rules: how strict, which rules are waived, which ambiguities are pinned, and its parameters.
//!
//! One mechanism serves three uses: *waive* a rule to find what to blame, *pin* an ambiguity to infer which variant
//! a target implements, and choose a named profile.

use crate::bounds::{Bounds, Wall};
use crate::catalogue::{self, AmbiguityId, Level, Profile};
use crate::rule::RuleId;
use crate::when::Ms;

/// Slack above the age limit within which a delivery is admitted: AWS was seen 15.2 s late (AGE-7).
pub const AGE_SLACK_MS: Ms = 30_000;
/// How long a change of a mapping may take to show on AWS (STATE-8).
pub const UPDATE_SETTLE_AWS_MS: Ms = 300_000;
/// Within this time a due, reachable shard is served, in virtual time (ORDER-2, RETRY-2).
pub const PROGRESS_BOUND_MS: Ms = 600_000;

/// How a trace is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What the severities rest on.
    pub profile: Profile,
    /// Whether a repeated delivery at or behind the checkpoint is admitted (AMB-24).
    pub duplicates: bool,
    /// Rules that are not held against anybody.
    pub waived: Vec<RuleId>,
    /// Ambiguities of which only one variant is admitted, by its index.
    pub pinned: Vec<(AmbiguityId, usize)>,
    /// Slack above the age limit.
    pub age_slack_ms: Ms,
    /// How long a change of the mapping may take to show.
    pub update_settle_ms: Ms,
    /// How long a due, reachable shard may wait in virtual time.
    pub progress_bound_ms: Ms,
    /// What stands in its place where time passes by itself. A trace brings its own.
    pub wall: Option<Wall>,
    /// Rules that only warn are waived as well: set by the judge for a second look.
    pub(crate) lenient: bool,
}

impl Reading {
    /// The default: rules that are documented, validated or derived violate; those captured once warn.
    pub fn documented() -> Reading {
        Reading {
            profile: Profile::Documented,
            duplicates: false,
            waived: Vec::new(),
            pinned: Vec::new(),
            age_slack_ms: AGE_SLACK_MS,
            update_settle_ms: 0,
            progress_bound_ms: PROGRESS_BOUND_MS,
            wall: None,
            lenient: false,
        }
    }

    /// Captured rules violate too, and recorded variants are pinned.
    pub fn aws() -> Reading {
        let pin = |a: &catalogue::Ambiguity| {
            let index = a.variants.iter().position(|v| Some(v.name) == a.aws)?;
            Some((a.id, index))
        };
        Reading {
            profile: Profile::Aws,
            pinned: catalogue::ambiguities().iter().filter_map(pin).collect(),
            ..Reading::documented()
        }
    }

    /// The same reading with duplicates allowed or forbidden.
    pub fn with_duplicates(self, duplicates: bool) -> Reading {
        Reading { duplicates, ..self }
    }

    /// The same reading with another time for changes of a mapping to show.
    pub fn with_update_settle(self, update_settle_ms: Ms) -> Reading {
        Reading { update_settle_ms, ..self }
    }

    /// The same reading, as patient as the bounds of a session ask for.
    pub fn within(&self, bounds: &Bounds) -> Reading {
        let wall = match (self.wall, bounds.wall) {
            (Some(own), Some(other)) => Some(own.or_longer(other)),
            (own, other) => own.or(other),
        };
        let update_settle_ms = self.update_settle_ms.max(bounds.update_settle_ms);
        Reading { update_settle_ms, wall, ..self.clone() }
    }

    /// How much later than an answer or a change the implementation may act upon it.
    pub(crate) fn lag_ms(&self) -> Ms {
        self.wall.map_or(0, |wall| wall.lag_ms)
    }

    /// How long what a mapping says of itself may lag behind.
    pub(crate) fn status_settle_ms(&self) -> Ms {
        self.wall.map_or(0, |wall| wall.settle_ms).max(self.update_settle_ms)
    }

    /// The same reading with one more rule waived.
    pub fn waiving(&self, rule: RuleId) -> Reading {
        let mut reading = self.clone();
        reading.waived.push(rule);
        reading
    }

    /// How a breach of the rule counts.
    pub fn level(&self, rule: RuleId) -> Level {
        if self.waived.contains(&rule) {
            return Level::Ignored;
        }
        catalogue::level(rule, self.profile, self.duplicates)
    }

    /// Whether a branch that breaks the rule is followed.
    pub(crate) fn waives(&self, rule: RuleId) -> bool {
        self.waived.contains(&rule) || (self.lenient && self.level(rule) != Level::Violates)
    }

    /// Whether it waives anything.
    pub(crate) fn forgives_some(&self) -> bool {
        self.lenient || !self.waived.is_empty()
    }

    /// Whether a variant of an ambiguity is admitted.
    pub(crate) fn admits(&self, ambiguity: AmbiguityId, variant: usize) -> bool {
        self.pinned.iter().all(|(pinned, choice)| *pinned != ambiguity || *choice == variant)
    }
}
