//! Phases, threads, merging in order, and outcomes that are no verdicts.

use crate::support::{Moody, case, mutant, reference};
use esm_model::spec::Reading;
use esmeralda::bench::Bench;
use esmeralda::campaign::{Campaign, Cut, Failure, Kind, Named, Nobody, Phase, Plan, Tally, Watcher};
use esmeralda::outcome::Standing;
use esmeralda::stop::Stop;
use std::time::Duration;

/// Writes down what it hears.
#[derive(Default, PartialEq, Debug)]
struct Heard {
    failures: Vec<(Phase, u64, String, Vec<Kind>)>,
    progress: Vec<u64>,
}

impl Watcher for Heard {
    fn failed(&mut self, Failure { origin, kinds, .. }: &Failure) {
        self.failures.push((origin.phase, origin.index, origin.name.clone(), kinds.clone()));
    }

    fn progressed(&mut self, tally: &Tally) {
        self.progress.push(tally.cases);
    }
}

fn run<B: Bench>(bench: &B, cases: u64, jobs: usize) -> (Campaign, Heard) {
    let named = [Named { name: "by hand".to_owned(), case: case(1) }];
    let reading = Reading::documented();
    let plan = Plan {
        scenarios: &named,
        regressions: &named,
        generated: 0..cases,
        case: &case,
        reading: &reading,
        only: None,
        jobs,
        longest_ms: None,
        time: None,
        stop: &Stop::default(),
    };
    let mut heard = Heard::default();
    (plan.run(bench, &mut heard), heard)
}

#[test]
fn threads_change_nothing() {
    let one = run(&mutant("one-retry-too-few"), 2_000, 1);
    assert_eq!(one.0.tally.cases, 2_002);
    assert_eq!(one.0.tally.standing(), Standing::Violates);
    assert_eq!(one.1.failures[0].0, Phase::Scenarios, "phases come in order");
    for jobs in [2, 3, 8] {
        let several = run(&mutant("one-retry-too-few"), 2_000, jobs);
        assert_eq!(format!("{:?}", one.0), format!("{:?}", several.0));
        assert_eq!(one.1, several.1);
    }
}

#[test]
fn what_is_no_verdict_is_counted() {
    let moody = Moody { unsupported: 4, breaks: 5, ..Moody::new(reference()) };
    let (Campaign { tally, .. }, heard) = run(&moody, 300, 2);
    // Four, five and six records in turn; the two named ones have five.
    assert_eq!((tally.cases, tally.unsupported, tally.could_not_run, tally.conforms), (302, 100, 102, 100));
    assert_eq!(tally.standing(), Standing::CouldNotRun);
    assert_eq!(heard.failures, [(Phase::Scenarios, 0, "by hand".to_owned(), vec![Kind::CouldNotRun])]);
}

#[test]
fn a_panic_ends_nothing() {
    let moody = Moody { panics: 4, ..Moody::new(mutant("one-retry-too-few")) };
    let (Campaign { tally, .. }, _) = run(&moody, 30, 2);
    assert_eq!((tally.cases, tally.could_not_run, tally.violates), (32, 10, 22));
    assert_eq!(tally.standing(), Standing::Violates, "1 over 3");
}

#[test]
fn nothing_judged_is_undecided() {
    let moody = Moody { unsupported: 5, ..Moody::new(reference()) };
    let (Campaign { tally, .. }, _) = run(&moody, 0, 1);
    assert_eq!((tally.cases, tally.standing()), (2, Standing::Undecided));
}

#[test]
fn time_ends_it() {
    let plan = Plan {
        scenarios: &[],
        regressions: &[],
        generated: 0..u64::MAX,
        case: &case,
        reading: &Reading::documented(),
        only: None,
        jobs: 2,
        longest_ms: None,
        time: Some(Duration::from_millis(50)),
        stop: &Stop::default(),
    };
    let Campaign { tally, cut, .. } = plan.run(&reference(), &mut Nobody);
    assert!(cut == Some(Cut::Time) && tally.cases == tally.conforms, "{tally:?}");
}
