//! A campaign on a target that keeps the harness waiting: many sessions side by side on one thread, so that a long wait
//! is waited for once.
//!
//! The cases that will last longest begin first. What is added up does not depend on who ends first.

use super::{Campaign, Cut, Failure, MAX_NOTICED, Origin, Phase, Plan, Tally, Watcher};
use crate::clock::Deadline;
use crate::confirm::{Confirming, Known, Step};
use crate::outcome::{Outcome, Trial, try_case_until};
use crate::predict;
use crate::target::Target;
use esm_model::case::Case;
use esm_model::when::Ms;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::{BTreeMap, VecDeque};

/// So many cases are drawn and put in order at a time.
const WAVE: u64 = 4_096;
/// After so many cases in a row that could not run, or as many as run at once, the target counts as gone.
const GONE_AFTER: usize = 16;

/// A case and its place among all.
#[derive(Clone)]
struct Job {
    place: u64,
    origin: Origin,
    case: Case,
    predicted_ms: Ms,
}

/// Runs every case on the target, `sessions` at a time.
pub(super) async fn run<T: Target>(
    plan: &Plan<'_>,
    target: &T,
    sessions: usize,
    longest_ms: Ms,
    watcher: &mut dyn Watcher,
) -> Campaign {
    let mut hall = Hall {
        plan,
        watcher,
        wall: target.profile().wall,
        deadline: Deadline::after(plan.time),
        queue: Queue { next: 0, longest_ms, wave: VecDeque::new(), left_out: 0, predicted_ms: 0 },
        again: VecDeque::new(),
        confirming: BTreeMap::new(),
        known: Known::default(),
        held: Vec::new(),
        ended: BTreeMap::new(),
        failures: BTreeMap::new(),
        so_far: Tally::default(),
        first: 0,
        noticed: 0,
        broken: 0,
        gone_after: sessions.max(GONE_AFTER),
        cut: None,
    };
    let one = |job: Job| async move {
        let trial = try_case_until(target, job.case.clone(), plan.reading, plan.stop).await;
        (job, trial)
    };
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < sessions
            && let Some(job) = hall.next()
        {
            running.push(one(job));
        }
        let Some((job, trial)) = running.next().await else { break };
        hall.ran(job, trial);
    }
    hall.end()
}

/// Where jobs come from, and where their results go.
struct Hall<'h> {
    plan: &'h Plan<'h>,
    watcher: &'h mut dyn Watcher,
    wall: bool,
    deadline: Deadline,
    queue: Queue,
    /// Cases to run once more.
    again: VecDeque<Job>,
    confirming: BTreeMap<u64, Confirming>,
    known: Known,
    /// Cases with reds of which others are being asked.
    held: Vec<(Job, Box<Confirming>)>,
    /// What each case adds, by its place.
    ended: BTreeMap<u64, Tally>,
    /// Cases that failed, by their place.
    failures: BTreeMap<u64, Failure>,
    /// Everything so far, in the order in which cases ended: for showing progress alone.
    so_far: Tally,
    /// Cases that run for the first time.
    first: usize,
    noticed: usize,
    /// Cases in a row that could not run.
    broken: usize,
    gone_after: usize,
    cut: Option<Cut>,
}

