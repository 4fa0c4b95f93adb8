//! The failures of a run: kept in its directory as soon as known, made small at the end, and told.
//!
//! A directory that cannot be written ends no run: what went wrong first is told at the end.

use crate::verb::run_report::Setting;
use esm_model::catalogue;
use esm_model::explain::explain;
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_model::verdict::{Judgement, Verdict, Violation};
use esmeralda::bench::Bench;
use esmeralda::campaign::{Failure, Kind, Origin, Phase, Tally};
use esmeralda::clock::Deadline;
use esmeralda::confirm::Repeat;
use esmeralda::outcome::{Outcome, Trial};
use esmeralda::shrink::{
    Count, Limits, MAX_EXECUTIONS, MAX_SLOW_TIME, Shrunk, SlowlyShrunk, Wanted, shrink, shrink_slowly,
};
use esmeralda::stop::Stop;
use esmeralda::store::{Files, Store, StoreError};
use esmeralda::target::Target;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

/// One kind of failure, as a report has it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    /// What is wrong.
    #[serde(skip)]
    pub(crate) kind: Kind,
    /// The smallest case that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) case_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_file: Option<String>,
    /// The rules that explain it.
    pub(crate) blame: Vec<RuleId>,
    /// Whether each of them explains it alone.
    pub(crate) certain: bool,
    /// Records of the small case, and of the one it comes from.
    pub(crate) records: usize,
    pub(crate) records_before: usize,
    /// In how many cases it showed.
    pub(crate) cases: u64,
    /// Where it showed first.
    pub(crate) first: Origin,
    pub(crate) explanation: String,
    /// The command that shows it again.
    pub(crate) replay: String,
    /// Other blames met while shrinking.
    pub(crate) also_found: Vec<Vec<RuleId>>,
    /// How often it showed, where it rests on absence and its case was run again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) repeats: Vec<Repeat>,
}

impl Finding {
    /// Whether a failure of that kind may be this one: each rule that explains this one explains it too.
    fn explains(&self, kind: &Kind) -> bool {
        match (&self.kind, kind) {
            (Kind::Violation(blame), Kind::Violation(other)) => {
                self.certain && blame.iter().all(|rule| other.contains(rule))
            }
            _ => false,
        }
    }
}

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

/// For how long, where no time is asked for, the failures of one run are made small on a target that keeps the harness
/// waiting.
const MAX_SLOW_TIME_FOR_ALL: Duration = Duration::from_secs(1_800);

/// How long failures are made small. On a target in virtual time executions are counted instead.
pub(crate) struct Patience<'s> {
    stop: &'s Stop,
    /// On a target that keeps the harness waiting nothing further is begun after this.
    until: Deadline,
}

