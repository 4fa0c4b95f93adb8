//! The failures of a run: kept in its directory as soon as known, made small at the end, and told.
//!
//! A directory that cannot be written ends no run: what went wrong first is told at the end.

use crate::verb::finding::{Finding, told};
use crate::verb::run_report::Setting;
use crate::verb::smaller::{Patience, Small, Work, wanted};
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esmeralda::bench::Bench;
use esmeralda::campaign::{Failure, Kind, Phase, Tally};
use esmeralda::outcome::{Outcome, Trial};
use esmeralda::shrink::Wanted;
use esmeralda::store::{Files, Store, StoreError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

/// The run directory: opened at once if the user named it, else at the first failure.
pub(crate) struct Keep<'s> {
    dir: PathBuf,
    setting: &'s Setting,
    store: Option<Store>,
    trouble: Option<StoreError>,
}

impl<'s> Keep<'s> {
    pub(crate) fn new(dir: PathBuf, setting: &'s Setting, at_once: bool) -> Keep<'s> {
        let mut keep = Keep { dir, setting, store: None, trouble: None };
        if at_once {
            keep.with(|_| Ok(()));
        }
        keep
    }

    /// Does something with the store, unless that failed before.
    fn with<R>(&mut self, work: impl FnOnce(&mut Store) -> Result<R, StoreError>) -> Option<R> {
        if self.trouble.is_some() {
            return None;
        }
        let store = match self.store.take() {
            Some(store) => Ok(store),
            None => Store::create(&self.dir, self.setting),
        };
        let done = store.and_then(|mut store| {
            let done = work(&mut store);
            self.store = Some(store);
            done
        });
        done.map_err(|error| self.trouble = Some(error)).ok()
    }
}

/// What failed so far.
pub(crate) struct Findings<'k> {
    keep: Keep<'k>,
    failures: Vec<(Failure, Option<Files>)>,
    /// Files that were written before it was known which failure is the first of its kind.
    noticed: BTreeMap<(Phase, u64), Files>,
}

