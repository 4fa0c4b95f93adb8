//! Differences about which neither implementation is wrong, each with its reason.

use esm_model::case::{Action, Case, PAYLOAD_LIMIT, Patch, Record};
use esm_model::event::{Condition, Event};
use esm_model::label::Label;
use esm_model::reference::{
    DisableAttempts, Expired, Merge, PartlyExpired, Policy, Refill, Remainder, RetentionRecord, UpdateUse,
    WriteTime,
};
use esm_model::when::Ms;

use crate::lanes::*;

/// A kind of difference in which neither side is wrong.
pub(crate) struct Admitted {
    /// Its name in the summary.
    pub(crate) name: &'static str,
    /// Why the documents allow both, and why it is not settled by a policy.
    pub(crate) reason: &'static str,
    /// Whether a difference is of this kind.
    pub(crate) covers: fn(&Difference<'_>) -> bool,
}

/// The differences that are admitted.
pub(crate) const ADMITTED: &[Admitted] = &[
    Admitted {
        name: "when a late failure record is written",
        reason: "AMB-18: the order among failure records and calls is free; `late` names no instant",
        covers: |d| d.policy.write == WriteTime::Late && d.order_only(),
    },
    Admitted {
        name: "records that the stream has lost",
        reason: "AMB-27, AGE-10: whether a record past its retention is known to the poller, and which of the two \
                 limits decides where it is past both, is not said",
        covers: |d| {
            d.names_a_lost_record() || (d.policy.retention == RetentionRecord::Written && d.one_is_lost())
        },
    },
    Admitted {
        name: "an event too large while the function cannot be reached",
        reason: "RETRY-1, REC-14: whether the size or the throttle is noticed first is not said, and only the size \
                 uses the quota up",
        covers: |d| d.too_large_while_unreachable(),
    },
    Admitted {
        name: "attempts forgotten with a call in flight at the disabling",
        reason: "AMB-23: whether the call that ends while the mapping is disabled is among those forgotten is not said",
        covers: |d| d.policy.disable == DisableAttempts::Reset && d.disabled_in_flight(),
    },
    Admitted {
        name: "what is filled up, and when",
        reason: "AMB-9: whether what an age split leaves is filled up, whether a remainder is before or after its \
                 records are found too old, and whether one that AMB-6 cannot split is, is not said",
        covers: |d| {
            d.policy.refill == Refill::Refill
                && ((d.other_size() && d.policy.remainder == Remainder::Split)
                    || (d.other_size() && d.records_may_leave())
                    || d.at_an_expiry())
        },
    },
    Admitted {
        name: "the failure record of a batch dropped whole",
        reason: "AMB-31 with AMB-4: whether the records dropped with those that are too old share their failure \
                 record is not said",
        covers: |d| {
            d.policy.partly_expired == PartlyExpired::WholeBatch
                && d.policy.expired == Expired::Each
                && d.other_size()
        },
    },
    Admitted {
        name: "where a failure record goes that waited for its neighbours",
        reason: "AMB-3 with AMB-22: whether the destination is that of the discard or that of the writing is not said",
        covers: |d| {
            let exhausted = |at: Option<(usize, Seen<'_>)>| {
                let wanted = Condition::RetryAttemptsExhausted;
                matches!(at, Some((_, Seen::Written { condition, .. })) if condition == wanted)
            };
            d.policy.merge == Merge::Merged
                && d.policy.update == UpdateUse::New
                && d.updates().any(|set| set.destination.is_some())
                && (exhausted(d.python) || exhausted(d.reference))
        },
    },
    Admitted {
        name: "a batching window that outlasts the retention",
        reason: "AMB-33, AMB-27: where a window opens whose first record is lost before it ends is not said",
        covers: |d| d.longest_window() >= d.case.retention_ms,
    },
];

/// Where two runs of a case part.
pub(crate) struct Difference<'a> {
    pub(crate) case: &'a Case,
    pub(crate) policy: &'a Policy,
    pub(crate) lane: (u8, u8),
    pub(crate) python: Option<(usize, Seen<'a>)>,
    pub(crate) reference: Option<(usize, Seen<'a>)>,
    pub(crate) python_events: &'a [Event],
    pub(crate) reference_events: &'a [Event],
}

impl<'a> Difference<'a> {
    /// Both sides: the event at which they part, and all events.
    pub(crate) fn sides(&self) -> [Side<'a>; 2] {
        [(self.python, self.python_events), (self.reference, self.reference_events)]
    }

    /// Whether the calls with their answers are the same, and the failure records are, each for itself.
    pub(crate) fn order_only(&self) -> bool {
        let cut = was_cut(self.python_events) || was_cut(self.reference_events);
        let of = |events, written: bool| -> Vec<Seen<'a>> {
            let seen = lanes(self.case, events).remove(&self.lane).unwrap_or_default();
            seen.into_iter()
                .map(|(_, s)| s)
                .filter(|s| matches!(s, Seen::Written { .. }) == written)
                .collect()
        };
        [false, true].into_iter().all(|written| {
            let (p, r) = (of(self.python_events, written), of(self.reference_events, written));
            let both = p.len().min(r.len());
            p[..both] == r[..both] && (cut || p.len() == r.len())
        })
    }

    pub(crate) fn put_at(&self, label: Label) -> Ms {
        match label.index() {
            Some(index) => self.case.records.get(index).map_or(Ms::MAX, |record| record.at),
            None => self.case.closing_at.unwrap_or(Ms::MAX),
        }
    }

    /// A failure record, on either side, for a record that the stream no longer holds.
    pub(crate) fn names_a_lost_record(&self) -> bool {
        self.sides().into_iter().any(|(at, events)| {
            let Some((index, Seen::Written { condition: Condition::RecordAgeExceeded, first, .. })) = at
            else {
                return false;
            };
            first.is_some_and(|label| time(&events[index]) - self.put_at(label) > self.case.retention_ms)
        })
    }

    /// A record that never fits lies in the shard, and the mapping's calls failed to get through after its put.
    pub(crate) fn too_large_while_unreachable(&self) -> bool {
        let until = self.sides().into_iter().filter_map(|(at, events)| Some(time(&events[at?.0]))).max();
        let until = until.unwrap_or(Ms::MAX);
        let large = |r: &&Record| r.shard == self.lane.1 && u64::from(r.size) * 4 / 3 > PAYLOAD_LIMIT;
        self.case.records.iter().filter(large).any(|record| {
            self.case.actions.iter().any(|step| {
                matches!(step.action, Action::Throttle { .. } | Action::ServiceError { .. })
                    && step.action.mapping() == self.lane.0
                    && step.at <= until
                    && step.at + step.action.lasts() > record.at
            })
        })
    }

    /// A call of this shard was under way when the mapping was disabled, and had failed by the time of the difference.
    pub(crate) fn disabled_in_flight(&self) -> bool {
        let calls = self.reference_events.iter().filter_map(|event| match event {
            Event::Invoked { id, mapping, at, records, .. }
                if *mapping == self.lane.0 && shard_of(self.case, records[0]) == self.lane.1 =>
            {
                Some((*id, at.earliest))
            }
            _ => None,
        });
        let end = |id: u32| {
            let found = self
                .reference_events
                .iter()
                .find(|e| matches!(e, Event::Answered { id: of, .. } if *of == id));
            found.map_or(Ms::MAX, time)
        };
        let disabled = |from: Ms, to: Ms| {
            self.case.actions.iter().any(|step| {
                matches!(step.action, Action::Disable { mapping } if mapping == self.lane.0)
                    && from <= step.at
                    && step.at <= to
            })
        };
        calls.into_iter().any(|(id, from)| disabled(from, end(id)))
    }

    /// Both call with the same first record, or find it too old; they differ in how many go with it.
    pub(crate) fn other_size(&self) -> bool {
        use Condition::RecordAgeExceeded as Aged;
        match (self.python.map(|p| p.1), self.reference.map(|r| r.1)) {
            (Some(Seen::Invoked(p)), Some(Seen::Invoked(r))) => p.first() == r.first() && p.len() != r.len(),
            (
                Some(Seen::Written { condition: Aged, first: p, size: a, .. }),
                Some(Seen::Written { condition: Aged, first: r, size: b, .. }),
            ) => p == r && a != b,
            _ => false,
        }
    }

    /// A record grew too old here on one side, or that was the last thing that both saw of the shard.
    pub(crate) fn at_an_expiry(&self) -> bool {
        let aged = |seen| matches!(seen, Seen::Written { condition: Condition::RecordAgeExceeded, .. });
        let [python, reference] = self.sides().map(|(at, _)| at.is_some_and(|(_, seen)| aged(seen)));
        if python != reference {
            return true;
        }
        let seen = lanes(self.case, self.python_events).remove(&self.lane).unwrap_or_default();
        let at =
            self.python.map_or(seen.len(), |(index, _)| seen.partition_point(|(other, _)| *other < index));
        at.checked_sub(1).is_some_and(|last| aged(seen[last].1))
    }

    /// Some record of the shard is past its retention by then.
    pub(crate) fn one_is_lost(&self) -> bool {
        let times = self.sides().into_iter().filter_map(|(at, events)| Some(time(&events[at?.0])));
        let until = times.max().unwrap_or(Ms::MAX);
        let in_shard = |r: &&Record| r.shard == self.lane.1;
        self.case.records.iter().filter(in_shard).any(|r| until.saturating_sub(r.at) > self.case.retention_ms)
    }

    /// The mapping's updates.
    pub(crate) fn updates(&self) -> impl Iterator<Item = &'a Patch> {
        let lane = self.lane.0;
        self.case.actions.iter().filter_map(move |step| match &step.action {
            Action::Update { mapping, set } if *mapping == lane => Some(set),
            _ => None,
        })
    }

