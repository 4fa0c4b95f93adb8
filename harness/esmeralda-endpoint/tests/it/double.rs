//! Sessions against an endpoint in memory, with the reference behind it: what is right conforms, what is planted does
//! not, and nothing is left behind.

use esm_model::case::Case;
use esm_model::reference::{Policy, find_mutant};
use esm_model::spec::Reading;
use esm_model::trace::to_lines;
use esm_model::verdict::Verdict;
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
fn run(test: &str, config: Config, case: &str) -> Trial {
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
    let case = Case::from_json(case).expect("a case");
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

fn case(source: &str, destination: &str) -> String {
    format!(
        r#"{{"format":1,"source":"{source}","mappings":[{{"qualifier":"live","settings":{{"StartingPosition":
        "TRIM_HORIZON","BatchSize":3,"MaximumRetryAttempts":1,"BisectBatchOnFunctionError":true,"DestinationConfig":
        {{"OnFailure":{{"Destination":"{destination}"}}}}}}}}],"records":[{{"at":0}},{{"at":0,"behaviour":{{"how":"raise"}}}},
        {{"at":0}},{{"at":300}}],"closing_at":1000,"horizon_ms":9000}}"#
    )
}

#[test]
fn the_reference_conforms_on_every_source_and_destination() {
    for source in ["kinesis", "dynamodb"] {
        for destination in [
            "arn:aws:sqs:eu-west-1:123456789012:failures",
            "arn:aws:sns:eu-west-1:123456789012:failures",
            "arn:aws:s3:::failures",
        ] {
            let trial = run("reference", right(), &case(source, destination));
            let lines = to_lines(&trial.case, trial.setup.as_ref(), &trial.events);
            assert_eq!(*verdict(&trial), Verdict::Conforms, "{source} {destination}\n{lines}");
            assert!(lines.contains("\"delivered\"") && lines.contains("\"how\":\"quiet\""), "{lines}");
        }
    }
}

#[test]
fn every_way_to_fail_and_every_step_reaches_the_endpoint() {
    let case = r#"{"format":1,"shards":2,"function":{"timeout_ms":1000},"mappings":[{"settings":{"StartingPosition":
        "TRIM_HORIZON","BatchSize":1,"MaximumRetryAttempts":0,"FunctionResponseTypes":["ReportBatchItemFailures"],
        "DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:eu-west-1:123456789012:failures"}}}}],"records":[
        {"at":0,"behaviour":{"how":"crash"}},{"at":0,"shard":1,"behaviour":{"how":"time-out"}},
        {"at":0,"behaviour":{"how":"return-text"}},{"at":0,"shard":1,"behaviour":{"how":"report"}}],"actions":[
        {"at":2500,"action":{"throttle":{"mapping":0,"for_ms":500}}},{"at":3500,"action":{"disable":{"mapping":0}}},
        {"at":5500,"action":{"enable":{"mapping":0}}},{"at":7500,"action":{"update":{"mapping":0,"set":{"BatchSize":5}}}}],
        "closing_at":8000,"horizon_ms":20000}"#;
    let trial = run("steps", right(), case);
    let lines = to_lines(&trial.case, trial.setup.as_ref(), &trial.events);
    assert_eq!(*verdict(&trial), Verdict::Conforms, "{lines}");
    for seen in ["\"crashed\"", "\"timed-out\"", "\"unrecognised\"", "\"items\"", "\"Disabled\"", "\"quiet\""]
    {
        assert!(lines.contains(seen), "{seen}\n{lines}");
    }
}

#[test]
fn a_planted_bug_is_red() {
    let mutant = find_mutant("one-retry-too-many").expect("it is planted");
    let config = Config { fault: Some(mutant.fault), ..right() };
    let trial = run("mutant", config, &case("kinesis", "arn:aws:sqs:eu-west-1:123456789012:failures"));
    let Verdict::Violates(violations) = verdict(&trial) else { panic!("{:?}", trial.outcome) };
    assert!(violations.iter().any(|violation| violation.blame.contains(&mutant.rule)), "{violations:?}");
}

#[test]
fn what_cannot_be_had_is_unsupported_before_anything_is_made() {
    let case = r#"{"format":1,"retention_ms":60000,"mappings":[{"settings":{"StartingPosition":"TRIM_HORIZON"}}],
        "records":[{"at":0}],"closing_at":1000,"horizon_ms":9000}"#;
    let trial = run("unsupported", right(), case);
    assert!(matches!(&trial.outcome, Outcome::Unsupported(what) if what.contains("less than a day")));
}

#[test]
fn nobody_there_is_could_not_run() {
    let address = Address::parse("http://127.0.0.1:9,preset=ministack").expect("an endpoint");
    let bench = EndpointBench::with_journals(address, Path::new(env!("CARGO_TARGET_TMPDIR")));
    let case = Case::from_json(&case("kinesis", "arn:aws:s3:::failures")).expect("a case");
    let reading = Reading::documented();
    let trial = attempt(&bench, &mut bench.target(true), || case.clone(), &reading, Vec::new());
    assert!(
        matches!(&trial.outcome, Outcome::CouldNotRun(why) if why.contains("no answer from http://127.0.0.1:9")),
        "{:?}",
        trial.outcome
    );
}
