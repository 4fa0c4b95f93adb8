//! Where time passes by itself: what conforms in virtual time conforms on any wire, and what is lost or stalls is red
//! there too.

use crate::loosen::{Wire, loosened};
use crate::support::{Run, blames, sampled};
use esm_model::bounds::{Bounds, Wall};
use esm_model::case::{Case, CaseMapping, FORMAT, Function, Record};
use esm_model::catalogue::{DISCARD_2, ORDER_2};
use esm_model::event::{Event, Settled};
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::reference::{MUTANTS, Policy, find_mutant};
use esm_model::rule::RuleId;
use esm_model::script::{Behaviour, How};
use esm_model::spec::Reading;
use esm_model::trace::Trace;
use esm_model::verdict::{Judgement, Verdict, judge};
use esm_model::when::When;
use esm_suite::sample::{Source, wire};
use esmeralda::machine::MachineTarget;
use std::rc::Rc;

/// Cases for each policy, of the sampler and of its short form.
const CASES: u64 = 400;
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

/// The first loosened run of a mutant, among so many cases, that is red with this rule in the blame.
fn first_red(name: &str, rule: RuleId, cases: impl Iterator<Item = Rc<Case>>) -> Option<(usize, Trace)> {
    let mutant = MachineTarget::mutant(find_mutant(name).expect("a mutant").fault);
    cases.enumerate().find_map(|(index, case)| {
        let run = Run::of(&mutant, case, Vec::new());
        let (_, trace) = loose(&run, &mut Source::new(3, index as u64));
        let verdict = judged(&trace).verdict;
        blames(&verdict).iter().any(|blame| blame.contains(&rule)).then_some((index, trace))
    })
}

#[test]
fn a_lost_failure_record_is_red() {
    let losing = ["record-lost", "record-lost-for-one-record", "age-record-lost", "two-reasons-lose-record"];
    for name in losing {
        let (index, _) = first_red(name, DISCARD_2, (0..3_000).map(|index| case(1, index)))
            .unwrap_or_else(|| panic!("{name} was never red"));
        println!("{name}: case {index}");
    }
}

/// A failure record that has not come when the run ends proves nothing before it counts as missing, and is no pass.
#[test]
fn an_end_that_comes_too_early_is_no_pass() {
    let settings = Mapping {
        maximum_retry_attempts: Some(0),
        destination: "arn:aws:sqs:eu-west-1:123456789012:failures".parse().ok(),
        ..Mapping::default()
    };
    let mut case = Case::clone(&two_shards(0));
    case.mappings[0].settings = settings;
    (case.shards, case.closing_at) = (1, None);
    case.records.truncate(1);
    let (_, mut trace) = first_red("record-lost", DISCARD_2, [Rc::new(case)].into_iter()).expect("a red");
    let settle_ms = trace.setup.as_ref().and_then(|setup| setup.bounds.wall).expect("a wall").settle_ms;
    let answer = trace.events.iter().find_map(|event| match event {
        Event::Answered { at, .. } => Some(at.latest),
        _ => None,
    });
    let last = answer.expect("an answer");
    let verdict = |trace: &mut Trace, after: i64| {
        let Some(Event::Settled { at, how }) = trace.events.last_mut() else { panic!("it ends") };
        (*at, *how) = (When::at(last + after), Settled::Quiet);
        judged(trace).verdict
    };
    assert!(matches!(verdict(&mut trace, settle_ms), Verdict::Undecided(why) if why.contains("settle")));
    assert!(matches!(verdict(&mut trace, settle_ms + 1), Verdict::Violates(_)));
}

