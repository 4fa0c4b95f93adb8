//! Records in words: they are counted from 1.

pub use esmeralda::simulate::words::{name as numbers, number};

pub(super) use esmeralda::simulate::words::is as be;

/// A text as it is shown: its beginning, if it is long.
pub(crate) fn shown(text: &str) -> String {
    /// Enough to recognise an answer or an error.
    const SHOWN: usize = 160;
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// A sentence begins with it.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
