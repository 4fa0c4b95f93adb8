//! Reading the mapping: what `get-event-source-mapping` prints, or what `create-event-source-mapping` takes.
//!
//! Lenient with members that it does not know, strict with values. What the mapping has and the model does not is
//! listed, never dropped.

use super::SimulateError;
use esm_model::control::{Configuration, CreateRequest, State};
use esm_model::mapping::{Mapping, ShapeError, SourceKind, StartingPosition, is_consumer, source_kind};
use esm_model::rule::RuleId;
use esm_model::{catalogue as c, mapping};
use serde::Serialize;
use serde_json::Value;

/// Which mapping it is and what it is set to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// Its UUID, if it has one yet.
    pub uuid: Option<String>,
    /// The stream or consumer.
    pub stream: Option<String>,
    /// The function.
    pub function: Option<String>,
    /// What kind of stream.
    pub source: SourceKind,
    /// Every setting that decides, in words.
    pub settings: Vec<String>,
}

/// A setting that the simulation leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotModelled {
    /// Its name.
    pub setting: &'static str,
    /// Its value.
    pub value: String,
    /// What it would change.
    pub meaning: &'static str,
    /// Where that is stated.
    pub rules: Vec<RuleId>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Which mapping it is.
    pub heading: Heading,
    /// Its settings.
    pub mapping: Mapping,
    /// What kind of stream it reads.
    pub source: SourceKind,
    /// Settings that are not modelled.
    pub not_modelled: Vec<NotModelled>,
    /// What else was noticed.
    pub notes: Vec<String>,
}

/// What both forms of input have.
struct Named {
    mapping: Mapping,
    uuid: Option<String>,
    stream: Option<String>,
    function: Option<String>,
    notes: Vec<String>,
}

/// Reads a mapping.
///
/// # Errors
/// [`SimulateError`] if the text is no stream mapping, or one that the service would refuse.
pub fn read(text: &str) -> Result<Read, SimulateError> {
    let value: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| ShapeError::NotJson {
            detail: format!(
                "{error}; give the JSON as `aws lambda get-event-source-mapping --uuid …` prints it"
            ),
        })?;
    let value = one_of_list(value)?;
    let Some(object) = value.as_object() else {
        let problem = "expected an object with members such as EventSourceArn and BatchSize";
        return Err(SimulateError::NotAMapping(problem.to_owned()));
    };
    let known = |name: &str| object.contains_key(name);
    let named = if known("FunctionName") && !known("UUID") { created(&value)? } else { configured(&value)? };
    let source = match &named.stream {
        Some(arn) => source_kind(arn).ok_or_else(|| {
            SimulateError::NotAMapping(format!(
                "EventSourceArn is {arn:?}, which names no Kinesis stream and no DynamoDB stream; only those are modelled"
            ))
        })?,
        None => SourceKind::Kinesis,
    };
    named.mapping.check()?;
    let mut notes = named.notes;
    if named.stream.is_none() {
        notes.push("There is no EventSourceArn: a Kinesis stream is assumed.".to_owned());
    }
    if source == SourceKind::DynamoDb
        && matches!(named.mapping.starting_position, StartingPosition::AtTimestamp(_))
    {
        notes.push("StartingPosition AT_TIMESTAMP does not exist for DynamoDB Streams (API-14).".to_owned());
    }
    Ok(Read {
        not_modelled: not_modelled(&named.mapping, named.stream.as_deref()),
        heading: Heading {
            uuid: named.uuid,
            stream: named.stream,
            function: named.function,
            source,
            settings: settings(&named.mapping),
        },
        mapping: named.mapping,
        source,
        notes,
    })
}

/// The one mapping of what `list-event-source-mappings` prints; anything else as it is.
fn one_of_list(value: Value) -> Result<Value, SimulateError> {
    let Some(list) = value.get("EventSourceMappings").and_then(Value::as_array) else { return Ok(value) };
    match list.as_slice() {
        [one] => Ok(one.clone()),
        several => Err(SimulateError::NotAMapping(format!(
            "it is a list of {} mappings; take one of them, for example with `--query 'EventSourceMappings[0]'`",
            several.len()
        ))),
    }
}

fn created(value: &Value) -> Result<Named, SimulateError> {
    let request = CreateRequest::from_value(value)?;
    let mapping = request.settings().over(&Mapping::default())?;
    let mut notes = Vec::new();
    if request.starting_position.is_none() {
        notes.push("StartingPosition is missing, which the service does not accept (API-12).".to_owned());
    }
    if request.scaling_config.is_some() {
        notes.push("ScalingConfig is not accepted for streams (API-31).".to_owned());
    }
    notes.extend(request.other.keys().map(|name| format!("{name} does not change what is shown.")));
    Ok(Named {
        mapping,
        uuid: None,
        stream: request.event_source_arn,
        function: request.function_name,
        notes,
    })
}

