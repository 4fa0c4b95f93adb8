//! Small words: times, ranges of records, answers, lists, and lines that are not too long.
//!
//! Nothing here knows what is allowed.

use crate::answer::{Answer, Identifier, Response, Unrecognised};
use crate::label::Label;
use crate::when::{Ms, When};

/// Lines are broken where they would be longer than this.
const WIDTH: usize = 110;
/// Longer lists of records are abbreviated.
const MOST_RUNS: usize = 4;

/// `0.22 s`, `75 s`, `2 min`, `16 min 42 s`, `2 h 5 min`, `7 days`.
pub fn duration(ms: Ms) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.abs();
    let (days, hours, minutes) = (ms / 86_400_000, ms / 3_600_000 % 24, ms / 60_000 % 60);
    let whole_minutes = ms % 60_000 == 0 && ms >= 120_000;
    let text = match (days, hours) {
        (2.., 0) if ms % 86_400_000 == 0 => format!("{days} days"),
        (0, 0) if ms < 600_000 && !whole_minutes => seconds(ms),
        _ => {
            let hours = days * 24 + hours;
            let parts = [
                (hours > 0, format!("{hours} h")),
                (minutes > 0, format!("{minutes} min")),
                (ms % 60_000 > 0, seconds(ms % 60_000)),
            ];
            let parts: Vec<String> =
                parts.into_iter().filter(|(is_there, _)| *is_there).map(|(_, text)| text).collect();
            parts.join(" ")
        }
    };
    format!("{sign}{text}")
}

/// Seconds, with as many digits behind the point as there are.
fn seconds(ms: Ms) -> String {
    match ms % 1_000 {
        0 => format!("{} s", ms / 1_000),
        rest => format!("{}.{} s", ms / 1_000, format!("{rest:03}").trim_end_matches('0')),
    }
}

/// `+1.2 s`, or `+1.2 s..+1.4 s` where the instant is not known exactly.
pub(super) fn time(at: When) -> String {
    if at.earliest == at.latest {
        return format!("+{}", duration(at.earliest));
    }
    format!("+{}..+{}", duration(at.earliest), duration(at.latest))
}

/// `r2`, `r0..r3` (both ends included), `r0..r3 and s0`, `r0, r2 and r4`, or both ends and a number.
pub(super) fn range(labels: &[Label]) -> String {
    let mut runs: Vec<(Label, Label)> = Vec::new();
    for label in labels {
        let follows = |last: Label| last.index().is_some_and(|index| label.index() == Some(index + 1));
        match runs.last_mut().filter(|(_, last)| follows(*last)) {
            Some((_, last)) => *last = *label,
            None => runs.push((*label, *label)),
        }
    }
    let text = |(first, last): &(Label, Label)| {
        if first == last { first.to_string() } else { format!("{first}..{last}") }
    };
    let runs: Vec<String> = runs.iter().map(text).collect();
    match runs.as_slice() {
        [] => "no records".to_owned(),
        runs if runs.len() <= MOST_RUNS => list(runs, "and"),
        [first, second, .., last] => format!("{first}, {second} … {last} ({} records)", labels.len()),
        [first, ..] => first.clone(),
    }
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn list<T: ToString>(items: &[T], word: &str) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
    }
}

/// How a call ended.
pub(super) fn answer(answer: &Answer) -> String {
    let response = match answer {
        Answer::Raised => return "raised".to_owned(),
        Answer::TimedOut => return "timed out".to_owned(),
        Answer::Crashed => return "crashed".to_owned(),
        Answer::Returned(response) => response,
    };
    match response {
        Response::Null => "returned null".to_owned(),
        Response::EmptyString => "returned \"\"".to_owned(),
        Response::EmptyList => "returned []".to_owned(),
        Response::EmptyObject => "returned {}".to_owned(),
        Response::ItemsNull => "returned batchItemFailures null".to_owned(),
        Response::Items(items) if items.is_empty() => "returned no failures".to_owned(),
        Response::Items(items) => {
            let items: Vec<String> = items.iter().map(identifier).collect();
            format!("reported {}", list(&items, "and"))
        }
        Response::ItemsOfWrongType => "returned a batchItemFailures that is no list".to_owned(),
        Response::Unrecognised(form) => format!(
            "returned {}",
            match form {
                Unrecognised::Text => "the text \"failed\"",
                Unrecognised::Number => "a number",
                Unrecognised::List => "a list",
                Unrecognised::StatusCode => "a statusCode with a body",
                Unrecognised::WrongKey => "batch_item_failures, misspelt",
                Unrecognised::Other => "a value of another form",
            }
        ),
    }
}

fn identifier(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Record(label) => label.to_string(),
        Identifier::Empty => "an empty identifier".to_owned(),
        Identifier::Null => "a null identifier".to_owned(),
        Identifier::WrongType => "an identifier that is a number".to_owned(),
        Identifier::Missing => "an entry without identifier".to_owned(),
        Identifier::Unknown => "a record that is not in the batch".to_owned(),
    }
}

/// `1st`, `2nd`, `3rd`, `4th`.
pub(super) fn ordinal(n: usize) -> String {
    let ending = match (n % 10, n % 100) {
        (1, h) if h != 11 => "st",
        (2, h) if h != 12 => "nd",
        (3, h) if h != 13 => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// Adds a text to `out`: `first` before its first line, as many spaces before the others.
pub(super) fn wrapped(out: &mut String, first: &str, text: &str) {
    wrapped_at(WIDTH, out, first, text);
}

/// The same with lines of at most `width` characters.
pub fn wrapped_at(width: usize, out: &mut String, first: &str, text: &str) {
    let indent = first.chars().count();
    let mut column = indent;
    out.push_str(first);
    for (index, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if index > 0 && column + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if index > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
}
