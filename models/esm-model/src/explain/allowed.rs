//! What the last possible states were waiting for, in words and with the rules that say so.
//!
//! A pure function of the states and the facts of their shard. It describes; it decides nothing.

use super::document::{condition, response};
use super::words::{duration, list, range};
use crate::event::ResponseFact;
use crate::lane::{Config, Lane};
use crate::mapping::StartingPosition;
use crate::state::{Fail, Origin, Owed, Part, Pos, Split, State, Why};
use crate::when::{Ms, When};

/// Most possibilities that are told.
const MOST: usize = 6;

/// What kind of event could not be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A call, or an answer.
    Call,
    /// A failure record.
    Document,
    /// The end of the run.
    End,
}

/// What the states were waiting for at `now`: what would have been like the event first, without repetitions.
pub(crate) fn allowed(lane: &Lane<'_>, states: &[State], now: When, asked: Asked) -> Vec<String> {
    let teller = Teller { lane, now };
    let (mut calls, mut documents) = (Vec::new(), Vec::new());
    for state in states {
        teller.next(state, asked, &mut calls);
        let due = state.owed.iter().filter(|owed| !owed.optional || asked == Asked::Document);
        documents.extend(due.map(|owed| teller.owed(owed)));
    }
    if asked == Asked::Document && documents.is_empty() {
        documents.push("no failure record: none is due".to_owned());
    }
    let (first, second) = if asked == Asked::Document { (documents, calls) } else { (calls, documents) };
    let mut all: Vec<String> = Vec::new();
    for text in first.into_iter().chain(second) {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    if all.len() > MOST {
        let more = all.len() + 1 - MOST;
        all.truncate(MOST - 1);
        all.push(format!("… and {more} more"));
    }
    all
}

struct Teller<'a, 'l> {
    lane: &'a Lane<'l>,
    now: When,
}

impl Teller<'_, '_> {
    fn range(&self, lo: Pos, hi: Pos) -> String {
        let labels: Vec<_> =
            self.lane.records[usize::from(lo)..usize::from(hi)].iter().map(|r| r.label).collect();
        range(&labels)
    }

    /// What the shard was to do next.
    fn next(&self, state: &State, asked: Asked, out: &mut Vec<String>) {
        let Some(part) = state.top() else { return self.fresh(state, state.front, asked, out) };
        if state.flight.is_some() {
            let records = self.range(part.lo, part.hi);
            out.push(format!("nothing of this shard before the call of {records} has ended (ORDER-1)"));
            return;
        }
        let configs = self.lane.configs_of(&part, self.now);
        if self.too_old(&part, configs, out) {
            return;
        }
        match part.split {
            Split::No => out.push(self.attempt(&part, configs)),
            Split::Must => self.halves(state, &part, "BISECT-1", out),
            Split::May => {
                out.push(self.attempt(&part, configs));
                self.halves(state, &part, "AMB-6", out);
            }
        }
        if let Some(next) = self.lane.discarded_unsplit(state, part, self.now) {
            let records = self.range(part.lo, part.hi);
            out.push(format!(
                "the discard of {records} at once, for 0 retries leave none for its parts (AMB-7)"
            ));
            out.extend(next.owed.last().map(|owed| self.owed(owed)));
        }
    }

    /// Tells the discard of the records at the head that are too old; whether nothing else was allowed.
    fn too_old(&self, part: &Part, configs: &[Config], out: &mut Vec<String>) -> bool {
        let old =
            (part.lo..part.hi).take_while(|at| self.lane.may_be_aged(*at, configs, self.now)).count() as Pos;
        if old == 0 {
            return false;
        }
        let age = self.now.earliest - self.lane.records[usize::from(part.lo)].arrival.latest;
        let limit = configs.iter().filter_map(|c| c.age_ms).min().unwrap_or(0);
        let verb = if old == 1 { "it is" } else { "they are" };
        let told =
            if configs.iter().any(|c| c.destination.is_some()) { ", with a failure record" } else { "" };
        out.push(format!(
            "the discard of {}{told}: {verb} {} old, beyond the limit of {} (AGE-1)",
            self.range(part.lo, part.lo + old),
            duration(age),
            duration(limit)
        ));
        let sure = self.lane.surely_aged(part.lo, configs, self.now);
        if sure && part.lo + old < part.hi {
            let rest = self.range(part.lo + old, part.hi);
            out.push(format!("then {rest} without {} (AGE-4)", self.range(part.lo, part.lo + old)));
        }
        sure
    }

    /// A part that is tried, or tried again.
    fn attempt(&self, part: &Part, configs: &[Config]) -> String {
        let records = self.range(part.lo, part.hi);
        let whole = if part.len() > 1 { ", whole" } else { "" };
        let mut text = match (part.attempts, part.origin) {
            (0, Origin::Half) => format!("the part {records} (BISECT-1)"),
            (0, Origin::Remainder) => format!("the remainder {records}{whole} (PBR-4)"),
            (0, Origin::Fresh) => format!("the batch {records}{whole}"),
            (_, Origin::Fresh | Origin::Remainder) => {
                format!("the batch {records} is tried again{whole} (RETRY-4)")
            }
            (_, Origin::Half) => format!("the part {records} is tried again{whole} (RETRY-4)"),
        };
        text += &format!(", {}", self.quota(part, configs));
        if part.refill {
            text += "; newer records may be added up to BatchSize (AMB-9)";
        }
        text + &self.reachable(part.due)
    }

    fn quota(&self, part: &Part, configs: &[Config]) -> String {
        let n = part.attempts + 1;
        let mut limits: Vec<String> = Vec::new();
        for config in configs {
            let limit = config.retries.map_or("any number".to_owned(), |q| (u64::from(q) + 1).to_string());
            if !limits.contains(&limit) {
                limits.push(limit);
            }
        }
        let several = if limits.len() > 1 { " by the old or the new settings (AMB-22)" } else { "" };
        let unlimited = if limits.iter().any(|limit| limit == "any number") { " (RETRY-11)" } else { "" };
        format!("attempt {n} of {}{several}{unlimited}", list(&limits, "or"))
    }

    /// What a throttle since then means.
    fn reachable(&self, since: Ms) -> String {
        let throttled = self.lane.unreachable_between(since, self.now);
        if throttled { "; throttled calls cost no attempt (RETRY-1)".to_owned() } else { String::new() }
    }

    /// The first part of each split that is possible.
    fn halves(&self, state: &State, part: &Part, rule: &str, out: &mut Vec<String>) {
        let splits = self.lane.splits(state, *part);
        let odd = if splits.len() > 1 { ", AMB-5" } else { "" };
        for next in &splits {
            let Some(first) = next.top() else { continue };
            let records = self.range(first.lo, first.hi);
            let of = self.range(part.lo, part.hi);
            out.push(format!("{records}, the first part of {of}, which is split ({rule}{odd})"));
        }
    }

    /// Nothing is in hand: a new batch, if there is anything to make one of.
    fn fresh(&self, state: &State, from: Pos, asked: Asked, out: &mut Vec<String>) {
        let lane = self.lane;
        if state.flight.is_some() {
            return out
                .push("nothing of this shard before the call under way has ended (ORDER-1)".to_owned());
        }
        let put = lane.records.iter().take_while(|r| r.put.began.earliest <= self.now.latest).count() as Pos;
        let off = |d: &crate::lane::Disabled| {
            d.from.ended.latest <= self.now.earliest
                && d.until.is_none_or(|until| until.began.earliest > self.now.latest)
        };
        if lane.facts.disabled.iter().any(off) {
            return out.push("no call: the mapping is disabled (STATE-5)".to_owned());
        }
        let mut from = from;
        while from < put && lane.surely_precedes_start(from) {
            from += 1;
        }
        if from >= put {
            if asked != Asked::End {
                let why = if from > state.front {
                    "all records so far lie in front of the starting position (STATE-8, STATE-9)"
                } else {
                    "nothing is left to deliver"
                };
                out.push(format!("no call: {why}"));
            }
            return;
        }
        let configs = lane.configs(lane.may_begin(state, from + 1, self.now), self.now);
        let part = Part::fresh(from, put, self.now.earliest);
        if self.too_old(&part, configs, out) {
            return;
        }
        if lane.oversized(from) {
            let record = self.range(from, from + 1);
            out.push(format!("the discard of {record}, which is too large for any call (BATCH-9, REC-14)"));
            return;
        }
        let first = lane.records[usize::from(from)].label;
        let started = state.started || lane.facts.starting == StartingPosition::TrimHorizon;
        let first =
            if started { format!("from {first} on") } else { format!("from {first} or a later record on") };
        let open = if started { "" } else { " (STATE-8, STATE-9)" };
        let size = configs.iter().map(|c| c.batch_size).max().unwrap_or(0);
        let window = configs.iter().map(|c| c.window_ms).max().unwrap_or(0);
        let size = match (put - from, size) {
            (1, _) if started => String::new(),
            (_, 1) => ", one record at a time (BATCH-1)".to_owned(),
            (_, n) => format!(", at most {n} records (BATCH-1)"),
        };
        let window = if window > 0 {
            format!(", full or after a window of {} (BATCH-4)", duration(window))
        } else {
            String::new()
        };
        let since = state.free_since.latest.max(lane.records[usize::from(from)].put.ended.latest);
        out.push(format!("a new batch {first}{open}{size}{window}{}", self.reachable(since)));
    }

    /// A failure record to come.
    fn owed(&self, owed: &Owed) -> String {
        let mut said: Vec<String> = Vec::new();
        said.extend(owed.why.condition().map(|c| condition(c).to_owned()));
        if !owed.counts.is_empty() {
            let mut counts = owed.counts.to_vec();
            counts.sort_unstable();
            counts.dedup();
            said.push(format!("count {}", list(&counts, "or")));
        }
        let fact = match owed.why {
            Why::Exhausted(Fail::Raised) => Some(response(ResponseFact::Unhandled)),
            Why::Exhausted(Fail::Broken) => Some("functionError Unhandled or another text (AMB-20)"),
            Why::Exhausted(Fail::Malformed | Fail::NoProgress) => Some(response(ResponseFact::NoError)),
            Why::TooLarge | Why::Aged => Some(response(ResponseFact::Absent)),
            Why::Unknown => None,
        };
        said.extend(fact.map(str::to_owned));
        if owed.hi - owed.lo > 1 {
            said.push(format!("batchSize {}", owed.hi - owed.lo));
        }
        let said = if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) };
        let maybe = if owed.optional { ", which need not come" } else { "" };
        format!("the failure record of {}{said}{maybe}", self.range(owed.lo, owed.hi))
    }
}
