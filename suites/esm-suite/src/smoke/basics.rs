//! The basics themselves, from the simplest up: whoever fails one need not look at the next.
//!
//! No ages, no windows, no waits: on a wall clock each takes as long as the target itself.

use super::{Basic, Expected};
use crate::plain::plain;
use esm_model::case::{Case, Record};
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::script::{Behaviour, How};
use esm_model::when::Ms;

/// The time of a case: a minute, because nothing in it waits longer than for a first retry.
const HORIZON_MS: Ms = 60_000;
/// When sentinels are put: behind everything else.
const CLOSING_MS: Ms = 20_000;
/// Calls before a case is cut: enough to see that a record is tried again and again.
const CALLS: u32 = 8;
/// The queue for failure records. Targets that have queues of their own put theirs in its place.
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:failures";

/// Every one of the basics, in the order in which they are tried.
pub fn all() -> Vec<Basic> {
    [wiring(), delivery(), failure()].concat()
}

/// What every adapter must do before any rule can be looked at.
fn wiring() -> Vec<Basic> {
    vec![
        Basic {
            name: "opens-and-closes",
            claim: "A session opens and closes, and nobody calls the function while there is nothing in the stream.",
            adapter: "open makes a stream, a function and a mapping of its own, and close takes them down",
            cases: vec![case(Mapping::default())],
            expected: &[],
        },
        Basic {
            name: "numbers",
            claim: "A put returns one sequence number for each record, and they increase from put to put.",
            adapter: "a put returns the sequence numbers that the stream gave, in the order of the records put",
            cases: vec![with(
                [healthy(0, 3), healthy(1_000, 1), healthy(2_000, 2)].concat(),
                Mapping::default(),
            )],
            expected: &[],
        },
        Basic {
            name: "one-record",
            claim: "A record that is put reaches the function under its own label.",
            adapter: "each call of the function goes to the invoke port with the labels of its records, and time passes \
                      in run until the target is done",
            cases: vec![with(healthy(1_000, 1), one_at_a_time())],
            expected: &[Expected::AllCalled],
        },
        Basic {
            name: "state",
            claim: "The state of the mapping can be read, and a mapping that was created becomes Enabled.",
            adapter: "status returns State and LastProcessingResult as the control plane spells them",
            cases: vec![
                with(healthy(1_000, 1), one_at_a_time()),
                with(vec![raising(0, None)], Mapping { maximum_retry_attempts: Some(0), ..one_at_a_time() }),
            ],
            expected: &[Expected::State],
        },
        Basic {
            name: "sessions-apart",
            claim: "Of two sessions one after another the second sees nothing of the first.",
            adapter: "open makes everything anew, under names that were not used before, and close stops the mapping \
                      before it returns",
            // What the first leaves behind has labels that the second never puts.
            cases: vec![
                with([healthy(0, 3), vec![raising(100, None)]].concat(), Mapping::default()),
                with(healthy(5_000, 1), Mapping::default()),
            ],
            expected: &[Expected::AllCalled],
        },
    ]
}

