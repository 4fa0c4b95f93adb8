//! Sessions against an endpoint in memory, with the reference behind it: what is right conforms, what is planted does
//! not, and nothing is left behind.

use esm_model::case::Case;
use esm_model::catalogue::DISCARD_2;
use esm_model::event::{Event, Settled};
use esm_model::reference::{Policy, find_mutant};
use esm_model::spec::Reading;
use esm_model::trace::to_lines;
use esm_model::verdict::Verdict;
use esm_suite::tour::{DESTINATIONS, SHOWN, SOURCES, discard, every_step};
use esmeralda::bench::Bench;
use esmeralda::outcome::{Outcome, Trial, attempt, try_case_until};
use esmeralda::stop::Stop;
use esmeralda_endpoint::address::Address;
use esmeralda_endpoint::bench::EndpointBench;
use esmeralda_endpoint::journal::left;
use esmeralda_endpoint::preset::SHIPPED;
use esmeralda_wire::log::Numbering;
use esmeralda_wire::manners::{Manners, Trouble};
use esmeralda_wire::{Config, Double};
use std::path::{Path, PathBuf};

/// Bounds for an endpoint that answers at once.
pub(crate) const BOUNDS: &str = "call_ms = 250\nsettle_ms = 1500\nlull_ms = 300\nupdate_settle_ms = 1000\n";

/// A directory of its own for a test.
fn dir(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("double").join(test);
    std::fs::create_dir_all(&dir).expect("a test directory can be made");
    dir
}

/// Where a test keeps its journals.
pub(crate) fn journals(test: &str) -> PathBuf {
    dir(test).join("journals")
}

/// The address of an endpoint in memory, with these bounds instead of the usual ones, and further options.
pub(crate) fn address(test: &str, url: &str, bounds: &str, options: &str) -> Address {
    let (_, shipped) = SHIPPED.iter().find(|(name, _)| *name == "ministack").expect("it is shipped");
    let (head, rest) = shipped.split_once("[ready]").expect("it has a page");
    let (_, rest) = rest.split_once("[callback]").expect("it has a callback");
    let (rest, _) = rest.split_once("[bounds]").expect("it has bounds");
    let preset = dir(test).join("preset.toml");
    std::fs::write(&preset, format!("{head}[callback]{rest}[bounds]\n{bounds}"))
        .expect("a preset can be written");
    Address::parse(&format!("{url},preset={}{options}", preset.display())).expect("an endpoint")
}

/// An endpoint in memory.
fn double(config: Config) -> Double {
    Double::start("127.0.0.1:0".parse().expect("an address"), config).expect("loopback can be bound")
}

/// Runs a case at an endpoint of its own, within these bounds.
fn run_within(test: &str, bounds: &str, config: Config, case: &Case) -> Trial {
    let double = double(config);
    run_at(test, address(test, &double.url(), bounds, ""), case)
}

/// Runs a case at an address.
fn run_at(test: &str, address: Address, case: &Case) -> Trial {
    let bench = EndpointBench::with_journals(address, &journals(test));
    let reading = Reading::documented();
    let trial = attempt(&bench, &mut bench.target(true), || case.clone(), &reading, Vec::new());
    drop(bench);
    assert_eq!(left(&journals(test)).expect("journals can be read"), [], "nothing is left behind");
    trial
}

/// The same within the usual bounds.
fn run(test: &str, config: Config, case: &Case) -> Trial {
    run_within(test, BOUNDS, config, case)
}

fn verdict(trial: &Trial) -> &Verdict {
    let lines = || to_lines(&trial.case, trial.setup.as_ref(), &trial.events);
    match &trial.outcome {
        Outcome::Judged(judgement) => &judgement.verdict,
        other => panic!("{other:?}\n{}", lines()),
    }
}

pub(crate) fn right() -> Config {
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

/// Failure records of two shards name the same numbers, and each means the records of its own.
#[test]
fn shards_may_number_their_records_alike() {
    let case = r#"{"format":1,"shards":2,"mappings":[{"settings":{"StartingPosition":"TRIM_HORIZON","BatchSize":1,
        "MaximumRetryAttempts":0,"DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:eu-west-1:123456789012:q"}}}}],
        "records":[{"at":0},{"at":0,"shard":1,"behaviour":{"how":"raise"}},{"at":0,"behaviour":{"how":"raise"}},
        {"at":0,"shard":1}],"closing_at":1000,"horizon_ms":9000}"#;
    let trial = run("numbers", Config { numbering: Numbering::Counting, ..right() }, &read(case));
    let lines = to_lines(&trial.case, trial.setup.as_ref(), &trial.events);
    assert_eq!(*verdict(&trial), Verdict::Conforms, "{lines}");
    assert_eq!(lines.matches("\"sequence\":\"7\"").count(), 2, "{lines}");
    assert_eq!(lines.matches("\"delivered\"").count(), 2, "{lines}");
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

