//! Every small case: up to four records in one shard, everything that each of them may do, every batch size, every
//! combination of the settings that decide about retries and splits, every policy that can make a difference.
//!
//! Most faults show in some small case, so that where all small cases are well little is left for chance to find.

use esm_model::case::{Case, CaseMapping, FORMAT, Function, Record};
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::reference::{BisectZero, Merge, Policy, Refill, Remainder, Split};
use esm_model::script::{Behaviour, How};
use std::rc::Rc;

/// Most records of a case.
pub const MAX_RECORDS: usize = 4;
/// MaximumRetryAttempts; `None` is -1.
pub const RETRIES: [Option<u32>; 4] = [Some(0), Some(1), Some(2), None];
/// After so many invocations a case without a limit is cut.
const CUT: u32 = 12;
/// A case with a limit ends long before.
const ENOUGH: u32 = 64;
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:failures";

const RAISE: Option<Behaviour> = Some(Behaviour { how: How::Raise, times: None });
const RAISE_ONCE: Option<Behaviour> = Some(Behaviour { how: How::Raise, times: Some(1) });
const REPORT: Option<Behaviour> = Some(Behaviour { how: How::Report, times: None });
const REPORT_ONCE: Option<Behaviour> = Some(Behaviour { how: How::Report, times: Some(1) });
const EMPTY: Option<Behaviour> = Some(Behaviour { how: How::EmptyIdentifier, times: None });
const EMPTY_ONCE: Option<Behaviour> = Some(Behaviour { how: How::EmptyIdentifier, times: Some(1) });

/// What a record may do where reports are read.
const READ: &[Option<Behaviour>] = &[None, RAISE, RAISE_ONCE, REPORT, REPORT_ONCE, EMPTY, EMPTY_ONCE];
/// What a record may do where they are not: one report stands for all.
const UNREAD: &[Option<Behaviour>] = &[None, RAISE, RAISE_ONCE, REPORT];

/// One combination of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// BisectBatchOnFunctionError.
    pub bisect: bool,
    /// ReportBatchItemFailures.
    pub reports: bool,
    /// Whether there is a destination.
    pub destination: bool,
    /// MaximumRetryAttempts.
    pub retries: Option<u32>,
}

impl Settings {
    /// Every combination.
    pub fn all() -> Vec<Settings> {
        let flags = [false, true];
        let mut all = Vec::new();
        for bisect in flags {
            for reports in flags {
                for destination in flags {
                    all.extend(RETRIES.map(|retries| Settings { bisect, reports, destination, retries }));
                }
            }
        }
        all
    }

    /// What a record may do.
    pub fn behaviours(&self) -> &'static [Option<Behaviour>] {
        if self.reports { READ } else { UNREAD }
    }

    /// The policies that can make a difference: one is enough where nobody sees what becomes of a discard.
    pub fn policies(&self) -> Vec<Policy> {
        let mut all = vec![Policy::AWS];
        if !self.destination {
            return all;
        }
        let mut vary = |applies: bool, variants: &[&dyn Fn(Policy) -> Policy]| {
            if applies {
                all = all.iter().flat_map(|policy| variants.iter().map(|vary| vary(*policy))).collect();
            }
        };
        let splits = |split: Split| move |policy| Policy { split, ..policy };
        let both = self.bisect && self.reports;
        vary(self.bisect && !self.reports, &[&splits(Split::Floor), &splits(Split::Ceil)]);
        vary(both, &[&splits(Split::Floor), &splits(Split::Ceil), &splits(Split::FirstAlone)]);
        vary(self.bisect, &[&|policy| policy, &|policy| Policy { merge: Merge::Merged, ..policy }]);
        let discards = |policy| Policy { bisect_zero: BisectZero::Discard, ..policy };
        vary(self.bisect && self.retries == Some(0), &[&|policy| policy, &discards]);
        vary(both, &[&|policy| policy, &|policy| Policy { remainder: Remainder::Split, ..policy }]);
        vary(self.reports, &[&|policy| policy, &|policy| Policy { refill: Refill::Refill, ..policy }]);
        all
    }

    fn mapping(&self) -> Mapping {
        Mapping {
            maximum_retry_attempts: self.retries,
            bisect_batch_on_function_error: self.bisect,
            report_batch_item_failures: self.reports,
            destination: self.destination.then(|| QUEUE.parse().ok()).flatten(),
            ..Mapping::default()
        }
    }
}

/// Shows every case under every policy, in a fixed order, to `visit`. Of `parts` equal shares only the `part`-th, so
/// that threads can share the work. The case is changed in place between two visits if nobody keeps it.
pub fn for_each(part: usize, parts: usize, mut visit: impl FnMut(&Rc<Case>, &Policy)) {
    for settings in Settings::all() {
        let policies = settings.policies();
        let behaviours = settings.behaviours();
        let mut case = Rc::new(empty(&settings));
        for records in 1..=MAX_RECORDS {
            Rc::make_mut(&mut case).records = vec![Record::healthy(0); records];
            for batch_size in 1..=records {
                Rc::make_mut(&mut case).mappings[0].settings.batch_size = batch_size as u32;
                let scripts = behaviours.len().pow(records as u32);
                for script in (0..scripts).skip(part).step_by(parts) {
                    let mut digits = script;
                    for record in &mut Rc::make_mut(&mut case).records {
                        record.behaviour = behaviours[digits % behaviours.len()];
                        digits /= behaviours.len();
                    }
                    policies.iter().for_each(|policy| visit(&case, policy));
                }
            }
        }
    }
}

fn empty(settings: &Settings) -> Case {
    Case {
        format: FORMAT,
        source: SourceKind::Kinesis,
        shards: 1,
        retention_ms: 86_400_000,
        function: Function::default(),
        mappings: vec![CaseMapping { created_at: 0, qualifier: None, settings: settings.mapping() }],
        records: Vec::new(),
        actions: Vec::new(),
        closing_at: None,
        horizon_ms: 3_600_000,
        max_invocations: if settings.retries.is_some() { ENOUGH } else { CUT },
    }
}
