//! Points in time as requests and answers carry them: seconds since the epoch as a number, or an ISO-8601 text.
//!
//! Not a clock. Precision is milliseconds; what is finer is rounded.

use super::{Member, Path, ShapeError, Unknown};
use chrono::DateTime;
use serde_json::Value;

/// The last second of the year 9999, the latest time that ISO-8601 writes with four digits.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Milliseconds since the epoch.
    pub ms: i64,
}

impl Timestamp {
    /// The time that a JSON value names: a number of seconds, such a number as text, or ISO-8601 with a time
    /// zone. `None` if it names none; a text without a zone names none, because tools disagree on which it means.
    pub fn of(value: &Value) -> Option<Timestamp> {
        match value {
            Value::Number(number) => Timestamp::of_seconds(number.as_f64()?),
            Value::String(text) => match DateTime::parse_from_rfc3339(text) {
                Ok(time) => Some(Timestamp { ms: time.timestamp_millis() }),
                Err(_) => DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z")
                    .ok()
                    .map(|time| Timestamp { ms: time.timestamp_millis() })
                    .or_else(|| Timestamp::of_seconds(text.parse().ok()?)),
            },
            _ => None,
        }
    }

    fn of_seconds(seconds: f64) -> Option<Timestamp> {
        (seconds.abs() <= LAST_SECOND).then(|| Timestamp { ms: (seconds * 1000.0).round() as i64 })
    }

    /// The number of seconds, without a fraction where there is none.
    pub fn to_value(self) -> Value {
        match self.ms % 1000 {
            0 => Value::from(self.ms / 1000),
            _ => Value::from(self.ms as f64 / 1000.0),
        }
    }
}

impl Member for Timestamp {
    fn read(value: &Value, at: &Path<'_>, _: &mut Unknown) -> Result<Timestamp, ShapeError> {
        Timestamp::of(value).ok_or_else(|| {
            at.wrong(value, "a time: seconds since 1970 as a number, or text such as 2026-01-31T12:00:00Z")
        })
    }

    fn write(&self) -> Value {
        self.to_value()
    }
}
