//! ISO-8601 instants as the documents write them, to and from milliseconds since the epoch.
//!
//! The number of fractional digits is part of the contract (REC-9, REC-10), so parsing tells the exact form.
//! No clock is read here.

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// The first and last instant with a four-digit year, in milliseconds; formatting clamps to them so that the
/// length of the text never varies.
const FIRST_MS: i64 = -62_167_219_200_000;
const LAST_MS: i64 = 253_402_300_799_999;

/// The exact form in which an instant was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// `2022-07-13T13:48:01.000Z`: three fractional digits and `Z`.
    Millis,
    /// `2022-07-13T13:48:01Z`: no fraction and `Z`.
    Seconds,
    /// Another way to write an instant: other digits, an offset, no zone at all (read as UTC), small letters.
    Other,
}

/// The instant with three fractional digits, `2022-07-13T13:48:01.000Z` (REC-9).
pub fn format_millis(ms: i64) -> String {
    let whole = date_and_time(ms);
    format!("{whole}.{:03}Z", ms.clamp(FIRST_MS, LAST_MS).rem_euclid(1000))
}

/// The instant rounded down to whole seconds, `2022-07-13T13:48:01Z` (REC-10 for DynamoDB).
pub fn format_seconds(ms: i64) -> String {
    date_and_time(ms) + "Z"
}

/// The first 19 characters, `2022-07-13T13:48:01`.
pub(crate) fn date_and_time(ms: i64) -> String {
    let at: DateTime<Utc> = DateTime::from_timestamp_millis(ms.clamp(FIRST_MS, LAST_MS)).unwrap_or_default();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// The instant in milliseconds and the form it was written in, or nothing if `text` names no instant. Finer
/// fractions are cut off.
pub fn parse(text: &str) -> Option<(i64, Precision)> {
    let at = match DateTime::parse_from_rfc3339(text) {
        Ok(at) => at.timestamp_millis(),
        Err(_) => {
            return NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
                .ok()
                .map(|at| (at.and_utc().timestamp_millis(), Precision::Other));
        }
    };
    // Writing it again is the strictest test of a form: it also refuses leap seconds and small letters.
    let precision = if text == format_millis(at) {
        Precision::Millis
    } else if text == format_seconds(at) {
        Precision::Seconds
    } else {
        Precision::Other
    };
    Some((at, precision))
}

/// The instant, if written exactly like `2022-07-13T13:48:01.000Z`.
pub fn parse_millis(text: &str) -> Option<i64> {
    parse(text).filter(|(_, precision)| *precision == Precision::Millis).map(|(at, _)| at)
}

/// The instant, if written exactly like `2022-07-13T13:48:01Z`.
pub fn parse_seconds(text: &str) -> Option<i64> {
    parse(text).filter(|(_, precision)| *precision == Precision::Seconds).map(|(at, _)| at)
}
