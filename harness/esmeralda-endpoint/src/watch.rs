//! Whether a session may stop waiting: what was called, what is pending, which shards are through.
//!
//! No judge: it only knows when nothing more is to be expected, and errs on the side of waiting.

use esm_model::answer::{Answer, Response};
use esm_model::case::{Action, Case};
use esm_model::label::Label;
use esm_model::when::Ms;
use std::collections::{BTreeMap, BTreeSet};

/// What has been seen so far.
pub(crate) struct Watch {
    /// When something was last seen or done.
    pub(crate) last: Ms,
    /// When a shard used up its invocations.
    pub(crate) cut: Option<Ms>,
    /// Why the run broke down.
    pub(crate) broken: Option<String>,
    calls: BTreeMap<(u8, u8), u32>,
    pending: u32,
    failed: bool,
    /// Sentinels that are still to be seen through, by mapping.
    awaited: BTreeSet<(u8, Label)>,
    /// Mappings whose answers may report records.
    reports: Vec<bool>,
    /// Whether a failure record can come at all.
    destinations: bool,
    closes: bool,
}

impl Watch {
    pub(crate) fn new(case: &Case) -> Watch {
        let updates = |mapping: usize| {
            case.actions.iter().filter_map(move |step| match &step.action {
                Action::Update { mapping: of, set } if usize::from(*of) == mapping => Some(set),
                _ => None,
            })
        };
        let mappings = || case.mappings.iter().enumerate();
        let reports = mappings()
            .map(|(index, mapping)| {
                mapping.settings.report_batch_item_failures
                    || updates(index).any(|set| set.report_batch_item_failures == Some(true))
            })
            .collect();
        let destinations = mappings().any(|(index, mapping)| {
            mapping.settings.destination.is_some() || updates(index).any(|set| set.destination.is_some())
        });
        let mut awaited = BTreeSet::new();
        for (index, mapping) in mappings() {
            let polls = case.actions.iter().fold(mapping.settings.enabled, |polls, step| match step.action {
                Action::Disable { mapping } if usize::from(mapping) == index => false,
                Action::Enable { mapping } if usize::from(mapping) == index => true,
                _ => polls,
            });
            if polls && case.closing_at.is_some() {
                awaited.extend((0..case.shards).map(|shard| (index as u8, Label::sentinel(shard))));
            }
        }
        Watch {
            last: 0,
            cut: None,
            broken: None,
            calls: BTreeMap::new(),
            pending: 0,
            failed: false,
            awaited,
            reports,
            destinations,
            closes: case.closing_at.is_some(),
        }
    }

    pub(crate) fn breaks(&mut self, why: String) {
        self.broken.get_or_insert(why);
    }

    pub(crate) fn called(&mut self, case: &Case, mapping: u8, shard: u8, now: Ms) {
        self.last = self.last.max(now);
        self.pending += 1;
        let calls = self.calls.entry((mapping, shard)).or_default();
        *calls += 1;
        if *calls >= case.max_invocations {
            self.cut.get_or_insert(now);
        }
    }

    pub(crate) fn answered(&mut self, mapping: u8, answer: &Answer, records: &[Label], now: Ms) {
        self.last = self.last.max(now);
        self.pending = self.pending.saturating_sub(1);
        let reports = self.reports.get(usize::from(mapping)) == Some(&true);
        let well = match answer {
            Answer::Returned(Response::Items(items)) => items.is_empty() || !reports,
            Answer::Returned(Response::ItemsOfWrongType | Response::Unrecognised(_)) => !reports,
            Answer::Returned(_) => true,
            _ => false,
        };
        self.failed |= !well;
        if well {
            self.awaited.retain(|(of, label)| *of != mapping || !records.contains(label));
        }
    }

    /// A failure record came, and ends with this record.
    pub(crate) fn delivered(&mut self, mapping: u8, last: Option<Label>, now: Ms) {
        self.last = self.last.max(now);
        if let Some(last) = last {
            self.awaited.remove(&(mapping, last));
        }
    }

    /// Whether nothing is to be expected but what `settle` would bring.
    pub(crate) fn is_through(&self) -> bool {
        self.closes && self.pending == 0 && self.awaited.is_empty()
    }

    /// Whether something failed, or a failure record may still come.
    pub(crate) fn must_settle(&self) -> bool {
        self.failed || self.destinations
    }
}