impl Patience<'_> {
    /// Begins now. A run of so much time makes its failures small for as long again at most.
    pub(crate) fn begin(stop: &Stop, time: Option<Duration>) -> Patience<'_> {
        Patience { stop, until: Deadline::after(Some(time.unwrap_or(MAX_SLOW_TIME_FOR_ALL))) }
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
        for (failure, files, kind) in by_blame(&failures) {
            let cases = match kind {
                Kind::Warning(rule) => tally.warned.get(rule),
                kind => tally.kinds.get(kind),
            };
            let cases = cases.copied().unwrap_or(0);
            // What a known failure explains as well is counted with it, and not chased again.
            if let Some(known) = found.iter_mut().find(|known| known.explains(kind)) {
                known.cases = (known.cases + cases).min(tally.violates);
                continue;
            }
            let (small, again) = match patience.stop.is_told() {
                true => (None, None),
                false => smaller(bench, reading, &failure.trial, kind, patience),
            };
            let mut finding = self.finding(small, reading, typed, failure, kind, files, cases);
            finding.repeats.extend(again);
            match found.iter_mut().find(|known| known.explains(&finding.kind)) {
                Some(known) => known.cases = (known.cases + cases).min(tally.violates),
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
        let (small, _) = small(bench, reading, &failure.trial, &wanted, patience);
        // The blame may have become shorter.
        let kind =
            small.as_ref().and_then(|small| shown(&small.trial, &wanted)).unwrap_or_else(|| kind.clone());
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
        shrunk: Option<Shrunk>,
        reading: &Reading,
        typed: &str,
        failure: &Failure,
        kind: &Kind,
        files: Option<&Files>,
        cases: u64,
    ) -> Finding {
        let origin = &failure.origin;
        let trial = shrunk.as_ref().map_or(&failure.trial, |shrunk| &shrunk.trial);
        let (blame, certain, explanation) = told(trial, kind, reading);
        let kind = match kind {
            Kind::Violation(_) => Kind::Violation(blame.clone()),
            other => other.clone(),
        };
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
            repeats: failure.trial.repeats.clone(),
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

/// The failure made small, if it is of a kind that can be; and on a slow target how often it showed.
fn smaller<B: Bench>(
    bench: &B,
    reading: &Reading,
    trial: &Trial,
    kind: &Kind,
    patience: &Patience<'_>,
) -> (Option<Shrunk>, Option<Repeat>) {
    match kind {
        Kind::Violation(blame) => small(bench, reading, trial, &Wanted::Blame(blame.clone()), patience),
        Kind::Warning(rule) => small(bench, reading, trial, &Wanted::Warning(*rule), patience),
        Kind::Flaky(_) | Kind::Undecided | Kind::CouldNotRun => (None, None),
    }
}

/// The kind of violation that the trial shows of what is wanted.
fn shown(trial: &Trial, wanted: &Wanted) -> Option<Kind> {
    let Outcome::Judged(judgement) = &trial.outcome else { return None };
    wanted.violation(judgement).map(|violation| Kind::Violation(violation.blame.clone()))
}

/// Shrinks with texts or without, as the failure was found. A target that panics on the way leaves it as it is.
fn small<B: Bench>(
    bench: &B,
    reading: &Reading,
    trial: &Trial,
    wanted: &Wanted,
    patience: &Patience<'_>,
) -> (Option<Shrunk>, Option<Repeat>) {
    let target = bench.target(trial.setup.is_some());
    if target.profile().wall {
        if patience.until.is_over() {
            return (None, None);
        }
        let limits = Limits { time: Some(MAX_SLOW_TIME.min(patience.until.left())), ..Limits::default() };
        let work = shrink_slowly(&target, trial, reading, wanted, limits, patience.stop);
        let Ok(SlowlyShrunk { before: Count { shown, runs }, shrunk, .. }) =
            catch_unwind(AssertUnwindSafe(|| bench.wait(work)))
        else {
            return (None, None);
        };
        let blame = wanted.blame();
        return (shrunk, (runs > 0).then_some(Repeat { blame, shown, runs }));
    }
    let work = || bench.wait(shrink(&target, trial.case.clone(), reading, wanted, MAX_EXECUTIONS));
    (catch_unwind(AssertUnwindSafe(work)).ok().flatten(), None)
}

/// Blame, whether it is certain, and the explanation.
fn told(trial: &Trial, kind: &Kind, reading: &Reading) -> (Vec<RuleId>, bool, String) {
    match (&trial.outcome, kind) {
        (_, Kind::Flaky(blame)) => {
            let numbers = trial.flaky().find(|repeat| repeat.blame == *blame);
            let told = numbers.map(|r| {
                format!("It showed in {} of {} runs of this case: held against nobody.", r.shown, r.runs)
            });
            (blame.clone(), true, told.unwrap_or_default())
        }
        (Outcome::Judged(judgement), Kind::Violation(blame)) => {
            let Some(violation) = meant(judgement, blame) else {
                return (blame.clone(), false, String::new());
            };
            let explanation = explain(trial.trace(), reading, violation);
            (violation.blame.clone(), violation.certain, explanation)
        }
        (Outcome::Judged(judgement), Kind::Warning(rule)) => {
            let what = judgement.warnings.iter().find(|warning| warning.rule == *rule);
            let what = what.and_then(|warning| warning.what.clone());
            let sentence = catalogue::get(*rule).map_or("", |requirement| requirement.sentence);
            (vec![*rule], true, what.unwrap_or_else(|| sentence.to_owned()))
        }
        (Outcome::Judged(Judgement { verdict: Verdict::Undecided(why), .. }), _) => {
            (Vec::new(), false, why.clone())
        }
        (Outcome::CouldNotRun(why) | Outcome::Unsupported(why), _) => (Vec::new(), false, why.clone()),
        (Outcome::Judged(_), _) => (Vec::new(), false, String::new()),
    }
}

/// The violation of that blame, or of a part of it.
fn meant<'j>(judgement: &'j Judgement, blame: &[RuleId]) -> Option<&'j Violation> {
    let Verdict::Violates(violations) = &judgement.verdict else { return None };
    let exact = violations.iter().find(|violation| violation.blame == blame);
    exact.or_else(|| Wanted::Blame(blame.to_vec()).violation(judgement))
}
