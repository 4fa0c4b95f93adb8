//! A child process in a process group of its own: started, listened to, and taken down with everything that it
//! started.
//!
//! Not what it says: see `channel.rs`.

use super::beside::{self, Place};
use super::channel::Channel;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ChildStderr, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is kept of stderr: its end.
pub const STDERR_KEPT: usize = 4 * 1024;
/// How long a child may take to end by itself, once its stdin is closed or once it was asked to.
const GRACE: Duration = Duration::from_millis(500);
/// How long the news of an end, and the last words on stderr, may take to arrive.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How often is looked for what is left: what forks while it is looked for shows at the next look.
const SWEEPS: u32 = 8;
/// The variable by which what a child started is known, wherever it went.
const MARK: &str = "ESMERALDA_CHILD";

/// The groups that are alive and their marks, for [`kill_all`].
static ALIVE: Mutex<BTreeMap<i32, String>> = Mutex::new(BTreeMap::new());
/// Counts children, so that their marks differ.
static STARTED: AtomicU64 = AtomicU64::new(0);

/// Ends every child there is, at once: for a harness that is about to end.
pub fn kill_all() {
    let alive = lock(&ALIVE).clone();
    for (group, mark) in alive {
        signal(group, Signal::KILL);
        sweep(&mark);
    }
}

/// Makes a command the head of a process group of its own, and returns the mark by which everything that it starts is
/// known. Whoever starts it tells [`keep`] of it, and ends it by [`end_group`].
pub fn in_a_group(command: &mut Command) -> String {
    let mark = format!("{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
    command.env(MARK, &mark).process_group(0);
    mark
}

/// A group is alive from now on: [`kill_all`] ends it.
pub fn keep(group: i32, mark: &str) {
    lock(&ALIVE).insert(group, mark.to_owned());
}

/// Ends a group at once, and everything that was started in it.
pub fn end_group(group: i32, mark: &str) {
    signal(group, Signal::KILL);
    sweep(mark);
    lock(&ALIVE).remove(&group);
}

/// A child and what is known of its life.
pub(super) struct Process {
    group: i32,
    mark: String,
    state: Arc<State>,
}

/// What the threads that listen have found.
#[derive(Default)]
struct State {
    known: Mutex<Known>,
    changed: Condvar,
}

#[derive(Default)]
struct Known {
    exit: Option<ExitStatus>,
    words: Vec<u8>,
    silent: bool,
}

impl Process {
    /// Starts a program, and the conversation with it.
    pub(super) fn start(argv: &[String]) -> Result<(Process, Channel), String> {
        let Some((program, arguments)) = argv.split_first() else {
            return Err("there is no program to start".to_owned());
        };
        let mut command = Command::new(program);
        let mark = in_a_group(&mut command);
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                format!("cannot start {program:?}: {error}; check the path and the first line")
            })?;
        let group = child.id() as i32;
        keep(group, &mark);
        let state = Arc::new(State::default());
        let process = Process { group, mark, state: state.clone() };
        let (Some(to), Some(from), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            unreachable!("all three are pipes");
        };
        let listener = state.clone();
        std::thread::spawn(move || listen(errors, &listener));
        std::thread::spawn(move || {
            // An error here means that somebody else has waited for it: it is gone.
            let exit = child.wait().unwrap_or_default();
            lock(&state.known).exit = Some(exit);
            state.changed.notify_all();
        });
        let channel = Channel::new(File::from(OwnedFd::from(to)), File::from(OwnedFd::from(from)));
        channel.map(|channel| (process, channel)).map_err(|error| error.to_string())
    }

    /// A new case begins: what was said before belongs to others.
    pub(super) fn forget(&self) {
        lock(&self.state.known).words.clear();
    }

    /// Works on this processor from now on.
    pub(super) fn come(&self, place: Place) {
        beside::place(self.group, place);
    }

    /// How it ended, if it has or is about to.
    pub(super) fn exit(&self) -> Option<String> {
        self.wait(LAST_WORDS, |known| known.exit.is_some());
        lock(&self.state.known).exit.map(in_words)
    }

    /// Takes everything down, and tells what was said last.
    pub(super) fn end(&self) -> String {
        if !self.wait(GRACE, |known| known.exit.is_some()) {
            signal(self.group, Signal::TERM);
            self.wait(GRACE, |known| known.exit.is_some());
        }
        // Also where the child has gone by itself: what it started may be there still.
        signal(self.group, Signal::KILL);
        sweep(&self.mark);
        self.wait(GRACE, |known| known.exit.is_some());
        lock(&ALIVE).remove(&self.group);
        self.wait(LAST_WORDS, |known| known.silent);
        String::from_utf8_lossy(&lock(&self.state.known).words).trim_end().to_owned()
    }

    /// Waits until something holds; whether it does.
    fn wait(&self, limit: Duration, holds: impl Fn(&Known) -> bool) -> bool {
        let known = lock(&self.state.known);
        let waited = self.state.changed.wait_timeout_while(known, limit, |known| !holds(known));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if lock(&ALIVE).contains_key(&self.group) {
            self.end();
        }
    }
}

fn in_words(exit: ExitStatus) -> String {
    match (exit.code(), exit.signal()) {
        (Some(code), _) => format!("it ended with exit code {code}"),
        (_, Some(signal)) => format!("it was ended by signal {signal}"),
        _ => "it ended".to_owned(),
    }
}

/// Keeps the end of what is said.
fn listen(mut errors: ChildStderr, state: &State) {
    let mut chunk = [0; STDERR_KEPT];
    while let Ok(count) = errors.read(&mut chunk) {
        if count == 0 {
            break;
        }
        let words = &mut lock(&state.known).words;
        words.extend_from_slice(&chunk[..count]);
        let too_many = words.len().saturating_sub(STDERR_KEPT);
        words.drain(..too_many);
    }
    lock(&state.known).silent = true;
    state.changed.notify_all();
}

/// Tells every process of a group. That there is none any more is fine.
fn signal(group: i32, signal: Signal) {
    if let Some(group) = Pid::from_raw(group) {
        let _gone = kill_process_group(group, signal);
    }
}

/// Ends what the child started and let go of, in a group or a session of its own. Where there is no `/proc`, or where
/// it changed its environment, it is out of reach.
fn sweep(mark: &str) {
    for _ in 0..SWEEPS {
        let marked = marked(mark);
        if marked.is_empty() {
            return;
        }
        for pid in marked {
            let _gone = kill_process(pid, Signal::KILL);
        }
    }
}

/// The processes that carry a mark and are alive.
fn marked(mark: &str) -> Vec<Pid> {
    let wanted = format!("{MARK}={mark}");
    let carries = |entry: &std::fs::DirEntry| {
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
    };
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pid = |entry: &std::fs::DirEntry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?);
    all.filter_map(|entry| Some((pid(&entry)?, entry)))
        .filter(|(_, e)| carries(e))
        .map(|(pid, _)| pid)
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
