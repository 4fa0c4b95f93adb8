//! How often the judge says what: of planted bugs, of good runs, and of good runs that were altered, moved in time or
//! made looser. The counts are reviewed like any expected text.
//!
//! What the judge has to say of a case is for the other tests. These notice that it says something else than before,
//! whatever it is and wherever, so that somebody looks at it.

mod alter;
mod count;
mod moved;

use crate::edit::edits;
use crate::loosen::{Wire, loosened};
use crate::support::{Run, sampled};
use alter::alterations;
use count::Tally;
use esm_model::case::{Case, Function};
use esm_model::event::Event;
use esm_model::reference::{MUTANTS, Policy};
use esm_model::spec::{Reading, UPDATE_SETTLE_AWS_MS};
use esm_model::trace::TraceRef;
use esm_model::verdict::judge;
use esm_suite::sample::{Source, wire};
use esmeralda::machine::MachineTarget;
use moved::moves;
use std::fmt::Write;
use std::rc::Rc;

/// Cases for each planted bug, and for each policy.
const BUG_CASES: u64 = 60;
const POLICY_CASES: u64 = 120;
/// Every so many cases the run writes texts, and duplicates are allowed.
const TEXTS: u64 = 8;
const DUPLICATES: u64 = 4;
/// Cases for each policy whose runs are altered or moved, and the longest run that is.
const ALTERED: u64 = 15;
const MOVED: u64 = 30;
const LONGEST: usize = 40;
/// Cases for each policy and for each planted bug whose runs are made looser.
const LOOSE: u64 = 150;
const LOOSE_BUGS: u64 = 20;

