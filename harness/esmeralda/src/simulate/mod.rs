//! What Lambda will do with a mapping when records go bad: a timeline in virtual time, from the mapping's own JSON.
//!
//! The reference runs one small case with the mapping's settings; what it does is told as far as the sources
//! determine it. What they leave open is named and never given a number. Nothing is judged here, and nothing is
//! contacted.
//!
//! `input` reads the mapping, `story` finds out from the trace what became of each batch, `timeline` puts it into
//! words, `advice` says what to know about such a mapping, `text` lays it out, [`args`] reads arguments.

mod advice;
pub mod args;
mod entry;
mod failure_record;
mod input;
mod story;
mod text;
mod timeline;
pub mod words;

pub use advice::Advice;
pub use entry::{Entry, Kind, Moment};
pub use input::{Heading, NotModelled, Read as MappingRead, read as read_mapping};

use crate::machine::MachineTarget;
use crate::run::run_case;
use crate::target::TargetError;
use crate::virtual_time::ready;
use esm_model::case::{
    Action, Case, CaseError, CaseMapping, FORMAT, Function, MAX_SHARDS, MAX_TIME_MS, Record, Step,
};
use esm_model::event::Event;
use esm_model::mapping::{Mapping, MappingError, ShapeError, StartingPosition};
use esm_model::reference::{Backoff, Policy};
use esm_model::script::{Behaviour, How};
use esm_model::when::Ms;
use serde::Serialize;
use std::rc::Rc;

/// Most records of a simulation: more than a reader can follow.
pub const MAX_RECORDS: usize = 1_000;

/// How long records are kept: never lost within a simulation, for the stream's own retention is not in the mapping.
const KEPT_MS: Ms = MAX_TIME_MS;
/// Calls after which a shard is cut that would go on for ever: enough to see every split and a few retries.
const ENDLESS_CALLS: u32 = 16;
/// Calls after which a shard is cut that comes to an end by itself.
const MOST_CALLS: u32 = 100_000;

/// What to simulate.
#[derive(Debug, Clone)]
pub struct Options {
    /// What `aws lambda get-event-source-mapping` prints, or the input of `create-event-source-mapping`.
    pub mapping_json: String,
    /// How many records arrive.
    pub records: usize,
    /// Which of them are bad, counted from 1.
    pub poison: Vec<usize>,
    /// What a bad record makes the function do, each time.
    pub behaviour: How,
    /// Over how many shards they are spread, in turn.
    pub shards: u8,
    /// When the function is throttled: from, until.
    pub throttle: Option<(Ms, Ms)>,
    /// How the reference decides what the sources leave open.
    pub policy: Policy,
    /// The name of that policy.
    pub policy_name: String,
}

impl Options {
    /// Eight records in one shard, of which the fifth makes the function raise.
    pub fn of(mapping_json: impl Into<String>) -> Options {
        Options {
            mapping_json: mapping_json.into(),
            records: 8,
            poison: vec![5],
            behaviour: How::Raise,
            shards: 1,
            throttle: None,
            policy: Policy::AWS,
            policy_name: "aws".to_owned(),
        }
    }
}

