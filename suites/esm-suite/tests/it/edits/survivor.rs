//! Why an edited trace is still one that the sources allow.

use crate::edit::Edit;
use esm_model::answer::{Answer, Response};
use esm_model::case::{Action, Case};
use esm_model::catalogue::{self, AmbiguityId};
use esm_model::event::{Batch, Event, Settled};
use esm_model::trace::TraceRef;

/// Whether something is still to come when the trace ends: it was cut, or a mapping ends disabled.
pub(super) fn open(trace: TraceRef<'_>) -> bool {
    let cut = !matches!(trace.events.last(), Some(Event::Settled { how: Settled::Quiet, .. }));
    cut || (0..trace.case.mappings.len() as u8).any(|mapping| ends_disabled(trace.case, mapping))
}

fn ends_disabled(case: &Case, mapping: u8) -> bool {
    let last = case.actions.iter().rev().find_map(|step| match step.action {
        Action::Disable { mapping: own } if own == mapping => Some(true),
        Action::Enable { mapping: own } if own == mapping => Some(false),
        _ => None,
    });
    last.unwrap_or(!case.mappings[usize::from(mapping)].settings.enabled)
}

/// The reason, in words. `place` counts the invocations or the failure records; `took` are the variants that only the
/// edited trace takes.
pub(super) fn why(
    original: TraceRef<'_>,
    edited: TraceRef<'_>,
    edit: Edit,
    place: usize,
    took: u128,
) -> String {
    let took = variants(took);
    if !took.is_empty() {
        return took.join(", ");
    }
    let record = matches!(edit, Edit::RecordRemoved | Edit::RecordDoubled);
    let (mapping, batch) = subject(original, record, place);
    let case = original.case;
    let of = |has: &dyn Fn(&Action) -> bool| {
        case.actions.iter().any(|step| step.action.mapping() == mapping && has(&step.action))
    };
    let settings = &case.mappings[usize::from(mapping)].settings;
    let sets = |has: &dyn Fn(&esm_model::case::Patch) -> bool| {
        of(&|action| matches!(action, Action::Update { set, .. } if has(set)))
    };
    let unlimited =
        settings.maximum_retry_attempts.is_none() || sets(&|set| set.maximum_retry_attempts == Some(-1));
    let aged = settings.maximum_record_age_in_seconds.is_some()
        || sets(&|set| set.maximum_record_age_in_seconds.is_some());
    let reason = match () {
        () if ends_disabled(case, mapping) => {
            "STATE-6, the mapping ends disabled and what is missing may come later"
        }
        () if record && of(&|action| matches!(action, Action::RefuseWrites { .. })) => {
            "AMB-21, the destination may have refused it"
        }
        () if record && open(original) => "AMB-18, the run was cut and it may come later",
        () if open(original) && batch.is_some_and(|batch| unresolved(original, mapping, &batch)) => {
            "AMB-17, the run was cut while this batch was tried, once more or less"
        }
        () if unlimited => "RETRY-11, without a limit a batch is tried once more or less",
        () if aged => "AGE-1, how often a batch was tried before it grew too old is open",
        () if sets(&|set| set.maximum_retry_attempts.is_some()) => {
            "AMB-22, the batch has the old quota or the new one"
        }
        () if of(&|action| matches!(action, Action::Update { .. })) => {
            "AMB-22, the batch has the old settings or the new ones"
        }
        () if of(&|action| matches!(action, Action::Disable { .. })) => {
            "AMB-23, the mapping was disabled meanwhile"
        }
        () if case.retention_ms < 1_000_000 => "RETRY-11, the stream may have dropped it",
        () if backwards(edited) => {
            "the copy ends after what follows it began, and only the order of the events is looked at"
        }
        () if edit == Edit::InvocationRemoved && settings.bisect_batch_on_function_error => {
            "BATCH-3, without the call that failed, its parts are small batches of their own"
        }
        () if edit == Edit::InvocationRemoved && open(original) => {
            "ORDER-2, the run was cut within the time in which a batch is served"
        }
        () if edited.case.function.foreign => {
            "RETRY-2, the function is not known: it may fail once more or less within the quota"
        }
        () => "unexplained",
    };
    reason.to_owned()
}

/// Whether a call begins earlier than an answer that stands before it.
fn backwards(trace: TraceRef<'_>) -> bool {
    let mut latest = 0;
    trace.events.iter().any(|event| match event {
        Event::Answered { at, .. } => {
            latest = latest.max(at.earliest);
            false
        }
        Event::Invoked { at, .. } => at.latest < latest,
        _ => false,
    })
}

/// The mapping, and of an invocation its records.
fn subject(trace: TraceRef<'_>, record: bool, place: usize) -> (u8, Option<Batch>) {
    let mut found = trace.events.iter().filter_map(|event| match event {
        Event::Invoked { mapping, records, .. } if !record => Some((*mapping, Some(records.clone()))),
        Event::Delivered { mapping, .. } if record => Some((*mapping, None)),
        _ => None,
    });
    found.nth(place).expect("what was edited is there")
}

/// Whether some record of the batch is in the last call of its shard, and that call did not succeed.
fn unresolved(trace: TraceRef<'_>, mapping: u8, batch: &Batch) -> bool {
    let shard = trace.case.shard_of(batch[0]);
    let last = trace.events.iter().rev().find_map(|event| match event {
        Event::Invoked { id, mapping: own, records, .. }
            if *own == mapping && trace.case.shard_of(records[0]) == shard =>
        {
            Some((*id, records))
        }
        _ => None,
    });
    let Some((last, records)) = last else { return false };
    let well = trace.events.iter().any(|event| {
        matches!(event, Event::Answered { id, answer: Answer::Returned(response), .. }
            if *id == last && !matches!(response, Response::Items(items) if !items.is_empty()))
    });
    !well && records.iter().any(|label| batch.contains(label))
}

/// The variants in a set, such as `AMB-9 refill`.
fn variants(took: u128) -> Vec<String> {
    let all = catalogue::ambiguities().iter().flat_map(|ambiguity| {
        ambiguity.variants.iter().enumerate().map(move |(index, variant)| (ambiguity.id, index, variant.name))
    });
    let set = |id: AmbiguityId, index: usize| took & (1 << (u32::from(id.number()) * 3 + index as u32)) != 0;
    all.filter(|(id, index, _)| set(*id, *index)).map(|(id, _, name)| format!("{id} {name}")).collect()
}
