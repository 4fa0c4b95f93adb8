//! What is done to a child's session, as messages.
//!
//! When it is done is the runner's business; what follows from it shows in calls.

use super::message::{Act, Change, PutRecord, Status, Which};
use super::session::LinesSession;
use crate::target::{Acted as Done, Seen, TargetError};
use esm_model::case::Action;
use esm_model::event::{Bound, MappingState, ProcessingResult};
use esm_model::label::Label;
use esm_model::mapping::{
    Destination, DestinationConfig, DestinationMember, REPORT_BATCH_ITEM_FAILURES, Settings,
};
use esm_model::when::{Ms, Span, When};

impl LinesSession {
    pub(super) fn create(&mut self, mapping: u8) -> Result<Span, TargetError> {
        let settings = Settings::of(&self.case.mappings[usize::from(mapping)].settings);
        self.outside.created(mapping);
        let now = self.time();
        self.do_this(Act { now, create: Some(Change { mapping, settings }), ..Act::default() })
    }

    pub(super) fn step(&mut self, at: Ms, action: &Action) -> Result<Span, TargetError> {
        let mapping = action.mapping();
        self.outside.step(at, action, self.wall.is_some());
        let now = self.time();
        let act = match action {
            Action::Update { .. } => {
                Act { now, update: Some(Change { mapping, settings: update(action) }), ..Act::default() }
            }
            Action::Enable { .. } => Act { now, enable: Some(Which { mapping }), ..Act::default() },
            Action::Disable { .. } => Act { now, disable: Some(Which { mapping }), ..Act::default() },
            // The child meets them when it calls.
            Action::Throttle { .. } | Action::ServiceError { .. } | Action::RefuseWrites { .. } => {
                return Ok(Span::at(now));
            }
        };
        self.do_this(act)
    }

    pub(super) fn put(&mut self, labels: &[Label]) -> Result<Done, TargetError> {
        let record = |label: &Label| {
            let record = self.case.record(*label)?;
            let (key, data) = (label.to_string(), format!("{{\"label\":\"{label}\"}}"));
            Some(PutRecord { key, data, shard: record.shard, size: record.size })
        };
        let records = labels.iter().filter_map(record).collect();
        let now = self.time();
        let (acted, at) = self.act(Act { now, put: Some(records), ..Act::default() })?;
        let results = acted.put.unwrap_or_default();
        let whole = When { earliest: at.began.earliest, latest: at.ended.latest };
        let bound = labels.iter().zip(results).map(|(label, result)| Bound {
            label: *label,
            sequence: result.sequence,
            arrival: result.arrival.map_or(whole, When::at),
        });
        let put: Vec<Bound> = bound.collect();
        self.outside.bound(&put).map_err(|why| self.fail(why))?;
        Ok(Done { at, put })
    }

    pub(super) fn tell_status(&mut self, at: Ms, mapping: u8) -> Result<Option<Seen>, TargetError> {
        if !self.tells_status {
            return Ok(None);
        }
        let now = if self.wall.is_some() { self.time() } else { at };
        let (acted, span) = self.act(Act { now, status: Some(Which { mapping }), ..Act::default() })?;
        let Some(Status { state, result }) = acted.status else {
            return Err(self.fail("acted has no status, and the child has the capability status"));
        };
        let read = |text: String| serde_json::Value::from(text);
        let state = serde_json::from_value(read(state)).unwrap_or(MappingState::Unknown);
        let result = serde_json::from_value(read(result)).unwrap_or(ProcessingResult::Unknown);
        let at = if self.wall.is_some() { span.during() } else { When::at(at) };
        Ok(Some(Seen { at, state, result }))
    }
}

/// What an update changes, as UpdateEventSourceMapping says it.
fn update(action: &Action) -> Settings {
    let Action::Update { set, .. } = action else { return Settings::default() };
    let whole = |value: Option<i32>| value.map(i64::from);
    let types = |report: bool| {
        let report = report.then(|| REPORT_BATCH_ITEM_FAILURES.to_owned());
        report.into_iter().collect()
    };
    Settings {
        batch_size: set.batch_size.map(i64::from),
        maximum_batching_window_in_seconds: set.maximum_batching_window_in_seconds.map(i64::from),
        maximum_retry_attempts: whole(set.maximum_retry_attempts),
        maximum_record_age_in_seconds: whole(set.maximum_record_age_in_seconds),
        bisect_batch_on_function_error: set.bisect_batch_on_function_error,
        function_response_types: set.report_batch_item_failures.map(types),
        destination_config: set.destination.as_ref().map(|arn| destination_config(arn)),
        ..Settings::default()
    }
}

/// `DestinationConfig` as UpdateEventSourceMapping takes it: an empty text removes the destination (API-21).
fn destination_config(arn: &str) -> DestinationConfig {
    let destination = arn.parse::<Destination>().ok();
    let mut config = DestinationConfig::of(destination.as_ref());
    if destination.is_none() {
        config.on_failure = Some(DestinationMember { destination: Some(String::new()) });
    }
    config
}
