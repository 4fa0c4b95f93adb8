//! The words of an expression.

use super::invalid;
use crate::http::ApiError;

/// The longest expression that the service takes.
const LONGEST: usize = 4 * 1024;
/// Symbols, longer ones first.
const SYMBOLS: [&str; 14] = ["<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, a keyword, a number, or a placeholder with its `#` or `:`.
    Name(String),
    /// One of the symbols.
    Symbol(&'static str),
}

impl Token {
    pub(super) fn text(&self) -> String {
        match self {
            Token::Name(name) => name.clone(),
            Token::Symbol(symbol) => (*symbol).to_owned(),
        }
    }
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ApiError> {
    if text.len() > LONGEST {
        return Err(invalid("Invalid expression: Expression size has exceeded the maximum allowed size"));
    }
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            '#' | ':' => 1 + rest[1..].find(|c| !word(c)).unwrap_or(rest.len() - 1),
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            _ => {
                let symbol =
                    SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)).ok_or_else(|| {
                        invalid(format!("Invalid expression: Syntax error; token: \"{first}\""))
                    })?;
                tokens.push(Token::Symbol(symbol));
                rest = rest[symbol.len()..].trim_start();
                continue;
            }
        };
        tokens.push(Token::Name(rest[..length].to_owned()));
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}
