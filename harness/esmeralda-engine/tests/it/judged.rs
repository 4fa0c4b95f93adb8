//! Cases at the engine's URL: the reference conforms there under both readings, on every source and destination.

use crate::support::pair;
use esm_model::case::Case;
use esm_model::reference::Fault;
use esm_model::spec::Reading;
use esm_model::trace::to_lines;
use esm_model::verdict::Verdict;
use esm_suite::tour::{DESTINATIONS, SHOWN, SOURCES, discard, every_step};
use esmeralda::bench::Bench as _;
use esmeralda::outcome::{Outcome, Trial, attempt};
use esmeralda_endpoint::address::Address;
use esmeralda_endpoint::bench::EndpointBench;
use esmeralda_endpoint::preset::SHIPPED;
use std::path::Path;

/// Bounds for an endpoint that answers at once, behind an engine that polls.
const BOUNDS: &str = "[bounds]\ncall_ms = 1500\nsettle_ms = 3000\nlull_ms = 2500\nupdate_settle_ms = 3000\n";

/// A case as text.
pub(crate) fn read(json: &str) -> Case {
    Case::from_json(json).expect("a case")
}

/// Runs a case at a URL, within these bounds.
pub(crate) fn run(test: &str, url: &str, case: &Case, reading: &Reading, bounds: &str) -> Trial {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine").join(test);
    std::fs::create_dir_all(&dir).expect("a test directory can be made");
    let (_, shipped) = SHIPPED.iter().find(|(name, _)| *name == "ministack").expect("it is shipped");
    let (rest, _) = shipped.split_once("[bounds]").expect("it has bounds");
    let preset = dir.join("preset.toml");
    std::fs::write(&preset, format!("{rest}{bounds}")).expect("a preset can be written");
    let address = Address::parse(&format!("{url},preset={}", preset.display())).expect("an endpoint");
    let bench = EndpointBench::with_journals(address, &dir.join("journals"));
    attempt(&bench, &mut bench.target(true), || case.clone(), reading, Vec::new())
}

/// Runs a case at an engine of its own, with a planted bug or without.
pub(crate) fn at_engine(test: &str, fault: Option<Fault>, case: &Case, reading: &Reading) -> Trial {
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

#[test]
fn the_reference_conforms_on_every_source_and_destination() {
    for source in SOURCES {
        for destination in DESTINATIONS {
            let trial = at_engine("reference", None, &discard(source, destination), &Reading::aws());
            let lines = lines(&trial);
            assert_eq!(*verdict(&trial), Verdict::Conforms, "{source} {destination}\n{lines}");
            assert!(lines.contains("\"delivered\"") && lines.contains("\"how\":\"quiet\""), "{lines}");
        }
    }
}

#[test]
fn every_way_to_fail_and_every_step_reaches_the_engine() {
    let trial = at_engine("steps", None, &every_step(), &Reading::documented());
    let lines = lines(&trial);
    assert_eq!(*verdict(&trial), Verdict::Conforms, "{lines}");
    for seen in SHOWN {
        assert!(lines.contains(seen), "{seen}\n{lines}");
    }
}
