//! One change that makes a case simpler, and how it is carried out.
//!
//! An edit may lead to something that is no case (a closing before the last record, say): then there is no result.

use esm_model::case::{Action, Case, Function, Patch, Record, Step};
use esm_model::mapping::Mapping;
use esm_model::script::How;
use esm_model::when::Ms;

/// A change of a case. Indices are those of the case that it was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// Remove so many records from this one on.
    DropRecords { from: usize, count: usize },
    /// Remove so many actions from this one on.
    DropActions { from: usize, count: usize },
    /// Remove a mapping and what is done to it.
    DropMapping(u8),
    /// Only this shard and its records are left.
    KeepShard(u8),
    /// Remove a shard, with its records in another one.
    MergeShard { shard: u8, into: u8 },
    /// No sentinels.
    NoClosing,
    /// The record is healthy.
    Heal(usize),
    /// The record fails in a simpler way.
    Simplify(usize, How),
    /// The record fails so many times, or for ever.
    Times(usize, Option<u16>),
    /// The record is that large.
    Size(usize, u32),
    /// The function takes that long for the record.
    Duration(usize, Ms),
    /// The function is an ordinary one in this respect.
    Function(FunctionPart),
    /// The mapping has the default, or a smaller value, here.
    Setting(u8, Setting),
    /// The mapping's function has no qualifier.
    Unqualified(u8),
    /// The stream keeps records for the usual time.
    Retention(Ms),
    /// Everything after `after` happens sooner by `by`.
    Sooner { after: Ms, by: Ms },
    /// The record is put together with the one before it.
    Together(usize),
    /// The mapping is created at once.
    CreateAtOnce(u8),
    /// The action lasts that long.
    Lasts(usize, Ms),
    /// The update changes one thing less.
    LessChange(usize, usize),
    /// The case ends sooner.
    Horizon(Ms),
    /// The case is cut sooner.
    Invocations(u32),
}

/// A part of the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FunctionPart {
    Timeout,
    Success,
    Order,
}

/// A setting and its new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Setting {
    BatchSize(u32),
    Window(u32),
    Retries(Option<u32>),
    Age(Option<u32>),
    Bisect,
    Reports,
    Position,
    Destination(Option<esm_model::mapping::Destination>),
    Enabled,
}

impl Edit {
    /// The case after the change; `None` if there is no such place, or if what comes out is no case.
    pub(super) fn apply(&self, case: &Case) -> Option<Case> {
        let mut new = case.clone();
        self.change(&mut new)?;
        (new != *case && new.validate().is_ok()).then_some(new)
    }

    fn change(&self, case: &mut Case) -> Option<()> {
        match *self {
            Edit::DropRecords { from, count } => {
                case.records.drain(from..(from + count).min(case.records.len()));
            }
            Edit::DropActions { from, count } => {
                case.actions.drain(from..(from + count).min(case.actions.len()));
            }
            Edit::DropMapping(mapping) => drop_mapping(case, mapping),
            Edit::KeepShard(shard) => {
                case.records.retain(|record| record.shard == shard);
                case.records.iter_mut().for_each(|record| record.shard = 0);
                case.shards = 1;
            }
            Edit::MergeShard { shard, into } => merge_shard(case, shard, into),
            Edit::NoClosing => case.closing_at = None,
            Edit::Heal(index) => case.records.get_mut(index)?.behaviour = None,
            Edit::Simplify(index, how) => case.records.get_mut(index)?.behaviour.as_mut()?.how = how,
            Edit::Times(index, times) => case.records.get_mut(index)?.behaviour.as_mut()?.times = times,
            Edit::Size(index, size) => case.records.get_mut(index)?.size = size,
            Edit::Duration(index, ms) => case.records.get_mut(index)?.duration_ms = ms,
            Edit::Function(part) => ordinary(&mut case.function, part),
            Edit::Setting(mapping, ref setting) => {
                set(&mut case.mappings.get_mut(usize::from(mapping))?.settings, setting);
            }
            Edit::Unqualified(mapping) => case.mappings.get_mut(usize::from(mapping))?.qualifier = None,
            Edit::Retention(ms) => case.retention_ms = ms,
            Edit::Sooner { after, by } => sooner(case, after, by),
            Edit::Together(index) => {
                let at = case.records.get(index.checked_sub(1)?)?.at;
                case.records.get_mut(index)?.at = at;
            }
            Edit::CreateAtOnce(mapping) => case.mappings.get_mut(usize::from(mapping))?.created_at = 0,
            Edit::Lasts(index, ms) => lasts(&mut case.actions.get_mut(index)?.action, ms),
            Edit::LessChange(index, member) => {
                let Action::Update { set, .. } = &mut case.actions.get_mut(index)?.action else {
                    return None;
                };
                forget(set, member);
                if *set == Patch::default() {
                    return None;
                }
            }
            Edit::Horizon(ms) => case.horizon_ms = ms,
            Edit::Invocations(count) => case.max_invocations = count,
        }
        Some(())
    }
}

