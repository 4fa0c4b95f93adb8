//! Cases that once failed on something, kept as readable values: run first, on every target.
//!
//! A seed would mean another case after the next change of the generator; a file means the same for ever. To keep
//! a case, put its file into `regressions/` and name it here, with what it found.

use esm_model::case::Case;

/// A case that once failed.
#[derive(Debug, Clone, Copy)]
pub struct Regression {
    /// Its name: that of its file.
    pub name: &'static str,
    /// What it found.
    pub found: &'static str,
    /// The case as JSON.
    pub text: &'static str,
}

/// Every regression, in the order in which they were found.
pub const REGRESSIONS: &[Regression] = &[
    Regression {
        name: "retention-during-retry-before-oversized",
        found: "The judge took a batch that the stream lost during its retries for one that was still due, and \
                refused the failure record of the record behind it, which was too large.",
        text: include_str!("../regressions/retention-during-retry-before-oversized.json"),
    },
    Regression {
        name: "silent-age-discard-when-cut",
        found: "Where another mapping used up its calls and so ended the run, the judge missed a discard for age \
                that nobody can see without a destination.",
        text: include_str!("../regressions/silent-age-discard-when-cut.json"),
    },
    Regression {
        name: "latest-behind-oversized",
        found: "The judge held a record behind one that is too large against LATEST, which may have begun at either.",
        text: include_str!("../regressions/latest-behind-oversized.json"),
    },
    Regression {
        name: "refused-write-of-oversized-when-cut",
        found: "The judge missed the discard of a record that is too large, whose failure record was refused.",
        text: include_str!("../regressions/refused-write-of-oversized-when-cut.json"),
    },
    Regression {
        name: "held-records-gone-with-more-behind",
        found: "The reference forgot to read on when the stream had lost everything that it held.",
        text: include_str!("../regressions/held-records-gone-with-more-behind.json"),
    },
    Regression {
        name: "batches-at-the-instant-of-an-update",
        found: "Where reports were switched off while fourteen batches succeeded at one instant, the judge kept two \
                states for each success, and gave up.",
        text: include_str!("../regressions/batches-at-the-instant-of-an-update.json"),
    },
];

/// The cases, by name.
///
/// # Panics
/// If a file of this crate is not a case: a test reads every one.
pub fn all() -> impl Iterator<Item = (&'static str, Case)> {
    REGRESSIONS.iter().map(|regression| {
        let case = Case::from_json(regression.text);
        (regression.name, case.unwrap_or_else(|error| panic!("regression {}: {error}", regression.name)))
    })
}
