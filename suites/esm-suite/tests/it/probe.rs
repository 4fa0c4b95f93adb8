//! What a probe makes of a target: what is there, what is not, and what cannot be told. Nothing is judged.

use esm_model::reference::{Policy, find_mutant};
use esm_model::spec::Reading;
use esm_suite::probe::probes;
use esmeralda::machine::MachineTarget;
use esmeralda::probe::{Support, run, support};
use esmeralda::stop::Stop;
use std::collections::BTreeMap;

/// What is said of each capability that is not simply there.
fn missing(target: &MachineTarget) -> BTreeMap<&'static str, Support> {
    let asked = probes();
    let cases = asked.iter().map(|probe| probe.case.clone()).collect();
    let trials = run(target, cases, &Reading::documented(), &Stop::default());
    let said =
        asked.iter().zip(&trials).map(|(probe, trial)| (probe.capability, support(trial, probe.shows)));
    said.filter(|(_, support)| *support != Support::Yes).collect()
}

fn mutant(name: &str) -> MachineTarget {
    MachineTarget::mutant(find_mutant(name).expect("it is planted").fault)
}

fn destinations(support: Support) -> BTreeMap<&'static str, Support> {
    ["s3", "sns", "sqs"].into_iter().map(|name| (name, support.clone())).collect()
}

#[test]
fn the_reference_can_do_everything() {
    assert_eq!(missing(&MachineTarget::reference(Policy::AWS)), BTreeMap::new());
}

#[test]
fn where_nothing_is_discarded_destinations_cannot_be_told() {
    let untold = Support::CouldNotTell("nothing was discarded".to_owned());
    assert_eq!(missing(&mutant("zero-retries-is-infinite")), destinations(untold));
}

#[test]
fn where_records_are_discarded_in_silence_there_is_no_destination() {
    let silent = Support::No("it did not show".to_owned());
    assert_eq!(missing(&mutant("record-lost")), destinations(silent));
}