/// Why there is no simulation.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The input is not JSON, or JSON of another form.
    #[error("the mapping cannot be read: {0}")]
    Shape(#[from] ShapeError),
    /// The input is JSON, but no mapping.
    #[error("the input is no event source mapping: {0}")]
    NotAMapping(String),
    /// A setting that the service would refuse.
    #[error("the mapping is not one that the service takes: {0}")]
    Settings(#[from] MappingError),
    /// An option out of range.
    #[error("--{option}: {problem}")]
    Option {
        /// Its name.
        option: &'static str,
        /// What is wrong and what is possible.
        problem: String,
    },
    /// The case that was made of all this is none: a fault of ours.
    #[error("the simulation could not be set up (this is a fault of esmeralda, please report it): {0}")]
    Case(#[from] CaseError),
    /// The run broke down: a fault of ours.
    #[error("the simulation broke down (this is a fault of esmeralda, please report it): {0}")]
    Run(#[from] TargetError),
}

/// What will happen, as far as the sources say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Simulation {
    /// The mapping.
    pub mapping: Heading,
    /// Settings that the mapping has and that are not shown below, because they are not modelled yet.
    pub not_modelled: Vec<NotModelled>,
    /// What else was noticed about the input.
    pub notes: Vec<String>,
    /// What is assumed about records, function and open questions.
    pub assumptions: Vec<String>,
    /// What happens, by shard.
    pub timeline: Vec<Entry>,
    /// What somebody with such a mapping should know.
    pub advice: Vec<Advice>,
}

/// Simulates.
///
/// # Errors
/// [`SimulateError`] if the input is no stream mapping, or an option is out of range.
pub fn simulate(options: &Options) -> Result<Simulation, SimulateError> {
    check(options)?;
    let read = input::read(&options.mapping_json)?;
    let case = Rc::new(case(options, &read)?);
    case.validate()?;
    let events = run(options, &case)?;
    let timeline = timeline::timeline(options, &read, &case, &events);
    let advice = advice::advice(options, &read, &case);
    Ok(Simulation {
        assumptions: assumptions(options),
        mapping: read.heading,
        not_modelled: read.not_modelled,
        notes: read.notes,
        timeline,
        advice,
    })
}

fn check(options: &Options) -> Result<(), SimulateError> {
    let bad = |option, problem: String| Err(SimulateError::Option { option, problem });
    if !(1..=MAX_RECORDS).contains(&options.records) {
        return bad("records", format!("{} is outside 1..{MAX_RECORDS}", options.records));
    }
    if !(1..=MAX_SHARDS).contains(&options.shards) {
        return bad("shards", format!("{} is outside 1..{MAX_SHARDS}", options.shards));
    }
    if let Some(number) = options.poison.iter().find(|number| !(1..=options.records).contains(number)) {
        return bad(
            "poison",
            format!("there is no record {number}; the records are 1 to {}", options.records),
        );
    }
    match options.throttle {
        Some((from, until)) if from < 0 || until <= from || until > args::MAX_THROTTLE_MS => {
            let most = args::MAX_THROTTLE_MS / 3_600_000;
            bad("throttle", format!("must end after it begins, and within {most} hours"))
        }
        _ => Ok(()),
    }
}

/// The case: the mapping as far as it is modelled, from the beginning of the stream, and enabled.
fn case(options: &Options, read: &input::Read) -> Result<Case, SimulateError> {
    let settings = Mapping {
        parallelization_factor: 1,
        tumbling_window_in_seconds: 0,
        filters: Vec::new(),
        starting_position: StartingPosition::TrimHorizon,
        enabled: true,
        ..read.mapping.clone()
    };
    let endless =
        settings.maximum_retry_attempts.is_none() && settings.maximum_record_age_in_seconds.is_none();
    // Waits grow to a minute, and the end of a throttle should be seen.
    let throttled = options.throttle.map_or(0, |(_, until)| (until / 60_000) as u32);
    let calls = options.records as u32 * 2 + ENDLESS_CALLS + throttled;
    let record = |number: usize| {
        let behaviour =
            options.poison.contains(&number).then_some(Behaviour { how: options.behaviour, times: None });
        let shard = ((number - 1) % usize::from(options.shards)) as u8;
        Record { shard, behaviour, ..Record::healthy(arrival(options, number)) }
    };
    let throttle = options.throttle.map(|(from, until)| Step {
        at: from,
        action: Action::Throttle { mapping: 0, for_ms: until - from },
    });
    Ok(Case {
        format: FORMAT,
        source: read.source,
        shards: options.shards,
        retention_ms: KEPT_MS,
        function: Function::default(),
        mappings: vec![CaseMapping { created_at: 0, qualifier: None, settings }],
        records: (1..=options.records).map(record).collect(),
        actions: throttle.into_iter().collect(),
        closing_at: None,
        horizon_ms: MAX_TIME_MS,
        max_invocations: if endless { calls } else { MOST_CALLS },
    })
}

/// With a throttle the second half of the records arrives when it begins: nothing else would show it.
fn arrival(options: &Options, number: usize) -> Ms {
    match options.throttle {
        Some((from, _)) if number > options.records / 2 => from,
        _ => 0,
    }
}

fn run(options: &Options, case: &Rc<Case>) -> Result<Vec<Event>, SimulateError> {
    let settings = &case.mappings[0].settings;
    let mut policy = options.policy;
    if settings.maximum_retry_attempts.is_none() {
        // A short wait would mean millions of calls until the age limit. No number of calls is told there.
        policy.backoff = Backoff::Growing;
    }
    let target = MachineTarget::reference(policy);
    Ok(ready(run_case(&target, case, None, false, Vec::new()))?.events)
}

fn assumptions(options: &Options) -> Vec<String> {
    let mut told = Vec::new();
    let spread = match options.shards {
        1 => "in one shard".to_owned(),
        n => format!("spread over {n} shards in turn"),
    };
    told.push(match options.throttle {
        Some((from, _)) if from > 0 && options.records > 1 => format!(
            "{} arrive {spread}: the first {} at once, the others at +{}, when the throttle begins.",
            words::records_word(options.records),
            options.records / 2,
            esm_model::explain::duration(from)
        ),
        _ => format!("{} arrive together {spread}.", words::records_word(options.records)),
    });
    let mut poison = options.poison.clone();
    poison.sort_unstable();
    poison.dedup();
    told.push(match poison.as_slice() {
        [] => "The function succeeds with every record.".to_owned(),
        bad => {
            let (which, are) = (words::numbers(bad), if bad.len() == 1 { "is" } else { "are" });
            let which = which.replacen("record", "Record", 1);
            let does = words::behaviour(options.behaviour);
            format!("{which} {are} bad: whenever a bad record is delivered the function {does}. Else it succeeds at once.")
        }
    });
    if options.behaviour == How::TimeOut && !poison.is_empty() {
        told.push(
            "The function's timeout is no part of the mapping; each such call takes that long.".to_owned(),
        );
    }
    told.push(format!(
        "Where the sources leave something open the policy `{}` decides, and the entry names the question.",
        options.policy_name
    ));
    told
}
