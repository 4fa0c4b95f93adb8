//! Commands of the user's shell: what prints samples, and what resets the world. Bounded in time and in what they say.

use esmeralda::lines::{end_group, in_a_group, keep};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

/// How long a command may take.
pub const COMMAND_LIMIT: Duration = Duration::from_secs(120);
/// Most bytes that one may print.
pub const MAX_OUTPUT: u64 = 64 * 1024 * 1024;
/// How much is told of what it said before it failed.
const TOLD: usize = 600;

/// Why a command is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the command {command:?} {problem}")]
pub struct CommandError {
    command: String,
    problem: String,
}

/// Runs a command by `sh -c`: what it printed.
///
/// # Errors
/// [`CommandError`] if it does not start, fails, takes too long or prints too much.
pub async fn run(text: &str, variables: &[(&str, String)]) -> Result<String, CommandError> {
    let failed = |problem: String| CommandError { command: text.to_owned(), problem };
    let mut command = Command::new("sh");
    let mark = in_a_group(command.as_std_mut());
    command.args(["-c", text]).envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(format!("cannot be started: {error}")))?;
    let group = child.id().map_or(0, |id| id as i32);
    keep(group, &mark);
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let ended = timeout(COMMAND_LIMIT, async {
        let (out, err) = tokio::join!(read(out), read(err));
        (child.wait().await, out, err)
    })
    .await;
    end_group(group, &mark);
    let Ok((status, out, err)) = ended else {
        return Err(failed(format!("did not end within {} s", COMMAND_LIMIT.as_secs())));
    };
    let status = status.map_err(|error| failed(format!("was lost: {error}")))?;
    if !status.success() {
        let said: String = err.trim().chars().take(TOLD).collect();
        return Err(failed(format!("failed ({status}): {said}")));
    }
    if out.len() as u64 >= MAX_OUTPUT {
        return Err(failed(format!("prints {MAX_OUTPUT} bytes or more; let it print fewer samples")));
    }
    Ok(out)
}

/// What is read there, up to the limit; the rest is read and forgotten.
async fn read(from: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut from) = from else { return String::new() };
    let mut bytes = Vec::new();
    // A pipe that breaks has said what it had to say.
    let _broken = (&mut from).take(MAX_OUTPUT).read_to_end(&mut bytes).await;
    let _rest = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&bytes).into_owned()
}
