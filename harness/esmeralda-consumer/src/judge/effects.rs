//! What was done over a whole history: nothing missing, nothing doubled, nothing out of order, nobody punished for a
//! neighbour.
//!
//! Effects are judged only if the user says how they show.

use super::words::{be, capital, numbers};
use super::{Breach, Change, Judging, is_bad};
use crate::effects::{Did, Effect, Repeated, repeated, usual};
use crate::history::History;
use crate::world::Played;
use esm_model::catalogue as c;
use esm_model::label::Label;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn judge(judging: &Judging, history: &History, played: &Played, out: &mut Vec<Breach>) {
    discarded_with_a_neighbour(history, played, out);
    if !judging.patterns.sees() {
        return;
    }
    // What names no record may be the effect that seems to be missing.
    if !played.unsure() {
        missing(history, played, out);
    }
    if !judging.repeatable {
        doubled(history, played, out);
    }
    disordered(history, played, out);
}

/// Every effect on a good record, with the call that had it.
fn done<'p>(history: &'p History, played: &'p Played) -> impl Iterator<Item = (usize, &'p Effect)> + 'p {
    let of_call = |(index, call): (usize, &'p crate::world::PlayedCall)| {
        call.effects.iter().map(move |effect| (index, effect))
    };
    let calls = played.calls.iter().enumerate().flat_map(of_call);
    calls.filter(move |(_, effect)| effect.did == Did::Done && !is_bad(history, effect.label))
}

fn missing(history: &History, played: &Played, out: &mut Vec<Breach>) {
    let seen: BTreeSet<Label> = done(history, played).map(|(_, effect)| effect.label).collect();
    let discarded: BTreeSet<Label> = played.discards.iter().flatten().copied().collect();
    let owed =
        |label: &Label| !is_bad(history, *label) && !discarded.contains(label) && !seen.contains(label);
    let missing: Vec<Label> = played.resolved.iter().copied().filter(owed).collect();
    let Some(first) = missing.first() else { return };
    let call = played.calls.iter().rposition(|call| call.records.contains(first));
    let happened = format!(
        "Lambda takes {} as done and delivers {} never again, but no effect on {} was seen",
        numbers(&missing),
        if missing.len() == 1 { "it" } else { "them" },
        if missing.len() == 1 { "it" } else { "them" }
    );
    let advice = "do what is to be done with each record before the function returns, whatever shard it comes from and \
                  whatever came before";
    out.push(Breach {
        rule: c::CONS_8,
        call,
        records: missing,
        happened,
        change: Change::Code(advice.to_owned()),
    });
}

fn doubled(history: &History, played: &Played, out: &mut Vec<Breach>) {
    let usual = usual(done(history, played));
    let found = repeated(done(history, played), &usual);
    let Some(Repeated { by, labels: twice, calls: (one, two) }) = found else { return };
    let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
    let why = if one == two { String::new() } else { format!(" ({})", again(played, one)) };
    let happened = format!(
        "{} had {} effect{by} in call {} and once more in call {}{why}",
        capital(&numbers(&twice)),
        if twice.len() == 1 { "its" } else { "their" },
        one + 1,
        two + 1
    );
    let advice = "make the effect idempotent: remember what was done by shard and sequence number, or write on the \
                  condition that it is not there; if the same effect twice does no harm, say so";
    out.push(Breach {
        rule: c::CONS_9,
        call: Some(two),
        records: twice,
        happened,
        change: Change::Code(advice.to_owned()),
    });
}

/// Why what a call had done was delivered once more.
fn again(played: &Played, call: usize) -> &'static str {
    use crate::handler::Raw;
    match &played.calls[call] {
        call if call.lost => "the environment was lost before the answer to the first was seen",
        call => match call.raw {
            Raw::Raised(_) | Raw::TimedOut | Raw::Died(_) => "the first call failed as a whole",
            Raw::Returned(_) => "Lambda delivers at least once",
        },
    }
}

fn disordered(history: &History, played: &Played, out: &mut Vec<Breach>) {
    let mut latest: BTreeMap<&str, Label> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let firsts = done(history, played).map(|(call, effect)| (call, effect.label));
    for (call, label) in firsts.filter(|(_, label)| seen.insert(*label)) {
        let Some(key) = label.index().and_then(|index| played.keys.get(index)) else { continue };
        let before = latest.get(key.as_str()).copied();
        if let Some(before) = before.filter(|before| *before > label) {
            let happened = format!(
                "Call {}: the effect on {} came after that on {}, which has the same partition key and a higher sequence \
                 number",
                call + 1,
                numbers(&[label]),
                numbers(&[before])
            );
            let advice = "work through the records of one partition key one after the other, in the order of the batch";
            out.push(Breach {
                rule: c::CONS_10,
                call: Some(call),
                records: vec![label, before],
                happened,
                change: Change::Code(advice.to_owned()),
            });
            return;
        }
        latest.insert(key, label);
    }
}

fn discarded_with_a_neighbour(history: &History, played: &Played, out: &mut Vec<Breach>) {
    let bad = |label: &&Label| is_bad(history, **label);
    let mixed = |records: &&Vec<Label>| records.iter().any(|l| bad(&l)) && !records.iter().all(|l| bad(&l));
    let Some(records) = played.discards.iter().find(mixed) else { return };
    let good: Vec<Label> = records.iter().copied().filter(|label| !is_bad(history, *label)).collect();
    let happened = format!(
        "{} {} discarded, good ones with the bad: {}",
        capital(&numbers(records)),
        be(records),
        numbers(&good)
    );
    let advice = match history.reports() {
        _ if history.mapping().bisect_batch_on_function_error => {
            "raise MaximumRetryAttempts or MaximumRecordAgeInSeconds, so that splitting comes to its end"
        }
        true => "set BisectBatchOnFunctionError: it separates what stands behind a bad record",
        false => {
            "set BisectBatchOnFunctionError, or let the function report failures with ReportBatchItemFailures"
        }
    };
    out.push(Breach {
        rule: c::CONS_12,
        call: None,
        records: good,
        happened,
        change: Change::Mapping(advice.to_owned()),
    });
}
