//! Reading a case: what comes out is valid, or there is an error that names the place and the remedy.

use super::{
    Action, Case, CaseMapping, FORMAT, Function, MAX_ACTIONS, MAX_MAPPINGS, MAX_RECORD_SIZE, MAX_RECORDS,
    MAX_SHARDS, MAX_TIME_MS, Record, Step,
};
use crate::mapping::{Mapping, SourceKind, StartingPosition};
use crate::when::Ms;
use serde::Deserialize;

/// Default of `retention_ms`: 24 hours (RETRY-11).
pub const DEFAULT_RETENTION_MS: Ms = 24 * 3_600_000;
/// Default of `max_invocations`.
pub const DEFAULT_MAX_INVOCATIONS: u32 = 64;
/// Most invocations per shard and mapping that a case may ask for.
const MAX_INVOCATIONS: u32 = 100_000;
/// The longest function timeout: 15 minutes.
const MAX_TIMEOUT_MS: Ms = 900_000;

/// Why a text is not a case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// Not JSON, or JSON of another form.
    #[error("the case is not readable: {0}")]
    Form(String),
    /// A value outside its domain.
    #[error("{place}: {problem}")]
    Value {
        /// Where, as a path such as `records[3].shard`.
        place: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    format: u32,
    #[serde(default = "kinesis")]
    source: SourceKind,
    #[serde(default = "one")]
    shards: u8,
    #[serde(default = "default_retention")]
    retention_ms: Ms,
    #[serde(default)]
    function: Function,
    mappings: Vec<CaseMapping>,
    #[serde(default)]
    records: Vec<Record>,
    #[serde(default)]
    actions: Vec<Step>,
    #[serde(default)]
    closing_at: Option<Ms>,
    horizon_ms: Ms,
    #[serde(default = "default_invocations")]
    max_invocations: u32,
}

fn kinesis() -> SourceKind {
    SourceKind::Kinesis
}

fn one() -> u8 {
    1
}

fn default_retention() -> Ms {
    DEFAULT_RETENTION_MS
}

fn default_invocations() -> u32 {
    DEFAULT_MAX_INVOCATIONS
}

/// What the service accepts and this version models.
fn check_settings(settings: &Mapping, source: SourceKind) -> Result<(), String> {
    settings.check().map_err(|error| error.to_string())?;
    let later = |what: &str| Err(format!("{what} is not modelled yet: leave it out"));
    match settings {
        Mapping { starting_position: StartingPosition::AtTimestamp(_), .. }
            if source == SourceKind::DynamoDb =>
        {
            Err("StartingPosition AT_TIMESTAMP does not exist for DynamoDB Streams (API-14)".to_owned())
        }
        Mapping { parallelization_factor: 2.., .. } => later("ParallelizationFactor above 1"),
        Mapping { tumbling_window_in_seconds: 1.., .. } => later("TumblingWindowInSeconds"),
        Mapping { filters, .. } if !filters.is_empty() => later("FilterCriteria"),
        _ => Ok(()),
    }
}

impl<'de> Deserialize<'de> for Case {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Case, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        if raw.format != FORMAT {
            return Err(serde::de::Error::custom(format!(
                "format: {} is not known; this version reads format {FORMAT}",
                raw.format
            )));
        }
        let case = Case {
            format: raw.format,
            source: raw.source,
            shards: raw.shards,
            retention_ms: raw.retention_ms,
            function: raw.function,
            mappings: raw.mappings,
            records: raw.records,
            actions: raw.actions,
            closing_at: raw.closing_at,
            horizon_ms: raw.horizon_ms,
            max_invocations: raw.max_invocations,
        };
        case.validate().map_err(serde::de::Error::custom)?;
        Ok(case)
    }
}

impl Case {
    /// Reads a case from JSON.
    ///
    /// # Errors
    /// [`CaseError`] if the text is not JSON of the form of a case, or if a value lies outside its domain.
    pub fn from_json(text: &str) -> Result<Case, CaseError> {
        serde_json::from_str(text).map_err(|error| CaseError::Form(error.to_string()))
    }

