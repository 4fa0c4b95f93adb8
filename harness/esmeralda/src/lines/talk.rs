//! One message said, one message heard, and what went wrong with it in words.
//!
//! Who says what when is in `session.rs`.

use super::channel::shown;
use super::check::Side;
use super::message::{FromChild, ToChild};
use super::pool::{Peer, Pool};
use crate::target::TargetError;

/// An answer that says nothing new: awaited together with the next one that does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owed {
    Opened,
    Acted,
}

impl Owed {
    pub(super) fn name(self) -> &'static str {
        match self {
            Owed::Opened => "opened",
            Owed::Acted => "acted",
        }
    }
}

/// Writes a message to a child. It is sent when something is heard of it the next time: so several go at once.
pub(super) fn say(pool: &Pool, peer: &mut Peer, message: &ToChild) -> Result<(), String> {
    let line = peer.channel.write(message);
    match &pool.checker {
        Some(checker) => checker.check(Side::Harness, line),
        None => Ok(()),
    }
}

/// The next message of a child.
pub(super) fn hear(pool: &Pool, peer: &mut Peer, due: &'static str) -> Result<FromChild, String> {
    peer.channel.flush(pool.wait).map_err(|broken| broken.to_string())?;
    let line = peer.channel.line(pool.wait, due).map_err(|broken| broken.to_string())?;
    read(pool, peer.channel.bytes(line))
}

/// Reads a line.
pub(super) fn read(pool: &Pool, line: &[u8]) -> Result<FromChild, String> {
    if let Some(checker) = &pool.checker {
        checker.check(Side::Child, line)?;
    }
    serde_json::from_slice(line)
        .map_err(|error| format!("it wrote what is no message: {error}: {}", shown(line)))
}

/// There is nobody to talk to.
pub(super) fn gone() -> TargetError {
    TargetError::CouldNotRun("the child is gone".to_owned())
}

/// What is told of a message that was not due.
pub(super) fn out_of_turn(message: &FromChild, due: &str) -> String {
    let what = match message {
        FromChild::Opened(_) => "opened",
        FromChild::Acted(_) => "acted",
        FromChild::Call(_) => "a call",
        FromChild::Sleep(_) => "sleep",
        FromChild::Closed(_) => "closed",
        FromChild::Unsupported(_) => "unsupported",
    };
    format!("it said {what} where {due} was due")
}
