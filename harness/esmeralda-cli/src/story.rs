//! A violation in prose: a stand-in until the model explains violations itself.

use esm_model::catalogue;
use esm_model::spec::Reading;
use esm_model::trace::TraceRef;
use esm_model::verdict::Violation;

/// What was wrong, and what the rules say.
pub(crate) fn explain(trace: TraceRef<'_>, _reading: &Reading, violation: &Violation) -> String {
    let mut text = match &violation.what {
        Some(what) => format!("Event {}: {what}.", violation.event),
        None => format!("Event {} of {} cannot be explained.", violation.event, trace.events.len()),
    };
    for rule in &violation.blame {
        if let Some(requirement) = catalogue::get(*rule) {
            text.push_str(&format!("\n{rule}: {}", requirement.sentence));
        }
    }
    text
}
