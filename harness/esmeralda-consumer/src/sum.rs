//! What histories add up to, before anything of it is told.

use crate::handler::HandlerError;
use crate::shrink::Shown;
use crate::timing::FullBatch;
use esm_model::rule::RuleId;
use std::collections::BTreeMap;

/// What was found so far.
#[derive(Default)]
pub(crate) struct Sum {
    pub(crate) histories: usize,
    pub(crate) calls: u64,
    pub(crate) unnamed: u32,
    pub(crate) forgot: bool,
    /// Whether any effect named its record.
    pub(crate) seen: bool,
    pub(crate) full: Option<FullBatch>,
    pub(crate) found: BTreeMap<(bool, RuleId), (Shown, u32)>,
    pub(crate) broke_off: Option<HandlerError>,
}

impl Sum {
    /// Adds what was found later.
    pub(crate) fn merge(&mut self, later: Sum) {
        self.histories += later.histories;
        self.calls += later.calls;
        self.unnamed += later.unnamed;
        self.forgot |= later.forgot;
        self.seen |= later.seen;
        self.full = self.full.take().or(later.full);
        for (key, (shown, times)) in later.found {
            self.found.entry(key).or_insert((shown, 0)).1 += times;
        }
        self.broke_off = self.broke_off.take().or(later.broke_off);
    }
}