/// Healthy records.
fn delivery() -> Vec<Basic> {
    vec![
        Basic {
            name: "a-batch",
            claim: "Records that are put together reach the function, all of them, in batches.",
            adapter: "a put hands all its records over by one call, and a call of the function names all its records",
            cases: vec![with(healthy(1_000, 5), Mapping { batch_size: 5, ..Mapping::default() })],
            expected: &[Expected::AllCalled, Expected::SeveralAtOnce],
        },
        Basic {
            name: "order",
            claim: "Records reach the function in the order of their sequence numbers, and no batch is too large.",
            adapter: "labels stay with their sequence numbers, and the mapping gets the BatchSize of the case",
            cases: vec![with(
                [healthy(0, 3), healthy(500, 2), healthy(1_000, 2)].concat(),
                Mapping { batch_size: 2, ..Mapping::default() },
            )],
            expected: &[Expected::AllCalled],
        },
        Basic {
            name: "two-shards",
            claim: "Records of two shards reach the function, and no batch mixes them.",
            adapter: "each record goes to the shard that the case names, by an explicit hash key where keys are hashed",
            cases: vec![Case {
                shards: 2,
                ..with(
                    (0..4).map(|n| Record { shard: n % 2, ..Record::healthy(1_000) }).collect(),
                    Mapping::default(),
                )
            }],
            expected: &[Expected::AllCalled],
        },
        Basic {
            name: "sentinels",
            claim: "The records that close a case, one for each shard, reach the function as well.",
            adapter: "sentinels (s0, s1) are put and reported like any other record",
            cases: vec![Case { shards: 2, closing_at: Some(CLOSING_MS), ..case(one_at_a_time()) }],
            expected: &[Expected::AllCalled],
        },
        Basic {
            name: "put-before-created",
            claim: "From TRIM_HORIZON a record that was put before the mapping was created reaches the function.",
            adapter: "the stream is there from open on, and the mapping is created when it is told to be, with the \
                      StartingPosition of the case",
            cases: vec![created_at(5_000, with(healthy(0, 2), Mapping::default()))],
            expected: &[Expected::AllCalled],
        },
    ]
}

/// Records that fail.
fn failure() -> Vec<Basic> {
    let queue = |retries| Mapping {
        maximum_retry_attempts: Some(retries),
        destination: QUEUE.parse().ok(),
        ..one_at_a_time()
    };
    vec![
        Basic {
            name: "error-then-again",
            claim: "After a function error the record reaches the function again.",
            adapter: "what the invoke port answers goes back as the function's own answer: an error as an error",
            cases: vec![with(vec![raising(0, Some(1))], one_at_a_time())],
            expected: &[Expected::AllCalled, Expected::CalledAgain],
        },
        Basic {
            name: "retries-end",
            claim: "With one retry a record that always fails reaches the function twice, and the next record follows.",
            adapter: "the mapping gets the MaximumRetryAttempts of the case, where 0 is 0 and absent is -1",
            cases: vec![with(
                vec![raising(0, None), Record::healthy(0)],
                Mapping { maximum_retry_attempts: Some(1), ..one_at_a_time() },
            )],
            expected: &[Expected::AllCalled, Expected::CalledAgain],
        },
        Basic {
            name: "failure-record",
            claim: "Without retries the failure record of a failing record arrives at its queue.",
            adapter: "the mapping gets the destination of the case, and what arrives there goes to the deliver port",
            cases: vec![with(vec![raising(0, None)], queue(0))],
            expected: &[Expected::AllCalled, Expected::Document],
        },
        Basic {
            name: "no-failure-record",
            claim: "Nothing arrives at the queue for a record that succeeds, at once or at the second try.",
            adapter: "the destination belongs to one session, and nothing is handed to the deliver port but what it got",
            cases: vec![with(vec![Record::healthy(0), raising(1_000, Some(1))], queue(2))],
            expected: &[Expected::AllCalled],
        },
    ]
}

/// Nothing in the stream.
fn case(settings: Mapping) -> Case {
    Case { horizon_ms: HORIZON_MS, max_invocations: CALLS, ..plain(SourceKind::Kinesis, settings) }
}

fn with(records: Vec<Record>, settings: Mapping) -> Case {
    Case { records, ..case(settings) }
}

fn created_at(at: Ms, mut case: Case) -> Case {
    case.mappings.iter_mut().for_each(|mapping| mapping.created_at = at);
    case
}

fn one_at_a_time() -> Mapping {
    Mapping { batch_size: 1, ..Mapping::default() }
}

/// Records put by one call.
fn healthy(at: Ms, count: usize) -> Vec<Record> {
    vec![Record::healthy(at); count]
}

/// A record at which the function raises so often, or always.
fn raising(at: Ms, times: Option<u16>) -> Record {
    Record { behaviour: Some(Behaviour { how: How::Raise, times }), ..Record::healthy(at) }
}
