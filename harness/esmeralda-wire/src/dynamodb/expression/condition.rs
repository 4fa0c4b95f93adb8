//! Conditions: whether one holds for an item, or for none.

use super::value::{begins, contains, equal, order, size, typed};
use super::{Item, Reader, Step, found, invalid};
use crate::http::ApiError;
use serde_json::{Value as Json, json};
use std::cmp::Ordering;

/// Functions and brackets may be nested so deep.
const DEEPEST: usize = 100;

/// Whether the condition of a request holds; a request without one has none to fail.
///
/// # Errors
/// The condition cannot be read.
pub(in crate::dynamodb) fn condition(request: &Json, item: Option<&Item>) -> Result<bool, ApiError> {
    let Some(text) = request.get("ConditionExpression").and_then(Json::as_str) else { return Ok(true) };
    let mut condition = Condition { reader: Reader::new(text, request)?, item, depth: 0 };
    let holds = condition.any()?;
    condition.reader.end()?;
    Ok(holds)
}

struct Condition<'c> {
    reader: Reader<'c>,
    item: Option<&'c Item>,
    depth: usize,
}

impl Condition<'_> {
    fn any(&mut self) -> Result<bool, ApiError> {
        let mut holds = self.all()?;
        while self.reader.word("OR") {
            holds |= self.all()?;
        }
        Ok(holds)
    }

    fn all(&mut self) -> Result<bool, ApiError> {
        let mut holds = self.one()?;
        while self.reader.word("AND") {
            holds &= self.one()?;
        }
        Ok(holds)
    }

    fn one(&mut self) -> Result<bool, ApiError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(invalid("Invalid ConditionExpression: the expression is nested too deep"));
        }
        let holds = if self.reader.word("NOT") {
            !self.one()?
        } else if self.reader.symbol("(") {
            let holds = self.any()?;
            self.reader.need(")")?;
            holds
        } else {
            self.predicate()?
        };
        self.depth -= 1;
        Ok(holds)
    }

    fn predicate(&mut self) -> Result<bool, ApiError> {
        if self.reader.word("attribute_not_exists") {
            return Ok(!self.exists()?);
        }
        if self.reader.word("attribute_exists") {
            return self.exists();
        }
        for (function, holds) in [
            ("attribute_type", is_type as fn(&Json, &Json) -> bool),
            ("begins_with", begins),
            ("contains", contains),
        ] {
            if self.reader.word(function) {
                self.reader.need("(")?;
                let value = self.operand()?;
                self.reader.need(",")?;
                let other = self.operand()?;
                self.reader.need(")")?;
                return Ok(value.zip(other).is_some_and(|(value, other)| holds(&value, &other)));
            }
        }
        let value = self.operand()?;
        if self.reader.word("BETWEEN") {
            let low = self.operand()?;
            if !self.reader.word("AND") {
                return Err(self.reader.unexpected("AND"));
            }
            let high = self.operand()?;
            let within = |v: &Json, l: &Json, h: &Json| {
                order(v, l).is_some_and(Ordering::is_ge) && order(v, h).is_some_and(Ordering::is_le)
            };
            return Ok(matches!((value, low, high), (Some(v), Some(l), Some(h)) if within(&v, &l, &h)));
        }
        if self.reader.word("IN") {
            self.reader.need("(")?;
            let mut among = false;
            loop {
                let one = self.operand()?;
                among |= matches!((&value, one), (Some(value), Some(one)) if equal(value, &one));
                if !self.reader.symbol(",") {
                    break;
                }
            }
            self.reader.need(")")?;
            return Ok(among);
        }
        self.comparison(value)
    }

    fn comparison(&mut self, value: Option<Json>) -> Result<bool, ApiError> {
        let known = ["=", "<>", "<=", ">=", "<", ">"];
        let Some(operator) = known.into_iter().find(|symbol| self.reader.symbol(symbol)) else {
            return Err(self.reader.unexpected("an operator"));
        };
        let other = self.operand()?;
        let Some((value, other)) = value.zip(other) else {
            // What is not there differs from everything and compares with nothing.
            return Ok(operator == "<>");
        };
        let ordered = order(&value, &other);
        Ok(match operator {
            "=" => equal(&value, &other),
            "<>" => !equal(&value, &other),
            "<" => ordered.is_some_and(Ordering::is_lt),
            "<=" => ordered.is_some_and(Ordering::is_le),
            ">" => ordered.is_some_and(Ordering::is_gt),
            _ => ordered.is_some_and(Ordering::is_ge),
        })
    }

    fn exists(&mut self) -> Result<bool, ApiError> {
        self.reader.need("(")?;
        let path = self.reader.path()?;
        self.reader.need(")")?;
        Ok(self.at(&path).is_some())
    }

    /// A value, or what is at a path, or the size of that.
    fn operand(&mut self) -> Result<Option<Json>, ApiError> {
        if let Some(value) = self.reader.placeholder()? {
            return Ok(Some(value));
        }
        if self.reader.word("size") {
            self.reader.need("(")?;
            let path = self.reader.path()?;
            self.reader.need(")")?;
            return Ok(self.at(&path).and_then(size).map(|size| json!({"N": size.to_string()})));
        }
        let path = self.reader.path()?;
        Ok(self.at(&path).cloned())
    }

    fn at(&self, path: &[Step]) -> Option<&Json> {
        found(self.item, path)
    }
}

fn is_type(value: &Json, kind: &Json) -> bool {
    typed(value).is_some_and(|(known, _)| kind["S"].as_str() == Some(known))
}
