//! The way from a failing case to a small one: proposes candidates, and is told which of them still fail.
//!
//! Runs nothing, so that a loop over any target and a proptest value tree can both go this way.

use super::candidates::{Pass, edits};
use super::edit::Edit;
use esm_model::case::Case;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Where the way has come to.
#[derive(Debug, Clone)]
pub struct Walk {
    best: Case,
    pass: usize,
    edits: Vec<Edit>,
    at: usize,
    /// Something became simpler since the first pass.
    progress: bool,
    /// Canonical texts that were proposed already, as hashes of two kinds: a case of thousands of records is long.
    seen: BTreeSet<(u64, u64)>,
}

impl Walk {
    /// From this case, which fails.
    pub fn new(case: Case) -> Walk {
        let mut seen = BTreeSet::new();
        seen.insert(fingerprint(&case));
        let edits = edits(&case, Pass::ALL[0]);
        Walk { best: case, pass: 0, edits, at: 0, progress: false, seen }
    }

    /// The simplest case so far that is known to fail.
    pub fn best(&self) -> &Case {
        &self.best
    }

    /// The next simpler case that was not proposed yet; `None` at the end of the way.
    pub fn propose(&mut self) -> Option<Case> {
        loop {
            while let Some(edit) = self.edits.get(self.at) {
                self.at += 1;
                let candidate = edit.apply(&self.best);
                if let Some(candidate) = candidate.filter(|case| self.seen.insert(fingerprint(case))) {
                    return Some(candidate);
                }
            }
            self.pass += 1;
            if self.pass == Pass::ALL.len() {
                if !std::mem::take(&mut self.progress) {
                    self.pass -= 1;
                    return None;
                }
                self.pass = 0;
            }
            self.edits = edits(&self.best, Pass::ALL[self.pass]);
            self.at = 0;
        }
    }

    /// This case fails too: the way goes on from it.
    pub fn accept(&mut self, case: Case) {
        self.seen.insert(fingerprint(&case));
        self.best = case;
        self.progress = true;
        self.edits = edits(&self.best, Pass::ALL[self.pass]);
        // What stood at this place is gone, and what came behind it stands there now.
        self.at = self.at.saturating_sub(1);
    }
}

fn fingerprint(case: &Case) -> (u64, u64) {
    let text = case.to_json();
    let hash = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, &text).hash(&mut hasher);
        hasher.finish()
    };
    (hash(0), hash(1))
}
