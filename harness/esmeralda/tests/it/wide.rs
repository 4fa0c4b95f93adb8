//! Many sessions at once on a target that keeps the harness waiting, and what goes wrong on the way.

use crate::slow::{Day, Mood, Slow};
use crate::support::{case, mutant, reference};
use esm_model::case::Case;
use esm_model::spec::Reading;
use esm_model::verdict::Verdict;
use esm_model::when::Ms;
use esmeralda::bench::Bench;
use esmeralda::campaign::{Campaign, Cut, Failure, Kind, Plan, Tally, Watcher};
use esmeralda::confirm::{RUNS, Repeat};
use esmeralda::outcome::{Outcome, Standing, Trial, attempt, try_case};
use esmeralda::predict;
use esmeralda::shrink::{Count, Limits, MAX_SLOW_EXECUTIONS, SlowlyShrunk, Wanted, Wish, shrink_slowly};
use esmeralda::stop::Stop;

/// Cases of very different lengths: every seventh waits long for its end.
fn lengths(index: u64) -> Case {
    let mut case = case(index);
    case.mappings[0].settings.destination = "arn:aws:sqs:eu-west-1:123456789012:failures".parse().ok();
    case.closing_at = Some(if index.is_multiple_of(7) { 60_000 } else { 1_000 + index as Ms });
    case
}

/// Writes down what it hears.
#[derive(Debug, Default)]
struct Heard {
    noticed: Vec<u64>,
    failed: Vec<(u64, Vec<Kind>)>,
    repeats: Vec<Repeat>,
    told: u64,
    /// How many had failed when every case had run once, each time that was told.
    once: Vec<usize>,
}

impl Heard {
    /// How often what failed showed, of how many runs, and whether it rests on absence.
    fn numbers(&self) -> Vec<(u32, u32, bool)> {
        self.repeats.iter().map(|repeat| (repeat.shown, repeat.runs, repeat.absent)).collect()
    }
}

impl Watcher for Heard {
    fn noticed(&mut self, failure: &Failure) {
        self.noticed.push(failure.origin.index);
    }

    fn failed(&mut self, failure: &Failure) {
        self.failed.push((failure.origin.index, failure.kinds.clone()));
        self.repeats.extend(failure.trial.repeats.iter().cloned());
    }

    fn ran_once(&mut self) {
        self.once.push(self.noticed.len());
    }

    fn progressed(&mut self, _: &Tally) {
        self.told += 1;
    }
}

fn run(bench: &Slow, cases: u64, stop: &Stop) -> (Campaign, Heard) {
    run_within(bench, cases, None, stop)
}

fn run_within(bench: &Slow, cases: u64, longest_ms: Option<Ms>, stop: &Stop) -> (Campaign, Heard) {
    let reading = Reading::documented();
    let plan = Plan {
        scenarios: &[],
        regressions: &[],
        generated: 0..cases,
        case: &lengths,
        reading: &reading,
        only: None,
        jobs: bench.sessions,
        longest_ms,
        time: None,
        stop,
    };
    let mut heard = Heard::default();
    let campaign = plan.run(bench, &mut heard);
    assert_eq!(bench.open_now(), 0, "every session is closed");
    (campaign, heard)
}

fn slow(mood: Mood) -> Slow {
    Slow::new(reference(), mood)
}

#[test]
fn the_longest_wait_is_waited_for_once() {
    let bench = Slow { sessions: 12, ..slow(|_, _| Day::Good) };
    let (Campaign { tally, cut, left_out, longest_ms }, heard) = run(&bench, 70, &Stop::default());
    assert_eq!((tally.cases, tally.conforms, cut, left_out), (70, 70, None, 0));
    assert_eq!(longest_ms, predict::lasts(&lengths(0)));
    assert_eq!(
        bench.now(),
        longest_ms,
        "ten cases of the longest kind go side by side, and the rest beside them"
    );
    assert_eq!(bench.most.load(std::sync::atomic::Ordering::Relaxed), 12);
    assert_eq!(heard.told, 71, "progress is told as cases end, and once more in the end");
}

#[test]
fn who_ends_first_changes_nothing() {
    let told = |sessions: usize| {
        let bench = Slow { inner: mutant("one-retry-too-few"), sessions, ..slow(|_, _| Day::Good) };
        let (campaign, heard) = run(&bench, 50, &Stop::default());
        assert_eq!(heard.noticed.len(), 50, "each failure is kept as soon as it is known");
        assert_eq!(heard.once, [50], "it is told once, when the last case has run for the first time");
        (format!("{campaign:?}"), heard.failed)
    };
    let one = told(1);
    assert_eq!(one.1.len(), 1, "and the first of its kind is the one that is told: {:?}", one.1);
    assert_eq!(one.1[0].0, 0);
    for sessions in [2, 7, 50] {
        assert_eq!(told(sessions), one, "{sessions} sessions");
    }
}

