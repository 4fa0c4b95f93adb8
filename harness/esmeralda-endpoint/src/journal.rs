//! What has been made at an endpoint, written down before anything else happens: what a crash left can be removed.
//!
//! One file for each run, JSON lines, in the user's state directory. It is gone when everything in it is.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Most bytes of a journal that are read.
const MAX_JOURNAL: u64 = 256 * 1024 * 1024;

/// A kind of thing that is made, in the order in which they are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An event source mapping, by UUID.
    Mapping,
    /// A function, by name.
    Function,
    /// A Kinesis stream, by name.
    Stream,
    /// A table, by name.
    Table,
    /// A subscription, by ARN.
    Subscription,
    /// A topic, by ARN.
    Topic,
    /// A queue, by URL.
    Queue,
    /// A bucket, by name.
    Bucket,
}

/// A thing that was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Made {
    /// What it is.
    pub kind: Kind,
    /// Its name, as the call that removes it takes it.
    pub id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Endpoint { typed: String, process: u32 },
    Made(Made),
    Gone(Made),
}

/// The journal of a run. Clones share it.
#[derive(Debug, Clone)]
pub struct Journal(Arc<Mutex<Open>>);

#[derive(Debug)]
struct Open {
    path: PathBuf,
    head: Line,
    file: Option<File>,
    there: BTreeSet<Made>,
}

impl Journal {
    /// The journal of a run at an endpoint. The file is made with its first entry.
    pub fn new(dir: &Path, run: &str, typed: &str) -> Journal {
        let head = Line::Endpoint { typed: typed.to_owned(), process: std::process::id() };
        let path = dir.join(format!("{run}.jsonl"));
        Journal(Arc::new(Mutex::new(Open { path, head, file: None, there: BTreeSet::new() })))
    }

    /// Something is about to be made: noted first, so that a crash in between leaves no orphan.
    ///
    /// # Errors
    /// What the file system said; nothing must be made then.
    pub fn made(&self, kind: Kind, id: &str) -> io::Result<()> {
        let made = Made { kind, id: id.to_owned() };
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.line(&Line::Made(made.clone()))?;
        open.there.insert(made);
        Ok(())
    }

    /// It is gone, or never came to be.
    pub fn gone(&self, kind: Kind, id: &str) {
        let made = Made { kind, id: id.to_owned() };
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.there.remove(&made) {
            // A line that is not written is harmless: removing what is gone is no error.
            let _ = open.line(&Line::Gone(made));
        }
        if open.there.is_empty() && open.file.take().is_some() {
            let _ = std::fs::remove_file(&open.path);
        }
    }

    /// What is still there, in the order of removal.
    pub fn there(&self) -> Vec<Made> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).there.iter().cloned().collect()
    }

    /// Its file.
    pub fn path(&self) -> PathBuf {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).path.clone()
    }
}

impl Open {
    fn line(&mut self, line: &Line) -> io::Result<()> {
        if self.file.is_none() {
            if let Some(dir) = self.path.parent() {
                std::fs::create_dir_all(dir)?;
            }
            let file = OpenOptions::new().create(true).append(true).open(&self.path)?;
            self.file = Some(file);
            let head = self.head.clone();
            self.line(&head)?;
        }
        let mut text = serde_json::to_string(line).map_err(io::Error::other)?;
        text.push('\n');
        match &mut self.file {
            Some(file) => file.write_all(text.as_bytes()),
            None => Ok(()),
        }
    }
}

/// A journal that a run left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Its file.
    pub path: PathBuf,
    /// The endpoint as it was typed.
    pub typed: String,
    /// The process of that run.
    pub process: u32,
    /// What may still be there, in the order of removal.
    pub there: Vec<Made>,
}

/// Where journals are kept: `ESMERALDA_STATE`, or `esmeralda` below the user's state directory.
pub fn state_dir() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("ESMERALDA_STATE")
        .or_else(|| named("XDG_STATE_HOME").map(|dir| dir.join("esmeralda")))
        .or_else(|| named("HOME").map(|dir| dir.join(".local/state/esmeralda")))
        .unwrap_or_else(|| std::env::temp_dir().join("esmeralda"))
}

/// Every journal in a directory, in order of name; none if there is no directory.
///
/// # Errors
/// What the file system said. Damaged lines are passed over: a crash may have cut the last one.
pub fn left(dir: &Path) -> io::Result<Vec<Left>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = entries.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "jsonl"));
    paths.sort();
    paths.iter().filter_map(|path| read(path).transpose()).collect()
}

fn read(path: &Path) -> io::Result<Option<Left>> {
    if std::fs::metadata(path)?.len() > MAX_JOURNAL {
        return Err(io::Error::other(format!("{} is too large for a journal", path.display())));
    }
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let Some(Line::Endpoint { typed, process }) = lines.next() else { return Ok(None) };
    let mut there = BTreeSet::new();
    for line in lines {
        match line {
            Line::Made(made) => drop(there.insert(made)),
            Line::Gone(made) => drop(there.remove(&made)),
            Line::Endpoint { .. } => {}
        }
    }
    Ok(Some(Left { path: path.to_owned(), typed, process, there: there.into_iter().collect() }))
}
