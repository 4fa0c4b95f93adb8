//! Records in words: they are counted from 1.

use esm_model::label::Label;

/// The number of a record.
pub fn number(label: Label) -> usize {
    label.index().map_or(0, |index| index + 1)
}

/// `record 5`, `records 1 to 8`, `records 1, 3 and 5`.
pub fn numbers(records: &[Label]) -> String {
    let all: Vec<usize> = records.iter().map(|label| number(*label)).collect();
    match all.as_slice() {
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

/// `is` or `are`.
pub(super) fn be(records: &[Label]) -> &'static str {
    if records.len() == 1 { "is" } else { "are" }
}

/// A text as it is shown: its beginning, if it is long.
pub(super) fn shown(text: &str) -> String {
    /// Enough to recognise an answer or an error.
    const SHOWN: usize = 160;
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
