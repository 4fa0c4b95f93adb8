//! What an exercise says about the consumer: what is wrong, as far as it can be seen. Which rule that breaks depends on
//! what brings it about, which is [`super::blame`]'s to find out.

use super::exercise::Exercise;
use super::layout::{BUCKET, Layout};
use super::play::{Delivery, Played};
use crate::aws::Read;
use crate::effects::{Effect, Usual, repeated};
use crate::handler::Raw;
use crate::judge::{capital, number, numbers, shown};
use esm_model::label::Label;
use esmeralda_wire::http::decode;
use regex::Regex;
use std::collections::BTreeSet;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Symptom {
    /// An object was asked for by a key that is still encoded.
    KeyEncoded,
    /// The failure record was re-driven, and none of its records.
    Metadata,
    /// The function failed each time.
    Failed,
    /// Records were not re-driven.
    Missing,
    /// Records were re-driven that were not discarded.
    Extra,
    /// Records were re-driven out of order.
    Disordered,
    /// Records were re-driven twice.
    Doubled,
    /// Records were re-driven twice by one delivery.
    DoubledAtOnce,
    /// That records are gone was kept quiet.
    Silent,
}

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Breach {
    pub(super) symptom: Symptom,
    pub(super) records: Vec<Label>,
    pub(super) happened: String,
}

/// How to look.
#[derive(Debug, Clone)]
pub(super) struct Looking<'l> {
    /// What tells that records are gone, in a line or write.
    pub(super) gone: &'l Regex,
    /// Whether re-driving twice does no harm.
    pub(super) repeatable: bool,
    /// How often one delivery writes about each record.
    pub(super) usual: &'l Usual,
    /// How it shows what is done with records.
    pub(super) sees: Sees,
}

/// How it shows what is done with records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sees {
    /// By effects on them.
    Effects,
    /// Not at all: what was read of the stream must do.
    Reads,
    /// Nor does it show what was read.
    Nothing,
}

/// Everything that is wrong.
pub(super) fn judge(looking: &Looking<'_>, exercise: &Exercise, played: &Played) -> Vec<Breach> {
    if let Some(breach) = encoded_key(exercise, played) {
        // Whatever else is wrong comes of it.
        return vec![breach];
    }
    let mut out = Vec::new();
    let layout = &played.layout;
    let effects: Vec<(usize, &Effect)> = played.effects().collect();
    let seen: Vec<Label> = match looking.sees {
        Sees::Reads => played.deliveries.iter().flat_map(|delivery| delivery.fetched(layout)).collect(),
        _ => effects.iter().map(|(_, effect)| effect.label).collect(),
    };
    for (index, records) in layout.batches.iter().enumerate() {
        of_batch(looking, exercise, played, index, records, &seen, &mut out);
    }
    if looking.sees == Sees::Effects {
        out.extend(extra(layout, &seen));
        out.extend(layout.batches.iter().find_map(|records| disordered(records, &seen)));
        if !looking.repeatable {
            out.extend(doubled(&effects, looking.usual));
        }
    }
    out
}

fn of_batch(
    looking: &Looking<'_>,
    exercise: &Exercise,
    played: &Played,
    index: usize,
    records: &[Label],
    seen: &[Label],
    out: &mut Vec<Breach>,
) {
    let layout = &played.layout;
    let (gone, kept): (Vec<Label>, Vec<Label>) = records.iter().partition(|label| layout.is_gone(**label));
    let brought = || played.deliveries.iter().filter(|delivery| delivery.batches.contains(&index));
    if played.given_up.contains(&index) {
        // To fail is a way to report what is gone; messages of one event may fail together.
        if brought().any(|delivery| exercise.misses(&delivery.batches)) {
            return;
        }
        let how = brought().next_back().map_or("failed", |delivery| ending(&delivery.raw));
        let why = brought().next_back().map(reason).unwrap_or_default();
        let happened = format!("The function {how} each of the {} times{why}", brought().count());
        out.push(Breach { symptom: Symptom::Failed, records: records.to_vec(), happened });
        return;
    }
    let missing: Vec<Label> = kept.iter().copied().filter(|label| !seen.contains(label)).collect();
    // An object holds the data: where effects do not show, who has read it may have done everything.
    let had = |delivery: &Delivery| {
        delivery.reads.iter().any(|read| matches!(read, Read::Object { found: true, .. }))
    };
    let hidden = looking.sees == Sees::Nothing || looking.sees == Sees::Reads && brought().any(had);
    let unsure = hidden || brought().any(|delivery| delivery.unsure);
    let none = missing.len() == kept.len();
    if let Some(write) = brought().find_map(metadata).filter(|_| none && !missing.is_empty()) {
        let happened = format!(
            "The failure record itself was sent on ({write}), and no data of {}: a consumer of the data cannot read it",
            numbers(&missing)
        );
        out.push(Breach { symptom: Symptom::Metadata, records: missing, happened });
    } else if !missing.is_empty() && !unsure {
        let what = if looking.sees == Sees::Reads { "read of the stream" } else { "re-driven" };
        let of = if none { String::new() } else { format!(" of {}", numbers(records)) };
        let happened = format!(
            "{}{of} {} not {what}, and the function says that all is done",
            capital(&numbers(&missing)),
            be(&missing)
        );
        out.push(Breach { symptom: Symptom::Missing, records: missing, happened });
    }
    let lost: Vec<Label> = gone.into_iter().filter(|label| !seen.contains(label)).collect();
    let told = |delivery: &Delivery| {
        delivery.lines.iter().any(|line| looking.gone.is_match(line))
            || delivery.writes.iter().any(|write| looking.gone.is_match(&write.text))
            || metadata(delivery).is_some()
            || !matches!(delivery.raw, Raw::Returned(_))
    };
    // What was forgotten may have told of it; and who counts what is left cannot know, where a filter left some out.
    let unsure = unsure || exercise.batches[index].filtered;
    if !lost.is_empty() && !unsure && !brought().any(told) {
        let happened = format!(
            "{} {} in the stream no longer, and the function says that all is done: no failure, line or write tells of it",
            capital(&numbers(&lost)),
            be(&lost)
        );
        out.push(Breach { symptom: Symptom::Silent, records: lost, happened });
    }
}

