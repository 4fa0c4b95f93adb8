//! What may be simpler about a case: every edit worth trying, from the one that removes most to the smallest.
//!
//! Only lists; nothing runs here. Each edit lowers something that no later pass raises again, so that trying them in
//! turn comes to an end.

use super::edit::{Edit, FunctionPart, PATCH_MEMBERS, Setting};
use esm_model::case::{Case, DEFAULT_RETENTION_MS, Function, Patch, Record};
use esm_model::mapping::{Destination, Mapping};
use esm_model::script::How;
use esm_model::when::Ms;

/// Groups of edits, in the order in which they are tried: removing first, since it makes the rest cheaper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    Shards,
    Mappings,
    Records,
    Actions,
    Behaviours,
    Settings,
    Function,
    Times,
    Sizes,
    End,
}

impl Pass {
    /// Every pass, in order.
    pub(super) const ALL: [Pass; 10] = [
        Pass::Shards,
        Pass::Mappings,
        Pass::Records,
        Pass::Actions,
        Pass::Behaviours,
        Pass::Settings,
        Pass::Function,
        Pass::Times,
        Pass::Sizes,
        Pass::End,
    ];
}

/// Lengths of time that read well, tried before anything in between.
const ROUND_MS: [Ms; 13] =
    [0, 1, 10, 100, 1_000, 2_000, 5_000, 10_000, 60_000, 300_000, 1_000_000, 4_000_000, 90_000_000];
/// The plainest destination.
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:failures";

/// The edits of one pass over this case.
pub(super) fn edits(case: &Case, pass: Pass) -> Vec<Edit> {
    let mut edits = Vec::new();
    match pass {
        Pass::Shards => shards(case, &mut edits),
        Pass::Mappings if case.mappings.len() > 1 => {
            edits.extend((0..case.mappings.len() as u8).rev().map(Edit::DropMapping));
        }
        Pass::Mappings => {}
        Pass::Records => {
            pieces(case.records.len(), |from, count| edits.push(Edit::DropRecords { from, count }));
        }
        Pass::Actions => {
            pieces(case.actions.len(), |from, count| edits.push(Edit::DropActions { from, count }));
        }
        Pass::Behaviours => behaviours(case, &mut edits),
        Pass::Settings => settings(case, &mut edits),
        Pass::Function => function(case, &mut edits),
        Pass::Times => times(case, &mut edits),
        Pass::Sizes => sizes(case, &mut edits),
        Pass::End => end(case, &mut edits),
    }
    edits
}

fn shards(case: &Case, edits: &mut Vec<Edit>) {
    if case.shards > 1 {
        edits.extend((0..case.shards).map(Edit::KeepShard));
        for shard in (0..case.shards).rev() {
            edits.push(Edit::MergeShard { shard, into: if shard == 0 { 1 } else { 0 } });
        }
    }
}

/// All of `len`, then halves, quarters and so on down to single ones, the last first: what lies behind is seldom
/// the cause of what lies before.
fn pieces(len: usize, mut add: impl FnMut(usize, usize)) {
    let mut count = len;
    while count > 0 {
        (0..len.div_ceil(count)).rev().for_each(|piece| add(piece * count, count));
        count /= 2;
    }
}

fn behaviours(case: &Case, edits: &mut Vec<Edit>) {
    for (index, Record { behaviour, .. }) in case.records.iter().enumerate() {
        let Some(behaviour) = behaviour else { continue };
        edits.push(Edit::Heal(index));
        let simpler = How::ALL.iter().filter(|how| **how < behaviour.how);
        edits.extend(simpler.map(|how| Edit::Simplify(index, *how)));
        match behaviour.times {
            // For ever needs no number, but goes on for longer: it is tried last and never undone.
            None => edits.extend([1, 2].map(|times| Edit::Times(index, Some(times)))),
            Some(times) => {
                let fewer = [1, 2, times / 2, times - 1];
                edits.extend(
                    fewer.into_iter().filter(|n| (1..times).contains(n)).map(|n| Edit::Times(index, Some(n))),
                );
            }
        }
    }
}

