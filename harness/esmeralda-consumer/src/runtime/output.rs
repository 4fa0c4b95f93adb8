//! What a process writes: the lines of the present call, and the end of all of it. However much it writes, little is kept.
//!
//! The pipe is read without waiting: what a process wrote before it answered is there when its answer is.

use rustix::io::Errno;
use std::io::{self, ErrorKind, PipeWriter};
use std::os::fd::OwnedFd;
use tokio::net::unix::pipe::Receiver;

/// The longest line; the rest of it is left out.
pub const MAX_LINE: usize = 64 * 1024;
/// Most lines kept of one call; earlier ones are forgotten.
pub const MAX_LINES: usize = 100_000;
/// Most bytes kept of one call; earlier lines are forgotten.
pub const MAX_KEPT: usize = 32 * 1024 * 1024;
/// Lines told when something breaks.
const TAIL: usize = 12;
/// Most bytes taken at once: a process that never stops writing is left alone meanwhile.
const MAX_TAKE: usize = 8 * 1024 * 1024;

/// The reading end of what a process writes on stdout and stderr.
pub(super) struct Output {
    /// Tells when there is something.
    pipe: Receiver,
    /// The same pipe, asked directly: what tokio has not heard of yet is there too.
    direct: OwnedFd,
    open: bool,
    partial: Vec<u8>,
    lines: Vec<String>,
    kept: usize,
    forgot: bool,
    tail: Vec<String>,
}

impl Output {
    /// A pipe: the end that is written to goes to the process.
    pub(super) fn open() -> io::Result<(Output, PipeWriter)> {
        let (reader, writer) = io::pipe()?;
        let reader = OwnedFd::from(reader);
        let direct = reader.try_clone()?;
        let pipe = Receiver::from_owned_fd(reader)?;
        let (partial, lines, tail) = (Vec::new(), Vec::new(), Vec::new());
        let (kept, forgot) = (0, false);
        Ok((Output { pipe, direct, open: true, partial, lines, kept, forgot, tail }, writer))
    }

    /// Waits until something was written, and takes it. Once nobody can write any more it waits for ever.
    pub(super) async fn more(&mut self) {
        if !self.open {
            return std::future::pending().await;
        }
        if self.pipe.readable().await.is_err() {
            self.open = false;
            return;
        }
        let mut chunk = [0; 64 * 1024];
        match self.pipe.try_read(&mut chunk) {
            Ok(0) => self.open = false,
            Ok(count) => self.split(&chunk[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.open = false,
        }
    }

    /// Takes what is there.
    pub(super) fn take(&mut self) {
        let mut chunk = [0; 64 * 1024];
        let mut taken = 0;
        while self.open && taken < MAX_TAKE {
            match rustix::io::read(&self.direct, &mut chunk) {
                Ok(0) => self.open = false,
                Ok(count) => {
                    taken += count;
                    self.split(&chunk[..count]);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => self.open = false,
            }
        }
    }

    fn split(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = match part.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (part, false),
            };
            let room = MAX_LINE.saturating_sub(self.partial.len());
            self.partial.extend_from_slice(&text[..text.len().min(room)]);
            if ended {
                self.line();
            }
        }
    }

    fn line(&mut self) {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.partial)).trim_end().to_owned();
        self.kept += line.len();
        if self.lines.len() >= MAX_LINES || self.kept > MAX_KEPT {
            let forgotten = self.lines.drain(..self.lines.len().div_ceil(2));
            self.kept -= forgotten.map(|line| line.len()).sum::<usize>();
            self.forgot = true;
        }
        if self.tail.len() >= TAIL {
            self.tail.remove(0);
        }
        self.tail.push(line.clone());
        self.lines.push(line);
    }

    /// The lines since the last time, and whether some of them were forgotten.
    pub(super) fn lines(&mut self) -> (Vec<String>, bool) {
        if !self.partial.is_empty() {
            self.line();
        }
        self.kept = 0;
        (std::mem::take(&mut self.lines), std::mem::take(&mut self.forgot))
    }

    /// The last lines of all.
    pub(super) fn tail(&self) -> String {
        self.tail.join("\n")
    }
}