#[test]
fn what_lasts_too_long_is_left_out() {
    let patient = || slow(|_, _| Day::Good);
    for (bench, asked) in [(Slow { longest_ms: 30_000, ..patient() }, None), (patient(), Some(30_000))] {
        let (campaign, _) = run_within(&bench, 70, asked, &Stop::default());
        assert_eq!((campaign.tally.cases, campaign.left_out, campaign.cut), (60, 10, None));
        assert!(bench.now() <= 30_000);
    }
}

#[test]
fn a_target_that_dies_loses_nothing() {
    // From the thirtieth session on nothing answers any more, and those under way break down.
    let bench = slow(|number, _| if number < 30 { Day::Bad("one-retry-too-few") } else { Day::Lost(5) });
    let (Campaign { tally, cut, .. }, heard) = run(&bench, 500, &Stop::default());
    // The thirty sessions were of twenty-eight cases: one of them ran three times.
    assert_eq!((tally.violates, cut), (28, Some(Cut::Gone)));
    assert!(tally.could_not_run >= 16 && tally.could_not_run < 60, "{}", tally.could_not_run);
    assert_eq!(tally.standing(), Standing::Violates);
    assert!(heard.noticed.len() > 28 && heard.failed.len() == 2, "{:?}", heard.failed);
}

#[test]
fn a_wish_to_stop_takes_sessions_down_and_keeps_results() {
    let stop = Stop::default();
    let bench = Slow { stop: Some((20_000, stop.clone())), ..slow(|_, _| Day::Good) };
    let (Campaign { tally, cut, .. }, _) = run(&bench, 500, &stop);
    assert_eq!((cut, tally.could_not_run), (Some(Cut::Stopped), 0));
    assert_eq!((tally.cases, tally.standing()), (0, Standing::Undecided), "the longest were still under way");
    assert_eq!(bench.now(), 20_000, "and nobody waits for their end");
    let (campaign, _) = run(&bench, 500, &stop);
    assert_eq!((campaign.tally.cases, campaign.cut), (0, Some(Cut::Stopped)));
}

#[test]
fn a_panic_ends_one_case() {
    let bench = slow(|number, _| if number == 3 { Day::Panic } else { Day::Good });
    let (Campaign { tally, .. }, _) = run(&bench, 20, &Stop::default());
    assert_eq!((tally.conforms, tally.could_not_run), (19, 1));
}

#[test]
fn absence_needs_three_of_three() {
    // This bug shows in what does not come.
    let lossy = |number: u64, _: &Case| if number > 1_000 { Day::Good } else { Day::Bad("record-lost") };
    let bench = slow(lossy);
    let (campaign, heard) = run(&bench, 1, &Stop::default());
    assert_eq!(campaign.tally.standing(), Standing::Violates, "{campaign:?}");
    assert_eq!(bench.opened.load(std::sync::atomic::Ordering::Relaxed), u64::from(RUNS));
    assert!(matches!(&heard.failed[..], [(0, kinds)] if matches!(kinds[..], [Kind::Violation(_)])));
}

#[test]
fn what_is_missing_now_and_then_is_held_against_nobody() {
    let now_and_then = |number: u64, _: &Case| match number {
        0 | 2 => Day::Bad("record-lost"),
        _ => Day::Good,
    };
    let (campaign, heard) = run(&slow(now_and_then), 1, &Stop::default());
    let tally = &campaign.tally;
    assert_eq!((tally.violates, tally.undecided, tally.flaky), (0, 1, 1));
    assert_eq!(tally.standing(), Standing::Undecided, "it is held against nobody, and it is no pass");
    assert!(matches!(&heard.failed[..], [(0, kinds)] if matches!(kinds[..], [Kind::Flaky(_)])));
    assert_eq!(heard.numbers(), [(2, 3, true)]);
}

#[test]
fn what_was_seen_now_and_then_is_flaky_and_violates() {
    let now_and_then = |number: u64, _: &Case| match number {
        0 | 2 => Day::Bad("one-retry-too-many"),
        _ => Day::Good,
    };
    let (campaign, heard) = run(&slow(now_and_then), 1, &Stop::default());
    let tally = &campaign.tally;
    assert_eq!((tally.violates, tally.undecided, tally.flaky), (1, 0, 1));
    assert_eq!(tally.standing(), Standing::Violates, "one sighting is proof");
    assert!(matches!(&heard.failed[..], [(0, kinds)] if matches!(kinds[..], [Kind::Flaky(_)])));
    assert_eq!(heard.numbers(), [(2, 3, false)]);
}

