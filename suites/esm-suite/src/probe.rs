//! What a target is asked when it is probed: one tiny case for each capability, and whether it showed.
//!
//! Nothing is judged here: a capability that does not show is unsupported, and no failure. How long things took is
//! [`esmeralda::probe`]'s.

use crate::plain::plain;
use esm_model::answer::Answer;
use esm_model::case::{Action, Case, Record, Step};
use esm_model::event::Event;
use esm_model::label::Label;
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::script::{Behaviour, How};
use esm_model::when::Ms;
use esmeralda::probe::Shown;

/// The time of a case: nothing in it waits longer than for a first retry.
const HORIZON_MS: Ms = 60_000;
/// Calls before a case is cut.
const CALLS: u32 = 6;
/// When a window is opened or a mapping disabled.
const CHANGE_MS: Ms = 3_000;
/// How long it lasts.
const LASTS_MS: Ms = 10_000;
/// When a record is put into the middle of it: what came before has settled.
const MIDDLE_MS: Ms = 8_000;

/// When the last record of the plain case is put.
const CLOSING_MS: Ms = 2_000;

/// One thing that a target can do or not.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Its name, as presets spell it.
    pub capability: &'static str,
    /// What it means, in one sentence.
    pub claim: &'static str,
    /// What is done.
    pub case: Case,
    /// Whether it showed.
    pub shows: fn(&[Event]) -> Shown,
}

/// What is run many times at once, to find out how many sessions the target bears.
pub fn crowd() -> Case {
    Case { closing_at: Some(CLOSING_MS), ..case(SourceKind::Kinesis, healthy(), Mapping::default()) }
}

/// Everything that is asked.
pub fn probes() -> Vec<Probe> {
    vec![
        Probe {
            capability: "kinesis",
            claim: "a record of a Kinesis stream reaches the function",
            case: case(SourceKind::Kinesis, healthy(), Mapping::default()),
            shows: called,
        },
        Probe {
            capability: "dynamodb",
            claim: "an item of a table reaches the function through its stream",
            case: case(SourceKind::DynamoDb, healthy(), Mapping::default()),
            shows: called,
        },
        to("sqs", "a failure record reaches a queue", "arn:aws:sqs:eu-west-1:123456789012:failures"),
        to("sns", "a failure record reaches a topic", "arn:aws:sns:eu-west-1:123456789012:failures"),
        to("s3", "a failure record reaches a bucket", "arn:aws:s3:::failures"),
        Probe {
            capability: "retries",
            claim: "a batch that failed is tried again",
            case: case(SourceKind::Kinesis, vec![failing(How::Raise, Some(1))], Mapping::default()),
            shows: |events| (calls(events) > 1).into(),
        },
        Probe {
            capability: "partial_responses",
            claim: "records before a reported one are not delivered again",
            case: case(
                SourceKind::Kinesis,
                vec![Record::healthy(1_000), failing(How::Report, Some(1))],
                Mapping { report_batch_item_failures: true, batch_size: 2, ..Mapping::default() },
            ),
            shows: |events| sizes(events).windows(2).any(|pair| pair == [2, 1]).into(),
        },
        Probe {
            capability: "timeouts",
            claim: "a function that takes too long is ended, and the batch is tried again",
            case: case(SourceKind::Kinesis, vec![failing(How::TimeOut, Some(1))], Mapping::default()),
            shows: |events| {
                let timed_out = |e: &Event| matches!(e, Event::Answered { answer: Answer::TimedOut, .. });
                (calls(events) > 1 && events.iter().any(timed_out)).into()
            },
        },
        Probe {
            capability: "throttle",
            claim: "a function with a reserved concurrency of 0 is not called",
            case: changed(Action::Throttle { mapping: 0, for_ms: LASTS_MS }, None),
            shows: paused,
        },
        Probe {
            capability: "disabling",
            claim: "a disabled mapping does not call the function, and goes on when it is enabled",
            case: changed(
                Action::Disable { mapping: 0 },
                Some(Step { at: CHANGE_MS + LASTS_MS, action: Action::Enable { mapping: 0 } }),
            ),
            shows: paused,
        },
        Probe {
            capability: "qualifiers",
            claim: "a mapping can name an alias of the function",
            case: {
                let mut case = case(SourceKind::Kinesis, healthy(), Mapping::default());
                case.mappings[0].qualifier = Some("live".to_owned());
                case
            },
            shows: called,
        },
    ]
}

fn case(source: SourceKind, records: Vec<Record>, settings: Mapping) -> Case {
    Case { records, horizon_ms: HORIZON_MS, max_invocations: CALLS, ..plain(source, settings) }
}

fn healthy() -> Vec<Record> {
    vec![Record::healthy(1_000)]
}

fn failing(how: How, times: Option<u16>) -> Record {
    Record { behaviour: Some(Behaviour { how, times }), ..Record::healthy(1_000) }
}

/// A record that is discarded at once, to this destination, and one after it: whose turn comes when the first is given
/// up.
fn to(capability: &'static str, claim: &'static str, arn: &str) -> Probe {
    let destination = arn.parse().ok();
    let settings =
        Mapping { batch_size: 1, maximum_retry_attempts: Some(0), destination, ..Mapping::default() };
    Probe {
        capability,
        claim,
        case: case(SourceKind::Kinesis, vec![failing(How::Raise, None), Record::healthy(1_000)], settings),
        shows: written,
    }
}

/// Whether a failure record arrived. Where nothing was given up, none was due.
fn written(events: &[Event]) -> Shown {
    let poison = Label::record(0);
    let next = |event: &Event| matches!(event, Event::Invoked { records, .. } if !records.contains(&poison));
    if events.iter().any(|event| matches!(event, Event::Delivered { .. })) {
        Shown::Yes
    } else if !events.iter().any(next) {
        Shown::NoOccasion("nothing was discarded")
    } else {
        Shown::No
    }
}

/// A record put while the change holds.
fn changed(action: Action, then: Option<Step>) -> Case {
    let mut case = case(SourceKind::Kinesis, vec![Record::healthy(MIDDLE_MS)], Mapping::default());
    case.actions = std::iter::once(Step { at: CHANGE_MS, action }).chain(then).collect();
    case
}

fn calls(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Invoked { .. })).count()
}

fn called(events: &[Event]) -> Shown {
    (calls(events) > 0).into()
}

/// Whether the function was called, and not while the change held.
fn paused(events: &[Event]) -> Shown {
    (calls(events) > 0 && !called_between(events, CHANGE_MS, CHANGE_MS + LASTS_MS)).into()
}

fn sizes(events: &[Event]) -> Vec<usize> {
    let size = |event: &Event| match event {
        Event::Invoked { records, .. } => Some(records.len()),
        _ => None,
    };
    events.iter().filter_map(size).collect()
}

/// Whether the function was called surely between these times.
fn called_between(events: &[Event], from: Ms, to: Ms) -> bool {
    let within = |event: &Event| match event {
        Event::Invoked { at, .. } => at.earliest > from && at.latest < to,
        _ => false,
    };
    events.iter().any(within)
}
