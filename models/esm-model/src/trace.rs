//! A trace: the case that ran, the names it ran under, and the events in the order observed. JSON lines in and out.

use crate::case::Case;
use crate::event::Event;
use crate::setup::Setup;
use serde::{Deserialize, Serialize};

/// Most events that a trace file may hold.
pub const MAX_EVENTS: usize = 4_000_000;

/// One observed run of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What was run.
    pub case: Case,
    /// The names, where texts were seen.
    pub setup: Option<Setup>,
    /// What was observed.
    pub events: Vec<Event>,
}

/// A trace by reference, as the judge takes it.
#[derive(Debug, Clone, Copy)]
pub struct TraceRef<'t> {
    /// What was run.
    pub case: &'t Case,
    /// The names, where texts were seen.
    pub setup: Option<&'t Setup>,
    /// What was observed.
    pub events: &'t [Event],
}

/// Why a text is not a trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the trace: {problem}")]
pub struct TraceError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

#[derive(Serialize)]
struct HeadOut<'a> {
    case: &'a Case,
    setup: Option<&'a Setup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    case: Case,
    #[serde(default)]
    setup: Option<Setup>,
}

/// The JSON lines of a trace, from its parts.
pub fn to_lines(case: &Case, setup: Option<&Setup>, events: &[Event]) -> String {
    let mut text = serde_json::to_string(&HeadOut { case, setup }).expect("a case and its names are JSON");
    text.push('\n');
    for event in events {
        text.push_str(&serde_json::to_string(event).expect("an event is JSON"));
        text.push('\n');
    }
    text
}

impl Trace {
    /// This trace by reference.
    pub fn as_ref(&self) -> TraceRef<'_> {
        TraceRef { case: &self.case, setup: self.setup.as_ref(), events: &self.events }
    }

    /// The JSON lines of this trace.
    pub fn to_lines(&self) -> String {
        to_lines(&self.case, self.setup.as_ref(), &self.events)
    }

    /// Reads JSON lines.
    ///
    /// # Errors
    /// [`TraceError`] names the first line that is not of the form of a trace.
    pub fn from_lines(text: &str) -> Result<Trace, TraceError> {
        let bad = |line: usize, problem: String| TraceError { line, problem };
        let mut lines =
            text.lines().enumerate().map(|(i, line)| (i + 1, line)).filter(|(_, l)| !l.trim().is_empty());
        let (line, first) =
            lines.next().ok_or_else(|| bad(1, "nothing there: a trace begins with its case".to_owned()))?;
        let head: Head = serde_json::from_str(first).map_err(|error| bad(line, error.to_string()))?;
        if let Some(setup) = &head.setup
            && (setup.shard_ids.len() != usize::from(head.case.shards)
                || setup.mappings.len() != head.case.mappings.len())
        {
            return Err(bad(line, "setup: names other shards or mappings than the case has".to_owned()));
        }
        if head.setup.as_ref().is_some_and(|setup| !setup.bounds.are_sound()) {
            return Err(bad(line, "setup: a bound is negative, or longer than any session".to_owned()));
        }
        let mut events = Vec::new();
        for (line, text) in lines {
            if events.len() >= MAX_EVENTS {
                return Err(bad(line, format!("more than {MAX_EVENTS} events")));
            }
            events.push(serde_json::from_str(text).map_err(|error| bad(line, error.to_string()))?);
        }
        Ok(Trace { case: head.case, setup: head.setup, events })
    }
}
