//! Two implementations, one specification: `python/independent.py` against the reference, case by case.
//!
//! The Python program was written from the documents alone and shares no code with the reference. For every case and
//! policy both run, and
//!
//! 1. the judge reads the Python trace, as `documented` and (unless the policy deviates from a pin) as `aws`: it must
//!    conform, without a warning;
//! 2. the two traces are compared shard by shard: invocations with their records, answers, and failure records with
//!    condition, count, response, range, size and destination. Times and request IDs are left out. Where either run
//!    was cut by its horizon, only the part that both have is compared.
//!
//! ```text
//! cargo run --release -p esm-suite --example compare -- --cases 2000 --seed 1
//! ```
//!
//! Ends with 1 at any disagreement that is not listed in [`ADMITTED`] with its reason, with 2 if it could not run.
//!
//! | option | meaning | default |
//! |---|---|---|
//! | `--cases N` | how many cases | 500 |
//! | `--from I` | index of the first | 0 |
//! | `--seed S` | seed of the sampler | 1 |
//! | `--policies P,P…` | names as of `Policy::parse`, or `all` for the covering set | `aws`, `plain`, six pairwise ones |
//! | `--show N` | examples printed in full | 1 |
//! | `--python PATH` | the interpreter | `python3` |

use esm_model::answer::Answer;
use esm_model::case::{Action, Case, PAYLOAD_LIMIT, Patch, Record};
use esm_model::catalogue::Profile;
use esm_model::event::{Batch, Condition, Document, Event, ResponseFact, Settled};
use esm_model::label::Label;
use esm_model::reference::{
    DisableAttempts, Expired, Merge, PartlyExpired, Policy, Refill, Remainder, RetentionRecord, UpdateUse,
    WriteTime,
};
use esm_model::spec::Reading;
use esm_model::trace::{TraceRef, to_lines};
use esm_model::verdict::{Verdict, judge};
use esm_model::when::Ms;
use esm_suite::sample;
use esmeralda::machine::MachineTarget;
use esmeralda::run::run_case;
use esmeralda::virtual_time::ready;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Command, ExitCode, Stdio};
use std::rc::Rc;

/// How many pairwise policies are run if none are named.
const PAIRWISE: usize = 6;

