//! What stands where the function stands: it gets an event and gives an answer, and whatever it says on the way.
//!
//! Here also the simplest one, a closure in this process. Processes of their own are in [`crate::runtime`].

use crate::aws::{Read, Write};
use esm_model::event::RequestId;
use esm_model::when::Ms;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::cell::RefCell;
use std::fmt::Display;
use std::marker::PhantomData;
use std::rc::Rc;

/// How a call ended, before anybody reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// It returned this text.
    Returned(String),
    /// It raised an error, which said this.
    Raised(String),
    /// It did not end before its timeout.
    TimedOut,
    /// Its process ended, in this way.
    Died(String),
}

/// An answer, and what was said meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// How the call ended.
    pub raw: Raw,
    /// The lines that were written, in order.
    pub lines: Vec<String>,
    /// Whether so much was written that some of it was forgotten.
    pub forgot: bool,
    /// What was written to AWS, in order, where that is seen.
    pub writes: Vec<Write>,
    /// What was read of streams and buckets, in order, where that is seen.
    pub reads: Vec<Read>,
    /// How long it took by the clock; nothing where time is virtual.
    pub took_ms: Option<Ms>,
}

impl Given {
    /// An answer, and nothing beside it.
    pub fn new(raw: Raw) -> Given {
        Given { raw, lines: Vec::new(), forgot: false, writes: Vec::new(), reads: Vec::new(), took_ms: None }
    }
}

/// Why there is no answer at all: not a verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandlerError {
    /// It does not start.
    #[error("the handler does not start: {0}")]
    Start(String),
    /// The surroundings failed.
    #[error("the handler cannot be called: {0}")]
    Surroundings(String),
}

/// Somebody's own function.
#[expect(async_fn_in_trait, reason = "single-threaded by design: nobody needs the future to be Send")]
pub trait Handler {
    /// One invocation with this event.
    async fn call(&mut self, event: &str, request: RequestId) -> Result<Given, HandlerError>;

    /// The world is as before the first call: a history begins.
    async fn reset(&mut self) -> Result<(), HandlerError> {
        Ok(())
    }

    /// What there is to know in the end.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// From here on a fresh execution environment serves.
    async fn renew(&mut self) {}
}

/// Where a handler in this process says what it did: clones share the lines.
#[derive(Debug, Clone, Default)]
pub struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    /// Says something: an effect is a line that the pattern of effects matches.
    pub fn line(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    /// Everything that was said since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.borrow_mut())
    }
}

/// A closure as the function: an event in, a value or an error out. Event and value may be of any type that JSON tells,
/// such as those of `aws_lambda_events`.
pub struct Local<F, I = Value, O = Value> {
    function: F,
    log: Log,
    types: PhantomData<fn(I) -> O>,
}

impl<F, I, O> Local<F, I, O> {
    /// A handler whose effects are said to `log`.
    pub fn new(log: Log, function: F) -> Local<F, I, O> {
        Local { function, log, types: PhantomData }
    }
}

impl<F, I, O, E> Handler for Local<F, I, O>
where
    F: AsyncFnMut(I) -> Result<O, E>,
    I: DeserializeOwned,
    O: Serialize,
    E: Display,
{
    /// An event that is none of its type is an error of the function, as it is in a runtime.
    async fn call(&mut self, event: &str, _request: RequestId) -> Result<Given, HandlerError> {
        let raw = match serde_json::from_str(event) {
            Err(error) => Raw::Raised(format!("the event cannot be read: {error}")),
            Ok(event) => match (self.function)(event).await {
                Ok(value) => {
                    serde_json::to_string(&value).map_or_else(|e| Raw::Raised(e.to_string()), Raw::Returned)
                }
                Err(error) => Raw::Raised(error.to_string()),
            },
        };
        Ok(Given { lines: self.log.take(), ..Given::new(raw) })
    }
}
