//! Lines over a pair of pipes: bounded in length, and bounded in time.
//!
//! Neither side can make the other wait for ever: a full pipe is read while it is written to. Knows nothing about
//! what the lines say.

use crate::clock::Deadline;
use memchr::memchr;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use serde::Serialize;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

/// The longest line in either direction, in bytes: a put of as many records as a case may have fits in.
pub const MAX_LINE: usize = 2 * 1024 * 1024;
/// The most that is heard in one case, in bytes: everything that is heard may end in the trace.
pub const MAX_HEARD: usize = 256 * 1024 * 1024;
/// How much is read at a time.
const CHUNK: usize = 16 * 1024;

/// What ends a conversation.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("it said nothing for {} s where {what} was due; a slower implementation needs \
        command,timeout=SECONDS:…", wait.as_secs_f64())]
    Silent { wait: Duration, what: &'static str },
    #[error("it closed its stdout where {what} was due")]
    Ended { what: &'static str },
    #[error("it closed its stdout in the middle of a line, after {0:?}")]
    HalfLine(String),
    #[error("it wrote a line of more than {} MiB, beginning with {beginning:?}", MAX_LINE >> 20)]
    TooLong { beginning: String },
    #[error("it wrote more than {} MiB in one case", MAX_HEARD >> 20)]
    TooMuch,
    #[error("it does not read its stdin: {0} s were not enough to write a message")]
    Deaf(f64),
    #[error("its stdin or stdout broke: {0}")]
    Io(#[from] std::io::Error),
}

/// Both directions of a conversation.
pub(super) struct Channel {
    to: File,
    from: File,
    out: Vec<u8>,
    /// What was read lies from `start` to `end`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    heard: usize,
}

/// A line: its place in the buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    start: usize,
    end: usize,
}

impl Channel {
    /// Talks over these pipes.
    pub(super) fn new(to: File, from: File) -> Result<Channel, Broken> {
        rustix::io::ioctl_fionbio(&to, true).map_err(std::io::Error::from)?;
        rustix::io::ioctl_fionbio(&from, true).map_err(std::io::Error::from)?;
        Ok(Channel {
            to,
            from,
            out: Vec::new(),
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            heard: 0,
        })
    }

    /// A new case begins.
    pub(super) fn forget(&mut self) {
        self.heard = 0;
    }

    /// Adds a message to what [`Channel::flush`] sends, and shows its line.
    pub(super) fn write(&mut self, message: &impl Serialize) -> &[u8] {
        let from = self.out.len();
        serde_json::to_writer(&mut self.out, message)
            .expect("a message has no map with keys that are not text");
        self.out.push(b'\n');
        &self.out[from..self.out.len() - 1]
    }

    /// Sends what was written.
    pub(super) fn flush(&mut self, wait: Duration) -> Result<(), Broken> {
        let mut sent = 0;
        let mut deadline = None;
        while sent < self.out.len() {
            match self.to.write(&self.out[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let deadline = *deadline.get_or_insert_with(|| Deadline::after(Some(wait)));
                    self.make_room(deadline, wait)?;
                }
                // What it said before it went says more.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.out.clear();
        Ok(())
    }

    /// Waits until there is room to write, and reads meanwhile: the other side may be writing as well.
    fn make_room(&mut self, deadline: Deadline, wait: Duration) -> Result<(), Broken> {
        let left = deadline.left();
        let mut ends = [
            PollFd::new(&self.to, PollFlags::OUT),
            PollFd::new(&self.from, if self.ended { PollFlags::empty() } else { PollFlags::IN }),
        ];
        if poll_for(&mut ends, left)? == 0 {
            return Err(Broken::Deaf(wait.as_secs_f64()));
        }
        let readable = ends[1].revents().intersects(PollFlags::IN | PollFlags::HUP);
        if readable && !self.ended {
            self.fill()?;
        }
        Ok(())
    }

    /// The next line, if it comes in time.
    pub(super) fn line(&mut self, wait: Duration, what: &'static str) -> Result<Line, Broken> {
        self.line_within(wait)?.ok_or(match self.ended {
            true => Broken::Ended { what },
            false => Broken::Silent { wait, what },
        })
    }

    /// The next line; `None` if none came in time, or if there will be none.
    pub(super) fn line_within(&mut self, wait: Duration) -> Result<Option<Line>, Broken> {
        let mut searched = self.start;
        let mut deadline = None;
        loop {
            if let Some(at) = memchr(b'\n', &self.buffer[searched..self.end]) {
                let line = Line { start: self.start, end: searched + at };
                self.start = line.end + 1;
                return Ok(Some(line));
            }
            let rest = self.end - self.start;
            if rest > MAX_LINE {
                return Err(Broken::TooLong { beginning: self.beginning() });
            }
            if self.ended {
                return if rest == 0 { Ok(None) } else { Err(Broken::HalfLine(self.beginning())) };
            }
            let left = deadline.get_or_insert_with(|| Deadline::after(Some(wait))).left();
            if poll_for(&mut [PollFd::new(&self.from, PollFlags::IN)], left)? == 0 {
                return Ok(None);
            }
            self.fill()?;
            searched = self.start + rest;
        }
    }

    /// Whether the other side has closed its end.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// The bytes of a line, until the next one is asked for.
    pub(super) fn bytes(&self, line: Line) -> &[u8] {
        &self.buffer[line.start..line.end]
    }

    /// Reads what is there. What was told is dropped first, so that the buffer never holds much more than a line.
    fn fill(&mut self) -> Result<(), Broken> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.buffer.len() < self.end + CHUNK {
            self.buffer.resize(2 * (self.end + CHUNK), 0);
        }
        loop {
            match self.from.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    self.ended = count == 0;
                    self.heard += count;
                    return if self.heard > MAX_HEARD { Err(Broken::TooMuch) } else { Ok(()) };
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn beginning(&self) -> String {
        shown(&self.buffer[self.start..self.end])
    }
}

/// The beginning of a line, for a message.
pub(super) fn shown(bytes: &[u8]) -> String {
    /// Enough to recognise a line by.
    const SHOWN: usize = 120;
    let cut = &bytes[..bytes.len().min(SHOWN)];
    let more = if bytes.len() > SHOWN { "…" } else { "" };
    format!("{}{more}", String::from_utf8_lossy(cut))
}

/// How many of the ends are ready in time.
fn poll_for(ends: &mut [PollFd<'_>], left: Duration) -> Result<usize, Broken> {
    let time = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
    match poll(ends, Some(&time)) {
        Ok(count) => Ok(count),
        // A signal: whoever waits looks at the time and waits again, and an end that is not ready reads nothing.
        Err(Errno::INTR) => Ok(1),
        Err(error) => Err(Broken::Io(error.into())),
    }
}
