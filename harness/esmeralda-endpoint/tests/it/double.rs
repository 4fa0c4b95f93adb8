//! Sessions against an endpoint in memory, with the reference behind it: what is right conforms, what is planted does
//! not, and nothing is left behind.

use esm_model::case::Case;
use esm_model::reference::{Policy, find_mutant};
use esm_model::spec::Reading;
use esm_model::trace::to_lines;
use esm_model::verdict::Verdict;
use esm_suite::tour::{DESTINATIONS, SHOWN, SOURCES, discard, every_step};
use esmeralda::bench::Bench;
use esmeralda::outcome::{Outcome, Trial, attempt};
use esmeralda_endpoint::address::Address;
use esmeralda_endpoint::bench::EndpointBench;
use esmeralda_endpoint::journal::left;
use esmeralda_endpoint::preset::SHIPPED;
use esmeralda_wire::{Config, Double};
use std::path::Path;

/// Bounds for an endpoint that answers at once.
const BOUNDS: &str = "[bounds]\ncall_ms = 250\nsettle_ms = 1500\nlull_ms = 300\nupdate_settle_ms = 1000\n";

/// Runs a case at an endpoint of its own.
fn run(test: &str, config: Config, case: &Case) -> Trial {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("double").join(test);
    std::fs::create_dir_all(&dir).expect("a test directory can be made");
    let (_, shipped) = SHIPPED.iter().find(|(name, _)| *name == "ministack").expect("it is shipped");
    let (head, rest) = shipped.split_once("[ready]").expect("it has a page");
    let (_, rest) = rest.split_once("[callback]").expect("it has a callback");
    let (rest, _) = rest.split_once("[bounds]").expect("it has bounds");
    let preset = dir.join("preset.toml");
    std::fs::write(&preset, format!("{head}[callback]{rest}{BOUNDS}")).expect("a preset can be written");
    let double =
        Double::start("127.0.0.1:0".parse().expect("an address"), config).expect("loopback can be bound");
    let address =
        Address::parse(&format!("{},preset={}", double.url(), preset.display())).expect("an endpoint");
    let journals = dir.join("journals");
    let bench = EndpointBench::with_journals(address, &journals);
    let reading = Reading::documented();
    let trial = attempt(&bench, &mut bench.target(true), || case.clone(), &reading, Vec::new());
    drop(bench);
    assert_eq!(left(&journals).expect("journals can be read"), [], "nothing is left behind");
    trial
}

fn verdict(trial: &Trial) -> &Verdict {
    let lines = || to_lines(&trial.case, trial.setup.as_ref(), &trial.events);
    match &trial.outcome {
        Outcome::Judged(judgement) => &judgement.verdict,
        other => panic!("{other:?}\n{}", lines()),
    }
}

fn right() -> Config {
    Config { policy: Policy::AWS, ..Config::default() }
}

/// A case as text.
fn read(json: &str) -> Case {
    Case::from_json(json).expect("a case")
}

#[test]
fn the_reference_conforms_on_every_source_and_destination() {
    for source in SOURCES {
        for destination in DESTINATIONS {
            let trial = run("reference", right(), &discard(source, destination));
            let lines = to_lines(&trial.case, trial.setup.as_ref(), &trial.events);
            assert_eq!(*verdict(&trial), Verdict::Conforms, "{source} {destination}\n{lines}");
            assert!(lines.contains("\"delivered\"") && lines.contains("\"how\":\"quiet\""), "{lines}");
        }
    }
}

#[test]
fn every_way_to_fail_and_every_step_reaches_the_endpoint() {
    let trial = run("steps", right(), &every_step());
    let lines = to_lines(&trial.case, trial.setup.as_ref(), &trial.events);
    assert_eq!(*verdict(&trial), Verdict::Conforms, "{lines}");
    for seen in SHOWN {
        assert!(lines.contains(seen), "{seen}\n{lines}");
    }
}

#[test]
fn a_planted_bug_is_red() {
    let mutant = find_mutant("one-retry-too-many").expect("it is planted");
    let config = Config { fault: Some(mutant.fault), ..right() };
    let trial = run("mutant", config, &discard("kinesis", DESTINATIONS[0]));
    let Verdict::Violates(violations) = verdict(&trial) else { panic!("{:?}", trial.outcome) };
    assert!(violations.iter().any(|violation| violation.blame.contains(&mutant.rule)), "{violations:?}");
}

#[test]
fn what_cannot_be_had_is_unsupported_before_anything_is_made() {
    let case = r#"{"format":1,"retention_ms":60000,"mappings":[{"settings":{"StartingPosition":"TRIM_HORIZON"}}],
        "records":[{"at":0}],"closing_at":1000,"horizon_ms":9000}"#;
    let trial = run("unsupported", right(), &read(case));
    assert!(matches!(&trial.outcome, Outcome::Unsupported(what) if what.contains("less than a day")));
}

#[test]
fn nobody_there_is_could_not_run() {
    let address = Address::parse("http://127.0.0.1:9,preset=ministack").expect("an endpoint");
    let bench = EndpointBench::with_journals(address, Path::new(env!("CARGO_TARGET_TMPDIR")));
    let case = every_step();
    let reading = Reading::documented();
    let trial = attempt(&bench, &mut bench.target(true), || case.clone(), &reading, Vec::new());
    assert!(
        matches!(&trial.outcome, Outcome::CouldNotRun(why) if why.contains("no answer from http://127.0.0.1:9")),
        "{:?}",
        trial.outcome
    );
}
