//! Cases at the engine's URL: the reference conforms there under both readings, on every source and destination.

use crate::support::pair;
use esm_model::case::Case;
use esm_model::reference::Fault;
use esm_model::spec::Reading;
use esm_model::trace::to_lines;
use esm_model::verdict::Verdict;
use esmeralda::bench::Bench as _;
use esmeralda::outcome::{Outcome, Trial, attempt};
use esmeralda_endpoint::address::Address;
use esmeralda_endpoint::bench::EndpointBench;
use esmeralda_endpoint::preset::SHIPPED;
use std::path::Path;

/// Bounds for an endpoint that answers at once, behind an engine that polls.
const BOUNDS: &str = "[bounds]\ncall_ms = 1500\nsettle_ms = 3000\nlull_ms = 2500\nupdate_settle_ms = 3000\n";

/// Runs a case at a URL, within these bounds.
pub(crate) fn run(test: &str, url: &str, case: &str, reading: &Reading, bounds: &str) -> Trial {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine").join(test);
    std::fs::create_dir_all(&dir).expect("a test directory can be made");
    let (_, shipped) = SHIPPED.iter().find(|(name, _)| *name == "ministack").expect("it is shipped");
    let (rest, _) = shipped.split_once("[bounds]").expect("it has bounds");
    let preset = dir.join("preset.toml");
    std::fs::write(&preset, format!("{rest}{bounds}")).expect("a preset can be written");
    let address = Address::parse(&format!("{url},preset={}", preset.display())).expect("an endpoint");
    let bench = EndpointBench::with_journals(address, &dir.join("journals"));
    let case = Case::from_json(case).expect("a case");
    attempt(&bench, &mut bench.target(true), || case.clone(), reading, Vec::new())
}

/// Runs a case at an engine of its own, with a planted bug or without.
pub(crate) fn at_engine(test: &str, fault: Option<Fault>, case: &str, reading: &Reading) -> Trial {
    let (_double, engine) = pair(fault);
    run(test, &engine.url(), case, reading, BOUNDS)
}

pub(crate) fn lines(trial: &Trial) -> String {
    to_lines(&trial.case, trial.setup.as_ref(), &trial.events)
}

pub(crate) fn verdict(trial: &Trial) -> &Verdict {
    match &trial.outcome {
        Outcome::Judged(judgement) => &judgement.verdict,
        other => panic!("{other:?}\n{}", lines(trial)),
    }
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
            let trial = at_engine("reference", None, &case(source, destination), &Reading::aws());
            let lines = lines(&trial);
            assert_eq!(*verdict(&trial), Verdict::Conforms, "{source} {destination}\n{lines}");
            assert!(lines.contains("\"delivered\"") && lines.contains("\"how\":\"quiet\""), "{lines}");
        }
    }
}

#[test]
fn every_way_to_fail_and_every_step_reaches_the_engine() {
    let case = r#"{"format":1,"shards":2,"function":{"timeout_ms":1000},"mappings":[{"settings":{"StartingPosition":
        "TRIM_HORIZON","BatchSize":1,"MaximumRetryAttempts":0,"FunctionResponseTypes":["ReportBatchItemFailures"],
        "DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:eu-west-1:123456789012:failures"}}}}],"records":[
        {"at":0,"behaviour":{"how":"crash"}},{"at":0,"shard":1,"behaviour":{"how":"time-out"}},
        {"at":0,"behaviour":{"how":"return-text"}},{"at":0,"shard":1,"behaviour":{"how":"report"}}],"actions":[
        {"at":2500,"action":{"throttle":{"mapping":0,"for_ms":500}}},{"at":3500,"action":{"disable":{"mapping":0}}},
        {"at":5500,"action":{"enable":{"mapping":0}}},{"at":7500,"action":{"update":{"mapping":0,"set":{"BatchSize":5}}}}],
        "closing_at":8000,"horizon_ms":20000}"#;
    let trial = at_engine("steps", None, case, &Reading::documented());
    let lines = lines(&trial);
    assert_eq!(*verdict(&trial), Verdict::Conforms, "{lines}");
    for seen in ["\"crashed\"", "\"timed-out\"", "\"unrecognised\"", "\"items\"", "\"Disabled\"", "\"quiet\""]
    {
        assert!(lines.contains(seen), "{seen}\n{lines}");
    }
}