/// A kind of difference in which neither side is wrong.
struct Admitted {
    /// Its name in the summary.
    name: &'static str,
    /// Why the documents allow both, and why it is not settled by a policy.
    reason: &'static str,
    /// Whether a difference is of this kind.
    covers: fn(&Difference<'_>) -> bool,
}

/// The differences that are admitted.
const ADMITTED: &[Admitted] = &[
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

/// What is compared of an event.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Seen<'e> {
    Invoked(&'e Batch),
    Answered(&'e Answer),
    Written {
        condition: Condition,
        count: u32,
        response: ResponseFact,
        first: Option<Label>,
        last: Option<Label>,
        size: u32,
        destination: u8,
    },
}

/// The events of one shard under one mapping, with the index of each in the trace.
/// What one lane saw, with the place of the first difference, and its events.
type Side<'e> = (Option<(usize, Seen<'e>)>, &'e [Event]);

type Lanes<'e> = BTreeMap<(u8, u8), Vec<(usize, Seen<'e>)>>;

/// Where two runs of a case part.
struct Difference<'a> {
    case: &'a Case,
    policy: &'a Policy,
    lane: (u8, u8),
    python: Option<(usize, Seen<'a>)>,
    reference: Option<(usize, Seen<'a>)>,
    python_events: &'a [Event],
    reference_events: &'a [Event],
}

impl<'a> Difference<'a> {
    /// Both sides: the event at which they part, and all events.
    fn sides(&self) -> [Side<'a>; 2] {
        [(self.python, self.python_events), (self.reference, self.reference_events)]
    }

    /// Whether the calls with their answers are the same, and the failure records are, each for itself.
    fn order_only(&self) -> bool {
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

    fn put_at(&self, label: Label) -> Ms {
        match label.index() {
            Some(index) => self.case.records.get(index).map_or(Ms::MAX, |record| record.at),
            None => self.case.closing_at.unwrap_or(Ms::MAX),
        }
    }

    /// A failure record, on either side, for a record that the stream no longer holds.
    fn names_a_lost_record(&self) -> bool {
        self.sides().into_iter().any(|(at, events)| {
            let Some((index, Seen::Written { condition: Condition::RecordAgeExceeded, first, .. })) = at
            else {
                return false;
            };
            first.is_some_and(|label| time(&events[index]) - self.put_at(label) > self.case.retention_ms)
        })
    }

    /// A record that never fits lies in the shard, and the mapping's calls failed to get through after its put.
    fn too_large_while_unreachable(&self) -> bool {
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
    fn disabled_in_flight(&self) -> bool {
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
    fn other_size(&self) -> bool {
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
    fn at_an_expiry(&self) -> bool {
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
    fn one_is_lost(&self) -> bool {
        let times = self.sides().into_iter().filter_map(|(at, events)| Some(time(&events[at?.0])));
        let until = times.max().unwrap_or(Ms::MAX);
        let in_shard = |r: &&Record| r.shard == self.lane.1;
        self.case.records.iter().filter(in_shard).any(|r| until.saturating_sub(r.at) > self.case.retention_ms)
    }

    /// The mapping's updates.
    fn updates(&self) -> impl Iterator<Item = &'a Patch> {
        let lane = self.lane.0;
        self.case.actions.iter().filter_map(move |step| match &step.action {
            Action::Update { mapping, set } if *mapping == lane => Some(set),
            _ => None,
        })
    }

    /// Whether the mapping ever has an age limit, or the stream loses records within the case.
    fn records_may_leave(&self) -> bool {
        let limit = self.case.mappings[usize::from(self.lane.0)].settings.maximum_record_age_in_seconds;
        limit.is_some()
            || self.updates().any(|set| set.maximum_record_age_in_seconds.is_some())
            || self.case.retention_ms < self.case.horizon_ms
    }

    /// The longest batching window that the mapping ever has.
    fn longest_window(&self) -> Ms {
        let settings = &self.case.mappings[usize::from(self.lane.0)].settings;
        let updates = self.updates().filter_map(|set| set.maximum_batching_window_in_seconds.map(i64::from));
        let first = i64::from(settings.maximum_batching_window_in_seconds);
        updates.fold(first, i64::max) * 1_000
    }

    /// What the difference is, without the particulars of the case.
    fn kind(&self) -> String {
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

/// When an event began.
fn time(event: &Event) -> Ms {
    match event {
        Event::Created { at, .. } | Event::Put { at, .. } | Event::Acted { at, .. } => at.began.earliest,
        Event::Invoked { at, .. }
        | Event::Answered { at, .. }
        | Event::Delivered { at, .. }
        | Event::Status { at, .. }
        | Event::Settled { at, .. } => at.earliest,
    }
}

/// Names of the members in which two failure records differ.
fn members(p: Seen<'_>, r: Seen<'_>) -> String {
    let text = |seen| match seen {
        Seen::Written { count, response, first, last, size, destination, .. } => vec![
            ("count", count.to_string()),
            ("response", format!("{response:?}")),
            ("first", format!("{first:?}")),
            ("last", format!("{last:?}")),
            ("size", size.to_string()),
            ("destination", destination.to_string()),
        ],
        _ => Vec::new(),
    };
    let pairs = text(p).into_iter().zip(text(r));
    pairs.filter(|(p, r)| p != r).fold(String::new(), |mut all, ((name, _), _)| {
        let _ = write!(all, " {name}");
        all
    })
}

fn shard_of(case: &Case, label: Label) -> u8 {
    match label.index() {
        Some(index) => case.records.get(index).map_or(u8::MAX, |record| record.shard),
        None => (0..case.shards).find(|shard| Label::sentinel(*shard) == label).unwrap_or(u8::MAX),
    }
}

fn lanes<'e>(case: &Case, events: &'e [Event]) -> Lanes<'e> {
    let mut lanes = Lanes::new();
    let mut calls: BTreeMap<u32, (u8, u8)> = BTreeMap::new();
    for (index, event) in events.iter().enumerate() {
        let (lane, seen) = match event {
            Event::Invoked { id, mapping, records, .. } => {
                let shard = records.first().map_or(u8::MAX, |label| shard_of(case, *label));
                calls.insert(*id, (*mapping, shard));
                ((*mapping, shard), Seen::Invoked(records))
            }
            Event::Answered { id, answer, .. } => {
                (calls.get(id).copied().unwrap_or((u8::MAX, u8::MAX)), Seen::Answered(answer))
            }
            Event::Delivered { mapping, destination, document: Document::Typed(document), .. } => {
                let seen = Seen::Written {
                    condition: document.condition,
                    count: document.count,
                    response: document.response,
                    first: document.first,
                    last: document.last,
                    size: document.batch_size,
                    destination: *destination,
                };
                ((*mapping, document.shard.unwrap_or(u8::MAX)), seen)
            }
            _ => continue,
        };
        lanes.entry(lane).or_default().push((index, seen));
    }
    lanes
}

fn was_cut(events: &[Event]) -> bool {
    !matches!(events.last(), Some(Event::Settled { how: Settled::Quiet, .. }))
}

/// The earliest difference of two runs of a case.
fn difference<'a>(
    case: &'a Case,
    policy: &'a Policy,
    python_events: &'a [Event],
    reference_events: &'a [Event],
) -> Option<Difference<'a>> {
    let (python, reference) = (lanes(case, python_events), lanes(case, reference_events));
    let cut = was_cut(python_events) || was_cut(reference_events);
    let none = Vec::new();
    let mut all: Vec<_> = python.keys().chain(reference.keys()).copied().collect();
    all.sort_unstable();
    all.dedup();
    let parts = all.into_iter().filter_map(|lane| {
        let (p, r) = (python.get(&lane).unwrap_or(&none), reference.get(&lane).unwrap_or(&none));
        let same = p.iter().zip(r).take_while(|(p, r)| p.1 == r.1).count();
        let ended = if cut { same == p.len().min(r.len()) } else { same == p.len() && same == r.len() };
        let (python, reference) = (p.get(same).copied(), r.get(same).copied());
        (!ended).then_some(Difference {
            case,
            policy,
            lane,
            python,
            reference,
            python_events,
            reference_events,
        })
    });
    parts.min_by_key(|d| d.python.or(d.reference).map_or(usize::MAX, |(index, _)| index))
}

/// The events of a trace, whose first element is its head.
struct Events(Vec<Event>);

impl<'de> Deserialize<'de> for Events {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Events, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Events;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a head and events")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Events, A::Error> {
                let _: Option<IgnoredAny> = seq.next_element()?;
                let mut events = Vec::new();
                while let Some(event) = seq.next_element()? {
                    events.push(event);
                }
                Ok(Events(events))
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}

/// One line that the Python program writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    #[serde(default)]
    trace: Option<Events>,
    #[serde(default)]
    error: Option<String>,
}

/// One line that it reads.
#[derive(Serialize)]
struct Request<'a> {
    case: &'a Case,
    policy: &'a Policy,
}

/// What is run.
struct Plan {
    cases: u64,
    from: u64,
    seed: u64,
    show: usize,
    python: String,
    policies: Vec<(String, Policy)>,
}

impl Plan {
    fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Plan, String> {
        let covering = Policy::covering_set();
        let pairwise = covering.iter().filter(|(name, _)| name.starts_with("plain+")).take(PAIRWISE);
        let presets = [("aws".to_owned(), Policy::AWS), ("plain".to_owned(), Policy::PLAIN)];
        let mut plan = Plan {
            cases: 500,
            from: 0,
            seed: 1,
            show: 1,
            python: "python3".to_owned(),
            policies: presets.into_iter().chain(pairwise.cloned()).collect(),
        };
        while let Some(option) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{option}: a value is missing"))?;
            let number = || value.parse::<u64>().map_err(|_| format!("{option}: {value:?} is no number"));
            match option.as_str() {
                "--cases" => plan.cases = number()?,
                "--from" => plan.from = number()?,
                "--seed" => plan.seed = number()?,
                "--show" => plan.show = number()? as usize,
                "--python" => plan.python = value,
                "--policies" if value == "all" => plan.policies.clone_from(&covering),
                "--policies" => {
                    let read = |name: &str| {
                        let policy = Policy::parse(name).ok_or_else(|| format!("{name:?} is no policy"))?;
                        Ok((name.to_owned(), policy))
                    };
                    plan.policies = value.split(',').map(read).collect::<Result<_, String>>()?;
                }
                _ => return Err(format!("{option:?} is no option")),
            }
        }
        Ok(plan)
    }

    /// Every run: index of the case, name of the policy, policy.
    fn runs(&self) -> impl Iterator<Item = (u64, &str, &Policy)> {
        (self.from..self.from + self.cases)
            .flat_map(|index| self.policies.iter().map(move |(name, policy)| (index, name.as_str(), policy)))
    }
}

/// One kind of disagreement: how often, and the shortest example.
#[derive(Default)]
struct Group {
    count: usize,
    example: String,
}

#[derive(Default)]
struct Report {
    runs: usize,
    judged: usize,
    cut: usize,
    compared: usize,
    admitted: BTreeMap<&'static str, usize>,
    disagreements: BTreeMap<String, Group>,
}

impl Report {
    fn disagree(&mut self, kind: String, example: impl FnOnce() -> String) {
        let group = self.disagreements.entry(kind).or_default();
        group.count += 1;
        let example = example();
        if group.example.is_empty() || example.len() < group.example.len() {
            group.example = example;
        }
    }

