//! What a case asks of an endpoint beyond streams and functions, looked at before anything is made.

use crate::preset::Preset;
use esm_model::case::{Action, Case, DEFAULT_RETENTION_MS};
use esm_model::mapping::Destination;
use esm_model::when::Ms;
use esmeralda::target::TargetError;

/// Whether the case can run there.
///
/// # Errors
/// [`TargetError::Unsupported`] names the first thing that cannot be had.
pub(crate) fn check(case: &Case, preset: &Preset) -> Result<(), TargetError> {
    let unsupported = |what: String| Err(TargetError::Unsupported(what));
    if case.retention_ms < DEFAULT_RETENTION_MS {
        return unsupported("a stream that keeps records for less than a day".to_owned());
    }
    if let Some(longest) = Some(last(case)).filter(|last| *last > preset.bounds.longest_case_ms) {
        let (longest, most) = (longest / 1_000, preset.bounds.longest_case_ms / 1_000);
        return unsupported(format!("a case of {longest} s: bounds.longest_case_ms allows {most} s"));
    }
    for step in &case.actions {
        match &step.action {
            Action::RefuseWrites { .. } => {
                return unsupported("a destination that refuses writes for a while".to_owned());
            }
            Action::ServiceError { .. } if !preset.capabilities.service_errors => {
                return unsupported("service errors on demand".to_owned());
            }
            Action::Throttle { .. } if !preset.capabilities.throttle => {
                return unsupported("throttling by reserved concurrency".to_owned());
            }
            _ => {}
        }
    }
    Ok(())
}

/// When the last stimulus of a case is due.
pub(crate) fn last(case: &Case) -> Ms {
    let created = case.mappings.iter().map(|mapping| mapping.created_at);
    let steps = case.actions.iter().map(|step| step.at + step.action.lasts());
    let put = case.records.iter().map(|record| record.at);
    created.chain(steps).chain(put).chain(case.closing_at).max().unwrap_or(0)
}

/// Whether some step throttles that mapping.
pub(crate) fn throttles(case: &Case, mapping: usize) -> bool {
    let is_one = |action: &Action| matches!(action, Action::Throttle { mapping: of, .. } if usize::from(*of) == mapping);
    case.actions.iter().any(|step| is_one(&step.action))
}

/// The destinations that a mapping names in the course of the case, in the order in which traces count them.
pub(crate) fn destinations(case: &Case, mapping: usize) -> Vec<Destination> {
    let mut named: Vec<Destination> = case.mappings[mapping].settings.destination.iter().cloned().collect();
    for step in &case.actions {
        let Action::Update { mapping: of, set } = &step.action else { continue };
        let arn = set.destination.as_ref().filter(|_| usize::from(*of) == mapping);
        if let Some(destination) = arn.and_then(|arn| arn.parse::<Destination>().ok())
            && !named.contains(&destination)
        {
            named.push(destination);
        }
    }
    named
}
