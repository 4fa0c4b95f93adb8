//! How long a full batch took, and how large a batch may be. What the clock says is no verdict: CONS-11 is broken by a
//! time-out only.

use crate::handler::Raw;
use crate::history::History;
use crate::plans::FULL;
use crate::world::Played;
use esm_model::when::Ms;
use serde::Serialize;
use std::fmt;

/// How much of the timeout a full batch may take before it is told how large a batch may be, in hundredths: Lambda's
/// processors differ from the user's.
const COMFORT: Ms = 80;

/// What a full batch of good records took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FullBatch {
    /// Its records.
    pub records: usize,
    /// How long it took.
    pub took_ms: Ms,
    /// The function's timeout.
    pub timeout_ms: Ms,
    /// What was left of the timeout.
    pub left_ms: Ms,
    /// The mapping's batches, if they may be larger than the one that was tried.
    pub batch_size: u32,
    /// The largest batch that leaves enough time, if the mapping's may be larger.
    pub batch_size_that_fits: Option<u32>,
}

impl FullBatch {
    /// Of the history with a full batch, if the function came to its end.
    pub(crate) fn of(history: &History, played: &Played, batch_size: u32) -> Option<FullBatch> {
        if history.name != FULL {
            return None;
        }
        let call = played.calls.iter().max_by_key(|call| call.records.len())?;
        let (took_ms, records) = (call.took_ms?, call.records.len());
        if !matches!(call.raw, Raw::Returned(_)) || records == 0 {
            return None;
        }
        let timeout_ms = history.case.function.timeout_ms;
        let fits = timeout_ms * COMFORT / 100 * records as Ms / took_ms.max(1);
        let fits = u32::try_from(fits.max(1)).unwrap_or(u32::MAX);
        Some(FullBatch {
            records,
            took_ms,
            timeout_ms,
            left_ms: timeout_ms - took_ms,
            batch_size,
            batch_size_that_fits: Some(fits).filter(|fits| *fits < batch_size),
        })
    }
}

impl fmt::Display for FullBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FullBatch { records, took_ms, timeout_ms, batch_size, .. } = self;
        let word = if *records == 1 { "record" } else { "records" };
        write!(f, "A batch of {records} {word} took {took_ms} ms of the timeout of {timeout_ms} ms.")?;
        match self.batch_size_that_fits {
            Some(fits) => write!(
                f,
                " Going by that, {fits} records take {COMFORT} % of the timeout, and BatchSize is {batch_size}: set it to \
                 {fits} or below, or the Timeout higher."
            ),
            None => Ok(()),
        }
    }
}