    fn take(&mut self, name: &str, index: u64, case: &Rc<Case>, policy: &Policy, line: &str) {
        self.runs += 1;
        let head = |what: &str| format!("case {index} under {name}: {what}\n");
        let reply = match serde_json::from_str::<Reply>(line) {
            Ok(Reply { trace: Some(Events(events)), error: None }) => Ok(events),
            Ok(reply) => Err(reply.error.unwrap_or_default()),
            Err(error) => Err(error.to_string()),
        };
        let python = match reply {
            Ok(events) => events,
            Err(error) => {
                return self
                    .disagree(format!("no trace: {error}"), || head(&error) + &to_lines(case, None, &[]));
            }
        };
        for reading in [Reading::documented(), Reading::aws()] {
            if reading.profile == Profile::Aws && policy.remainder != Remainder::Whole {
                continue;
            }
            self.judged += 1;
            if let Some(verdict) = complaint(case, &python, &reading) {
                self.disagree(format!("judge, {:?}: {verdict}", reading.profile), || {
                    head(&verdict) + &to_lines(case, None, &python)
                });
            }
        }
        let target = MachineTarget::reference(*policy);
        let reference = match ready(run_case(&target, case, None, false, Vec::new())) {
            Ok(events) => events,
            Err(error) => {
                return self.disagree(format!("no reference: {error}"), || head(&error.to_string()));
            }
        };
        self.cut += usize::from(was_cut(&python) || was_cut(&reference));
        self.compared += lanes(case, &reference).values().map(Vec::len).sum::<usize>();
        let Some(found) = difference(case, policy, &python, &reference) else { return };
        if let Some(admitted) = ADMITTED.iter().find(|admitted| (admitted.covers)(&found)) {
            *self.admitted.entry(admitted.name).or_default() += 1;
            return;
        }
        self.disagree(found.kind(), || describe(&head(&found.kind()), &found));
    }
}

fn describe(head: &str, found: &Difference<'_>) -> String {
    let mut text = format!("{head}mapping and shard {:?}\n", found.lane);
    text.push_str(&serde_json::to_string(found.case).expect("a case is JSON"));
    for (name, events, at) in [
        ("python", found.python_events, found.python),
        ("reference", found.reference_events, found.reference),
    ] {
        let _ = write!(text, "\n{name}:");
        for (index, event) in events.iter().enumerate() {
            let mark = if at.is_some_and(|(at, _)| at == index) { "=>" } else { "  " };
            let _ = write!(text, "\n{mark} {}", brief(event));
        }
    }
    text.push('\n');
    text
}

/// An event in a few words.
fn brief(event: &Event) -> String {
    match event {
        Event::Created { mapping, at } => format!("{} created {mapping}", at.began.earliest),
        Event::Put { at, records } => {
            format!("{} put {:?}", at.began.earliest, records.iter().map(|r| r.label).collect::<Vec<_>>())
        }
        Event::Acted { step, at } => format!("{} step {step}", at.began.earliest),
        Event::Invoked { id, mapping, at, records, .. } => {
            format!("{} call {id} of {mapping}: {records:?}", at.earliest)
        }
        Event::Answered { id, at, answer, .. } => format!("{} answer {id}: {answer:?}", at.earliest),
        Event::Delivered { mapping, at, destination, document: Document::Typed(d) } => format!(
            "{} record of {mapping} to {destination}: {:?} {:?}…{:?} size {} count {} {:?}",
            at.earliest, d.condition, d.first, d.last, d.batch_size, d.count, d.response
        ),
        other => format!("{other:?}"),
    }
}

/// What the judge has against a trace.
fn complaint(case: &Case, events: &[Event], reading: &Reading) -> Option<String> {
    let judged = match judge(TraceRef { case, setup: None, events }, reading) {
        Ok(judged) => judged,
        Err(error) => return Some(error.to_string()),
    };
    match judged.verdict {
        Verdict::Conforms if judged.warnings.is_empty() => None,
        Verdict::Conforms => {
            let warnings: Vec<_> = judged.warnings.iter().map(|w| w.rule.to_string()).collect();
            Some(format!("warns {}", warnings.join(" ")))
        }
        Verdict::Undecided(why) => Some(format!("undecided: {why}")),
        Verdict::Violates(violations) => {
            let blame = |rules: &[esm_model::rule::RuleId]| {
                rules.iter().map(|rule| rule.to_string()).collect::<Vec<_>>().join("|")
            };
            let all: Vec<_> = violations.iter().map(|v| blame(&v.blame)).collect();
            Some(all.join(" "))
        }
    }
}

fn compare(plan: &Plan) -> Result<Report, String> {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/python/independent.py");
    let mut child = Command::new(&plan.python)
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", plan.python))?;
    let to = child.stdin.take().ok_or("no way to the program")?;
    let from = child.stdout.take().ok_or("no way from the program")?;
    let report = std::thread::scope(|scope| {
        // Pipes are bounded: this side writes as fast as the other reads, and each line is answered by one line.
        scope.spawn(move || {
            let mut to = BufWriter::new(to);
            for (index, _, policy) in plan.runs() {
                let case = sample::case(plan.seed, index);
                let line = serde_json::to_string(&Request { case: &case, policy }).expect("a case is JSON");
                if writeln!(to, "{line}").is_err() {
                    return; // The program ended early: the reading side says so.
                }
            }
        });
        let mut lines = BufReader::new(from).lines();
        let mut report = Report::default();
        for (index, name, policy) in plan.runs() {
            let line = lines.next().ok_or("the program ended early")?.map_err(|error| error.to_string())?;
            report.take(name, index, &Rc::new(sample::case(plan.seed, index)), policy, &line);
        }
        Ok::<_, String>(report)
    })?;
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(report) } else { Err(format!("the program ended with {status}")) }
}

fn main() -> ExitCode {
    let done = Plan::from_arguments(std::env::args().skip(1)).and_then(|plan| Ok((compare(&plan)?, plan)));
    let (report, plan) = match done {
        Ok(done) => done,
        Err(error) => {
            eprintln!("compare: {error}");
            return ExitCode::from(2);
        }
    };
    println!(
        "{} cases (seed {}, from {}), {} policies: {} runs, {} of them cut, {} verdicts, {} events compared",
        plan.cases,
        plan.seed,
        plan.from,
        plan.policies.len(),
        report.runs,
        report.cut,
        report.judged,
        report.compared
    );
    for (name, count) in &report.admitted {
        let reason = ADMITTED.iter().find(|a| a.name == *name).map_or("", |a| a.reason);
        println!("admitted {count} x {name}: {reason}");
    }
    let mut groups: Vec<_> = report.disagreements.into_iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.count));
    for (kind, group) in &groups {
        println!("disagreement {} x {kind}", group.count);
    }
    for (_, group) in groups.iter().take(plan.show) {
        println!("{}", group.example);
    }
    if groups.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
