//! The basics tell whose fault it is: nothing of the reference's, never the adapter's for a planted bug, and always
//! the adapter's for what only an adapter gets wrong.

mod plain;

use esm_model::catalogue::{RETRY_2, STATE_10};
use esm_model::reference::{MUTANTS, Policy};
use esm_model::spec::Reading;
use esm_model::verdict::Verdict;
use esm_suite::smoke::{self, Ruled, Ruling};
use esmeralda::machine::MachineTarget;
use esmeralda::outcome::{Outcome, Standing, try_case};
use esmeralda::target::Target;
use esmeralda::virtual_time::ready;
use plain::{Plain, Slip};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Tries the basics on a target.
fn tried(target: &impl Target) -> Vec<Ruled> {
    let reading = Reading::documented();
    let one = |basic: smoke::Basic| {
        let cases = basic.cases.clone().into_iter();
        let trials = cases.map(|case| ready(try_case(target, case, &reading, Vec::new()))).collect();
        smoke::rule(basic, trials)
    };
    let mut all: Vec<Ruled> = smoke::all().into_iter().map(one).collect();
    smoke::settle(&mut all);
    all
}

fn of<'r>(all: &'r [Ruled], name: &str) -> &'r Ruled {
    all.iter().find(|ruled| ruled.basic.name == name).unwrap_or_else(|| panic!("no basic {name}"))
}

#[test]
fn basics_are_cases_with_names() {
    let all = smoke::all();
    let names: BTreeSet<&str> = all.iter().map(|basic| basic.name).collect();
    assert!(names.len() == all.len() && all.len() >= 12);
    for basic in &all {
        assert!(!basic.cases.is_empty() && basic.claim.ends_with('.') && !basic.adapter.ends_with('.'));
        for case in &basic.cases {
            case.validate().unwrap_or_else(|error| panic!("{}: {error}", basic.name));
        }
    }
}

#[test]
fn what_a_mapping_says_of_itself_is_asked_once() {
    let mut shown = 0;
    for mutant in MUTANTS.iter().filter(|mutant| mutant.rule == STATE_10) {
        let all = tried(&MachineTarget::mutant(mutant.fault));
        let wrong = all.iter().filter(|ruled| matches!(ruled.ruling, Ruling::Implementation(_)));
        let wrong: Vec<&str> = wrong.map(|ruled| ruled.basic.name).collect();
        assert!(wrong.iter().all(|name| *name == "state"), "{}: {wrong:?}", mutant.name);
        shown += wrong.len();
    }
    assert!(shown > 0, "some planted bug shows in what the mapping says");
}

#[test]
fn the_reference_is_fine() {
    for policy in [Policy::AWS, Policy::PLAIN] {
        for texts in [false, true] {
            let all = tried(&MachineTarget::reference(policy).with_texts(texts));
            assert_eq!(smoke::standing(&all), Standing::Conforms);
            for ruled in all {
                let told = (ruled.ruling, ruled.note);
                assert_eq!(told, (Ruling::Fine, None), "{} with texts: {texts}", ruled.basic.name);
            }
        }
    }
}

#[test]
fn what_is_not_supported_is_not_told() {
    let mut all = tried(&Plain::new(Slip::None));
    all.retain(|ruled| ruled.basic.name == "state");
    assert_eq!(smoke::standing(&all), Standing::Undecided);
    assert_eq!(smoke::standing(&[]), Standing::Undecided);
}

#[test]
fn a_planted_bug_is_never_the_adapters() {
    let mut text = String::new();
    for mutant in MUTANTS {
        let mut caught = Vec::new();
        for ruled in tried(&MachineTarget::mutant(mutant.fault).with_texts(true)) {
            match ruled.ruling {
                Ruling::Fine => {}
                Ruling::Implementation(_) => caught.push(ruled.basic.name),
                other => panic!("{}: {}: {other:?}", mutant.name, ruled.basic.name),
            }
        }
        if !caught.is_empty() {
            let rule = mutant.rule.to_string();
            writeln!(text, "{:<29}{rule:<11}{}", mutant.name, caught.join(" ")).unwrap();
        }
    }
    esm_snapshots::settings("checker").bind(|| insta::assert_snapshot!("smoke", text));
}

#[test]
fn a_poller_without_retries_is_a_wrong_implementation() {
    let all = tried(&Plain::new(Slip::None));
    for name in ["opens-and-closes", "numbers", "one-record", "order", "two-shards", "sentinels"] {
        assert_eq!(of(&all, name).ruling, Ruling::Fine, "{name}");
    }
    assert!(of(&all, "a-batch").note.is_some(), "it never sends two records at once");
    assert!(matches!(of(&all, "state").ruling, Ruling::Unsupported(_)), "it tells no state");
    assert_eq!(smoke::standing(&all), Standing::Violates);
    let again = of(&all, "error-then-again");
    assert_eq!(again.ruling, Ruling::Implementation(0));
    let Outcome::Judged(judgement) = &again.trials[0].outcome else { panic!("{again:?}") };
    let Verdict::Violates(violations) = &judgement.verdict else { panic!("{again:?}") };
    assert!(violations[0].blame.contains(&RETRY_2), "{violations:?}");
}

#[test]
fn what_only_an_adapter_gets_wrong() {
    let mut text = String::new();
    for (slip, basic) in [
        (Slip::DoesNotOpen, "opens-and-closes"),
        (Slip::FewNumbers, "numbers"),
        (Slip::EqualNumbers, "numbers"),
        (Slip::FallingNumbers, "numbers"),
        (Slip::NeverCalls, "one-record"),
        (Slip::OtherLabel, "one-record"),
        (Slip::CallsEarly, "one-record"),
        (Slip::NeverAnswers, "one-record"),
        (Slip::LeavesRecords, "sessions-apart"),
    ] {
        let all = tried(&Plain::new(slip));
        let Ruling::Adapter(why) = &of(&all, basic).ruling else {
            panic!("{slip:?}: {:?}", of(&all, basic).ruling);
        };
        assert_eq!(smoke::standing(&all), Standing::CouldNotRun, "{slip:?}");
        writeln!(text, "{slip:?}: {basic}: {why}").unwrap();
    }
    esm_snapshots::settings("checker").bind(|| insta::assert_snapshot!("smoke-adapters", text));
}
