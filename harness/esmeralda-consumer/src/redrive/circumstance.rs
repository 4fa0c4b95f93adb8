//! What may be special about an exercise, which rule it is about, and the same exercise without it.
//!
//! A new circumstance is one line in the table below, and an exercise in [`super::plans`] that has it.

use super::exercise::{Answered, Exercise};
use esm_model::catalogue as c;
use esm_model::rule::RuleId;
use esm_model::wire::Condition;

/// Something special.
pub(super) struct Circumstance {
    /// In words, after "with".
    pub(super) words: &'static str,
    /// The rule that is broken by who does well without it and fails with it.
    pub(super) rule: Option<RuleId>,
    /// Whether an exercise has it.
    pub(super) of: fn(&Exercise) -> bool,
    /// The same exercise without it.
    pub(super) without: fn(&mut Exercise),
}

/// Every circumstance. Where several are needed, the first one names the rule.
pub(super) static CIRCUMSTANCES: [Circumstance; 17] = [
    Circumstance {
        words: "the condition RecordAgeExceeded",
        rule: Some(c::REDRIVE_1),
        of: |exercise| exercise.batches.iter().any(|batch| batch.condition == Condition::RecordAgeExceeded),
        // There is no responseContext with it, and none without it either (REC-5, REC-14).
        without: |exercise| {
            exercise.batches.iter_mut().for_each(|batch| batch.condition = Condition::RetryAttemptsExhausted);
        },
    },
    Circumstance {
        words: "no responseContext",
        rule: Some(c::REDRIVE_5),
        of: |exercise| exercise.batches.iter().any(|batch| batch.answered == Answered::Nothing),
        without: |exercise| {
            for batch in exercise.batches.iter_mut().filter(|batch| batch.answered == Answered::Nothing) {
                (batch.answered, batch.condition) = (Answered::Error, Condition::RetryAttemptsExhausted);
            }
        },
    },
    Circumstance {
        words: "functionError null",
        rule: Some(c::REDRIVE_5),
        of: |exercise| exercise.batches.iter().any(|batch| batch.answered == Answered::Failures),
        without: |exercise| {
            for batch in exercise.batches.iter_mut().filter(|batch| batch.answered == Answered::Failures) {
                batch.answered = Answered::Error;
            }
        },
    },
    Circumstance {
        words: "a batchSize below what the range holds, as with filters",
        rule: Some(c::REDRIVE_1),
        of: |exercise| exercise.batches.iter().any(|batch| batch.filtered),
        without: |exercise| exercise.batches.iter_mut().for_each(|batch| batch.filtered = false),
    },
    Circumstance {
        words: "members that nobody knows yet",
        rule: Some(c::REDRIVE_6),
        of: |exercise| exercise.unknown,
        without: |exercise| exercise.unknown = false,
    },
    Circumstance {
        words: "the ARN of an alias",
        rule: Some(c::REDRIVE_13),
        of: |exercise| exercise.alias,
        without: |exercise| exercise.alias = false,
    },
    Circumstance {
        words: "the ARN of a stream consumer",
        rule: Some(c::REDRIVE_13),
        of: |exercise| exercise.fan_out,
        without: |exercise| exercise.fan_out = false,
    },
    Circumstance {
        words: "an encoded slash in the key",
        rule: Some(c::REDRIVE_10),
        of: |exercise| exercise.slashes && exercise.arrival.by_bucket(),
        without: |exercise| exercise.slashes = false,
    },
    Circumstance {
        words: "an iterator that expires",
        rule: Some(c::REDRIVE_9),
        of: |exercise| exercise.reading.expire_read > 0,
        without: |exercise| exercise.reading.expire_read = 0,
    },
    Circumstance {
        words: "a read that is refused",
        rule: Some(c::REDRIVE_9),
        of: |exercise| exercise.reading.refuse_read > 0,
        without: |exercise| exercise.reading.refuse_read = 0,
    },
    Circumstance {
        words: "empty pages",
        rule: Some(c::REDRIVE_9),
        of: |exercise| exercise.reading.empty_reads > 0,
        without: |exercise| exercise.reading.empty_reads = 0,
    },
    Circumstance {
        words: "short pages",
        rule: Some(c::REDRIVE_9),
        of: |exercise| exercise.reading.page_records > 0,
        without: |exercise| exercise.reading.page_records = 0,
    },
    Circumstance {
        words: "a failure record that arrives twice",
        rule: Some(c::REDRIVE_8),
        of: |exercise| repeats(exercise, |_| {}),
        without: |exercise| {
            repeats(&exercise.clone(), |kept| exercise.events = kept);
        },
    },
    Circumstance {
        words: "several messages in one event",
        rule: Some(c::REDRIVE_12),
        of: |exercise| exercise.events.iter().any(|event| event.len() > 1),
        without: |exercise| {
            exercise.events = exercise.events.iter().flatten().map(|batch| vec![*batch]).collect();
        },
    },
    Circumstance {
        words: "another shard than the first",
        rule: Some(c::REDRIVE_13),
        of: |exercise| exercise.batches.iter().any(|batch| batch.shard > 0),
        without: |exercise| exercise.batches.iter_mut().for_each(|batch| batch.shard = 0),
    },
    Circumstance {
        words: "records that are gone",
        rule: None,
        of: |exercise| exercise.batches.iter().any(|batch| batch.gone > 0),
        without: |exercise| exercise.batches.iter_mut().for_each(|batch| batch.gone = 0),
    },
    // The last one that is taken away: no service does without it, so it tells only why a consumer fails.
    Circumstance {
        words: "a payload that is a JSON string",
        rule: Some(c::REDRIVE_11),
        of: |exercise| exercise.arrival.by_bucket() && !exercise.payload_object,
        without: |exercise| exercise.payload_object = true,
    },
];

/// Whether a failure record arrives twice; hands on the events with each only once.
fn repeats(exercise: &Exercise, keep: impl FnOnce(Vec<Vec<usize>>)) -> bool {
    let mut seen = Vec::new();
    let mut events = exercise.events.clone();
    for event in &mut events {
        event.retain(|batch| {
            let fresh = !seen.contains(batch);
            seen.push(*batch);
            fresh
        });
    }
    events.retain(|event| !event.is_empty());
    let repeats = events.iter().map(Vec::len).sum::<usize>() < seen.len();
    keep(events);
    repeats
}

/// What is special about an exercise, by its place in the table.
pub(super) fn of(exercise: &Exercise) -> Vec<usize> {
    (0..CIRCUMSTANCES.len()).filter(|index| (CIRCUMSTANCES[*index].of)(exercise)).collect()
}
