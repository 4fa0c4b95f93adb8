//! Expressions of DynamoDB: conditions under which an item is written, and updates of one.
//!
//! They are evaluated as they are read, against one item. What is not understood is an error, never a guess.

mod condition;
mod lexer;
mod update;
mod value;

pub(super) use condition::condition;
pub(super) use update::update;

use super::Item;
use crate::http::ApiError;
use lexer::{Token, tokens};
use serde_json::Value as Json;

/// An expression, where it is read, and what its placeholders stand for.
struct Reader<'e> {
    tokens: Vec<Token>,
    at: usize,
    names: &'e Json,
    values: &'e Json,
}

/// Where in an item something is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Attribute(String),
    Index(usize),
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "ValidationException", message)
}

/// The attributes that a condition wants to be absent: usually those of the table's key.
pub fn wanted_absent(request: &Json) -> Vec<String> {
    let text = request["ConditionExpression"].as_str().unwrap_or_default();
    let Ok(mut reader) = Reader::new(text, request) else { return Vec::new() };
    let mut wanted = Vec::new();
    while reader.at < reader.tokens.len() {
        let absent = reader.word("attribute_not_exists") && reader.symbol("(");
        match (absent, absent.then(|| reader.path())) {
            (true, Some(Ok(path))) => {
                if let [Step::Attribute(name)] = path.as_slice()
                    && !wanted.contains(name)
                {
                    wanted.push(name.clone());
                }
            }
            _ => reader.at += 1,
        }
    }
    wanted
}

impl<'e> Reader<'e> {
    fn new(text: &str, request: &'e Json) -> Result<Reader<'e>, ApiError> {
        let (names, values) = (&request["ExpressionAttributeNames"], &request["ExpressionAttributeValues"]);
        Ok(Reader { tokens: tokens(text)?, at: 0, names, values })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    /// Goes on behind this word, in any case, if it comes next.
    fn word(&mut self, word: &str) -> bool {
        let comes = matches!(self.peek(), Some(Token::Name(name)) if name.eq_ignore_ascii_case(word));
        self.at += usize::from(comes);
        comes
    }

    /// Goes on behind this symbol, if it comes next.
    fn symbol(&mut self, symbol: &str) -> bool {
        let comes = matches!(self.peek(), Some(Token::Symbol(known)) if *known == symbol);
        self.at += usize::from(comes);
        comes
    }

    fn need(&mut self, symbol: &str) -> Result<(), ApiError> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.unexpected(symbol)) }
    }

    fn unexpected(&self, wanted: &str) -> ApiError {
        let found = self.peek().map_or("<EOF>".to_owned(), Token::text);
        invalid(format!("Invalid expression: Syntax error; token: \"{found}\", expected: {wanted}"))
    }

    /// `a`, `#a`, `a.b[0]`.
    fn path(&mut self) -> Result<Vec<Step>, ApiError> {
        let mut path = vec![self.attribute()?];
        loop {
            if self.symbol(".") {
                path.push(self.attribute()?);
            } else if self.symbol("[") {
                let Some(Token::Name(digits)) = self.peek() else { return Err(self.unexpected("an index")) };
                let index = digits.parse().map_err(|_| self.unexpected("an index"))?;
                self.at += 1;
                self.need("]")?;
                path.push(Step::Index(index));
            } else {
                return Ok(path);
            }
        }
    }

    fn attribute(&mut self) -> Result<Step, ApiError> {
        let Some(Token::Name(name)) = self.peek() else { return Err(self.unexpected("an attribute name")) };
        let name = match name.starts_with('#') {
            false => name.clone(),
            true => self.names[name].as_str().map(str::to_owned).ok_or_else(|| {
                invalid(format!("An expression attribute name used in the document path is not defined; attribute name: {name}"))
            })?,
        };
        self.at += 1;
        Ok(Step::Attribute(name))
    }

    /// The value of a placeholder, if one comes next.
    fn placeholder(&mut self) -> Result<Option<Json>, ApiError> {
        let Some(Token::Name(name)) = self.peek() else { return Ok(None) };
        if !name.starts_with(':') {
            return Ok(None);
        }
        let value = self.values.get(name).cloned().ok_or_else(|| {
            invalid(format!(
                "An expression attribute value used in expression is not defined; attribute value: {name}"
            ))
        })?;
        self.at += 1;
        Ok(Some(value))
    }

    fn end(&self) -> Result<(), ApiError> {
        if self.at == self.tokens.len() { Ok(()) } else { Err(self.unexpected("the end")) }
    }
}

/// What is there.
fn found<'i>(item: Option<&'i Item>, path: &[Step]) -> Option<&'i Json> {
    let [Step::Attribute(first), rest @ ..] = path else { return None };
    rest.iter().try_fold(item?.get(first)?, |value, step| match step {
        Step::Attribute(name) => value["M"].get(name),
        Step::Index(index) => value["L"].get(*index),
    })
}