#[test]
fn where_nothing_is_owed_any_more_nobody_waits_for_it() {
    // A run that waits for a failure record which has come already ends by its deadline.
    let patient =
        "call_ms = 250\nsettle_ms = 600000\nlull_ms = 300\ndeadline_ms = 20000\nupdate_settle_ms = 1000\n";
    let trial = run_within("owed", patient, right(), &discard("kinesis", DESTINATIONS[0]));
    let lines = to_lines(&trial.case, trial.setup.as_ref(), &trial.events);
    assert_eq!(*verdict(&trial), Verdict::Conforms, "{lines}");
    assert!(lines.contains("\"delivered\"") && lines.contains("\"how\":\"quiet\""), "{lines}");
}

#[test]
fn a_failure_record_that_is_owed_is_waited_for() {
    // It comes long after the lull in which a run ends that waits for none.
    let bounds =
        "call_ms = 250\nsettle_ms = 10000\nlull_ms = 300\ndeadline_ms = 60000\nupdate_settle_ms = 1000\n";
    let manners = Manners { write_delay_ms: 4_000, ..Manners::default() };
    let trial =
        run_within("late", bounds, Config { manners, ..right() }, &discard("kinesis", DESTINATIONS[0]));
    let lines = to_lines(&trial.case, trial.setup.as_ref(), &trial.events);
    assert!(*verdict(&trial) == Verdict::Conforms && lines.contains("\"delivered\""), "{lines}");
}

/// It is never through, and what was seen is enough.
#[test]
fn a_case_that_is_red_is_not_waited_for_until_the_deadline() {
    let bounds =
        "call_ms = 250\nsettle_ms = 1500\nlull_ms = 300\ndeadline_ms = 60000\nupdate_settle_ms = 1000\n";
    let case = r#"{"format":1,"mappings":[{"settings":{"StartingPosition":"TRIM_HORIZON","BatchSize":1,
        "MaximumRetryAttempts":0}}],"records":[{"at":0,"behaviour":{"how":"raise"}}],"closing_at":100,"horizon_ms":9000}"#;
    let endless = find_mutant("zero-retries-is-infinite").expect("it is planted");
    let double = double(Config { fault: Some(endless.fault), ..right() });
    let bench = EndpointBench::with_journals(address("red", &double.url(), bounds, ""), &journals("red"));
    let (reading, stop) = (Reading::documented(), Stop::default());
    let ran = bench.wait(try_case_until(&bench.target(true), read(case), &reading, &stop));
    let trial = ran.expect("nobody stopped it");
    assert!(matches!(verdict(&trial), Verdict::Violates(_)), "{:?}", trial.outcome);
    let Some(Event::Settled { at, how: Settled::Deadline }) = trial.events.last() else {
        panic!("{trial:?}")
    };
    assert!(at.latest < 50_000, "it ended at {at:?}");
}

/// It is owed from the last moment at which the time-out may have come, and counts as missing only `settle` later.
#[test]
fn a_failure_record_that_is_lost_after_a_time_out_is_red() {
    let case = r#"{"format":1,"function":{"timeout_ms":2000},"mappings":[{"settings":{"StartingPosition":"TRIM_HORIZON",
        "BatchSize":1,"MaximumRetryAttempts":0,"DestinationConfig":{"OnFailure":{"Destination":
        "arn:aws:sqs:eu-west-1:123456789012:q"}}}}],"records":[{"at":0,"behaviour":{"how":"time-out"}}],
        "closing_at":100,"horizon_ms":9000}"#;
    let trouble = Trouble { lose_every: 1, ..Trouble::default() };
    let trial = run("lost", Config { trouble, ..right() }, &read(case));
    let Verdict::Violates(violations) = verdict(&trial) else { panic!("{:?}", trial.outcome) };
    assert!(violations.iter().any(|violation| violation.blame.contains(&DISCARD_2)), "{violations:?}");
}

#[test]
fn nothing_is_made_in_another_account_than_the_one_that_was_typed() {
    let double = double(right());
    let own = right().account.id;
    let trial = |test: &str, account: &str| {
        let options = format!(",account={account}");
        run_at(test, address(test, &double.url(), BOUNDS, &options), &discard("kinesis", DESTINATIONS[0]))
    };
    assert_eq!(*verdict(&trial("own-account", &own)), Verdict::Conforms);
    let other = trial("other-account", "111111111111").outcome;
    let why = format!("the credentials are of {own}, and account=111111111111 was typed");
    assert_eq!(other, Outcome::CouldNotRun(why));
}