impl Hall<'_> {
    /// The next case to begin.
    fn next(&mut self) -> Option<Job> {
        let gone = (self.broken >= self.gone_after).then_some(Cut::Gone);
        let cut = self.plan.cut_by(self.deadline).max(gone);
        // What was begun in time is confirmed beyond it.
        if cut.is_none_or(|cut| cut == Cut::Time)
            && let Some(job) = self.again.pop_front()
        {
            return Some(job);
        }
        if cut.is_some() {
            // Nothing is cut where nothing was left to do.
            if !self.again.is_empty() || self.queue.has_more(self.plan) {
                self.cut = self.cut.max(cut);
            }
            return None;
        }
        let job = self.queue.next(self.plan)?;
        self.first += 1;
        Some(job)
    }

    /// A case was run; `None` if it was stopped before its end.
    fn ran(&mut self, job: Job, trial: Option<Trial>) {
        let Some(trial) = trial else {
            self.cut = Some(Cut::Stopped);
            return;
        };
        let broke = matches!(trial.outcome, Outcome::CouldNotRun(_));
        self.broken = if broke { self.broken + 1 } else { 0 };
        if let Some(confirming) = self.confirming.get_mut(&job.place) {
            confirming.add(&trial);
            if confirming.wants() > 0 {
                return;
            }
            if let Some(confirmed) = self.confirming.remove(&job.place) {
                let trial = confirmed.end();
                self.known.learn(&trial);
                self.add(job.place, job.origin, trial);
                for (job, waited) in std::mem::take(&mut self.held) {
                    self.step(job, waited.into_trial());
                }
            }
            return;
        }
        self.first -= 1;
        // What fails is kept before anything else can go wrong.
        self.notice(&job.origin, &trial);
        if self.first == 0 && !self.queue.has_more(self.plan) {
            self.watcher.ran_once();
        }
        if self.wall {
            self.step(job, trial);
        } else {
            self.add(job.place, job.origin, trial);
        }
    }

    /// Goes on with a case after its first run.
    fn step(&mut self, job: Job, trial: Trial) {
        match self.known.step(trial) {
            Step::Done(trial) => self.add(job.place, job.origin, *trial),
            Step::Wait(confirming) => self.held.push((job, confirming)),
            Step::Again(confirming) => {
                self.again.extend((0..confirming.wants()).map(|_| job.clone()));
                self.confirming.insert(job.place, *confirming);
            }
        }
    }

    fn notice(&mut self, origin: &Origin, trial: &Trial) {
        let kinds = if self.plan.selects(trial) { Tally::default().add(trial) } else { Vec::new() };
        if !kinds.is_empty() && self.noticed < MAX_NOTICED {
            self.noticed += 1;
            self.watcher.noticed(&Failure { origin: origin.clone(), trial: trial.clone(), kinds });
        }
    }

    /// A case is done.
    fn add(&mut self, place: u64, origin: Origin, trial: Trial) {
        let mut tally = Tally::default();
        if self.plan.selects(&trial) {
            let kinds = tally.add(&trial);
            self.so_far.merge(tally.clone());
            if !kinds.is_empty() {
                self.keep(place, Failure { origin, trial, kinds });
            }
        } else {
            tally.unselected += 1;
            self.so_far.unselected += 1;
        }
        self.ended.insert(place, tally);
        self.watcher.progressed(&self.so_far);
    }

    /// Of failures of one kind only the first is wanted in the end.
    fn keep(&mut self, place: u64, failure: Failure) {
        let earlier = |kind| self.failures.range(..place).any(|(_, known)| known.kinds.contains(kind));
        if failure.kinds.iter().all(earlier) {
            return;
        }
        self.failures.insert(place, failure);
        let later: Vec<u64> = self.failures.range(place + 1..).map(|(place, _)| *place).collect();
        for place in later {
            let earlier = |kind| self.failures.range(..place).any(|(_, known)| known.kinds.contains(kind));
            if self.failures.get(&place).is_some_and(|known| known.kinds.iter().all(earlier)) {
                self.failures.remove(&place);
            }
        }
    }

    /// Adds everything up in order, whoever ended first.
    fn end(mut self) -> Campaign {
        // What could not be confirmed any more is told with the runs that there were.
        for (place, confirming) in std::mem::take(&mut self.confirming) {
            let trial = confirming.end();
            if let Some(origin) = place_of(self.plan, place) {
                self.add(place, origin, trial);
            }
        }
        for (job, confirming) in std::mem::take(&mut self.held) {
            self.add(job.place, job.origin, confirming.end());
        }
        let mut campaign = Campaign {
            tally: Tally::default(),
            cut: self.cut,
            left_out: self.queue.left_out,
            longest_ms: self.queue.predicted_ms,
        };
        for (place, tally) in self.ended {
            let fresh = campaign.tally.merge(tally);
            let Some(mut failure) = self.failures.remove(&place) else { continue };
            failure.kinds.retain(|kind| fresh.contains(kind));
            if !failure.kinds.is_empty() {
                self.watcher.failed(&failure);
            }
        }
        self.watcher.progressed(&campaign.tally);
        campaign
    }
}

/// Draws cases wave by wave, and gives those out first that will last longest.
struct Queue {
    next: u64,
    longest_ms: Ms,
    wave: VecDeque<Job>,
    left_out: u64,
    predicted_ms: Ms,
}

impl Queue {
    /// Whether there may be a further case.
    fn has_more(&self, plan: &Plan<'_>) -> bool {
        !self.wave.is_empty() || place_of(plan, self.next).is_some()
    }

    fn next(&mut self, plan: &Plan<'_>) -> Option<Job> {
        // Ends: each turn draws, and there are only so many places; where all are too long, the user may stop it.
        while self.wave.is_empty() && !plan.stop.is_told() && self.draw(plan) {}
        let job = self.wave.pop_front()?;
        self.predicted_ms = self.predicted_ms.max(job.predicted_ms);
        Some(job)
    }

    /// Draws one wave; whether there was anything left to draw.
    fn draw(&mut self, plan: &Plan<'_>) -> bool {
        let mut wave = Vec::new();
        let from = self.next;
        while self.next - from < WAVE
            && let Some(origin) = place_of(plan, self.next)
        {
            let place = self.next;
            self.next += 1;
            let case = plan.case_of(&origin);
            let predicted_ms = predict::lasts(&case);
            if predicted_ms > self.longest_ms {
                self.left_out += 1;
            } else {
                wave.push(Job { place, origin, case, predicted_ms });
            }
        }
        wave.sort_by_key(|job| std::cmp::Reverse(job.predicted_ms));
        self.wave = wave.into();
        self.next > from
    }
}

/// The case at a place over all phases.
fn place_of(plan: &Plan<'_>, place: u64) -> Option<Origin> {
    let (scenarios, regressions) = (plan.scenarios.len() as u64, plan.regressions.len() as u64);
    if place < scenarios {
        plan.origin(Phase::Scenarios, place)
    } else if place < scenarios + regressions {
        plan.origin(Phase::Regressions, place - scenarios)
    } else {
        plan.origin(Phase::Generated, place - scenarios - regressions)
    }
}