/// A record that was too old when the mapping began is never seen; its failure record would be, if one were owed.
#[test]
fn what_grew_too_old_and_left_nothing_is_no_pass() {
    let verdict = |target: &MachineTarget, destination: Option<&str>| {
        let mut case = Case::clone(&two_shards(0));
        case.mappings[0].created_at = 65_000;
        case.mappings[0].settings = Mapping {
            maximum_record_age_in_seconds: Some(60),
            destination: destination.map(|arn| arn.parse().expect("a destination")),
            ..Mapping::default()
        };
        (case.shards, case.closing_at) = (1, None);
        case.records = vec![Record::healthy(0)];
        let run = Run::of(target, Rc::new(case), Vec::new());
        let (_, mut trace) = loose(&run, &mut Source::new(3, 0));
        let end = Event::Settled { at: When::at(140_000), how: Settled::Deadline };
        *trace.events.last_mut().expect("it ends") = end;
        judged(&trace).verdict
    };
    let queue = Some("arn:aws:sqs:eu-west-1:123456789012:failures");
    let right = MachineTarget::reference(Policy::AWS);
    assert_eq!(verdict(&right, queue), Verdict::Conforms);
    assert_eq!(verdict(&right, None), Verdict::Conforms);
    let losing = MachineTarget::mutant(find_mutant("record-lost").expect("a mutant").fault);
    let lost = verdict(&losing, queue);
    assert!(matches!(lost, Verdict::Undecided(_)), "{lost:?}");
}

/// Two shards: one fails for ever, a call every few seconds; the other has something to deliver meanwhile.
fn two_shards(index: u64) -> Rc<Case> {
    let failing = Record {
        behaviour: Some(Behaviour { how: How::Raise, times: None }),
        duration_ms: 2_500,
        ..Record::healthy(0)
    };
    let other = |at: i64| Record { shard: 1, ..Record::healthy(at) };
    Rc::new(Case {
        format: FORMAT,
        source: SourceKind::Kinesis,
        shards: 2,
        retention_ms: 86_400_000,
        function: Function::default(),
        mappings: vec![CaseMapping { created_at: 0, qualifier: None, settings: Mapping::default() }],
        records: vec![failing, other(10_000 + index as i64), other(20_000)],
        actions: Vec::new(),
        closing_at: Some(400_000),
        horizon_ms: 500_000,
        max_invocations: 48,
    })
}

#[test]
fn a_stalled_shard_is_red_where_another_one_goes_on() {
    let (_, trace) = first_red("shard-stalls-others", ORDER_2, (0..20).map(two_shards)).expect("a stall");
    let Verdict::Violates(violations) = judged(&trace).verdict else { panic!("it was red") };
    let told = esm_model::explain::explain(trace.as_ref(), &Reading::documented(), &violations[0]);
    assert!(told.contains("Rests on stall 10 invocations"), "{told}");
    // The same without another shard that goes on proves nothing.
    let wall = Wall { stall_invocations: 1_000, ..Wall::measured(0, 0) };
    let mut trace = trace;
    if let Some(setup) = &mut trace.setup {
        setup.bounds = Bounds { update_settle_ms: 0, wall: Some(wall) };
    }
    let verdict = judged(&trace).verdict;
    assert!(matches!(verdict, Verdict::Undecided(_)), "{verdict:?}");
}

#[test]
fn bounds_travel_with_the_trace() {
    let (_, trace) =
        first_red("record-lost", DISCARD_2, (0..3_000).map(|index| case(1, index))).expect("red");
    let again = Trace::from_lines(&trace.to_lines()).expect("a trace");
    assert_eq!(again, trace);
    assert_eq!(judged(&again), judged(&trace));
    let mut patient = trace.clone();
    if let Some(wall) = patient.setup.as_mut().and_then(|setup| setup.bounds.wall.as_mut()) {
        wall.settle_ms = 10_000_000;
    }
    assert!(blames(&judged(&patient).verdict).iter().all(|blame| !blame.contains(&DISCARD_2)));
    let negative = trace.to_lines().replace("\"settle_ms\":", "\"settle_ms\":-");
    assert!(Trace::from_lines(&negative).is_err_and(|error| error.problem.contains("bound")));
}

#[test]
fn most_bugs_show_on_the_wire_too() {
    let mut shown = 0;
    let mut hidden: Vec<&str> = Vec::new();
    for mutant in MUTANTS.iter().filter(|mutant| !mutant.fault.in_documents()) {
        let cases = (0..1_500).map(|index| case(1, index));
        match first_red(mutant.name, mutant.rule, cases) {
            Some(_) => shown += 1,
            None => hidden.push(mutant.name),
        }
    }
    println!("{shown} shown; hidden: {}", hidden.join(", "));
    assert!(shown > 4 * hidden.len(), "{shown} shown; hidden: {hidden:?}");
}