#[test]
fn what_shows_every_time_is_not_shown_again_by_every_case() {
    let bench = Slow { sessions: 1, ..slow(|_, _| Day::Bad("one-retry-too-many")) };
    let (campaign, heard) = run(&bench, 50, &Stop::default());
    assert_eq!((campaign.tally.violates, campaign.tally.flaky), (50, 0));
    assert_eq!(heard.numbers(), [(RUNS, RUNS, false)]);
    let opened = bench.opened.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(opened, u64::from(50 + RUNS - 1), "one case says it for all");
}

#[test]
fn a_run_that_breaks_down_says_nothing() {
    let once = |number: u64, _: &Case| match number {
        0 => Day::Bad("one-retry-too-many"),
        _ => Day::Lost(5),
    };
    let (campaign, heard) = run(&slow(once), 1, &Stop::default());
    assert_eq!((campaign.tally.violates, campaign.tally.flaky), (1, 1), "one run is not three");
    assert_eq!(heard.numbers(), [(1, 1, false)]);
    assert!(heard.repeats[0].is_unconfirmed() && heard.repeats[0].told().contains("too few"));
    let why = heard.repeats[0].broke.clone().expect("the reason is told");
    assert!(heard.repeats[0].told().contains(&format!("A further run broke down: {why}.")), "{heard:?}");
}

#[test]
fn what_is_the_same_every_time_is_not_tried_again() {
    let (bench, reading) = (mutant("one-retry-too-many"), Reading::documented());
    let trial = attempt(&bench, &mut bench.target(true), || lengths(1), &reading, Vec::new());
    assert_eq!((trial.outcome.standing(), trial.repeats.len()), (Standing::Violates, 0));
}

/// A case that fails in the way that the bug makes it, and what it is blamed for.
fn failing(bench: &Slow, case: Case) -> (Trial, Wanted) {
    let reading = Reading::documented();
    let trial = bench.wait(try_case(bench, case, &reading, Vec::new()));
    let Outcome::Judged(judgement) = &trial.outcome else { panic!("{:?}", trial.outcome) };
    let Verdict::Violates(violations) = &judgement.verdict else { panic!("{:?}", judgement.verdict) };
    let wanted = Wanted::Blame(violations[0].blame.clone());
    (trial, wanted)
}

fn shrunk(bench: &Slow, trial: &Trial, wanted: &Wanted, limits: Limits) -> SlowlyShrunk {
    let (reading, stop) = (Reading::documented(), Stop::default());
    let wish = Wish::new(trial, &reading, wanted);
    bench.wait(shrink_slowly(bench, &wish, &reading, limits, &stop))
}

#[test]
fn a_planted_bug_stands_in_for_a_slow_target() {
    let bench = Slow::new(mutant("one-retry-too-few"), |_, _| Day::Good);
    let (trial, wanted) = failing(&bench, lengths(7));
    let done = shrunk(&bench, &trial, &wanted, Limits::default());
    assert_eq!(done.before, Count { shown: RUNS, runs: RUNS });
    assert_eq!(done.after, Some(Count { shown: RUNS, runs: RUNS }));
    assert!(done.surrogate.is_some());
    let small = done.shrunk.expect("a small case");
    assert_eq!((small.trial.case.records.len(), small.executions, small.cut), (1, 2 * RUNS, false));
    assert!(wanted.is_shown(&small.trial.outcome));
}

#[test]
fn where_no_bug_stands_in_the_target_is_tried_itself() {
    // Nothing of one record fails here, so that what the planted bugs need is too small.
    let mood: Mood = |_, case| match case.records.len() {
        0..=2 => Day::Good,
        _ => Day::Bad("one-retry-too-few"),
    };
    let bench = slow(mood);
    let (trial, wanted) = failing(&bench, lengths(7));
    let done = shrunk(&bench, &trial, &wanted, Limits::default());
    assert!(done.surrogate.is_none());
    let small = done.shrunk.expect("a small case");
    assert_eq!(small.trial.case.records.len(), 3, "{}", small.trial.case.to_json());
    assert!(small.executions <= MAX_SLOW_EXECUTIONS);
    assert!(predict::lasts(&small.trial.case) <= predict::lasts(&trial.case));
    assert!(done.after.is_some_and(Count::is_sure));
    // Out of budget the best so far is the result.
    let limits = Limits { executions: 20, time: None };
    let small = shrunk(&bench, &trial, &wanted, limits).shrunk.expect("a case");
    assert!(small.cut && small.executions <= 20);
}

#[test]
fn what_does_not_fail_again_has_numbers() {
    let mood: Mood =
        |number, _| if number.is_multiple_of(2) { Day::Bad("one-retry-too-few") } else { Day::Good };
    let bench = slow(mood);
    let (trial, wanted) = failing(&bench, lengths(7));
    let done = shrunk(&bench, &trial, &wanted, Limits::default());
    assert_eq!((done.before, done.after), (Count { shown: 1, runs: 3 }, None));
    assert!(done.shrunk.is_none(), "nothing is shrunk that fails now and then");
}
