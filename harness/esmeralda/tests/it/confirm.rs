//! Reds that are tried again: what counts as the same, and what is to blame in the end.

use crate::support::case;
use esm_model::catalogue::{BATCH_4, DISCARD_2, RETRY_2, RETRY_3};
use esm_model::rule::{RuleId, RuleSet};
use esm_model::verdict::{Judgement, Verdict, Violation};
use esmeralda::confirm::{Confirming, Known, Repeat};
use esmeralda::outcome::{Outcome, Trial};

/// A trial with one violation that was seen, of this blame.
fn red(blame: &[RuleId], certain: bool) -> Trial {
    let violation =
        Violation { blame: blame.to_vec(), certain, event: 0, lane: None, what: None, allowed: Vec::new() };
    let verdict = Verdict::Violates(vec![violation]);
    let exercised = RuleSet::default();
    let judgement = Judgement { verdict, warnings: Vec::new(), took: 0, exercised, widest: 1 };
    Trial::without_trace(case(1), Outcome::Judged(judgement))
}

/// What becomes of a first run after these others: its numbers, and the blame of its verdict.
fn confirmed(first: &Trial, others: &[Trial]) -> (Repeat, Vec<RuleId>) {
    let mut confirming = Confirming::begin(first.clone(), &Known::default()).expect("it is red");
    others.iter().for_each(|other| confirming.add(other));
    let trial = confirming.end();
    let Outcome::Judged(Judgement { verdict: Verdict::Violates(violations), .. }) = &trial.outcome else {
        panic!("{:?}", trial.outcome)
    };
    (trial.repeats[0].clone(), violations[0].blame.clone())
}

#[test]
fn what_explains_every_run_is_to_blame() {
    let others = [red(&[RETRY_3], true), red(&[DISCARD_2, RETRY_3], true)];
    let (repeat, blame) = confirmed(&red(&[RETRY_2, RETRY_3], true), &others);
    assert!(repeat.is_sure(), "{repeat:?}");
    assert_eq!((repeat.blame, blame), (vec![RETRY_3], vec![RETRY_3]));
}

#[test]
fn another_fault_is_not_the_same_one() {
    let others = [red(&[BATCH_4], true), red(&[RETRY_2], true)];
    let (repeat, blame) = confirmed(&red(&[RETRY_2], true), &others);
    assert_eq!((repeat.shown, repeat.runs, blame), (2, 3, vec![RETRY_2]));
}

#[test]
fn rules_that_explain_it_only_together_are_not_taken_apart() {
    let first = red(&[RETRY_2, RETRY_3], false);
    let others = [red(&[RETRY_3], true), red(&[RETRY_3, DISCARD_2], true)];
    let (repeat, blame) = confirmed(&first, &others);
    assert_eq!((repeat.shown, repeat.runs, blame), (2, 3, vec![RETRY_2, RETRY_3]));
}

#[test]
fn what_is_sure_explains_wider_blames_as_well() {
    let mut known = Known::default();
    let (repeat, _) = confirmed(&red(&[RETRY_3], true), &[red(&[RETRY_3], true), red(&[RETRY_3], true)]);
    known.learn(&Trial { repeats: vec![repeat], ..red(&[RETRY_3], true) });
    assert!(Confirming::begin(red(&[RETRY_2, RETRY_3], true), &known).is_err(), "it need not run again");
    assert!(Confirming::begin(red(&[RETRY_2, RETRY_3], false), &known).is_ok());
    assert!(Confirming::begin(red(&[RETRY_2], true), &known).is_ok());
}