fn drop_mapping(case: &mut Case, gone: u8) {
    if usize::from(gone) >= case.mappings.len() || case.mappings.len() == 1 {
        return;
    }
    case.mappings.remove(usize::from(gone));
    case.actions.retain(|step| step.action.mapping() != gone);
    for Step { action, .. } in &mut case.actions {
        let (Action::Throttle { mapping, .. }
        | Action::ServiceError { mapping, .. }
        | Action::RefuseWrites { mapping, .. }
        | Action::Disable { mapping }
        | Action::Enable { mapping }
        | Action::Update { mapping, .. }) = action;
        *mapping -= u8::from(*mapping > gone);
    }
}

fn merge_shard(case: &mut Case, gone: u8, into: u8) {
    if case.shards == 1 {
        return;
    }
    for Record { shard, .. } in &mut case.records {
        if *shard == gone {
            *shard = into;
        }
        *shard -= u8::from(*shard > gone);
    }
    case.shards -= 1;
}

fn ordinary(function: &mut Function, part: FunctionPart) {
    let usual = Function::default();
    match part {
        FunctionPart::Timeout => function.timeout_ms = usual.timeout_ms,
        FunctionPart::Success => function.success = usual.success,
        FunctionPart::Order => function.reports_ascending = usual.reports_ascending,
    }
}

fn set(settings: &mut Mapping, setting: &Setting) {
    match setting {
        Setting::BatchSize(size) => settings.batch_size = *size,
        Setting::Window(seconds) => settings.maximum_batching_window_in_seconds = *seconds,
        Setting::Retries(retries) => settings.maximum_retry_attempts = *retries,
        Setting::Age(age) => settings.maximum_record_age_in_seconds = *age,
        Setting::Bisect => settings.bisect_batch_on_function_error = false,
        Setting::Reports => settings.report_batch_item_failures = false,
        Setting::Position => settings.starting_position = Mapping::default().starting_position,
        Setting::Destination(destination) => settings.destination.clone_from(destination),
        Setting::Enabled => settings.enabled = true,
    }
}

/// Times behind `after` move; what lasts beyond its begin keeps its length.
fn sooner(case: &mut Case, after: Ms, by: Ms) {
    let shift = |at: &mut Ms| {
        if *at > after {
            *at -= by;
        }
    };
    case.records.iter_mut().for_each(|record| shift(&mut record.at));
    case.actions.iter_mut().for_each(|step| shift(&mut step.at));
    case.mappings.iter_mut().for_each(|mapping| shift(&mut mapping.created_at));
    case.closing_at.iter_mut().for_each(shift);
    shift(&mut case.horizon_ms);
}

fn lasts(action: &mut Action, ms: Ms) {
    if let Action::Throttle { for_ms, .. }
    | Action::ServiceError { for_ms, .. }
    | Action::RefuseWrites { for_ms, .. } = action
    {
        *for_ms = ms;
    }
}

/// Members of a change, as [`Edit::LessChange`] counts them.
pub(super) const PATCH_MEMBERS: usize = 7;

fn forget(set: &mut Patch, member: usize) {
    match member {
        0 => set.batch_size = None,
        1 => set.maximum_batching_window_in_seconds = None,
        2 => set.maximum_retry_attempts = None,
        3 => set.maximum_record_age_in_seconds = None,
        4 => set.bisect_batch_on_function_error = None,
        5 => set.report_batch_item_failures = None,
        _ => set.destination = None,
    }
}
