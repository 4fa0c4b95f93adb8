//! Failures made small: one after another, or side by side where the target keeps the harness waiting.

use esm_model::spec::Reading;
use esmeralda::bench::Bench;
use esmeralda::campaign::Kind;
use esmeralda::clock::Deadline;
use esmeralda::confirm::{Repeat, rests_on_absence};
use esmeralda::outcome::{Outcome, Trial};
use esmeralda::shrink::{
    AT_ONCE, Count, Limits, MAX_EXECUTIONS, Shrunk, SlowlyShrunk, Wanted, Wish, shrink, shrink_several,
};
use esmeralda::stop::Stop;
use esmeralda::target::Target;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// For how long, where no time is asked for, the failures of one run are made small on a target that keeps the harness
/// waiting.
const MAX_SLOW_TIME_FOR_ALL: Duration = Duration::from_secs(300);

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

    /// Whether somebody wished for an end.
    pub(crate) fn is_over(&self) -> bool {
        self.stop.is_told()
    }
}

/// What came of making a failure small.
#[derive(Default)]
pub(crate) struct Small {
    /// The small case, if there is one.
    pub(crate) shrunk: Option<Shrunk>,
    /// On a slow target how often the case failed, where that was found out here.
    pub(crate) before: Option<Repeat>,
    /// And how often the small one does.
    pub(crate) after: Option<Count>,
}

/// What a small case of this kind must still show; nothing, if it cannot be made small.
pub(crate) fn wanted(kind: &Kind) -> Option<Wanted> {
    match kind {
        Kind::Violation(blame) => Some(Wanted::Blame(blame.clone())),
        Kind::Warning(rule) => Some(Wanted::Warning(*rule)),
        Kind::Flaky(_) | Kind::Undecided | Kind::CouldNotRun => None,
    }
}

/// On what, and for how long.
pub(crate) struct Work<'w, B: Bench> {
    pub(crate) bench: &'w B,
    pub(crate) reading: &'w Reading,
    pub(crate) patience: &'w Patience<'w>,
}

impl<B: Bench> Work<'_, B> {
    /// Whether time passes by itself there.
    pub(crate) fn is_slow(&self) -> bool {
        self.bench.target(true).profile().wall
    }

    /// Makes one failure small, with texts or without, as it was found. A target that panics on the way leaves it as it
    /// is.
    pub(crate) fn one(&self, trial: &Trial, wanted: &Wanted) -> Small {
        if self.is_slow() {
            return self.side_by_side(vec![(trial, wanted.clone())]).pop().unwrap_or_default();
        }
        let target = self.bench.target(trial.setup.is_some());
        let case = trial.case.clone();
        let work = || self.bench.wait(shrink(&target, case, self.reading, wanted, MAX_EXECUTIONS));
        Small { shrunk: catch_unwind(AssertUnwindSafe(work)).ok().flatten(), ..Small::default() }
    }

    /// Makes several small at once, as many as the target bears. Nothing, where there is no time or the target panics.
    pub(crate) fn side_by_side(&self, failures: Vec<(&Trial, Wanted)>) -> Vec<Small> {
        let Patience { stop, until } = self.patience;
        if stop.is_told() || until.is_over() {
            return Vec::new();
        }
        let wish = |(trial, wanted): &(&Trial, Wanted)| Wish::new(trial, self.reading, wanted);
        let wishes: Vec<Wish> = failures.iter().map(wish).collect();
        let sessions = self.bench.wide().map_or(1, |wide| wide.sessions);
        let at_a_time = (sessions / AT_ONCE as usize).max(1);
        let target = self.bench.target(true);
        let limits = Limits { time: Some(until.left()), ..Limits::default() };
        let work =
            || self.bench.wait(shrink_several(&target, &wishes, self.reading, limits, stop, at_a_time));
        let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or_default();
        failures.iter().zip(done).map(|((trial, wanted), done)| Small::new(trial, wanted, done)).collect()
    }
}

impl Small {
    fn new(trial: &Trial, wanted: &Wanted, done: SlowlyShrunk) -> Small {
        let SlowlyShrunk { before: Count { shown, runs }, after, shrunk, .. } = done;
        let blame = wanted.blame();
        let known = runs == 0 || trial.repeats.iter().any(|repeat| repeat.blame == blame);
        let violation = match &trial.outcome {
            Outcome::Judged(judgement) => wanted.violation(judgement),
            _ => None,
        };
        let absent = violation.is_some_and(|violation| rests_on_absence(&trial.events, violation));
        let before = (!known).then(|| Repeat::counted(blame, shown, runs, absent));
        Small { shrunk, before, after: after.filter(|count| count.runs > 0) }
    }
}
