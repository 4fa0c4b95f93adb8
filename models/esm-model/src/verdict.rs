//! The judge: what a trace says about its implementation under a reading, and what is to blame.
//!
//! First stuck is not the culprit. The blame is found by waiving: a rule is to blame if the trace is acceptable
//! once that rule alone is not held against it.

use crate::accept::pass;
use crate::catalogue::Level;
use crate::event::Event;
use crate::explain::{Asked, allowed};
use crate::passage::{Passage, Plain, Stuck};
use crate::rule::{RuleId, RuleSet};
use crate::spec::Reading;
use crate::table::{NotATrace, Table};
use crate::trace::TraceRef;
use serde::Serialize;
use std::borrow::Cow;
use std::cell::RefCell;

/// Most violations that are told apart in one trace.
pub const MAX_VIOLATIONS: usize = 8;

/// Most rules that are blamed for one violation.
pub const MAX_BLAME: usize = 3;

/// What a trace says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The sources allow all of it.
    Conforms,
    /// The sources forbid some of it: at least one violation.
    Violates(Vec<Violation>),
    /// It cannot be told, and why.
    Undecided(String),
}

/// Something that the sources forbid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Rules each of which explains it alone; or, where none does, those that explain it together or forbade the
    /// event at which no possible state was left (`certain` is false then). Likeliest first, at most [`MAX_BLAME`].
    pub blame: Vec<RuleId>,
    /// Whether waiving one rule of the blame was enough.
    pub certain: bool,
    /// Index of the event that could not be explained; of the last event for what did not happen.
    pub event: usize,
    /// The mapping and the shard, where it is one shard's.
    pub lane: Option<(u8, u8)>,
    /// What was wrong, for a breach that is seen in one event alone.
    pub what: Option<String>,
    /// What the last possible states were waiting for, in words; empty for a breach that is seen in one event alone.
    pub allowed: Vec<String>,
}

/// Something that is only warned about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Warning {
    /// The rule.
    pub rule: RuleId,
    /// What was seen, where it is seen in one event alone.
    pub what: Option<String>,
}

/// A verdict and what was noticed beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// What is only warned about, without repetitions.
    pub warnings: Vec<Warning>,
    /// Variants of ambiguities that the trace took: three bits for each ambiguity.
    pub took: u128,
    /// Rules that were in reach: a guard was evaluated while a breach was possible.
    pub exercised: RuleSet,
    /// Most states that one shard could be in at a time.
    pub widest: usize,
}

/// Judges a trace.
///
/// # Errors
/// [`NotATrace`] if the events do not fit the case: the file is damaged, or the harness is wrong. Nothing is said
/// about the implementation then.
pub fn judge(trace: TraceRef<'_>, reading: &Reading) -> Result<Judgement, NotATrace> {
    let table = Table::new(trace)?;
    let reading = &*effective(trace, reading);
    let strict = pass(&table, reading);
    if strict.stuck.is_none() {
        return Ok(judgement(strict, Vec::new()));
    }
    let lenient = Reading { lenient: true, ..reading.clone() };
    let passage = pass(&table, &lenient);
    if passage.stuck.is_none() {
        return Ok(judgement(passage, Vec::new()));
    }
    let (violations, last) = blame(trace, &table, &lenient, passage);
    Ok(judgement(last, violations))
}

/// The reading, as patient as the session of the trace asks for.
pub(crate) fn effective<'r>(trace: TraceRef<'_>, reading: &'r Reading) -> Cow<'r, Reading> {
    let bounds = trace.setup.map(|setup| &setup.bounds).filter(|bounds| !bounds.is_virtual());
    bounds.map_or(Cow::Borrowed(reading), |bounds| Cow::Owned(reading.within(bounds)))
}

fn judgement(passage: Passage, mut violations: Vec<Violation>) -> Judgement {
    let (warns, breaks): (Vec<Plain>, Vec<Plain>) = passage.plain.into_iter().partition(|plain| plain.warns);
    let mut warnings: Vec<Warning> =
        warns.into_iter().map(|p| Warning { rule: p.rule, what: Some(p.what) }).collect();
    let blamed: Vec<RuleId> = violations.iter().flat_map(|v| v.blame.iter().copied()).collect();
    let marks = passage.marks.into_iter().filter(|rule| !blamed.contains(rule));
    warnings.extend(marks.map(|rule| Warning { rule, what: None }));
    warnings.sort();
    warnings.dedup();
    for plain in breaks {
        if violations.len() < MAX_VIOLATIONS && !violations.iter().any(|v| v.blame == [plain.rule]) {
            let Plain { event, rule, what, .. } = plain;
            violations.push(Violation {
                blame: vec![rule],
                certain: true,
                event,
                lane: None,
                what: Some(what),
                allowed: Vec::new(),
            });
        }
    }
    violations.sort_by_key(|violation| violation.event);
    let verdict = match passage.undecided.or(passage.doubt) {
        _ if !violations.is_empty() => Verdict::Violates(violations),
        Some(why) => Verdict::Undecided(why),
        None => Verdict::Conforms,
    };
    Judgement { verdict, warnings, took: passage.took, exercised: passage.refused, widest: passage.widest }
}