    /// Whether the mapping ever has an age limit, or the stream loses records within the case.
    pub(crate) fn records_may_leave(&self) -> bool {
        let limit = self.case.mappings[usize::from(self.lane.0)].settings.maximum_record_age_in_seconds;
        limit.is_some()
            || self.updates().any(|set| set.maximum_record_age_in_seconds.is_some())
            || self.case.retention_ms < self.case.horizon_ms
    }

    /// The longest batching window that the mapping ever has.
    pub(crate) fn longest_window(&self) -> Ms {
        let settings = &self.case.mappings[usize::from(self.lane.0)].settings;
        let updates = self.updates().filter_map(|set| set.maximum_batching_window_in_seconds.map(i64::from));
        let first = i64::from(settings.maximum_batching_window_in_seconds);
        updates.fold(first, i64::max) * 1_000
    }

    /// What the difference is, without the particulars of the case.
    pub(crate) fn kind(&self) -> String {
        let side = |seen: Option<(usize, Seen<'_>)>| match seen.map(|(_, seen)| seen) {
            None => "nothing".to_owned(),
            Some(Seen::Invoked(_)) => "a call".to_owned(),
            Some(Seen::Answered(_)) => "an answer".to_owned(),
            Some(Seen::Written { condition, .. }) => format!("{condition:?}"),
        };
        let what = match (self.python.map(|p| p.1), self.reference.map(|r| r.1)) {
            (Some(Seen::Invoked(p)), Some(Seen::Invoked(r))) => {
                let first = if p.first() == r.first() { "same first" } else { "other first" };
                format!(" ({first}, {:?} records)", p.len().cmp(&r.len()))
            }
            (Some(p @ Seen::Written { .. }), Some(r @ Seen::Written { .. })) => members(p, r),
            _ => String::new(),
        };
        format!("python {}, reference {}{what}", side(self.python), side(self.reference))
    }
}
