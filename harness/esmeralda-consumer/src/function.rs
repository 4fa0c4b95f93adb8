//! A function as it is named on a command line, and the handler that it is.

use crate::handler::{Given, Handler, HandlerError};
use crate::http::Http;
use crate::runtime::{NotAHandler, Process, Program};
use esm_model::event::RequestId;
use std::str::FromStr;
use std::time::Duration;

/// What `--handler` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A program that is started.
    Program(Program),
    /// A URL to which events are posted.
    Url(String),
}

impl FromStr for Named {
    type Err = NotAHandler;

    /// Reads `http:URL`, or what names a program.
    fn from_str(text: &str) -> Result<Named, NotAHandler> {
        match text.strip_prefix("http:") {
            // `http:http://…` and `http://…` are the same.
            Some(rest) if rest.starts_with("//") => Ok(Named::Url(text.to_owned())),
            Some(rest) if rest.starts_with("http://") => Ok(Named::Url(rest.to_owned())),
            Some(_) => Err(NotAHandler::new(text, "its URL does not begin with http://")),
            None => text.parse().map(Named::Program),
        }
    }
}

/// The handler that was named. Needs a `LocalSet`.
pub enum Function {
    /// A process.
    Process(Box<Process>),
    /// A URL.
    Http(Http),
}

impl Function {
    /// The handler of that name, with this timeout.
    pub fn new(named: Named, timeout: Duration) -> Function {
        match named {
            Named::Program(program) => Function::Process(Box::new(Process::new(program, timeout))),
            Named::Url(url) => Function::Http(Http::new(&url, timeout)),
        }
    }

    /// Ends what was started.
    pub async fn close(&mut self) {
        if let Function::Process(process) = self {
            process.close().await;
        }
    }
}

impl Handler for Function {
    async fn call(&mut self, event: &str, request: RequestId) -> Result<Given, HandlerError> {
        match self {
            Function::Process(process) => process.call(event, request).await,
            Function::Http(http) => http.call(event, request).await,
        }
    }

    async fn renew(&mut self) {
        self.close().await;
    }
}
