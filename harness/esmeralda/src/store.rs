//! The directory of one run: `run.jsonl` (a header, a line for each kind of failure, a footer), and case and trace of
//! each failure, written as soon as known.
//!
//! Holds values only, and nothing of clocks, paths or threads: two equal runs leave equal directories. An earlier
//! run's files are replaced; a directory with anything else in it is refused.

use crate::campaign::{Kind, Origin};
use crate::confirm::Repeat;
use crate::outcome::Trial;
use esm_model::case::Case;
use esm_model::trace::to_lines;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file that makes a directory one of a run.
pub const LOG: &str = "run.jsonl";
/// The form of the lines of [`LOG`].
pub const LOG_FORMAT: u32 = 1;
/// Most characters of a case's name that reach a file's name.
const MAX_NAME: usize = 80;

/// Why a run directory could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is something else.
    #[error(
        "{0} is not empty and not the directory of a run (it has no {LOG}): name another one, or empty it"
    )]
    NotOurs(PathBuf),
    /// There is a file.
    #[error("{0} is not a directory: name another one")]
    NotADirectory(PathBuf),
    /// The file system refused.
    #[error("cannot write {path}: {source}; make it writable, or name another directory")]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// The names of two files, within the run directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Files {
    /// The case.
    pub case_file: String,
    /// Its trace, if there is one.
    pub trace_file: Option<String>,
}

/// An open run directory.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    log: File,
    names: BTreeSet<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Line<'l, T: Serialize> {
    Run {
        format: u32,
        run: &'l T,
    },
    Failure {
        origin: &'l Origin,
        kinds: &'l [Kind],
        #[serde(flatten)]
        files: &'l Files,
    },
    Confirmed {
        origin: &'l Origin,
        kinds: &'l [Kind],
        repeats: &'l [Repeat],
    },
    Shrunk {
        origin: &'l Origin,
        kind: &'l Kind,
        #[serde(flatten)]
        files: &'l Files,
    },
    End(&'l T),
}

/// Whether a run may use the directory: it is not there yet, it is empty, or it is an earlier run's.
///
/// # Errors
/// [`StoreError`] says what is in the way. Nothing is changed.
pub fn check(dir: &Path) -> Result<(), StoreError> {
    let io = |source| StoreError::Io { path: dir.to_owned(), source };
    match fs::metadata(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(error)),
        Ok(found) if !found.is_dir() => return Err(StoreError::NotADirectory(dir.to_owned())),
        Ok(_) => {}
    }
    let empty = fs::read_dir(dir).map_err(io)?.next().is_none();
    if empty || dir.join(LOG).is_file() { Ok(()) } else { Err(StoreError::NotOurs(dir.to_owned())) }
}

impl Store {
    /// Opens the directory for a new run and writes the header. Files of an earlier run are removed.
    ///
    /// # Errors
    /// [`StoreError`] if the directory is not for us, or cannot be written.
    pub fn create<H: Serialize>(dir: &Path, header: &H) -> Result<Store, StoreError> {
        check(dir)?;
        let io = |source| StoreError::Io { path: dir.to_owned(), source };
        fs::create_dir_all(dir).map_err(io)?;
        for entry in fs::read_dir(dir).map_err(io)? {
            let path = entry.map_err(io)?.path();
            if is_ours(&path) {
                fs::remove_file(&path).map_err(|source| StoreError::Io { path: path.clone(), source })?;
            }
        }
        let path = dir.join(LOG);
        let log = File::create(&path).map_err(|source| StoreError::Io { path, source })?;
        let mut store = Store { dir: dir.to_owned(), log, names: BTreeSet::new() };
        store.line(&Line::Run { format: LOG_FORMAT, run: header })?;
        Ok(store)
    }

    /// Keeps the first case of some kinds of failure, as it was generated.
    ///
    /// # Errors
    /// [`StoreError::Io`] if a file cannot be written.
    pub fn failure(&mut self, origin: &Origin, kinds: &[Kind], trial: &Trial) -> Result<Files, StoreError> {
        let files = self.put(&safe(&origin.name), trial)?;
        let line: Line<'_, ()> = Line::Failure { origin, kinds, files: &files };
        self.line(&line)?;
        Ok(files)
    }

    /// Notes how often a failure that was kept showed when its case ran again, and of which kinds that makes it.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the log cannot be written.
    pub fn confirmed(
        &mut self,
        origin: &Origin,
        kinds: &[Kind],
        repeats: &[Repeat],
    ) -> Result<(), StoreError> {
        let line: Line<'_, ()> = Line::Confirmed { origin, kinds, repeats };
        self.line(&line)
    }

    /// Keeps what shrinking made of it for one kind.
    ///
    /// # Errors
    /// [`StoreError::Io`] if a file cannot be written.
    pub fn shrunk(&mut self, origin: &Origin, kind: &Kind, trial: &Trial) -> Result<Files, StoreError> {
        let blame = match kind {
            Kind::Violation(blame) => blame.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"),
            Kind::Warning(rule) => rule.to_string(),
            Kind::Flaky(_) => "flaky".to_owned(),
            Kind::Undecided => "undecided".to_owned(),
            Kind::CouldNotRun => "could-not-run".to_owned(),
        };
        let files = self.put(&safe(&format!("{}-{blame}", origin.name)), trial)?;
        let line: Line<'_, ()> = Line::Shrunk { origin, kind, files: &files };
        self.line(&line)?;
        Ok(files)
    }

    /// Writes the footer.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the log cannot be written.
    pub fn finish<F: Serialize>(mut self, footer: &F) -> Result<(), StoreError> {
        self.line(&Line::End(footer))
    }

    fn put(&mut self, name: &str, trial: &Trial) -> Result<Files, StoreError> {
        let mut name = name.to_owned();
        while !self.names.insert(name.clone()) {
            // Ends: there are fewer names than kinds of failure, and each turn makes this one longer.
            name.push_str("-2");
        }
        let case_file = format!("case-{name}.json");
        self.write(&case_file, &case_text(&trial.case))?;
        let mut trace_file = None;
        if !trial.events.is_empty() {
            let name = format!("trace-{name}.jsonl");
            self.write(&name, &to_lines(&trial.case, trial.setup.as_ref(), &trial.events))?;
            trace_file = Some(name);
        }
        Ok(Files { case_file, trace_file })
    }

    fn write(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let path = self.dir.join(name);
        fs::write(&path, text).map_err(|source| StoreError::Io { path, source })
    }

    fn line<T: Serialize>(&mut self, line: &T) -> Result<(), StoreError> {
        let io = |source| StoreError::Io { path: self.dir.join(LOG), source };
        let mut text = serde_json::to_string(line).map_err(|error| io(error.into()))?;
        text.push('\n');
        self.log.write_all(text.as_bytes()).and_then(|()| self.log.flush()).map_err(io)
    }
}

/// A case as a file has it: readable, and the same for equal cases.
pub fn case_text(case: &Case) -> String {
    let mut text = serde_json::to_string_pretty(case).expect("a case is JSON");
    text.push('\n');
    text
}

/// Whether a run wrote this file.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name == LOG
        || (name.starts_with("case-") && name.ends_with(".json"))
        || (name.starts_with("trace-") && name.ends_with(".jsonl"))
}

/// A name that every file system takes.
fn safe(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "-+_".contains(c) { c } else { '-' };
    name.chars().take(MAX_NAME).map(allowed).collect()
}