impl<'k> Findings<'k> {
    pub(crate) fn new(keep: Keep<'k>) -> Findings<'k> {
        Findings { keep, failures: Vec::new(), noticed: BTreeMap::new() }
    }

    /// Keeps a failure on disk before anything else can go wrong.
    pub(crate) fn notice(&mut self, failure: &Failure) {
        if let Entry::Vacant(entry) = self.noticed.entry(place(failure)) {
            let Failure { origin, kinds, trial } = failure;
            if let Some(files) = self.keep.with(|store| store.failure(origin, kinds, trial)) {
                entry.insert(files);
            }
        }
    }

    fn write(&mut self, failure: &Failure) -> Option<Files> {
        self.keep.with(|store| store.failure(&failure.origin, &failure.kinds, &failure.trial))
    }

    /// Keeps a failure. There are at most as many as kinds of failure are told apart.
    pub(crate) fn keep(&mut self, failure: &Failure) {
        let early = self.noticed.remove(&place(failure));
        if early.is_some() && !failure.trial.repeats.is_empty() {
            let Failure { origin, kinds, trial } = failure;
            self.keep.with(|store| store.confirmed(origin, kinds, &trial.repeats));
        }
        let files = early.or_else(|| self.write(failure));
        self.failures.push((failure.clone(), files));
    }

    /// Makes each failure small, and tells it.
    pub(crate) fn shrink<B: Bench>(
        &mut self,
        bench: &B,
        reading: &Reading,
        typed: &str,
        tally: &Tally,
        patience: &Patience<'_>,
    ) -> Vec<Finding> {
        let failures = std::mem::take(&mut self.failures);
        let mut found: Vec<Finding> = Vec::new();
        let kinds = by_blame(&failures);
        let work = Work { bench, reading, patience };
        let mut ahead = work.is_slow().then(|| {
            let (places, wishes): (Vec<usize>, _) = chased(&kinds).unzip();
            places.into_iter().zip(work.side_by_side(wishes)).collect::<BTreeMap<_, _>>()
        });
        for (index, (failure, files, kind)) in kinds.into_iter().enumerate() {
            let cases = match kind {
                Kind::Warning(rule) => tally.warned.get(rule),
                kind => tally.kinds.get(kind),
            };
            let cases = cases.copied().unwrap_or(0);
            // What a known failure explains as well is counted with it, and not chased again.
            if let Some(known) = found.iter_mut().find(|known| known.explains(kind)) {
                known.take(kind, cases, tally.violates);
                continue;
            }
            let small = match &mut ahead {
                Some(ahead) => ahead.remove(&index).unwrap_or_default(),
                None if patience.is_over() => Small::default(),
                None => wanted(kind).map(|wanted| work.one(&failure.trial, &wanted)).unwrap_or_default(),
            };
            let finding = self.finding(small, reading, typed, failure, kind, files, cases);
            match found.iter_mut().find(|known| known.explains(&finding.kind)) {
                Some(known) => known.take(kind, cases, tally.violates),
                None => found.push(finding),
            }
        }
        found
    }

    /// Makes the failure of this kind small, with this rule still in its blame, and tells it.
    #[expect(clippy::too_many_arguments, reason = "the parts of one finding, put together in one place")]
    pub(crate) fn show<B: Bench>(
        &mut self,
        bench: &B,
        reading: &Reading,
        typed: &str,
        kind: &Kind,
        rule: RuleId,
        times: u64,
        patience: &Patience<'_>,
    ) -> Option<Finding> {
        let Kind::Violation(blame) = kind else { return None };
        let at = self.failures.iter().position(|(failure, _)| failure.kinds.contains(kind))?;
        let (failure, files) = self.failures.swap_remove(at);
        let wanted = Wanted::Rule(rule, blame.clone());
        let small = Work { bench, reading, patience }.one(&failure.trial, &wanted);
        // The blame may have become shorter.
        let kind =
            small.shrunk.as_ref().and_then(|s| shown(&s.trial, &wanted)).unwrap_or_else(|| kind.clone());
        Some(self.finding(small, reading, typed, &failure, &kind, files.as_ref(), times))
    }

    /// What the first failure of this kind says of itself, as it is.
    pub(crate) fn said(&self, kind: &Kind, reading: &Reading) -> Option<String> {
        let (failure, _) = self.failures.iter().find(|(failure, _)| failure.kinds.contains(kind))?;
        Some(told(&failure.trial, kind, reading).2)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one finding, put together in one place")]
    fn finding(
        &mut self,
        small: Small,
        reading: &Reading,
        typed: &str,
        failure: &Failure,
        kind: &Kind,
        files: Option<&Files>,
        cases: u64,
    ) -> Finding {
        let origin = &failure.origin;
        let Small { shrunk, before, after } = small;
        let trial = shrunk.as_ref().map_or(&failure.trial, |shrunk| &shrunk.trial);
        let (blame, certain, explanation) = told(trial, kind, reading);
        let of = match kind {
            Kind::Violation(blame) | Kind::Flaky(blame) => blame.as_slice(),
            _ => &[],
        };
        let kind = match kind {
            Kind::Violation(_) => Kind::Violation(blame.clone()),
            other => other.clone(),
        };
        let repeats = failure.trial.repeats.iter().filter(|repeat| repeat.blame == of).cloned();
        let repeats = repeats.chain(before).collect();
        let kept =
            shrunk.as_ref().and_then(|s| self.keep.with(|store| store.shrunk(origin, &kind, &s.trial)));
        let files = kept.as_ref().or(files);
        let path = |name: &String| self.keep.dir.join(name).display().to_string();
        let case_file = files.map(|files| path(&files.case_file));
        Finding {
            kind,
            trace_file: files.and_then(|files| files.trace_file.as_ref()).map(path),
            replay: format!("esmeralda replay {} {typed}", case_file.as_deref().unwrap_or("CASE.json")),
            case_file,
            blame,
            certain,
            records: trial.case.records.len(),
            records_before: failure.trial.case.records.len(),
            cases,
            first: origin.clone(),
            explanation,
            repeats,
            small_runs: after,
            flaky_cases: 0,
            also_found: shrunk.map(|shrunk| shrunk.also_found).unwrap_or_default(),
        }
    }

    /// Writes the footer; what went wrong with the directory, if anything did.
    pub(crate) fn finish(self, result: &impl Serialize) -> Option<StoreError> {
        let Keep { store, trouble, .. } = self.keep;
        trouble.or_else(|| store?.finish(result).err())
    }
}

/// Where a failure comes from.
fn place(failure: &Failure) -> (Phase, u64) {
    (failure.origin.phase, failure.origin.index)
}

/// The kinds of failure, those with the shortest blame first: they say most. Else in the order in which they showed.
fn by_blame(failures: &[(Failure, Option<Files>)]) -> Vec<(&Failure, Option<&Files>, &Kind)> {
    let mut kinds = Vec::new();
    for (failure, files) in failures {
        kinds.extend(failure.kinds.iter().map(|kind| (failure, files.as_ref(), kind)));
    }
    kinds.sort_by_key(|(_, _, kind)| match kind {
        Kind::Violation(blame) => blame.len(),
        Kind::Flaky(_) | Kind::Undecided | Kind::CouldNotRun | Kind::Warning(_) => usize::MAX,
    });
    kinds
}

/// What is worth making small where that takes time, by its place: nothing that an earlier kind may explain.
fn chased<'k>(
    kinds: &[(&'k Failure, Option<&'k Files>, &'k Kind)],
) -> impl Iterator<Item = (usize, (&'k Trial, Wanted))> {
    let is_part = |of: &Kind, kind: &Kind| match (of, kind) {
        (Kind::Violation(some), Kind::Violation(all)) => some.iter().all(|rule| all.contains(rule)),
        _ => false,
    };
    kinds.iter().enumerate().filter_map(move |(place, (failure, _, kind))| {
        let is_fresh = kinds[..place].iter().all(|(_, _, of)| !is_part(of, kind));
        Some((place, (&failure.trial, wanted(kind).filter(|_| is_fresh)?)))
    })
}

/// The kind of violation that the trial shows of what is wanted.
fn shown(trial: &Trial, wanted: &Wanted) -> Option<Kind> {
    let Outcome::Judged(judgement) = &trial.outcome else { return None };
    wanted.violation(judgement).map(|violation| Kind::Violation(violation.blame.clone()))
}
