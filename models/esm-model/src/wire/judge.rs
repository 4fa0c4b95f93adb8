//! Collects complaints while a JSON document is taken apart, and words them alike.
//!
//! The getters here judge strictly and report; what can be understood nevertheless is up to [`lenient_u64`]
//! and its callers.

use super::complaint::Complaint;
use crate::rule::RuleId;
use serde_json::{Map, Value};

/// More complaints than this about one document help nobody: the first ones are kept.
pub(super) const MAX_COMPLAINTS: usize = 200;

/// A JSON object.
pub(super) type Object = Map<String, Value>;

#[derive(Default)]
pub(super) struct Judge {
    complaints: Vec<Complaint>,
}

impl Judge {
    pub(super) fn finish(self) -> Vec<Complaint> {
        self.complaints
    }

    /// Adds a complaint: `path` `seen`; `rule`: `wanted`.
    pub(super) fn complain(&mut self, rule: RuleId, path: &str, seen: &str, wanted: &str) {
        self.push(Complaint::new(rule, path, seen, wanted));
    }

    /// Adds a complaint that never is more than a warning.
    pub(super) fn warn(&mut self, rule: RuleId, path: &str, seen: &str, wanted: &str) {
        self.push(Complaint::new(rule, path, seen, wanted).as_warning());
    }

    fn push(&mut self, complaint: Complaint) {
        if self.complaints.len() < MAX_COMPLAINTS {
            self.complaints.push(complaint);
        }
    }

    /// Warns of every member of `object` that is not among `known` (spec section 0.6).
    pub(super) fn extras(&mut self, rule: RuleId, object: &Object, path: &str, known: &[&str]) {
        for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
            self.warn(
                rule,
                &at(path, &shorten(name)),
                "is an extra member",
                "none beyond the documented ones",
            );
        }
    }

    /// The member as a non-empty string.
    pub(super) fn text<'v>(
        &mut self,
        rule: RuleId,
        object: &'v Object,
        path: &str,
        name: &str,
        wanted: &str,
    ) -> Option<&'v str> {
        let text = object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if text.is_none() {
            self.complain(rule, &at(path, name), &seen(object.get(name)), wanted);
        }
        text
    }

    /// The member as an object.
    pub(super) fn object<'v>(
        &mut self,
        rule: RuleId,
        object: &'v Object,
        path: &str,
        name: &str,
    ) -> Option<&'v Object> {
        let member = object.get(name).and_then(Value::as_object);
        if member.is_none() {
            self.complain(rule, &at(path, name), &seen(object.get(name)), "an object");
        }
        member
    }

    /// Requires the member to be the string `wanted`.
    pub(super) fn constant(&mut self, rule: RuleId, object: &Object, path: &str, name: &str, wanted: &str) {
        if object.get(name).and_then(Value::as_str) != Some(wanted) {
            let wanted = format!("the string {wanted:?}");
            self.complain(rule, &at(path, name), &seen(object.get(name)), &wanted);
        }
    }

    /// The member as a positive integer; leniently also as a string or with a fraction of zero.
    pub(super) fn positive(&mut self, rule: RuleId, object: &Object, path: &str, name: &str) -> Option<u64> {
        let value = object.get(name);
        match value.and_then(Value::as_u64) {
            Some(number) if number > 0 => Some(number),
            _ => {
                self.complain(rule, &at(path, name), &seen(value), "a positive integer");
                value.and_then(lenient_u64)
            }
        }
    }

    /// The member as an ARN; leniently any string.
    pub(super) fn arn(&mut self, rule: RuleId, object: &Object, path: &str, name: &str) -> Option<String> {
        let text = object.get(name).and_then(Value::as_str);
        if !text.is_some_and(is_arn) {
            self.complain(rule, &at(path, name), &seen(object.get(name)), "an ARN");
        }
        text.map(str::to_owned)
    }
}

/// Six parts separated by colons, of which only the last may hold further colons. Region and account may be
/// empty, as in the ARN of a role; whether it is the right ARN is for others.
pub(super) fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, service, _, _, resource]
        if [partition, service, resource].iter().all(|part| !part.is_empty()))
}

/// A whole number however it was written: `2`, `"2"`, `2.0`.
pub(super) fn lenient_u64(value: &Value) -> Option<u64> {
    // Beyond 2^53 a float no longer tells integers apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            number.as_f64().filter(|n| n.fract() == 0.0 && (0.0..EXACT).contains(n)).map(|n| n as u64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// An instant given as a number, in milliseconds: seconds since the epoch, or milliseconds if the number is
/// too large for seconds.
pub(super) fn lenient_instant(number: f64) -> Option<i64> {
    let ms = if number.abs() > MOST_SECONDS { number } else { number * 1000.0 };
    (ms.abs() < 1e15).then(|| ms.round() as i64)
}

/// No stream is older than 1970 or younger than the year 5138: a larger number of seconds is one of
/// milliseconds.
pub(super) const MOST_SECONDS: f64 = 1e11;

/// What stands in a place: continues "`path` …".
pub(super) fn seen(value: Option<&Value>) -> String {
    match value {
        None => "is absent".to_owned(),
        Some(Value::Null) => "is null".to_owned(),
        Some(Value::Bool(value)) => format!("is {value}"),
        Some(Value::Number(number)) => format!("is the number {number}"),
        Some(Value::String(text)) => format!("is the string {:?}", shorten(text)),
        Some(Value::Array(_)) => "is a list".to_owned(),
        Some(Value::Object(_)) => "is an object".to_owned(),
    }
}

/// The start of a text that came from outside, short enough to print.
pub(super) fn shorten(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The path of a member.
pub(super) fn at(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
