//! Where time passes by itself: what conforms in virtual time conforms on any wire, and what is lost or stalls is red
//! there too.

use crate::loosen::{Wire, loosened};
use crate::support::{Run, blames, sampled};
use esm_model::bounds::{Bounds, Wall};
use esm_model::case::{Case, CaseMapping, FORMAT, Function, Record};
use esm_model::catalogue::{DISCARD_2, ORDER_2};
use esm_model::event::Event;
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::reference::{MUTANTS, Policy, find_mutant};
use esm_model::rule::RuleId;
use esm_model::script::{Behaviour, How};
use esm_model::setup::Setup;
use esm_model::spec::Reading;
use esm_model::trace::Trace;
use esm_model::verdict::{Judgement, Verdict, judge};
use esm_suite::sample::{Source, wire};
use esmeralda::machine::MachineTarget;
use std::rc::Rc;

/// Cases for each policy, of the sampler and of its short form.
const CASES: u64 = 150;
/// Looser forms of each run.
const FORMS: u64 = 2;

/// A run, made looser.
fn loose(run: &Run, source: &mut Source) -> (Wire, Trace) {
    let wire = Wire::draw(source);
    let (events, setup) = loosened(&run.case, run.setup.as_deref(), &run.events, wire, source);
    (wire, Trace { case: (*run.case).clone(), setup: Some(setup), events })
}

fn judged(trace: &Trace) -> Judgement {
    judge(trace.as_ref(), &Reading::documented())
        .unwrap_or_else(|error| panic!("{error}\n{}", trace.to_lines()))
}

/// The case of an index: sampled for even ones, short for odd ones.
fn case(seed: u64, index: u64) -> Rc<Case> {
    if index.is_multiple_of(2) { sampled(seed, index / 2) } else { Rc::new(wire::case(seed, index / 2)) }
}

#[test]
fn a_red_on_the_wire_is_right() {
    let (mut runs, mut undecided, mut bad) = (0_u64, 0_u64, Vec::new());
    for (number, (name, policy)) in Policy::covering_set().into_iter().enumerate() {
        let target = MachineTarget::reference(policy);
        for index in 0..CASES {
            let run = Run::of(&target, case(7 + number as u64, index), Vec::new());
            for form in 0..FORMS {
                let mut source = Source::new(form, index * 1_000 + number as u64);
                let (wire, trace) = loose(&run, &mut source);
                runs += 1;
                match judged(&trace).verdict {
                    Verdict::Conforms => {}
                    Verdict::Undecided(_) => undecided += 1,
                    Verdict::Violates(violations) => {
                        let told = esm_model::explain::explain(
                            trace.as_ref(),
                            &Reading::documented(),
                            &violations[0],
                        );
                        let blame = crate::support::listed(&violations[0].blame);
                        bad.push((
                            blame,
                            trace.events.len(),
                            format!("{name}, case {index}, {wire:?}\n{told}\n{}", trace.to_lines()),
                        ));
                    }
                }
            }
        }
    }
    println!("{runs} runs, {undecided} undecided, {} red", bad.len());
    bad.sort();
    let mut smallest: Vec<String> = Vec::new();
    for of_one in bad.chunk_by(|(some, ..), (other, ..)| some == other) {
        smallest.push(format!("{} times {}: {}", of_one.len(), of_one[0].0, of_one[0].2));
    }
    assert!(bad.is_empty(), "{} of {runs}; the smallest of each blame:\n{}", bad.len(), smallest.join("\n"));
    assert!(undecided * 20 < runs, "{undecided} of {runs} could not be told");
}