    /// Checks a case that was put together by hand: a case that was read has passed this already.
    ///
    /// # Errors
    /// [`CaseError::Value`] names the first member outside its domain.
    pub fn validate(&self) -> Result<(), CaseError> {
        let bad = |place: String, problem: String| Err(CaseError::Value { place, problem });
        let within = |place: &str, value: Ms, low: Ms, high: Ms| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                bad(place.to_owned(), format!("{value} is outside {low}..{high}"))
            }
        };
        within("shards", self.shards.into(), 1, MAX_SHARDS.into())?;
        within("retention_ms", self.retention_ms, 1, MAX_TIME_MS)?;
        within("horizon_ms", self.horizon_ms, 0, MAX_TIME_MS)?;
        within("max_invocations", self.max_invocations.into(), 1, MAX_INVOCATIONS.into())?;
        within("function.timeout_ms", self.function.timeout_ms, 1, MAX_TIMEOUT_MS)?;
        within("mappings", self.mappings.len() as Ms, 1, MAX_MAPPINGS as Ms)?;
        within("records", self.records.len() as Ms, 0, MAX_RECORDS as Ms)?;
        within("actions", self.actions.len() as Ms, 0, MAX_ACTIONS as Ms)?;
        if let Some(at) = self.closing_at {
            within("closing_at", at, self.records.last().map_or(0, |r| r.at), self.horizon_ms)?;
        }
        for (i, mapping) in self.mappings.iter().enumerate() {
            within(&format!("mappings[{i}].created_at"), mapping.created_at, 0, self.horizon_ms)?;
            if let Err(problem) = check_settings(&mapping.settings, self.source) {
                return bad(format!("mappings[{i}].settings"), problem);
            }
        }
        let mut before = 0;
        for (i, record) in self.records.iter().enumerate() {
            within(&format!("records[{i}].at"), record.at, before, self.horizon_ms)?;
            within(&format!("records[{i}].shard"), record.shard.into(), 0, Ms::from(self.shards) - 1)?;
            within(&format!("records[{i}].size"), record.size.into(), 1, MAX_RECORD_SIZE.into())?;
            within(&format!("records[{i}].duration_ms"), record.duration_ms, 0, MAX_TIMEOUT_MS)?;
            if let Some(times) = record.behaviour.and_then(|behaviour| behaviour.times) {
                within(&format!("records[{i}].behaviour.times"), times.into(), 1, u16::MAX.into())?;
            }
            before = record.at;
        }
        self.validate_actions()
    }

    fn validate_actions(&self) -> Result<(), CaseError> {
        let mut settings: Vec<_> = self.mappings.iter().map(|m| m.settings.clone()).collect();
        let mut before = 0;
        for (i, Step { at, action }) in self.actions.iter().enumerate() {
            let place = format!("actions[{i}]");
            let value = |problem: String| CaseError::Value { place: place.clone(), problem };
            if !(before..=self.horizon_ms).contains(at) {
                return Err(value(format!("at {at} is outside {before}..{}", self.horizon_ms)));
            }
            before = *at;
            let Some(mapping) = self.mappings.get(usize::from(action.mapping())) else {
                return Err(value(format!("mapping {} does not exist", action.mapping())));
            };
            if *at < mapping.created_at {
                return Err(value("the mapping is created later".to_owned()));
            }
            if !(0..=MAX_TIME_MS).contains(&action.lasts()) {
                return Err(value(format!("for_ms {} is outside 0..{MAX_TIME_MS}", action.lasts())));
            }
            if let Action::Update { set, .. } = action {
                let now = &mut settings[usize::from(action.mapping())];
                set.check().map_err(value)?;
                set.apply(now);
                check_settings(now, self.source).map_err(value)?;
            }
        }
        Ok(())
    }
}