/// Finds what to blame for where the passage got stuck, goes on with the blame waived, and so on to the end.
fn blame(
    trace: TraceRef<'_>,
    table: &Table<'_>,
    lenient: &Reading,
    mut passage: Passage,
) -> (Vec<Violation>, Passage) {
    let mut reading = lenient.clone();
    let mut violations = Vec::new();
    while let Some(stuck) = passage.stuck.clone() {
        let tries = one_by_one(table, &reading, &passage);
        let best = tries.iter().map(|(_, p)| reach(p)).max().unwrap_or(0);
        let furthest = best > reach(&passage);
        let (blame, certain) = if furthest {
            // Likeliest first: the fewer steps have to be forgiven, the closer the rule is to the fault; among equals
            // those that the event itself breaks.
            let key = |rule: RuleId, cost: u32| (cost, !stuck.refused.contains(&rule), rule);
            let mut rules: Vec<_> =
                tries.iter().filter(|(_, p)| reach(p) == best).map(|(r, p)| key(*r, p.cost)).collect();
            rules.sort_unstable();
            (rules.into_iter().take(MAX_BLAME).map(|(_, _, rule)| rule).collect(), true)
        } else {
            (in_pairs(table, &reading, &passage).unwrap_or_else(|| stuck.refused.clone()), false)
        };
        violations.push(violation(trace, table, &reading, &stuck, blame, certain));
        let next = violations.last().and_then(|v| v.blame.first().copied()).filter(|_| furthest);
        let Some((rule, reached)) = next.and_then(|rule| tries.into_iter().find(|(known, _)| *known == rule))
        else {
            break;
        };
        reading = reading.waiving(rule);
        passage = reached;
        if violations.len() == MAX_VIOLATIONS {
            break;
        }
    }
    (violations, passage)
}

fn violation(
    trace: TraceRef<'_>,
    table: &Table<'_>,
    reading: &Reading,
    stuck: &Stuck,
    blame: Vec<RuleId>,
    certain: bool,
) -> Violation {
    let Stuck { event, mapping, shard, .. } = *stuck;
    let allowed = waited_for(trace, table, reading, stuck);
    Violation { blame, certain, event, lane: Some((mapping, shard)), what: None, allowed }
}

/// What the last possible states were waiting for.
fn waited_for(trace: TraceRef<'_>, table: &Table<'_>, reading: &Reading, stuck: &Stuck) -> Vec<String> {
    let refused = RefCell::new(RuleSet::default());
    let lane = table.lane(stuck.mapping, stuck.shard, reading, &refused);
    let (now, asked) = match &trace.events[stuck.event] {
        Event::Delivered { at, .. } => (*at, Asked::Document),
        Event::Settled { at, .. } => (*at, Asked::End),
        Event::Invoked { at, .. } | Event::Answered { at, .. } | Event::Status { at, .. } => {
            (*at, Asked::Call)
        }
        Event::Created { at, .. } | Event::Put { at, .. } | Event::Acted { at, .. } => {
            (at.ended, Asked::Call)
        }
    };
    allowed(&lane, &stuck.before, now, asked)
}

/// How far a passage came: behind the last event if it was not stuck.
fn reach(passage: &Passage) -> usize {
    match (&passage.stuck, &passage.undecided) {
        (Some(stuck), _) => stuck.event,
        (None, Some(_)) => 0,
        (None, None) => usize::MAX,
    }
}

/// Waives each rule that some branch would have broken, one at a time.
fn one_by_one(table: &Table<'_>, reading: &Reading, passage: &Passage) -> Vec<(RuleId, Passage)> {
    let candidates = passage.refused.iter().filter(|rule| reading.level(*rule) == Level::Violates);
    candidates.map(|rule| (rule, pass(table, &reading.waiving(rule)))).collect()
}

/// Where no rule alone gets any further: the first pair that does.
fn in_pairs(table: &Table<'_>, reading: &Reading, passage: &Passage) -> Option<Vec<RuleId>> {
    let rules: Vec<RuleId> = passage.refused.iter().collect();
    for (index, first) in rules.iter().enumerate() {
        let half = reading.waiving(*first);
        for second in &rules[index + 1..] {
            let both = pass(table, &half.waiving(*second));
            if reach(&both) > reach(passage) {
                return Some(vec![*first, *second]);
            }
        }
    }
    None
}
