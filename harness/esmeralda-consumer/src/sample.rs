//! Samples: what good and bad records look like, as the user gives them, and what a bad one means.
//!
//! A sample is the data of a record, one to a line; of a table's stream it is the change of an item ([`crate::table`]).
//! `{{label}}` in it becomes a name that no other record has, and `{{key}}` one that all records of a partition key have.

use crate::table;
use esm_model::mapping::SourceKind;
use regex::Regex;

/// Where a record's own name goes.
pub const LABEL: &str = "{{label}}";
/// Where the name of a partition key goes.
pub const KEY: &str = "{{key}}";
/// Most samples of one kind: more are no other histories.
pub const MAX_SAMPLES: usize = 10_000;
/// The largest sample: a batch of some must fit into an event.
pub const MAX_SAMPLE_BYTES: usize = 256 * 1024;

/// What a function is meant to do with a bad record.
#[derive(Debug, Clone)]
pub enum BadMeans {
    /// It reports it, or raises where failures are not reported.
    Reported,
    /// It puts it aside and goes on: a line or a write that this matches tells of it.
    Diverted(Regex),
    /// It drops it, and that is right.
    Dropped,
}

/// Good and bad samples. There is at least one good one.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    pub(crate) good: Vec<String>,
    pub(crate) bad: Vec<String>,
}

/// Why samples cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// There is none.
    #[error("there are no good samples: give at least one line of data that the function is meant to accept")]
    NoGood,
    /// There are more than are used.
    #[error("there are {0} samples of one kind; at most {MAX_SAMPLES} are used: give fewer")]
    TooMany(usize),
    /// One is no change of an item.
    #[error("sample {line} is none of a table's stream: it {problem}")]
    NoChange {
        /// Which one, counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// One is too large.
    #[error("sample {line} has {bytes} bytes; at most {MAX_SAMPLE_BYTES} are possible: make it smaller")]
    TooLarge {
        /// Which one, counted from 1.
        line: usize,
        /// How large it is.
        bytes: usize,
    },
}

impl Samples {
    /// From the lines of two files; empty lines do not count.
    ///
    /// # Errors
    /// [`SampleError`] if there is no good one, or too much, or one that such a stream cannot hold.
    pub fn of(source: SourceKind, good: &str, bad: &str) -> Result<Samples, SampleError> {
        let samples = Samples { good: lines(source, good)?, bad: lines(source, bad)? };
        if samples.good.is_empty() { Err(SampleError::NoGood) } else { Ok(samples) }
    }

    /// The data of a record with this name and partition key: samples are used in turn.
    pub fn data(&self, bad: bool, sample: u32, name: &str, key: &str) -> String {
        let list = if bad { &self.bad } else { &self.good };
        list[sample as usize % list.len()].replace(LABEL, name).replace(KEY, key)
    }

    /// Whether there is anything bad to try.
    pub fn has_bad(&self) -> bool {
        !self.bad.is_empty()
    }

    /// The largest good sample: what a full batch may weigh follows from it.
    pub fn largest_good(&self) -> usize {
        self.good.iter().map(String::len).max().unwrap_or(0)
    }
}

fn lines(source: SourceKind, text: &str) -> Result<Vec<String>, SampleError> {
    let mut all = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        if line.len() > MAX_SAMPLE_BYTES {
            return Err(SampleError::TooLarge { line: index + 1, bytes: line.len() });
        }
        if source == SourceKind::DynamoDb {
            table::change(line).map_err(|problem| SampleError::NoChange { line: index + 1, problem })?;
        }
        all.push(line.to_owned());
    }
    if all.len() > MAX_SAMPLES { Err(SampleError::TooMany(all.len())) } else { Ok(all) }
}