/// Both profiles; in some cases duplicates are allowed.
fn readings(index: u64) -> [(&'static str, Reading); 2] {
    let duplicates = index % DUPLICATES == DUPLICATES - 1;
    [("documented", Reading::documented()), ("aws", Reading::aws())]
        .map(|(name, reading)| (name, reading.with_duplicates(duplicates)))
}

fn check(name: &str, text: String) {
    esm_snapshots::settings("tally").bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn planted_bugs() {
    let mut tally = Tally::default();
    for mutant in MUTANTS {
        let target = MachineTarget::mutant(mutant.fault);
        let mut buffer = Vec::new();
        for index in 0..BUG_CASES {
            let run = Run::of(&target, sampled(51, index), std::mem::take(&mut buffer));
            for (name, reading) in readings(index) {
                tally.add(&format!("{} ({}), {name}", mutant.name, mutant.rule), &run.judge(&reading));
            }
            buffer = run.events;
        }
    }
    check("bugs", tally.text());
    check("bugs-reach", tally.reached());
}

/// What runs consist of, and what the judge says of them: it need not conform where a reading pins something else.
#[test]
fn policies() {
    let mut tally = Tally::default();
    let mut text = String::new();
    let repeats = "aws+duplicates=redelivery";
    let repeats = (repeats.to_owned(), Policy::parse(repeats).expect("a policy"));
    for (name, policy) in Policy::covering_set().into_iter().chain([repeats]) {
        let values = MachineTarget::reference(policy);
        let texts = values.clone().with_texts(true);
        let (mut calls, mut records, mut documents, mut covered, mut ms) = (0, 0, 0, 0, 0);
        let mut buffer = Vec::new();
        for index in 0..POLICY_CASES {
            let target = if index % TEXTS == 0 { &texts } else { &values };
            let run = Run::of(target, sampled(52, index), std::mem::take(&mut buffer));
            for event in &run.events {
                match event {
                    Event::Invoked { at, records: batch, .. } => {
                        (calls, records, ms) = (calls + 1, records + batch.len(), ms + at.earliest);
                    }
                    Event::Delivered { at, document, .. } => {
                        (documents, ms) = (documents + 1, ms + at.earliest);
                        if let esm_model::event::Document::Typed(facts) = document {
                            covered += facts.batch_size;
                        }
                    }
                    _ => {}
                }
            }
            for (profile, reading) in readings(index) {
                tally.add(profile, &run.judge(&reading));
            }
            buffer = run.events;
        }
        let what = format!("{calls} calls with {records} records, {documents} failure records for {covered}");
        writeln!(text, "{name}: {what}; sum of their times {ms} ms").unwrap();
    }
    check("policies", text + &tally.text());
    check("policies-reach", tally.reached());
}

/// Good runs of some policies, each on cases of its own, and a copy whose function nobody knows: there any answer may be.
fn good_runs(seed: u64, cases: u64, mut each: impl FnMut(u64, &Run, &Case)) {
    let policies = ["aws", "plain", "aws+merge=merged", "aws+write=late", "aws+backoff=none"];
    for (first, name) in (0..).step_by(cases as usize).zip(policies) {
        let target = MachineTarget::reference(Policy::parse(name).expect("a policy"));
        for index in first..first + cases {
            let run = Run::of(&target, sampled(seed, index), Vec::new());
            if run.events.len() <= LONGEST {
                let function = Function { foreign: true, ..run.case.function.clone() };
                each(index, &run, &Case { function, ..Case::clone(&run.case) });
            }
        }
    }
}

#[test]
fn altered_runs() {
    let mut tally = Tally::default();
    good_runs(53, ALTERED, |index, run, foreign| {
        for (name, reading) in readings(index) {
            for (edit, _, events) in edits(&run.events) {
                let of = |case| judge(TraceRef { case, setup: None, events: &events }, &reading);
                tally.add(&format!("{name}: {}", edit.text()), &of(&run.case));
                tally.add(&format!("{name}: {}, function foreign", edit.text()), &of(foreign));
            }
            for (what, known, events) in alterations(&run.case, &run.events) {
                let case = if known { &*run.case } else { foreign };
                tally.add(
                    &format!("{name}: {what}"),
                    &judge(TraceRef { case, setup: None, events: &events }, &reading),
                );
            }
        }
    });
    check("altered", tally.text());
    check("altered-reach", tally.reached());
}

#[test]
fn moved_runs() {
    let mut tally = Tally::default();
    good_runs(54, MOVED, |index, run, foreign| {
        for (what, events) in moves(&run.case, &run.events) {
            let (_, reading) = &readings(index)[index as usize % 2];
            tally.add(&what, &judge(TraceRef { case: foreign, setup: None, events: &events }, reading));
        }
    });
    check("moved", tally.text());
    check("moved-reach", tally.reached());
}

#[test]
fn looser_runs() {
    let mut tally = Tally::default();
    let settles = Reading::aws().with_update_settle(UPDATE_SETTLE_AWS_MS);
    let mut add = |name: &str, target: &MachineTarget, cases: u64| {
        for index in 0..cases {
            let drawn = if index % 2 == 0 { sampled(55, index) } else { Rc::new(wire::case(55, index)) };
            let run = Run::of(target, drawn, Vec::new());
            let mut source = Source::new(56, index);
            let rough = Wire::draw(&mut source);
            let (events, setup) = loosened(&run.case, run.setup.as_deref(), &run.events, rough, &mut source);
            let reading = if index % 4 < 2 { &Reading::documented() } else { &settles };
            tally.add(
                name,
                &judge(TraceRef { case: &run.case, setup: Some(&setup), events: &events }, reading),
            );
        }
    };
    for name in ["aws", "plain", "aws+write=late", "aws+refused=retried", "aws+retention=written"] {
        let policy = Policy::parse(name).expect("a policy");
        add(name, &MachineTarget::reference(policy), LOOSE);
    }
    for mutant in MUTANTS {
        add(mutant.name, &MachineTarget::mutant(mutant.fault), LOOSE_BUGS);
    }
    check("looser", tally.text());
    check("looser-reach", tally.reached());
}
