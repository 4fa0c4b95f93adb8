//! What every command that runs a campaign has in common: who hears of it, where failures are kept, and how it ends.
//!
//! Not what is done with what was found: that is `run`'s and `next`'s own.

use crate::args::jobs;
use crate::error::{CliError, Exit};
use crate::progress::Progress;
use crate::verb::findings::{Findings, Keep};
use crate::verb::run_report::Setting;
use esmeralda::bench::Wide;
use esmeralda::campaign::{Failure, Tally, Watcher};
use esmeralda::clock::Stopwatch;
use esmeralda::outcome::Standing;
use esmeralda::store::StoreError;
use std::path::PathBuf;
use std::time::Duration;

/// Generated cases for a target that keeps the harness waiting, unless a number is asked for.
pub(crate) const DEFAULT_WIDE_CASES: u64 = 200;

/// Hears of the campaign: keeps failures and shows progress.
pub(crate) struct Desk<'k> {
    findings: Findings<'k>,
    progress: Progress,
    watch: Stopwatch,
    /// When every case had run once.
    once: Option<Duration>,
}

impl<'k> Desk<'k> {
    /// `named` says that the user named the directory: it is opened at once then.
    pub(crate) fn new(dir: PathBuf, setting: &'k Setting, named: bool, cases: u64) -> Desk<'k> {
        let keep = Keep::new(dir, setting, named);
        let progress = Progress::new(cases, "cases");
        Desk { findings: Findings::new(keep), progress, watch: Stopwatch::start(), once: None }
    }

    /// How long it took until every case had run once, where some are run again.
    pub(crate) fn once(&self) -> Option<Duration> {
        self.once
    }

    /// The campaign is over.
    pub(crate) fn findings(mut self) -> Findings<'k> {
        self.progress.end();
        self.findings
    }
}

impl Watcher for Desk<'_> {
    fn noticed(&mut self, failure: &Failure) {
        self.findings.notice(failure);
    }

    fn ran_once(&mut self) {
        self.once = Some(self.watch.elapsed());
    }

    fn failed(&mut self, failure: &Failure) {
        self.findings.keep(failure);
    }

    fn progressed(&mut self, tally: &Tally) {
        let note = if tally.violates > 0 { format!("{} violate", tally.violates) } else { String::new() };
        self.progress.at(tally.cases + tally.unselected, &note);
    }
}

/// The directory of a run that the user did not name: runs on different targets do not replace each other.
pub(crate) fn default_dir(target: &str, what: &str) -> PathBuf {
    /// Enough to tell targets apart; file systems take no more than 255 bytes.
    const LONGEST_NAME: usize = 80;
    let name = target.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let name: String = name.take(LONGEST_NAME).collect();
    PathBuf::from("runs").join(format!("{name}-{what}"))
}

/// How many cases go at once: as many as asked for, or as many as the target bears.
pub(crate) fn at_once(asked: Option<u16>, wide: Option<Wide>) -> usize {
    wide.filter(|_| asked.is_none()).map_or_else(|| jobs(asked), |wide| wide.sessions)
}

/// The exit code. A directory that could not be written changes no verdict that violates.
pub(crate) fn ended(verdict: Standing, trouble: Option<StoreError>) -> Result<Exit, CliError> {
    let exit = Exit::from(verdict);
    match trouble {
        Some(error) if exit != Exit::Violates => Err(error.into()),
        Some(error) => {
            CliError::from(error).tell();
            Ok(exit)
        }
        None => Ok(exit),
    }
}