/// A write that carries a failure record.
fn metadata(delivery: &Delivery) -> Option<String> {
    let carries = |text: &str| text.contains("BatchInfo") && text.contains("startSequenceNumber");
    delivery.writes.iter().find(|write| carries(&write.text)).map(|write| write.kind.clone())
}

fn encoded_key(exercise: &Exercise, played: &Played) -> Option<Breach> {
    let keys: BTreeSet<&str> = played.layout.documents.iter().map(|(_, key)| key.as_str()).collect();
    let wrong = |read: &Read| match read {
        Read::Object { bucket, key, found: false } if bucket == BUCKET => {
            keys.contains(decode(key).as_str()).then(|| key.clone())
        }
        _ => None,
    };
    let key = played.deliveries.iter().flat_map(|delivery| &delivery.reads).find_map(wrong)?;
    // Who tries both ways gets there.
    let got =
        |read: &Read| matches!(read, Read::Object { key, found: true, .. } if keys.contains(key.as_str()));
    if played.deliveries.iter().flat_map(|delivery| &delivery.reads).any(got) || !exercise.arrival.by_bucket()
    {
        return None;
    }
    let happened = format!("The object was asked for by its key as the notification writes it: {key}");
    Some(Breach { symptom: Symptom::KeyEncoded, records: Vec::new(), happened })
}

fn extra(layout: &Layout, seen: &[Label]) -> Option<Breach> {
    // Who has only the range cannot know what a filter left out of it.
    let covered: BTreeSet<Label> = layout.batches.iter().flatten().chain(&layout.between).copied().collect();
    let seen: BTreeSet<Label> = seen.iter().copied().collect();
    let extra: Vec<Label> = seen.difference(&covered).copied().collect();
    let happened = format!(
        "{} {} re-driven, and no failure record covers {}",
        capital(&numbers(&extra)),
        be(&extra),
        it(&extra)
    );
    (!extra.is_empty()).then_some(Breach { symptom: Symptom::Extra, records: extra, happened })
}

fn disordered(records: &[Label], seen: &[Label]) -> Option<Breach> {
    let mut firsts: Vec<Label> = Vec::new();
    for label in seen.iter().filter(|label| records.contains(label)) {
        if !firsts.contains(label) {
            firsts.push(*label);
        }
    }
    let (before, after) = firsts.windows(2).find(|two| two[0] > two[1]).map(|two| (two[0], two[1]))?;
    let happened = format!(
        "Record {} was re-driven before record {}, which stands in front of it",
        number(before),
        number(after)
    );
    Some(Breach { symptom: Symptom::Disordered, records: vec![after, before], happened })
}

fn doubled(effects: &[(usize, &Effect)], usual: &Usual) -> Option<Breach> {
    let found = repeated(effects.iter().copied(), usual)?;
    let (first, last) = found.calls;
    let by = if found.by.is_empty() { String::new() } else { format!(" by {}", found.by) };
    let at_once = first == last;
    let when = match at_once {
        true => format!("twice in delivery {}", first + 1),
        false => format!("in delivery {} and once more in delivery {}", first + 1, last + 1),
    };
    let happened = format!("{} {} re-driven{by} {when}", capital(&numbers(&found.labels)), be(&found.labels));
    let symptom = if at_once { Symptom::DoubledAtOnce } else { Symptom::Doubled };
    Some(Breach { symptom, records: found.labels, happened })
}

fn ending(raw: &Raw) -> &'static str {
    match raw {
        Raw::Returned(_) => "reported its message as failed",
        Raw::Raised(_) => "raised an error",
        Raw::TimedOut => "timed out",
        Raw::Died(_) => "died",
    }
}

/// What it said of the reason: its error, or the last line that it wrote.
fn reason(delivery: &Delivery) -> String {
    let said = match &delivery.raw {
        Raw::Raised(text) | Raw::Died(text) => Some(text),
        Raw::Returned(_) | Raw::TimedOut => delivery.lines.last(),
    };
    said.map(|text| format!(": {}", shown(text))).unwrap_or_default()
}

fn be(records: &[Label]) -> &'static str {
    if records.len() == 1 { "was" } else { "were" }
}

fn it(records: &[Label]) -> &'static str {
    if records.len() == 1 { "it" } else { "them" }
}