fn settings(case: &Case, edits: &mut Vec<Edit>) {
    for (index, mapping) in case.mappings.iter().enumerate() {
        let index = index as u8;
        let mut add = |setting| edits.push(Edit::Setting(index, setting));
        let (now, usual) = (&mapping.settings, Mapping::default());
        let flags = [
            (now.bisect_batch_on_function_error, Setting::Bisect),
            (now.report_batch_item_failures, Setting::Reports),
            (now.starting_position != usual.starting_position, Setting::Position),
            (!now.enabled, Setting::Enabled),
        ];
        flags.into_iter().filter(|(is, _)| *is).for_each(|(_, setting)| add(setting));
        if let Some(destination) = &now.destination {
            add(Setting::Destination(None));
            if destination.arn() != QUEUE {
                add(Setting::Destination(QUEUE.parse::<Destination>().ok()));
            }
        }
        let window = now.maximum_batching_window_in_seconds;
        smaller(window, 0).for_each(|n| add(Setting::Window(n)));
        if let Some(age) = now.maximum_record_age_in_seconds {
            add(Setting::Age(None));
            smaller(age, 60).for_each(|n| add(Setting::Age(Some(n))));
        }
        if let Some(retries) = now.maximum_retry_attempts {
            add(Setting::Retries(None));
            smaller(retries, 0).for_each(|n| add(Setting::Retries(Some(n))));
        }
        if now.batch_size != usual.batch_size {
            add(Setting::BatchSize(usual.batch_size));
            smaller(now.batch_size, 1).for_each(|n| add(Setting::BatchSize(n)));
        }
        if mapping.qualifier.is_some() {
            edits.push(Edit::Unqualified(index));
        }
    }
}

/// Smaller numbers, the smallest first.
fn smaller(now: u32, least: u32) -> impl Iterator<Item = u32> {
    let mut numbers = [least, least + 1, now / 2, now.saturating_sub(1)];
    numbers.sort_unstable();
    numbers.into_iter().filter(move |n| (least..now).contains(n))
}

fn function(case: &Case, edits: &mut Vec<Edit>) {
    let (now, usual) = (&case.function, Function::default());
    let parts = [
        (now.timeout_ms != usual.timeout_ms, FunctionPart::Timeout),
        (now.success != usual.success, FunctionPart::Success),
        (now.reports_ascending != usual.reports_ascending, FunctionPart::Order),
    ];
    edits.extend(parts.into_iter().filter(|(is, _)| *is).map(|(_, part)| Edit::Function(part)));
    if case.retention_ms != DEFAULT_RETENTION_MS {
        edits.push(Edit::Retention(DEFAULT_RETENTION_MS));
    }
}

fn times(case: &Case, edits: &mut Vec<Edit>) {
    for (index, mapping) in case.mappings.iter().enumerate() {
        if mapping.created_at > 0 {
            edits.push(Edit::CreateAtOnce(index as u8));
        }
    }
    // The gaps between the moments at which something is done, the last first.
    let mut moments = vec![0, case.horizon_ms];
    moments.extend(case.records.iter().map(|record| record.at));
    moments.extend(case.actions.iter().map(|step| step.at));
    moments.extend(case.mappings.iter().map(|mapping| mapping.created_at));
    moments.extend(case.closing_at);
    moments.sort_unstable();
    moments.dedup();
    for gap in moments.windows(2).rev() {
        let (after, length) = (gap[0], gap[1] - gap[0]);
        edits.extend(shorter(length).map(|new| Edit::Sooner { after, by: length - new }));
    }
    for index in 1..case.records.len() {
        if case.records[index].at > case.records[index - 1].at {
            edits.push(Edit::Together(index));
        }
    }
    for (index, step) in case.actions.iter().enumerate() {
        edits.extend(shorter(step.action.lasts()).map(|ms| Edit::Lasts(index, ms)));
        if let esm_model::case::Action::Update { set, .. } = &step.action
            && *set != Patch::default()
        {
            edits.extend((0..PATCH_MEMBERS).map(|member| Edit::LessChange(index, member)));
        }
    }
}

/// Shorter lengths of time that read well, the shortest first. A length that reads well already gets only those.
fn shorter(length: Ms) -> impl Iterator<Item = Ms> {
    ROUND_MS.into_iter().take_while(move |round| *round < length)
}

fn sizes(case: &Case, edits: &mut Vec<Edit>) {
    let usual = Record::healthy(0).size;
    for (index, record) in case.records.iter().enumerate() {
        if record.size != usual {
            edits.push(Edit::Size(index, usual));
        }
        edits.extend(shorter(record.duration_ms).map(|ms| Edit::Duration(index, ms)));
    }
}

fn end(case: &Case, edits: &mut Vec<Edit>) {
    if case.closing_at.is_some() {
        edits.push(Edit::NoClosing);
    }
    let round = ROUND_MS.into_iter().take_while(|round| *round < case.horizon_ms);
    edits.extend(round.map(Edit::Horizon));
    edits.extend([4, 8, 16].into_iter().filter(|n| *n < case.max_invocations).map(Edit::Invocations));
}
