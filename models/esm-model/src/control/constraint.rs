//! The checks that come from the API's own model: ranges, enums and lengths, answered with ValidationException
//! before anything else is looked at.
//!
//! Not the rules that relate members to each other or to the stream.

use super::error::ServiceError;
use super::function::FunctionName;
use crate::catalogue::{API_9, API_13, API_28, API_29, PARAM_9, PARAM_13};
use crate::mapping::{Arn, Limit, REPORT_BATCH_ITEM_FAILURES, Settings, limit};
use crate::rule::RuleId;

/// One failed constraint, as it stands in the message.
struct Failed {
    text: String,
    rule: RuleId,
    recorded: bool,
}

/// Collects failed constraints and makes one answer of them.
#[derive(Default)]
pub(super) struct Constraints(Vec<Failed>);

/// The members whose upper bound was captured (API-28). For the others, the form is inferred.
const CAPTURED: [Limit; 4] = [
    limit::BATCH_SIZE,
    limit::PARALLELIZATION_FACTOR,
    limit::MAXIMUM_BATCHING_WINDOW,
    limit::TUMBLING_WINDOW,
];

impl Constraints {
    fn fail(&mut self, rule: RuleId, recorded: bool, value: &str, at: &str, constraint: &str) {
        let text = format!("Value {value} at '{at}' failed to satisfy constraint: {constraint}");
        self.0.push(Failed { text, rule, recorded });
    }

    fn range(&mut self, limit: Limit, value: Option<i64>) {
        let Some(value) = value.filter(|value| !limit.admits(*value)) else { return };
        let above = value > limit.max;
        let constraint = match above {
            true => format!("Member must have value less than or equal to {}", limit.max),
            false => format!("Member must have value greater than or equal to {}", limit.min),
        };
        let recorded = above && CAPTURED.contains(&limit);
        self.fail(API_28, recorded, &format!("'{value}'"), limit.lower_camel, &constraint);
    }

    /// The constraints on settings, in the order in which the API reference lists the members; the service's own
    /// order is not known.
    pub(super) fn settings(&mut self, settings: &Settings) {
        self.range(limit::BATCH_SIZE, settings.batch_size);
        for (i, pattern) in
            settings.filter_criteria.iter().flat_map(|criteria| criteria.patterns()).enumerate()
        {
            if pattern.chars().count() > limit::PATTERN {
                let at = format!("filterCriteria.filters.{}.member.pattern", i + 1);
                let constraint = format!("Member must have length less than or equal to {}", limit::PATTERN);
                self.fail(PARAM_13, false, &format!("'{pattern}'"), &at, &constraint);
            }
        }
        self.response_types(settings.function_response_types.as_deref().unwrap_or_default());
        self.range(limit::MAXIMUM_BATCHING_WINDOW, settings.maximum_batching_window_in_seconds);
        self.range(limit::MAXIMUM_RECORD_AGE, settings.maximum_record_age_in_seconds);
        self.range(limit::MAXIMUM_RETRY_ATTEMPTS, settings.maximum_retry_attempts);
        self.range(limit::PARALLELIZATION_FACTOR, settings.parallelization_factor);
        if let Some(position) = &settings.starting_position
            && !["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"].contains(&position.as_str())
        {
            let constraint = "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]";
            self.fail(API_13, true, &format!("'{position}'"), "startingPosition", constraint);
        }
        self.range(limit::TUMBLING_WINDOW, settings.tumbling_window_in_seconds);
    }

    fn response_types(&mut self, types: &[String]) {
        let value = format!("'[{}]'", types.join(", "));
        if types.len() > 1 {
            let constraint = "Member must have length less than or equal to 1";
            self.fail(PARAM_9, false, &value, "functionResponseTypes", constraint);
        }
        if types.iter().any(|text| text != REPORT_BATCH_ITEM_FAILURES) {
            let constraint = "Member must satisfy constraint: [Member must satisfy enum value set: \
                              [ReportBatchItemFailures], Member must not be null]";
            // Captured for a list of one.
            self.fail(API_29, types.len() == 1, &value, "functionResponseTypes", constraint);
        }
    }

    /// The forms of the event source's ARN and of the function's name. The patterns of the service are longer.
    pub(super) fn names(&mut self, event_source_arn: Option<&str>, function_name: Option<&str>) {
        if let Some(arn) = event_source_arn.filter(|arn| Arn::parse(arn).is_none()) {
            let constraint =
                "Member must satisfy regular expression pattern: arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:.*";
            self.fail(API_9, false, &format!("'{arn}'"), "eventSourceArn", constraint);
        }
        if let Some(name) = function_name.filter(|name| FunctionName::parse(name).is_none()) {
            let constraint = "Member must satisfy regular expression pattern: \
                              (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?(\\d{12}:)?\
                              (function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";
            self.fail(API_9, false, &format!("'{name}'"), "functionName", constraint);
        }
    }

    /// A function must be named in a create request.
    pub(super) fn function_required(&mut self, function_name: Option<&str>) {
        if function_name.is_none() {
            self.fail(API_9, false, "null", "functionName", "Member must not be null");
        }
    }

    /// The answer, if any constraint failed. The form for several at once is not recorded.
    pub(super) fn verdict(self) -> Result<(), ServiceError> {
        let Some(first) = self.0.first() else { return Ok(()) };
        let rule = first.rule;
        let recorded = first.recorded && self.0.len() == 1;
        let number = match self.0.len() {
            1 => "1 validation error".to_owned(),
            n => format!("{n} validation errors"),
        };
        let texts: Vec<&str> = self.0.iter().map(|failed| failed.text.as_str()).collect();
        let error = ServiceError::validation(rule, format!("{number} detected: {}", texts.join("; ")));
        Err(if recorded { error } else { error.unrecorded() })
    }
}
