//! How the reference decides what the documents leave open: one field per ambiguity.
//!
//! A policy never breaks a rule; that is what [`crate::reference::mutant`] is for.

use serde::{Deserialize, Serialize};

macro_rules! policy {
    ($($(#[$doc:meta])* $field:ident : $type:ident ($amb:literal) { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "kebab-case")]
            pub enum $type { $($(#[$vdoc])* $variant),+ }

            impl $type {
                /// Every variant, in catalogue order.
                pub const ALL: &[$type] = &[$($type::$variant),+];
            }
        )+

        /// One choice per ambiguity that the reference can meet.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub struct Policy { $($(#[$doc])* pub $field: $type),+ }

        /// The fields of a policy: number of the ambiguity, name of the field, names of its variants.
        pub const FIELDS: &[(u8, &str, &[&str])] = &[$(($amb, stringify!($field), &[$($text),+])),+];

        impl Policy {
            /// This policy with one field, by its index in [`FIELDS`], set to its `variant`-th value.
            /// Indices out of range change nothing.
            pub fn with(mut self, field: usize, variant: usize) -> Policy {
                let mut index = 0;
                $(
                    if index == field && let Some(value) = $type::ALL.get(variant) {
                        self.$field = *value;
                    }
                    index += 1;
                )+
                let _ = index;
                self
            }

            /// The variant that each field has, in the order of [`FIELDS`].
            pub fn variants(&self) -> Vec<usize> {
                vec![$($type::ALL.iter().position(|v| *v == self.$field).unwrap_or(0)),+]
            }
        }
    };
}

policy! {
    /// AMB-2: the count of a record that grew too old.
    age_count: AgeCount (2) {
        /// `max(1, N)` after N invocations.
        Attempts = "attempts",
        /// `N + 1`.
        AttemptsPlusOne = "attempts-plus-one",
    }
    /// AMB-3: failure records of single records after a split.
    merge: Merge (3) {
        /// One each.
        Single = "single",
        /// Adjacent ones of one original batch share one.
        Merged = "merged",
    }
    /// AMB-4: failure records of several expired records.
    expired: Expired (4) {
        /// One each.
        Each = "each",
        /// One for a run.
        Run = "run",
    }
    /// AMB-5: where a batch is split.
    split: Split (5) {
        /// The left part has floor(n/2) records.
        Floor = "floor",
        /// The left part has ceil(n/2) records.
        Ceil = "ceil",
        /// After a partial response without progress, the first record alone; else floor(n/2).
        FirstAlone = "first-alone",
    }
    /// AMB-6: the remainder after progress, with bisection on.
    remainder: Remainder (6) {
        /// Tried whole.
        Whole = "whole",
        /// Split at once.
        Split = "split",
    }
    /// AMB-7: bisection with no retries allowed.
    bisect_zero: BisectZero (7) {
        /// Splits still happen.
        Split = "split",
        /// The batch is discarded at once.
        Discard = "discard",
    }
    /// AMB-9: whether a remainder is filled up with newer records.
    refill: Refill (9) {
        /// Exactly the remainder.
        Exact = "exact",
        /// Filled up to BatchSize.
        Refill = "refill",
    }
    /// AMB-10: the boundary of the age limit.
    age_boundary: AgeBoundary (10) {
        /// Older than the limit.
        Greater = "greater",
        /// As old as the limit.
        GreaterOrEqual = "greater-or-equal",
    }
    /// AMB-12: the attempts of a batch after some of its records expired.
    age_attempts: AgeAttempts (12) {
        /// Go on.
        Continued = "continued",
        /// Begin anew.
        Reset = "reset",
    }
    /// AMB-13: a report with a valid and an invalid identifier.
    mixed: Mixed (13) {
        /// The whole batch failed.
        WholeFailure = "whole-failure",
        /// The valid one is the checkpoint.
        Checkpoint = "checkpoint",
    }
    /// AMB-14: a response of an unknown form.
    odd_response: OddResponse (14) {
        /// A success.
        Success = "success",
        /// A failure of the whole batch.
        Failure = "failure",
    }
    /// AMB-17: the wait before a retry.
    backoff: Backoff (17) {
        /// None.
        None = "none",
        /// About 220 ms.
        Fixed = "fixed",
        /// Doubling from 200 ms to one minute.
        Growing = "growing",
    }
    /// AMB-18: when a failure record is written.
    write: WriteTime (18) {
        /// At the discard.
        AtOnce = "at-once",
        /// After the next invocation of the shard, or when the shard is idle.
        Late = "late",
    }
    /// AMB-20: `functionError` of time-outs and crashes.
    timeout_error: TimeoutError (20) {
        /// `Unhandled`.
        Unhandled = "unhandled",
        /// Another text.
        Other = "other",
    }
    /// AMB-21: a refused write.
    refused: Refused (21) {
        /// The failure record is lost.
        Lost = "lost",
        /// It is tried a few times more.
        Retried = "retried",
    }
    /// AMB-22: the settings of a batch in hand at an update.
    update: UpdateUse (22) {
        /// Those at its beginning.
        Old = "old",
        /// The new ones.
        New = "new",
    }
    /// AMB-23: the attempts of a batch in hand when the mapping is disabled.
    disable: DisableAttempts (23) {
        /// Go on after enabling.
        Kept = "kept",
        /// Begin anew.
        Reset = "reset",
    }
    /// AMB-24: duplicates.
    duplicates: Duplicates (24) {
        /// None.
        None = "none",
        /// Every third batch is delivered once more after its success.
        Redelivery = "redelivery",
    }
    /// AMB-27: a failure record for records lost by the source's retention.
    retention: RetentionRecord (27) {
        /// None.
        None = "none",
        /// Written like one for age.
        Written = "written",
    }
    /// AMB-31: some records of a batch expire during its retries.
    partly_expired: PartlyExpired (31) {
        /// Only they are dropped.
        ExpiredOnly = "expired-only",
        /// The whole batch is dropped.
        WholeBatch = "whole-batch",
    }
    /// AMB-32: which attempts the count of an expired record includes.
    count_scope: CountScope (32) {
        /// Those since the split or the progress.
        SinceSplit = "since-split",
        /// Those of its ancestors too.
        WithAncestors = "with-ancestors",
    }
    /// AMB-33: where a batching window opens.
    window: WindowOpens (33) {
        /// At a poll.
        Poll = "poll",
        /// At the first record.
        FirstRecord = "first-record",
        /// At the completion of the previous invocation.
        Completion = "completion",
    }
}

impl Policy {
    /// What was recorded and captured on AWS.
    pub const AWS: Policy = Policy {
        age_count: AgeCount::Attempts,
        merge: Merge::Single,
        expired: Expired::Each,
        split: Split::Floor,
        remainder: Remainder::Whole,
        bisect_zero: BisectZero::Split,
        refill: Refill::Exact,
        age_boundary: AgeBoundary::Greater,
        age_attempts: AgeAttempts::Continued,
        mixed: Mixed::WholeFailure,
        odd_response: OddResponse::Success,
        backoff: Backoff::Fixed,
        write: WriteTime::AtOnce,
        timeout_error: TimeoutError::Unhandled,
        refused: Refused::Lost,
        update: UpdateUse::Old,
        disable: DisableAttempts::Kept,
        duplicates: Duplicates::None,
        retention: RetentionRecord::None,
        partly_expired: PartlyExpired::ExpiredOnly,
        count_scope: CountScope::SinceSplit,
        window: WindowOpens::Poll,
    };

    /// The plainest reading of the documents: what a newcomer would write.
    pub const PLAIN: Policy = Policy {
        age_count: AgeCount::AttemptsPlusOne,
        expired: Expired::Run,
        refill: Refill::Refill,
        odd_response: OddResponse::Failure,
        backoff: Backoff::Growing,
        update: UpdateUse::New,
        disable: DisableAttempts::Reset,
        window: WindowOpens::FirstRecord,
        ..Policy::AWS
    };

    /// A preset by name, or `preset+field=variant[+field=variant…]`.
    pub fn parse(name: &str) -> Option<Policy> {
        let mut parts = name.split('+');
        let mut policy = match parts.next()? {
            "aws" => Policy::AWS,
            "plain" => Policy::PLAIN,
            _ => return None,
        };
        for part in parts {
            let (field, variant) = part.split_once('=')?;
            let index = FIELDS.iter().position(|(_, name, _)| *name == field)?;
            let choice = FIELDS[index].2.iter().position(|text| *text == variant)?;
            policy = policy.with(index, choice);
        }
        Some(policy)
    }

    /// The covering set that tests use, named: both presets, each single deviation from `aws`, and random-free
    /// combinations that contain every pair of choices of two different fields. Duplicates stay off.
    pub fn covering_set() -> Vec<(String, Policy)> {
        let mut set = vec![("aws".to_owned(), Policy::AWS), ("plain".to_owned(), Policy::PLAIN)];
        let name = |base: &str, policy: &Policy, from: &Policy| {
            let (now, was) = (policy.variants(), from.variants());
            FIELDS
                .iter()
                .enumerate()
                .filter(|(i, _)| now[*i] != was[*i])
                .fold(base.to_owned(), |text, (i, (_, field, variants))| {
                    format!("{text}+{field}={}", variants[now[i]])
                })
        };
        let open = |field: usize| FIELDS[field].0 != 24;
        for field in (0..FIELDS.len()).filter(|f| open(*f)) {
            for variant in 0..FIELDS[field].2.len() {
                let policy = Policy::AWS.with(field, variant);
                if policy != Policy::AWS {
                    set.push((name("aws", &policy, &Policy::AWS), policy));
                }
            }
        }
        for policy in pairwise(&open) {
            if !set.iter().any(|(_, known)| *known == policy) {
                set.push((name("plain", &policy, &Policy::PLAIN), policy));
            }
        }
        set
    }
}

/// Greedy pairwise cover: rows are added until every pair of choices of two fields stands in some row.
fn pairwise(open: &dyn Fn(usize) -> bool) -> Vec<Policy> {
    let fields: Vec<usize> = (0..FIELDS.len()).filter(|f| open(*f)).collect();
    let mut missing = std::collections::BTreeSet::new();
    for (i, &a) in fields.iter().enumerate() {
        for &b in &fields[i + 1..] {
            for x in 0..FIELDS[a].2.len() {
                for y in 0..FIELDS[b].2.len() {
                    missing.insert((a, x, b, y));
                }
            }
        }
    }
    let mut rows = Vec::new();
    while let Some(&(a, x, b, y)) = missing.iter().next() {
        let mut row = vec![usize::MAX; FIELDS.len()];
        (row[a], row[b]) = (x, y);
        for &field in &fields {
            if row[field] == usize::MAX {
                let gain = |choice: usize| {
                    fields
                        .iter()
                        .filter(|&&g| g != field && row[g] != usize::MAX)
                        .filter(|&&g| {
                            let (lo, hi) = if g < field {
                                ((g, row[g]), (field, choice))
                            } else {
                                ((field, choice), (g, row[g]))
                            };
                            missing.contains(&(lo.0, lo.1, hi.0, hi.1))
                        })
                        .count()
                };
                row[field] = (0..FIELDS[field].2.len()).rev().max_by_key(|&choice| gain(choice)).unwrap_or(0);
            }
        }
        for (i, &g) in fields.iter().enumerate() {
            for &h in &fields[i + 1..] {
                missing.remove(&(g, row[g], h, row[h]));
            }
        }
        rows.push(fields.iter().fold(Policy::PLAIN, |policy, &field| policy.with(field, row[field])));
    }
    rows
}
