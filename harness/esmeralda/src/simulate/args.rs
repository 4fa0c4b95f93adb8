//! The arguments of `simulate` on a command line: how they are written, read and described.
//!
//! No parser of command lines: any can call these.

use esm_model::reference::Policy;
use esm_model::script::How;
use esm_model::when::Ms;

/// A throttle ends within this time: a week, like the longest age limit.
pub const MAX_THROTTLE_MS: Ms = 7 * 24 * 3_600_000;

/// `--mapping`.
pub const MAPPING_HELP: &str = "File with what `aws lambda get-event-source-mapping` prints, or with the input of `create-event-source-mapping`; \
     - reads standard input";
/// `--records`.
pub const RECORDS_HELP: &str = "How many records arrive";
/// `--poison`.
pub const POISON_HELP: &str = "Which records are bad, counted from 1, such as 5 or 2,5; none if empty";
/// `--behaviour`.
pub const BEHAVIOUR_HELP: &str = "What a bad record makes the function do: raise, report, time-out, crash, empty-identifier, return-text, …";
/// `--shards`.
pub const SHARDS_HELP: &str = "Over how many shards the records are spread";
/// `--throttle`.
pub const THROTTLE_HELP: &str = "When the function is throttled, such as 10s..40s";
/// `--policy`.
pub const POLICY_HELP: &str = "How to decide what the sources leave open: aws, plain, or one of them with changes, such as aws+split=ceil";

/// A text that is not an argument of `simulate`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {wanted}")]
pub struct BadArgument {
    /// The text.
    pub text: String,
    /// What was expected, with an example.
    pub wanted: &'static str,
}

fn bad(text: &str, wanted: &'static str) -> BadArgument {
    BadArgument { text: text.chars().take(80).collect(), wanted }
}

/// Reads `500ms`, `10s`, `2m`, `1h` or `1d`.
///
/// # Errors
/// The text is not a whole number with one of these units.
pub fn parse_duration(text: &str) -> Result<Ms, BadArgument> {
    let wrong = || bad(text, "a time: expected a number with ms, s, m, h or d, such as 10s");
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit: Ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 24 * 3_600_000,
        _ => return Err(wrong()),
    };
    number.parse::<Ms>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)
}

/// Reads `10s..40s`.
///
/// # Errors
/// The text is not two times with two dots between them, or the second is not the later one.
pub fn parse_throttle(text: &str) -> Result<(Ms, Ms), BadArgument> {
    let wanted =
        "a span: expected two times with two dots between them, the later one last, such as 10s..40s";
    let (from, until) = text.split_once("..").ok_or_else(|| bad(text, wanted))?;
    let (from, until) = (parse_duration(from.trim())?, parse_duration(until.trim())?);
    if from < until { Ok((from, until)) } else { Err(bad(text, wanted)) }
}

/// Reads `5`, `2,5` or nothing.
///
/// # Errors
/// The text is not a list of numbers from 1.
pub fn parse_poison(text: &str) -> Result<Vec<usize>, BadArgument> {
    let wrong = || bad(text, "a list of record numbers from 1: expected something like 5 or 2,5");
    let numbers = text.split(',').map(str::trim).filter(|number| !number.is_empty());
    numbers.map(|number| number.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)).collect()
}

/// Reads the name of a behaviour, such as `raise` or `time-out`.
///
/// # Errors
/// There is none of that name; the message lists them.
pub fn parse_behaviour(text: &str) -> Result<How, BadArgument> {
    const WANTED: &str = "a behaviour: expected raise, report, time-out, crash, empty-identifier, null-identifier, \
                          missing-identifier, wrong-type-identifier, foreign-identifier, mixed-identifiers, \
                          duplicate-identifier, earlier-identifier, items-of-wrong-type, return-text, \
                          return-number, return-list, return-status-code or return-wrong-key";
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_| bad(text, WANTED))
}

/// Reads the name of a policy.
///
/// # Errors
/// There is no such preset, field or variant.
pub fn parse_policy(text: &str) -> Result<Policy, BadArgument> {
    let wanted = "a policy: expected aws or plain, with changes such as aws+split=ceil";
    Policy::parse(text).ok_or_else(|| bad(text, wanted))
}
