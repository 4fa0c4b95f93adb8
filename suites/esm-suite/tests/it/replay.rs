//! A trace is all there is: what was written and read again is judged alike, and texts say what values say.

use crate::support::{Run, sampled};
use esm_model::reference::{MUTANTS, Policy};
use esm_model::spec::Reading;
use esm_model::trace::Trace;
use esm_suite::scenario::history;
use esmeralda::machine::MachineTarget;

const CASES: u64 = 300;

/// The run, written as lines and read again, has the same events and is judged alike.
fn check(run: &Run, about: &str) {
    let trace = run.trace();
    let lines = esm_model::trace::to_lines(trace.case, trace.setup, trace.events);
    let read = Trace::from_lines(&lines).unwrap_or_else(|error| panic!("{about}: {error}\n{lines}"));
    assert_eq!(read.events, run.events, "{about}");
    assert_eq!(read.case, *run.case, "{about}");
    assert_eq!(read.to_lines(), lines, "{about}");
    for reading in [Reading::documented(), Reading::aws().with_duplicates(true)] {
        let again = esm_model::verdict::judge(read.as_ref(), &reading);
        assert_eq!(again, run.judge(&reading), "{about}");
    }
}

#[test]
fn a_replayed_run_equals_a_direct_one() {
    for policy in [Policy::AWS, Policy::PLAIN] {
        for texts in [false, true] {
            let target = MachineTarget::reference(policy).with_texts(texts);
            for index in 0..CASES {
                let run = Run::of(&target, sampled(11, index), Vec::new());
                check(&run, &format!("case {index}, texts {texts}"));
            }
        }
    }
}

#[test]
fn so_does_a_run_that_violates() {
    for (index, mutant) in MUTANTS.iter().enumerate() {
        let run = Run::of(&MachineTarget::mutant(mutant.fault), sampled(12, index as u64), Vec::new());
        check(&run, mutant.name);
    }
}

#[test]
fn texts_say_what_values_say() {
    for policy in [Policy::AWS, Policy::PLAIN] {
        let values = MachineTarget::reference(policy);
        let texts = values.clone().with_texts(true);
        for index in 0..CASES {
            let typed = Run::of(&values, sampled(13, index), Vec::new());
            let written = Run::of(&texts, sampled(13, index), Vec::new());
            assert_eq!(history(typed.trace()), history(written.trace()), "case {index}");
            let reading = Reading::documented();
            let (one, other) = (typed.judge(&reading).unwrap(), written.judge(&reading).unwrap());
            assert_eq!(one.verdict, other.verdict, "case {index}");
            assert_eq!((one.took, one.widest), (other.took, other.widest), "case {index}");
        }
    }
}
