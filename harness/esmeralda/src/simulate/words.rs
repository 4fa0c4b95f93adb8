//! Small words of a simulation: numbers of records, destinations, behaviours.
//!
//! Nothing here knows what happens.

use esm_model::answer::Identifier;
use esm_model::label::Label;
use esm_model::mapping::{Destination, DestinationKind};
use esm_model::script::How;

/// The number of a reported record, less one.
pub(super) fn reported(item: &Identifier) -> Option<usize> {
    match item {
        Identifier::Record(label) => label.index(),
        _ => None,
    }
}

/// Records are counted from 1.
pub fn number(label: Label) -> usize {
    label.index().map_or(0, |index| index + 1)
}

/// The verb for so many records.
pub fn is(records: &[Label]) -> &'static str {
    if records.len() == 1 { "is" } else { "are" }
}

/// `record 5`, `records 1 to 8`, `records 1, 3 and 5`.
pub fn name(records: &[Label]) -> String {
    let all: Vec<usize> = records.iter().map(|label| number(*label)).collect();
    numbers(&all)
}

/// The same without the word.
pub(super) fn plain(records: &[Label]) -> String {
    name(records).replacen("records ", "", 1).replacen("record ", "", 1)
}

/// `record 5`, `records 1 to 8`, `records 1, 3 and 5`.
pub(super) fn numbers(all: &[usize]) -> String {
    match all {
        [] => "no records".to_owned(),
        [one] => format!("record {one}"),
        [first, second] => format!("records {first} and {second}"),
        [first, .., last] if all.windows(2).all(|pair| pair[1] == pair[0] + 1) => {
            format!("records {first} to {last}")
        }
        [rest @ .., last] => {
            let rest: Vec<String> = rest.iter().map(usize::to_string).collect();
            format!("records {} and {last}", rest.join(", "))
        }
    }
}

/// `8 records`, `1 record`.
pub(super) fn records_word(count: usize) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}

/// Where failure records go.
pub(super) fn place(destination: &Destination) -> String {
    match destination.kind() {
        DestinationKind::Sqs => format!("the queue {}", destination.name()),
        DestinationKind::Sns => format!("the topic {}", destination.name()),
        DestinationKind::S3 => format!("the bucket {}, with the whole event as payload", destination.name()),
    }
}

/// What the function does with a bad record.
pub(super) fn behaviour(how: How) -> &'static str {
    match how {
        How::Raise => "raises an error",
        How::Report => "names it in batchItemFailures",
        How::TimeOut => "does not end before its timeout",
        How::Crash => "dies",
        How::EmptyIdentifier => "reports an empty identifier",
        How::NullIdentifier => "reports a null identifier",
        How::MissingIdentifier => "reports an entry without identifier",
        How::WrongTypeIdentifier => "reports an identifier that is a number",
        How::ForeignIdentifier => "reports a record that is not in the batch",
        How::MixedIdentifiers => "reports it and a record that is not in the batch",
        How::DuplicateIdentifier => "reports it twice",
        How::EarlierIdentifier => "reports the record before the batch",
        How::ItemsOfWrongType => "returns a batchItemFailures that is no list",
        How::ReturnText => "returns a text",
        How::ReturnNumber => "returns a number",
        How::ReturnList => "returns a list",
        How::ReturnStatusCode => "returns a statusCode with a body",
        How::ReturnWrongKey => "returns a misspelt batchItemFailures",
    }
}
