//! One execution environment: a process, the API that it speaks to, and what it writes. It ends with everything that it
//! started.

use super::api::{Api, Invocation, Said};
use super::output::Output;
use super::program::Program;
use crate::handler::{Given, HandlerError, Raw};
use esm_model::event::RequestId;
use esmeralda::clock::Wall;
use esmeralda::lines::{end_group, in_a_group, keep};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a process may take until it asks for its first event: more than Lambda's ten seconds, for the machine may be
/// busy.
pub const INIT_LIMIT: Duration = Duration::from_secs(60);
/// The longest answer: Lambda's six megabytes, and its hundred bytes more.
pub const MAX_ANSWER: usize = 6 * 1024 * 1024 + 100;
/// How long the end of a process that was killed may take to show.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Whether an environment can serve.
pub(super) enum Ready {
    /// It waits for an event.
    Waits,
    /// Its process is gone.
    Ended(String),
    /// It said that it cannot start, or said nothing for too long.
    Failed(String),
}

pub(super) struct Environment {
    api: Api,
    child: Child,
    output: Output,
    group: i32,
    mark: String,
    wall: Wall,
    waits: bool,
    served: bool,
}

/// What ends a wait.
enum Came {
    Said(Said),
    Exit(ExitStatus),
}

impl Environment {
    pub(super) async fn start(program: &Program) -> Result<Environment, HandlerError> {
        let trouble =
            |what: &str, error: std::io::Error| HandlerError::Surroundings(format!("{what}: {error}"));
        let api = Api::serve().await.map_err(|error| trouble("the Runtime API cannot be served", error))?;
        let (output, writer) = Output::open().map_err(|error| trouble("there is no pipe", error))?;
        let errors = writer.try_clone().map_err(|error| trouble("there is no pipe", error))?;
        let mut command = Command::new(&program.argv[0]);
        let mark = in_a_group(command.as_std_mut());
        command
            .args(&program.argv[1..])
            .current_dir(&program.root)
            .env_remove("AWS_PROFILE")
            .envs(program.environment(&api.address))
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(errors);
        let child = command.spawn().map_err(|error| {
            let name = &program.argv[0];
            HandlerError::Start(format!(
                "cannot start {name:?}: {error}; check the path, and that it can be executed"
            ))
        })?;
        let group = child.id().map_or(0, |id| id as i32);
        keep(group, &mark);
        // The command holds the pipe's other end: what is read ends only with the process if that is let go of.
        drop(command);
        Ok(Environment { api, child, output, group, mark, wall: Wall::start(), waits: false, served: false })
    }

    /// Whether it has answered a call.
    pub(super) fn has_served(&self) -> bool {
        self.served
    }

    /// Waits until the process asks for an event.
    pub(super) async fn ready(&mut self) -> Ready {
        if self.waits {
            return Ready::Waits;
        }
        let came = timeout(INIT_LIMIT, self.next()).await;
        self.output.take();
        let tail = self.output.tail();
        match came {
            Ok(Came::Said(Said::Next)) => {
                self.waits = true;
                Ready::Waits
            }
            Ok(Came::Exit(status)) => Ready::Ended(format!("{}\n{tail}", ended(status))),
            Ok(Came::Said(Said::InitError(error))) => Ready::Failed(format!("it reports {error}\n{tail}")),
            Ok(Came::Said(other)) => {
                Ready::Failed(format!("it answers what nobody asked: {other:?}\n{tail}"))
            }
            Err(_) => {
                let seconds = INIT_LIMIT.as_secs();
                Ready::Failed(format!("it asked for no event within {seconds} s\n{tail}"))
            }
        }
    }

    /// One call. The environment must be ready.
    pub(super) async fn invoke(
        &mut self,
        event: &str,
        request: RequestId,
        limit: Duration,
    ) -> Result<Given, HandlerError> {
        self.waits = false;
        // What was written before belongs to no call.
        self.output.take();
        drop(self.output.lines());
        let began_ms = self.wall.epoch_ms();
        let deadline_ms = began_ms + limit.as_millis() as i64;
        let invocation = Invocation { id: request.to_string(), event: event.to_owned(), deadline_ms };
        if !self.api.give(invocation) {
            return Err(HandlerError::Surroundings("the Runtime API ended by itself".to_owned()));
        }
        let raw = match timeout(limit, self.next()).await {
            Err(_) => Raw::TimedOut,
            Ok(Came::Exit(status)) => Raw::Died(ended(status)),
            Ok(Came::Said(Said::Response(text))) => Raw::Returned(text),
            Ok(Came::Said(Said::Error(text))) => Raw::Raised(message(&text)),
            Ok(Came::Said(Said::TooLong)) => {
                Raw::Raised(format!("an answer of more than {MAX_ANSWER} bytes"))
            }
            Ok(Came::Said(Said::InitError(text))) => Raw::Died(format!("it reports {}", message(&text))),
            Ok(Came::Said(Said::Next)) => Raw::Died("it asks for another event before it answers".to_owned()),
        };
        self.served = true;
        let took_ms = Some(self.wall.epoch_ms() - began_ms);
        self.output.take();
        let (lines, forgot) = self.output.lines();
        Ok(Given { lines, forgot, took_ms, ..Given::new(raw) })
    }

    /// What the process says next, or how it ends; what it writes is taken meanwhile.
    async fn next(&mut self) -> Came {
        loop {
            tokio::select! {
                biased;
                Some(said) = self.api.said.recv() => return Came::Said(said),
                status = self.child.wait() => {
                    // Its last word may have come in the same moment.
                    if let Ok(said) = self.api.said.try_recv() {
                        return Came::Said(said);
                    }
                    return Came::Exit(status.unwrap_or_default());
                }
                () = self.output.more() => {}
            }
        }
    }

    /// Takes everything down.
    pub(super) async fn end(mut self) {
        end_group(self.group, &self.mark);
        // A process that cannot be killed is the system's: nothing waits for it.
        let _gone = timeout(LAST_WORDS, self.child.wait()).await;
        self.group = 0;
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        if self.group != 0 {
            end_group(self.group, &self.mark);
        }
    }
}

fn ended(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("it ended with exit code {code}"),
        (_, Some(signal)) => format!("it was ended by signal {signal}"),
        _ => "it ended".to_owned(),
    }
}

/// What an error says.
fn message(text: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    match (value["errorType"].as_str(), value["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        _ => text.to_owned(),
    }
}
