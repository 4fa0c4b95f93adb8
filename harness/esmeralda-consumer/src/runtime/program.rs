//! What is started: a program with its arguments, its directory and its environment, as Lambda would set it.

use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Our own bootstrap for node, given on the command line.
const NODE: &str = include_str!("bootstrap.mjs");
/// Credentials of nobody: what a handler calls by mistake refuses it.
const NOBODY: &str = "esmeralda";

/// A text that names no handler.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no handler: {problem}; expected exec:PROGRAM …, python:MODULE.FUNCTION, node:MODULE.FUNCTION or http:URL"
)]
pub struct NotAHandler {
    text: String,
    problem: &'static str,
}

impl NotAHandler {
    pub(crate) fn new(text: &str, problem: &'static str) -> NotAHandler {
        NotAHandler { text: text.to_owned(), problem }
    }
}

/// A program that speaks the Runtime API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub(super) argv: Vec<String>,
    /// What Lambda calls the handler.
    pub(super) name: String,
    pub(super) root: PathBuf,
    pub(super) variables: Vec<(String, String)>,
}

impl FromStr for Program {
    type Err = NotAHandler;

    /// Reads `exec:./bootstrap`, `python:app.handler` or `node:index.handler`.
    fn from_str(text: &str) -> Result<Program, NotAHandler> {
        let bad = |problem| NotAHandler::new(text, problem);
        let (kind, rest) = text.split_once(':').ok_or_else(|| bad("it has no kind"))?;
        let named = || match rest.rsplit_once('.') {
            Some((module, function)) if !module.is_empty() && !function.is_empty() => Ok(rest.to_owned()),
            _ => Err(bad("it names no module and function")),
        };
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let (argv, name) = match kind {
            "exec" => {
                let argv = shell_words::split(rest).map_err(|_| bad("its quotes do not end"))?;
                if argv.is_empty() {
                    return Err(bad("it names no program"));
                }
                (argv, "bootstrap".to_owned())
            }
            "python" => (words(&["python3", "-m", "awslambdaric", &named()?]), named()?),
            "node" => (words(&["node", "--input-type=module", "-e", NODE]), named()?),
            _ => return Err(bad("its kind is not known")),
        };
        Ok(Program { argv, name, root: PathBuf::from("."), variables: Vec::new() })
    }
}

impl Program {
    /// The directory of the code: where the program is started.
    pub fn root(mut self, root: &Path) -> Program {
        self.root = root.to_owned();
        self
    }

    /// One more variable of its environment; it overrides what Lambda would set.
    pub fn variable(mut self, name: &str, value: &str) -> Program {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The environment beside that of this process, with the API at this address.
    pub(super) fn environment(&self, api: &str) -> Vec<(String, String)> {
        let root = self.root.canonicalize().unwrap_or_else(|_| self.root.clone()).display().to_string();
        let set = [
            ("AWS_LAMBDA_RUNTIME_API", api),
            ("_HANDLER", &self.name),
            ("LAMBDA_TASK_ROOT", &root),
            ("LAMBDA_RUNTIME_DIR", &root),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_LAMBDA_FUNCTION_NAME", "handler-0"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/handler-0"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/05/[$LATEST]00000000000040008000000000000000"),
            ("AWS_ACCESS_KEY_ID", NOBODY),
            ("AWS_SECRET_ACCESS_KEY", NOBODY),
            ("AWS_SESSION_TOKEN", NOBODY),
            ("TZ", ":UTC"),
            ("LANG", "en_US.UTF-8"),
        ];
        let set = set.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        set.chain(self.variables.iter().cloned()).collect()
    }
}
