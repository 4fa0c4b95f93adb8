//! Results as JSON: one document on one line.

use crate::error::CliError;
use esm_model::when::Ms;
use serde::Serialize;
use std::time::Duration;

/// How fast a run was: the one part of a report that differs between equal runs.
#[derive(Debug, Serialize)]
pub(crate) struct Timing {
    cases_per_second: f64,
    events_per_second: f64,
    seconds: f64,
    /// The longest that a case was predicted to last, in seconds, and how many times as long the run took.
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_wait_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    /// When every case had run once, in seconds: what came after that confirmed what had failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    once_seconds: Option<f64>,
    /// How long failures were made small after that, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    shrinking_seconds: Option<f64>,
    /// How long the run took with everything, and how long it might have taken at most, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    whole: Option<Whole>,
}

/// How long something took, and how long it might have taken at most, in seconds.
#[derive(Debug, Clone, Copy, Serialize)]
struct Whole {
    seconds: f64,
    at_most: f64,
}

impl Timing {
    /// So many cases and events in so many seconds.
    pub(crate) fn new(cases: u64, events: u64, seconds: f64) -> Timing {
        let rate = |count: u64| if seconds > 0.0 { (count as f64 / seconds).round() } else { 0.0 };
        Timing {
            cases_per_second: rate(cases),
            events_per_second: rate(events),
            seconds: rounded(seconds),
            longest_wait_seconds: None,
            ratio: None,
            once_seconds: None,
            shrinking_seconds: None,
            whole: None,
        }
    }

    /// Beside the longest single wait that the documents impose, in milliseconds, where waiting is what takes time; when
    /// every case had run once; how long failures were made small after that; and the whole run with its bound.
    pub(crate) fn against(
        self,
        longest_ms: Ms,
        once: Option<Duration>,
        shrinking_seconds: f64,
        (took, bound): (Duration, Duration),
    ) -> Timing {
        let longest = Some(longest_ms).filter(|ms| *ms > 0).map(|ms| ms as f64 / 1_000.0);
        let ratio = longest.map(|longest| (self.seconds / longest * 100.0).round() / 100.0);
        let shrinking_seconds = Some(rounded(shrinking_seconds));
        let whole = Some(Whole { seconds: rounded(took.as_secs_f64()), at_most: bound.as_secs_f64() });
        let once_seconds = once.map(|once| rounded(once.as_secs_f64()));
        Timing { longest_wait_seconds: longest, ratio, once_seconds, shrinking_seconds, whole, ..self }
    }

    /// In words.
    pub(crate) fn text(&self) -> String {
        let rate = super::text::grouped(self.cases_per_second as u64);
        match (self.longest_wait_seconds, self.ratio) {
            (Some(longest), Some(ratio)) => {
                let run = format!(
                    "{:.1} s, {ratio:.2} times the longest wait of a case ({longest:.1} s)",
                    self.seconds
                );
                // Of a run in which nothing was confirmed it says nothing new.
                let once = self.once_seconds.filter(|once| self.seconds - once >= 1.0);
                let once = once.map(|once| format!("; every case had run once after {once:.1} s"));
                let small = self.shrinking_seconds.filter(|seconds| *seconds >= 1.0);
                let small = small.map(|seconds| format!("; failures made small in {seconds:.1} s"));
                let whole = self.whole.map(|Whole { seconds, at_most }| {
                    format!("; {seconds:.1} s in all, of {at_most:.0} s at most")
                });
                run + &once.unwrap_or_default() + &small.unwrap_or_default() + &whole.unwrap_or_default()
            }
            _ => format!("{:.1} s, {rate} cases/s", self.seconds),
        }
    }
}

/// In whole milliseconds.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}

/// The document and the end of its line.
pub(crate) fn line<R: Serialize>(result: &R) -> Result<String, CliError> {
    let text = serde_json::to_string(result)
        .map_err(|error| CliError::CouldNotRun(format!("the report cannot be written as JSON: {error}")))?;
    Ok(text + "\n")
}
