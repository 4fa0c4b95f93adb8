//! Whether a session may stop waiting: what was called, what is pending, which shards are through.
//!
//! No judge: it only knows when nothing more is to be expected, and errs on the side of waiting.

use esm_model::answer::{Answer, Identifier, Response};
use esm_model::case::{Action, Case, CaseMapping, Patch};
use esm_model::label::Label;
use esm_model::mapping::Mapping;
use esm_model::spec::AGE_SLACK_MS;
use esm_model::when::Ms;
use std::collections::{BTreeMap, BTreeSet};

/// What has been seen so far.
pub(crate) struct Watch {
    /// The latest moment at which something that was seen or done may have happened.
    pub(crate) last: Ms,
    /// When what was changed last is in force.
    in_force: Ms,
    /// The longest batching window.
    window_ms: Ms,
    /// By then it shows if the last record is kept beyond its age; 0 without ages.
    pub(crate) too_old_ms: Ms,
    /// When a shard used up its invocations.
    pub(crate) cut: Option<Ms>,
    /// Why the run broke down.
    pub(crate) broken: Option<String>,
    calls: BTreeMap<(u8, u8), u32>,
    pending: u32,
    /// Sentinels that are still to be seen through, by mapping.
    awaited: BTreeSet<(u8, Label)>,
    /// Records of which a failure record may still come, by mapping.
    owed: BTreeSet<(u8, Label)>,
    /// Mappings whose answers may report records.
    reports: Vec<bool>,
    /// Mappings that have a destination at some time.
    destinations: Vec<bool>,
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
        let ever = |at_first: fn(&Mapping) -> bool, later: fn(&Patch) -> bool| -> Vec<bool> {
            let mappings = case.mappings.iter().enumerate();
            let one = |(index, mapping): (usize, &CaseMapping)| {
                at_first(&mapping.settings) || updates(index).any(&later)
            };
            mappings.map(one).collect()
        };
        let reports =
            ever(|it| it.report_batch_item_failures, |set| set.report_batch_item_failures == Some(true));
        let destinations = ever(|it| it.destination.is_some(), |set| set.destination.is_some());
        let ages = ever(
            |it| it.maximum_record_age_in_seconds.is_some(),
            |set| set.maximum_record_age_in_seconds.is_some(),
        );
        let windows = case.mappings.iter().map(|it| it.settings.maximum_batching_window_in_seconds);
        let later = case.actions.iter().filter_map(|step| match &step.action {
            Action::Update { set, .. } => set.maximum_batching_window_in_seconds,
            _ => None,
        });
        let window_ms = windows.chain(later).map(|seconds| Ms::from(seconds) * 1000).max().unwrap_or(0);
        let mappings = case.mappings.iter();
        let limits = mappings.filter_map(|it| it.settings.maximum_record_age_in_seconds.map(i64::from));
        let later = case.actions.iter().filter_map(|step| match &step.action {
            Action::Update { set, .. } => set.maximum_record_age_in_seconds.map(i64::from),
            _ => None,
        });
        let last = case.records.iter().map(|record| record.at).max().unwrap_or(0);
        let oldest = limits.chain(later).max().filter(|seconds| *seconds > 0);
        let too_old_ms = oldest.map_or(0, |seconds| last + seconds * 1_000 + AGE_SLACK_MS);
        let sentinels = || (0..case.shards).map(Label::sentinel).filter(|_| case.closing_at.is_some());
        let (mut awaited, mut owed) = (BTreeSet::new(), BTreeSet::new());
        for (index, mapping) in (0..).zip(&case.mappings) {
            let polls = case.actions.iter().fold(mapping.settings.enabled, |polls, step| match step.action {
                Action::Disable { mapping } if mapping == index => false,
                Action::Enable { mapping } if mapping == index => true,
                _ => polls,
            });
            if polls {
                awaited.extend(sentinels().map(|label| (index, label)));
            }
            // What grows too old is discarded without a call.
            if destinations[usize::from(index)] && ages[usize::from(index)] {
                let records = (0..case.records.len()).map(Label::record);
                owed.extend(records.chain(sentinels()).map(|label| (index, label)));
            }
        }
        Watch {
            last: 0,
            in_force: 0,
            window_ms,
            too_old_ms,
            cut: None,
            broken: None,
            calls: BTreeMap::new(),
            pending: 0,
            awaited,
            owed,
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
        let (done, left) = records.split_at(self.done(mapping, answer, records));
        self.resolved(mapping, done);
        if self.destinations.get(usize::from(mapping)) == Some(&true) {
            self.owed.extend(left.iter().map(|label| (mapping, *label)));
        }
    }

    /// How many records at the head of a call are done after this answer, by all that the sources say. Where they leave
    /// it open, none.
    fn done(&self, mapping: u8, answer: &Answer, records: &[Label]) -> usize {
        let Answer::Returned(response) = answer else { return 0 };
        if self.reports.get(usize::from(mapping)) != Some(&true) {
            return records.len();
        }
        match response {
            Response::Items(items) => {
                let place = |item: &Identifier| match item {
                    Identifier::Record(label) => records.iter().position(|known| known == label).unwrap_or(0),
                    _ => 0,
                };
                items.iter().map(place).min().unwrap_or(records.len())
            }
            Response::ItemsOfWrongType | Response::Unrecognised(_) => 0,
            _ => records.len(),
        }
    }

    /// A failure record came, for these records.
    pub(crate) fn delivered(&mut self, mapping: u8, records: &[Label], now: Ms) {
        self.last = self.last.max(now);
        self.resolved(mapping, records);
    }

    fn resolved(&mut self, mapping: u8, records: &[Label]) {
        for label in records {
            self.awaited.remove(&(mapping, *label));
            self.owed.remove(&(mapping, *label));
        }
    }

    /// A mapping was changed, and the change is in force by then.
    pub(crate) fn changed(&mut self, in_force: Ms) {
        self.in_force = self.in_force.max(in_force);
    }

    /// Since when whatever was to be seen could have been seen: from then on silence counts.
    pub(crate) fn silent_since(&self) -> Ms {
        self.last.max(self.in_force) + self.window_ms
    }

    /// Whether nothing is to be expected but what `settle` would bring.
    pub(crate) fn is_through(&self) -> bool {
        self.closes && self.pending == 0 && self.awaited.is_empty()
    }

    /// Whether a failure record may still come.
    pub(crate) fn must_settle(&self) -> bool {
        !self.owed.is_empty()
    }
}
