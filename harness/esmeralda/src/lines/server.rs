//! The child side of the protocol: reads the harness's lines and answers for one session after the other.
//!
//! What the session is made of is in `served.rs`.

use super::channel::{MAX_LINE, shown};
use super::message::{
    Act, Acted, Call, Calls, Clock, Close, FromChild, Opened, PROTOCOL, Sleep, ToChild, Unsupported,
};
use super::needs::CAPABILITIES;
use super::served::{Served, Turn};
use crate::machine::MachineTarget;
use std::io::{self, BufRead, Read, Write};

/// Serves an in-tree target until the harness closes the input.
///
/// # Errors
/// The pipes broke, or the harness left in the middle of a case.
pub fn serve(target: &MachineTarget, input: impl BufRead, output: impl Write) -> io::Result<()> {
    let mut talk = Talk { input, output, line: Vec::new(), out: Vec::new(), calls: 0 };
    let mut session: Option<Served> = None;
    while let Some(message) = talk.hear()? {
        match (message, &mut session) {
            (Heard::Message(ToChild::Open(open)), _) if open.protocol != PROTOCOL => {
                session = None;
                talk.unsupported(format!(
                    "protocol {}: this is an adapter for protocol {PROTOCOL}",
                    open.protocol
                ))?;
            }
            (Heard::Message(ToChild::Open(open)), _) => match Served::new(target, *open) {
                Ok(served) => {
                    session = Some(served);
                    talk.say(&FromChild::Opened(Box::new(opened(target))))?;
                }
                Err(what) => talk.unsupported(what)?,
            },
            (Heard::Message(ToChild::Close(Close {})), _) => {
                session = None;
                talk.say(&FromChild::Closed(Close {}))?;
            }
            (Heard::Message(ToChild::Act(act)), Some(session)) => talk.act(session, *act)?,
            (Heard::Message(ToChild::Run(run)), Some(session)) => {
                let until = session.turn(&mut talk, run.now, run.stop, Turn::Run)?;
                talk.say(&FromChild::Sleep(Sleep { until }))?;
            }
            (Heard::Message(ToChild::Reply(reply)), Some(session)) => {
                let (now, stop) = (reply.now, reply.stop);
                let until = session.turn(&mut talk, now, stop, Turn::Reply(reply))?;
                talk.say(&FromChild::Sleep(Sleep { until }))?;
            }
            (Heard::Message(_), None) => talk.unsupported("a message outside of a case".to_owned())?,
            (Heard::Unknown(what), _) => talk.unsupported(what)?,
        }
        talk.flush()?;
    }
    Ok(())
}

fn opened(target: &MachineTarget) -> Opened {
    Opened {
        protocol: PROTOCOL,
        name: target.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        clock: Clock::Virtual,
        calls: Calls::Many,
        capabilities: CAPABILITIES.iter().map(|(name, _)| (*name).to_owned()).collect(),
    }
}

/// What came in.
enum Heard {
    Message(ToChild),
    /// Something that protocol 1 does not have.
    Unknown(String),
}

/// The conversation as the child sees it.
pub(super) struct Talk<R, W> {
    input: R,
    output: W,
    line: Vec<u8>,
    out: Vec<u8>,
    calls: u64,
}

impl<R: BufRead, W: Write> Talk<R, W> {
    /// The next message; `None` at the end.
    fn hear(&mut self) -> io::Result<Option<Heard>> {
        self.line.clear();
        (&mut self.input).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut self.line)?;
        if self.line.is_empty() {
            return Ok(None);
        }
        Ok(Some(match serde_json::from_slice(&self.line) {
            Ok(message) => Heard::Message(message),
            Err(error) => Heard::Unknown(format!("{error}: {}", shown(self.line.trim_ascii_end()))),
        }))
    }

    fn say(&mut self, message: &FromChild) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, message)?;
        self.out.push(b'\n');
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.write_all(&self.out)?;
        self.out.clear();
        self.output.flush()
    }

    fn unsupported(&mut self, what: String) -> io::Result<()> {
        self.say(&FromChild::Unsupported(Unsupported { what }))
    }

    fn act(&mut self, session: &mut Served, act: Act) -> io::Result<()> {
        match session.act(act) {
            Ok(acted) => self.say(&FromChild::Acted(acted)),
            Err(what) => self.unsupported(what),
        }
    }
}

/// What a session says of its own accord.
pub(super) trait Caller {
    /// Begins a call, and returns its ID.
    fn call(&mut self, call: Call) -> io::Result<u64>;

    /// Makes a call that is answered at once; whether it succeeded.
    fn call_and_wait(&mut self, call: Call) -> io::Result<bool>;
}

impl<R: BufRead, W: Write> Caller for Talk<R, W> {
    fn call(&mut self, call: Call) -> io::Result<u64> {
        self.calls += 1;
        self.say(&FromChild::Call(Box::new(Call { id: self.calls, ..call })))?;
        Ok(self.calls)
    }

    fn call_and_wait(&mut self, call: Call) -> io::Result<bool> {
        let id = self.call(call)?;
        self.flush()?;
        match self.hear()? {
            Some(Heard::Message(ToChild::Reply(reply))) if reply.id == id => Ok(reply.error.is_none()),
            _ => Err(io::Error::other(format!("the reply to call {id} was due"))),
        }
    }
}

/// The state that a call leaves behind, for an answer that is no more than `acted`.
pub(super) fn done() -> Acted {
    Acted::default()
}