fn configured(value: &Value) -> Result<Named, SimulateError> {
    let (read, unknown) = Configuration::from_value(value)?;
    // The list of all members that a note may end in helps nobody who pasted what the service printed.
    let short = |note: &String| note.split("; the members are").next().unwrap_or_default().to_owned();
    let mut notes: Vec<String> =
        unknown.iter().map(|note| format!("{}: nothing below takes account of it.", short(note))).collect();
    let missing = read.missing_members();
    if missing.len() == Configuration::REQUIRED.len() {
        let problem = "it has none of the members of a mapping, such as EventSourceArn, BatchSize or UUID";
        return Err(SimulateError::NotAMapping(problem.to_owned()));
    }
    let assumed =
        ["BatchSize", "MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError"];
    let defaults: Vec<&str> = missing.into_iter().filter(|name| assumed.contains(name)).collect();
    if !defaults.is_empty() {
        notes.push(format!("{} missing: the default is assumed.", defaults.join(", ")));
    }
    if let Some(error) = read.other.get("FilterCriteriaError") {
        notes.push(format!("FilterCriteriaError is {error}: the filters are broken."));
    }
    match &read.state {
        Some(State::Disabling | State::Disabled) => {
            notes.push(
                "The mapping is disabled: this is what happens once it is enabled (STATE-6).".to_owned(),
            );
        }
        Some(State::Deleting) => notes.push("The mapping is being deleted.".to_owned()),
        _ => {}
    }
    let mapping = read.mapping()?;
    Ok(Named { mapping, uuid: read.uuid, stream: read.event_source_arn, function: read.function_arn, notes })
}

/// Every setting that decides, as it would be written, with the defaults spelt out.
fn settings(mapping: &Mapping) -> Vec<String> {
    let limit = |value: Option<u32>| value.map_or("-1 (no limit)".to_owned(), |n| n.to_string());
    let mut told = vec![
        format!("BatchSize {}", mapping.batch_size),
        format!("MaximumBatchingWindowInSeconds {}", mapping.maximum_batching_window_in_seconds),
        format!("MaximumRetryAttempts {}", limit(mapping.maximum_retry_attempts)),
        format!("MaximumRecordAgeInSeconds {}", limit(mapping.maximum_record_age_in_seconds)),
        format!("BisectBatchOnFunctionError {}", mapping.bisect_batch_on_function_error),
        format!(
            "FunctionResponseTypes {}",
            if mapping.report_batch_item_failures { mapping::REPORT_BATCH_ITEM_FAILURES } else { "none" }
        ),
        format!("StartingPosition {}", mapping.starting_position.text()),
    ];
    told.push(match &mapping.destination {
        Some(destination) => format!("on failure to {}", destination.arn()),
        None => "no destination on failure".to_owned(),
    });
    told
}

fn not_modelled(mapping: &Mapping, stream: Option<&str>) -> Vec<NotModelled> {
    let mut list = Vec::new();
    let mut add = |setting, value: String, meaning, rules: &[RuleId]| {
        list.push(NotModelled { setting, value, meaning, rules: rules.to_vec() });
    };
    if mapping.parallelization_factor > 1 {
        add(
            "ParallelizationFactor",
            mapping.parallelization_factor.to_string(),
            "so many batches of a shard run at a time, in order only within a partition key; shown is a factor of 1, \
             in which a failing batch blocks the whole shard",
            &[c::ORDER_3],
        );
    }
    if mapping.tumbling_window_in_seconds > 0 {
        add(
            "TumblingWindowInSeconds",
            mapping.tumbling_window_in_seconds.to_string(),
            "batches end with their window, carry a state, and a response without it is a failure; shown is a \
             mapping without windows",
            &[c::WINDOW_1, c::WINDOW_4, c::WINDOW_6],
        );
    }
    if !mapping.filters.is_empty() {
        add(
            "FilterCriteria",
            format!("{} filters", mapping.filters.len()).replace("1 filters", "1 filter"),
            "records that match no filter never reach the function and leave no trace; shown is a stream of records \
             that match",
            &[c::FILTER_1, c::FILTER_2],
        );
    }
    if stream.is_some_and(is_consumer) {
        add(
            "EventSourceArn of a consumer",
            "enhanced fan-out".to_owned(),
            "records come by another way, aggregated ones are taken apart, and failure records name the consumer; \
             shown is the standard way",
            &[c::BATCH_10, c::REC_8],
        );
    }
    list
}
