//! The protocol changes nothing: what is served over a pipe leaves the same trace, byte for byte, as what is called
//! directly.

use esm_model::case::Case;
use esm_model::event::Event;
use esm_model::reference::{MUTANTS, Policy};
use esm_model::setup::Setup;
use esm_model::trace::to_lines;
use esm_suite::sample;
use esmeralda::bench::Bench;
use esmeralda::lines::CommandTarget;
use esmeralda::machine::MachineTarget;
use esmeralda::run::run_case;
use esmeralda::target::Target;
use esmeralda::virtual_time::ready;
use std::rc::Rc;

/// Generated cases for the reference, and for each mutant.
const CASES: u64 = 2_000;
const CASES_OF_A_MUTANT: u64 = 12;

fn trace(target: &impl Target, case: &Rc<Case>) -> Vec<Event> {
    let setup = Rc::new(Setup::in_tree(case));
    let ran = ready(run_case(target, case, Some(&setup), true, Vec::new()));
    ran.unwrap_or_else(|error| panic!("{error}\n{}", case.to_json())).events
}

/// Without the texts of calls, as a child leaves them that is asked for records alone.
fn without_events(mut events: Vec<Event>) -> Vec<Event> {
    for event in &mut events {
        if let Event::Invoked { text, .. } | Event::Answered { text, .. } = event {
            *text = None;
        }
    }
    events
}

#[track_caller]
fn check(target: &MachineTarget, cases: impl Iterator<Item = Case>) {
    let served = CommandTarget::served(target.clone());
    let (documents, records) = (served.target(true), served.target(false));
    let direct = target.clone().with_texts(true);
    for (index, case) in cases.enumerate() {
        let case = Rc::new(case);
        let expected = trace(&direct, &case);
        let name = format!("{}, case {index}", target.name);
        same(&name, &case, &trace(&documents, &case), &expected);
        if index % 2 == 0 {
            same(&name, &case, &trace(&records, &case), &without_events(expected));
        }
    }
}

#[track_caller]
fn same(name: &str, case: &Case, piped: &[Event], direct: &[Event]) {
    let (piped, direct) = (to_lines(case, None, piped), to_lines(case, None, direct));
    if piped != direct {
        let first = piped.lines().zip(direct.lines()).find(|(a, b)| a != b);
        panic!(
            "{name}: the first line that differs, over the pipe and called directly:\n{first:#?}\n{}",
            case.to_json()
        );
    }
}

fn generated(cases: u64) -> impl Iterator<Item = Case> {
    (0..cases).map(|index| sample::case(7, index))
}

#[test]
fn the_reference() {
    check(&MachineTarget::reference(Policy::AWS), generated(CASES));
}

#[test]
fn scenarios_and_regressions() {
    let scenarios = esm_suite::scenario::all().into_iter().map(|scenario| scenario.case);
    let regressions = esm_suite::regression::all().map(|(_, case)| case);
    check(&MachineTarget::reference(Policy::PLAIN), scenarios.chain(regressions));
}

#[test]
fn every_mutant() {
    for mutant in MUTANTS {
        check(&MachineTarget::mutant(mutant.fault), generated(CASES_OF_A_MUTANT));
    }
}
