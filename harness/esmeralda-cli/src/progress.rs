//! The progress bar: on stderr, on a terminal, and only for what takes longer than a second.

use esmeralda::clock::Stopwatch;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// What is faster needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
/// Redraws a second.
const REDRAWS: u8 = 10;

/// Progress towards a number of things.
pub(crate) struct Progress {
    total: u64,
    what: &'static str,
    since: Stopwatch,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Nothing is done yet. A total beyond counting shows no end.
    pub(crate) fn new(total: u64, what: &'static str) -> Progress {
        Progress { total, what, since: Stopwatch::start(), bar: None }
    }

    /// So much is done.
    pub(crate) fn at(&mut self, done: u64, note: &str) {
        if self.since.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| bar(self.total, self.what));
        bar.set_position(done);
        bar.set_message(note.to_owned());
    }

    /// Everything is done; the bar goes away.
    pub(crate) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: u64, what: &str) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(REDRAWS);
    let bounded = total < crate::args::MAX_CASES;
    let bar = ProgressBar::with_draw_target(bounded.then_some(total), target);
    let template = if bounded {
        format!("{{bar:30}} {{pos}}/{{len}} {what} {{msg}} ({{eta}} left)")
    } else {
        format!("{{spinner}} {{pos}} {what} {{msg}} ({{elapsed}})")
    };
    let style = ProgressStyle::with_template(&template);
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
