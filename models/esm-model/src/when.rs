//! When something happened: an interval of milliseconds since the case began.
//!
//! A logical clock gives points; a wire gives intervals. Rules ask what is sure and what is possible, so that only
//! definite violations are violations; there is no tolerance anywhere else.

use serde::{Deserialize, Serialize};

/// Milliseconds since the case began. Negative values are before it.
pub type Ms = i64;

/// The instant at which every case begins in virtual time, in milliseconds since 1970: 2026-01-05T10:00:00Z.
/// Documents and timestamps are dated from it.
pub const EPOCH_MS: i64 = 1_767_607_200_000;

/// An interval in which an instant lies, both ends included. JSON: a number for a point, else `[earliest, latest]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct When {
    /// Not before this.
    pub earliest: Ms,
    /// Not after this.
    pub latest: Ms,
}

impl When {
    /// The instant itself is known.
    pub const fn at(instant: Ms) -> When {
        When { earliest: instant, latest: instant }
    }

    /// This interval, `by` milliseconds later.
    pub const fn plus(self, by: Ms) -> When {
        When { earliest: self.earliest + by, latest: self.latest + by }
    }

    /// Every instant of `self` lies before every instant of `other`.
    pub const fn surely_before(self, other: When) -> bool {
        self.latest < other.earliest
    }

    /// Some instant of `self` lies at or before some instant of `other`.
    pub const fn possibly_by(self, other: When) -> bool {
        self.earliest <= other.latest
    }
}

/// The begin and the end of something that takes time, such as a call over a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// When it was begun.
    pub began: When,
    /// When its end was seen.
    pub ended: When,
}

impl Span {
    /// Begun and ended at one known instant.
    pub const fn at(instant: Ms) -> Span {
        Span { began: When::at(instant), ended: When::at(instant) }
    }

    /// Whether it may have lasted at some time from `from` to `until`.
    pub(crate) const fn meets(self, from: Ms, until: Ms) -> bool {
        self.began.earliest <= until && self.ended.latest >= from
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Point(Ms),
    Interval([Ms; 2]),
}

impl TryFrom<Form> for When {
    type Error = String;

    fn try_from(form: Form) -> Result<When, String> {
        // Instants beyond this would overflow sums; no case lasts a thousand years.
        const BOUND: Ms = 1 << 45;
        let (earliest, latest) = match form {
            Form::Point(instant) => (instant, instant),
            Form::Interval([earliest, latest]) => (earliest, latest),
        };
        if earliest > latest {
            return Err(format!("interval [{earliest}, {latest}] ends before it begins"));
        }
        if earliest < -BOUND || latest > BOUND {
            return Err(format!("instant outside -{BOUND}..{BOUND} ms"));
        }
        Ok(When { earliest, latest })
    }
}

impl From<When> for Form {
    fn from(when: When) -> Form {
        if when.earliest == when.latest {
            Form::Point(when.earliest)
        } else {
            Form::Interval([when.earliest, when.latest])
        }
    }
}
