//! Small histories written by hand, and what the judge says of each: limits that chance seldom meets to the millisecond.
//!
//! They stand in `histories/*.txt`: settings that hold until others follow, and below each question a history with one
//! event in a line (`read` says which there are), and after `=` what the judge says. The function is nobody's script, so
//! that any answer may stand in it.

mod read;

use crate::support::listed;
use esm_model::bounds::{Bounds, Wall};
use esm_model::case::Case;
use esm_model::catalogue::AmbiguityId;
use esm_model::rule::RuleId;
use esm_model::setup::Setup;
use esm_model::spec::Reading;
use esm_model::trace::TraceRef;
use esm_model::verdict::{Verdict, judge};
use std::path::Path;

/// Where failure records go, in settings that say `QUEUE`.
const QUEUE: &str =
    r#""DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:123456789012:failures"}}"#;

/// The case of the histories that follow, and under what they are judged.
#[derive(Default)]
struct Hand {
    mappings: String,
    records: String,
    more: String,
    reading: String,
    bounds: Bounds,
}

impl Hand {
    /// Settings that hold from here on; false if the line has none.
    fn set(&mut self, line: &str) -> bool {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.replace("QUEUE", QUEUE);
        match what {
            "mapping" => {
                (self.mappings, self.more) = (format!(r#"{{"settings": {{{rest}}}}}"#), String::new());
                (self.reading, self.bounds) = (String::new(), Bounds::default());
            }
            "second" => self.mappings += &format!(r#", {{"settings": {{{rest}}}}}"#),
            "records" => self.records = rest,
            "case" => self.more = format!(", {rest}"),
            "reading" => self.reading = rest,
            "wall" => {
                let mut numbers = rest.split(' ').map(|word| word.parse().expect("milliseconds"));
                let mut next = || numbers.next().unwrap_or(0);
                let wall = Wall { settle_ms: next(), lag_ms: next(), stall_invocations: 2, stall_ms: next() };
                self.bounds = Bounds { update_settle_ms: next(), wall: Some(wall) };
            }
            _ => return false,
        }
        true
    }

    fn case(&self) -> Case {
        let record = |word: &str| match word.split_once(':') {
            Some((shard, size)) => format!(r#"{{"at": 0, "shard": {shard}, "size": {size}}}"#),
            None => format!(r#"{{"at": 0, "shard": {word}}}"#),
        };
        // Records are `shard`, or `shard:size`, or else what a case file says of them.
        let records = match self.records.strip_prefix('{') {
            Some(_) => self.records.clone(),
            None => self.records.split_whitespace().map(record).collect::<Vec<_>>().join(", "),
        };
        // The function is the script's where records say how they behave.
        let foreign = !self.records.contains("behaviour");
        let shards = 1 + u8::from(self.records.split_whitespace().any(|word| word == "1"));
        let json = format!(
            r#"{{"format": 1, "horizon_ms": 100000000, "shards": {shards}, "function": {{"foreign": {foreign}}},
                "mappings": [{}], "records": [{}]{}}}"#,
            self.mappings, records, self.more
        );
        Case::from_json(&json).unwrap_or_else(|error| panic!("{error}\n{json}"))
    }

    fn reading(&self) -> Reading {
        let mut words = self.reading.split_whitespace();
        let mut reading = Reading::documented();
        while let Some(word) = words.next() {
            reading = match word {
                "aws" => Reading::aws(),
                "duplicates" => reading.with_duplicates(true),
                "pin" => {
                    let mut next = || words.next().and_then(|number| number.parse().ok()).expect("a number");
                    let (ambiguity, variant): (u8, u8) = (next(), next());
                    let pinned = vec![(AmbiguityId::new(ambiguity), usize::from(variant))];
                    reading.pinned = pinned;
                    reading
                }
                "settle" => {
                    reading.with_update_settle(words.next().and_then(|ms| ms.parse().ok()).expect("a time"))
                }
                rule => reading.waiving(rule.parse::<RuleId>().unwrap_or_else(|_| panic!("no rule {rule}"))),
            };
        }
        reading
    }

    /// The blame of each violation, or else the verdict; then the warnings.
    fn says(&self, history: &str) -> String {
        let case = self.case();
        let events = read::events(&case, history);
        let setup = Setup { bounds: self.bounds, ..Setup::in_tree(&case) };
        let trace = TraceRef { case: &case, setup: Some(&setup), events: &events };
        let judged = match judge(trace, &self.reading()) {
            Ok(judged) => judged,
            Err(error) => return format!("no trace: {error}"),
        };
        let mut said = match &judged.verdict {
            Verdict::Conforms => vec!["conforms".to_owned()],
            Verdict::Undecided(_) => vec!["undecided".to_owned()],
            Verdict::Violates(violations) => {
                let what =
                    |what: &Option<String>| what.as_ref().map_or(String::new(), |what| format!(" ({what})"));
                violations.iter().map(|v| listed(&v.blame) + &what(&v.what)).collect()
            }
        };
        said.extend(judged.warnings.iter().map(|warning| format!("warns {}", warning.rule)));
        said.join(", ")
    }
}

/// The histories of a file, each with what the judge says; those of which it says something else than the file does.
fn check(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/by_hand").join(file);
    let text = std::fs::read_to_string(path).expect("a text");
    let (mut hand, mut question, mut history, mut wrong, mut asked) =
        (Hand::default(), String::new(), String::new(), String::new(), 0);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(asks) = line.strip_prefix('#') {
            (question, history) = (asks.trim().to_owned(), String::new());
        } else if let Some(expected) = line.strip_prefix('=') {
            let says = hand.says(&history);
            if says != expected.trim() {
                wrong += &format!("{question}\n{history}= {says}\nand not {expected}\n\n");
            }
            asked += 1;
        } else if !hand.set(line) {
            history += &format!("    {line}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(asked > 5, "{asked}");
}

#[test]
fn time() {
    check("time.txt");
}

#[test]
fn answers() {
    check("answers.txt");
}

#[test]
fn failure_records() {
    check("failure_records.txt");
}

#[test]
fn ends() {
    check("ends.txt");
}
