//! The strategy in a proptest block: what fails comes out small.

use esm_model::case::Case;
use esm_suite::sample::strategy::any_case;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

fn minimal(cases: u32, fails: impl Fn(&Case) -> bool) -> Case {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 10_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let found = runner.run(&any_case(), |case| {
        case.validate().map_err(|error| TestCaseError::reject(error.to_string()))?;
        if fails(&case) { Err(TestCaseError::fail("found")) } else { Ok(()) }
    });
    match found {
        Err(TestError::Fail(_, case)) => case,
        other => panic!("nothing was found: {other:?}"),
    }
}

#[test]
fn what_fails_comes_out_small() {
    let case =
        minimal(2_000, |case| case.records.iter().filter(|record| record.behaviour.is_some()).count() >= 2);
    assert_eq!((case.records.len(), case.actions.len(), case.mappings.len(), case.shards), (2, 0, 1, 1));
    assert!(case.records.iter().all(|record| (record.at, record.size, record.duration_ms) == (0, 100, 0)));
}

#[test]
fn the_smallest_one_still_fails() {
    let case =
        minimal(2_000, |case| case.mappings.iter().any(|m| m.settings.batch_size < 7) && case.shards > 1);
    assert_eq!((case.mappings[0].settings.batch_size, case.shards, case.records.len()), (1, 2, 0));
}
