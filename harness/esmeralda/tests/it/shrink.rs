//! Shrinking: as small as can be seen to be right, the same blame, and bounded.

use crate::support::{Moody, case, mutant};
use esm_model::case::{Action, Case, Step};
use esm_model::spec::Reading;
use esm_model::verdict::Verdict;
use esmeralda::bench::Bench;
use esmeralda::outcome::{Outcome, try_case};
use esmeralda::shrink::{MAX_EXECUTIONS, Shrunk, Walk, Wanted, shrink};

/// A case with more of everything than a violation takes.
fn large() -> Case {
    let mut case = case(2);
    case.shards = 3;
    case.mappings.push(case.mappings[0].clone());
    case.mappings[1].created_at = 5_000;
    for (index, record) in case.records.iter_mut().enumerate() {
        record.shard = (index % 3) as u8;
        record.size = 70_000;
        record.duration_ms = 33;
    }
    case.actions = vec![
        Step { at: 5_040, action: Action::Throttle { mapping: 1, for_ms: 12_345 } },
        Step { at: 50_000, action: Action::Disable { mapping: 0 } },
        Step { at: 60_000, action: Action::Enable { mapping: 0 } },
    ];
    case.validate().expect("a case");
    case
}

fn shrunk<B: Bench>(bench: &B, most: u32) -> Shrunk {
    let (target, reading) = (bench.target(false), Reading::documented());
    let first = bench.wait(try_case(&target, large(), &reading, Vec::new()));
    let Outcome::Judged(judgement) = &first.outcome else { panic!("{:?}", first.outcome) };
    let Verdict::Violates(violations) = &judgement.verdict else { panic!("{:?}", judgement.verdict) };
    let wanted = Wanted::Blame(violations[0].blame.clone());
    let shrunk = bench.wait(shrink(&target, large(), &reading, &wanted, most)).expect("it violates");
    assert!(wanted.is_shown(&shrunk.trial.outcome));
    shrunk
}

#[test]
fn nothing_is_left_that_is_not_needed() {
    let Shrunk { trial, executions, cut, .. } = shrunk(&mutant("one-retry-too-few"), MAX_EXECUTIONS);
    let case = trial.case;
    assert_eq!((case.shards, case.mappings.len(), case.records.len(), case.actions.len()), (1, 1, 1, 0));
    assert_eq!((case.records[0].at, case.records[0].size, case.records[0].duration_ms), (0, 100, 0));
    assert!(!cut && executions < 200, "{executions}");
    assert!(case.validate().is_ok());
}

#[test]
fn the_budget_holds() {
    for most in [1, 2, 3, 10] {
        let Shrunk { executions, cut, .. } = shrunk(&mutant("one-retry-too-few"), most);
        assert!(executions <= most && cut, "{executions} of {most}");
    }
}

#[test]
fn what_cannot_run_is_no_candidate() {
    let moody = Moody { breaks: 1, ..Moody::new(mutant("one-retry-too-few")) };
    assert_eq!(shrunk(&moody, MAX_EXECUTIONS).trial.case.records.len(), 2);
}

#[test]
fn what_conforms_is_not_shrunk() {
    let (reading, wanted) = (Reading::documented(), Wanted::Blame(vec![esm_model::catalogue::RETRY_2]));
    let bench = crate::support::reference();
    assert!(bench.wait(shrink(&bench, large(), &reading, &wanted, MAX_EXECUTIONS)).is_none());
}

#[test]
fn the_way_ends_whatever_is_accepted() {
    for accept in [1, 2, 3, 7] {
        let mut walk = Walk::new(large());
        let mut proposed = 0;
        while let Some(candidate) = walk.propose() {
            assert!(candidate.validate().is_ok());
            proposed += 1;
            assert!(proposed < 100_000, "no end");
            if proposed % accept == 0 {
                walk.accept(candidate);
            }
        }
    }
}
