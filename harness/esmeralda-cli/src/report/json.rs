//! Results as JSON: one document on one line.

use crate::error::CliError;
use serde::Serialize;

/// How fast a run was: the one part of a report that differs between equal runs.
#[derive(Debug, Serialize)]
pub(crate) struct Timing {
    cases_per_second: f64,
    events_per_second: f64,
    seconds: f64,
}

impl Timing {
    /// So many cases and events in so many seconds.
    pub(crate) fn new(cases: u64, events: u64, seconds: f64) -> Timing {
        let rate = |count: u64| if seconds > 0.0 { (count as f64 / seconds).round() } else { 0.0 };
        Timing {
            cases_per_second: rate(cases),
            events_per_second: rate(events),
            seconds: (seconds * 1_000.0).round() / 1_000.0,
        }
    }

    /// In words.
    pub(crate) fn text(&self) -> String {
        format!("{:.1} s, {} cases/s", self.seconds, super::text::grouped(self.cases_per_second as u64))
    }
}

/// The document and the end of its line.
pub(crate) fn line<R: Serialize>(result: &R) -> Result<String, CliError> {
    let text = serde_json::to_string(result)
        .map_err(|error| CliError::CouldNotRun(format!("the report cannot be written as JSON: {error}")))?;
    Ok(text + "\n")
}
