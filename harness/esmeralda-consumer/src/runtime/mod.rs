//! A function in a process of its own, which speaks the Lambda Runtime API: any custom runtime, Python, or node.
//!
//! `program` says what is started, `api` is the API on loopback, `environment` one process with its API, and `output`
//! what it writes. Here is the [`Handler`] over them: an environment serves call after call and is replaced when its
//! process ends or is ended.

mod api;
mod environment;
mod output;
mod program;

pub use environment::{INIT_LIMIT, MAX_ANSWER};
pub use output::{MAX_KEPT, MAX_LINE, MAX_LINES};
pub use program::{NotAHandler, Program};

use crate::handler::{Given, Handler, HandlerError, Raw};
use environment::{Environment, Ready};
use esm_model::event::RequestId;
use std::time::Duration;

/// How often an environment that ends between two calls is replaced before that counts as a handler that does not start.
const MAX_STARTS: u32 = 3;

/// A program as the function.
pub struct Process {
    program: Program,
    timeout: Duration,
    environment: Option<Environment>,
}

impl Process {
    /// The function that this program is, with this timeout. It is started with the first call.
    pub fn new(program: Program, timeout: Duration) -> Process {
        Process { program, timeout, environment: None }
    }

    /// Ends the process, if there is one.
    pub async fn close(&mut self) {
        if let Some(environment) = self.environment.take() {
            environment.end().await;
        }
    }

    /// An environment that waits for an event.
    async fn ready(&mut self) -> Result<Environment, HandlerError> {
        let mut last = String::new();
        for _ in 0..MAX_STARTS {
            let mut environment = match self.environment.take() {
                Some(environment) => environment,
                None => Environment::start(&self.program).await?,
            };
            match environment.ready().await {
                Ready::Waits => return Ok(environment),
                Ready::Failed(problem) => {
                    environment.end().await;
                    return Err(HandlerError::Start(problem));
                }
                Ready::Ended(problem) => {
                    let served = environment.has_served();
                    last = problem;
                    environment.end().await;
                    // Whoever has served may end; whoever never came to serve does not start.
                    if !served {
                        break;
                    }
                }
            }
        }
        Err(HandlerError::Start(last))
    }
}

impl Handler for Process {
    async fn call(&mut self, event: &str, request: RequestId) -> Result<Given, HandlerError> {
        let mut environment = self.ready().await?;
        let given = environment.invoke(event, request, self.timeout).await?;
        if matches!(given.raw, Raw::TimedOut | Raw::Died(_)) {
            environment.end().await;
        } else {
            self.environment = Some(environment);
        }
        Ok(given)
    }

    async fn renew(&mut self) {
        self.close().await;
    }
}
