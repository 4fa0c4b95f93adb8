//! Scenarios: the reference does what was recorded, the judge accepts it and AWS's own histories, and rejects each of
//! them once a single observation is removed or doubled, but for the reviewed exceptions.

mod edits;

use esm_model::case::Case;
use esm_model::reference::Policy;
use esm_model::setup::Setup;
use esm_model::spec::{Reading, UPDATE_SETTLE_AWS_MS};
use esm_model::trace::{Trace, TraceRef};
use esm_model::verdict::{Judgement, Verdict, judge};
use esm_suite::scenario::control::{Reply, Request};
use esm_suite::scenario::{self, Count, Scenario, documents, history};
use esmeralda::machine::MachineTarget;
use esmeralda::run::run_case;
use esmeralda::virtual_time::ready;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::rc::Rc;

/// What the reference under policy `aws` does, with looks at the mappings or without.
fn run(case: &Case, texts: bool, looks: bool) -> Trace {
    let target = MachineTarget::reference(Policy::AWS).with_texts(texts);
    let (case, setup) = (Rc::new(case.clone()), Rc::new(Setup::in_tree(case)));
    let events = ready(run_case(&target, &case, Some(&setup), looks, Vec::new()))
        .expect("the reference supports every case")
        .events;
    let setup = texts.then(|| Setup::clone(&setup));
    Trace { case: Case::clone(&case), setup, events }
}

fn reference(case: &Case, texts: bool) -> Trace {
    run(case, texts, true)
}

/// Reading `aws` as for AWS itself: changes of a mapping take time to show.
fn on_aws() -> Reading {
    slow(Reading::aws())
}

fn slow(mut reading: Reading) -> Reading {
    reading.update_settle_ms = UPDATE_SETTLE_AWS_MS;
    reading
}

fn conforms(id: &str, trace: TraceRef<'_>, reading: &Reading, what: &str) -> Judgement {
    let judgement = judge(trace, reading).unwrap_or_else(|error| panic!("{id}, {what}: {error}"));
    assert_eq!(judgement.verdict, Verdict::Conforms, "{id}, {what}\n{}", history(trace));
    judgement
}

#[test]
fn cases_are_valid_and_names_unique() {
    let mut names = BTreeSet::new();
    for scenario in scenario::all() {
        scenario.case.validate().unwrap_or_else(|error| panic!("{}: {error}", scenario.id));
        assert_eq!(Case::from_json(&scenario.case.to_json()).unwrap(), scenario.case, "{}", scenario.id);
        assert!(scenario.name.starts_with(scenario.id), "{}", scenario.name);
        assert!(names.insert(scenario.id) && names.insert(scenario.name), "{} stands twice", scenario.id);
        for text in [scenario.claim, scenario.missing] {
            assert!(text.ends_with('.') && !text.contains("  "), "{}: {text:?}", scenario.id);
        }
        assert_eq!(scenario::find(scenario.id).unwrap().name, scenario.name);
    }
}

#[test]
fn the_reference_does_what_was_recorded() {
    for Scenario { id, case, expected, .. } in scenario::all() {
        let typed = reference(&case, false);
        let texts = reference(&case, true);
        assert_eq!(history(typed.as_ref()), history(texts.as_ref()), "{id}");
        for (trace, form) in [(&typed, "typed"), (&texts, "texts")] {
            let differences = expected.differences(trace.as_ref());
            assert!(differences.is_empty(), "{id}, {form}: {differences:#?}\n{}", history(trace.as_ref()));
            conforms(id, trace.as_ref(), &Reading::documented(), &format!("{form}, documented"));
            conforms(id, trace.as_ref(), &Reading::aws(), &format!("{form}, aws"));
            // LATEST that delivered nothing would be undecided here; no scenario is of that kind.
            conforms(id, trace.as_ref(), &on_aws(), &format!("{form}, aws, with time to settle"));
        }
    }
}

#[test]
fn histories_of_aws_are_accepted() {
    for Scenario { id, case, expected, histories, .. } in scenario::all() {
        for told in histories {
            let trace = TraceRef { case: &case, setup: None, events: &told.events };
            let differences = expected.differences(trace);
            assert!(differences.is_empty(), "{id}, {}: {differences:#?}\n{}", told.name, history(trace));
            let judgement = conforms(id, trace, &on_aws(), told.name);
            assert!(judgement.warnings.is_empty(), "{id}, {}: {:?}", told.name, judgement.warnings);
            conforms(id, trace, &slow(Reading::documented()), told.name);
        }
    }
}

#[test]
fn recorded_counts_are_those_of_the_histories() {
    let counted = scenario::find("V-K-19").unwrap();
    let Count::Recorded(counts) = counted.expected.failures[0].count else { panic!("a list of counts") };
    let told: Vec<String> = counts.iter().map(|count| format!("RecordAgeExceeded count {count} ")).collect();
    for (told, known) in told.iter().zip(&counted.histories) {
        let trace = TraceRef { case: &counted.case, setup: None, events: &known.events };
        assert!(history(trace).contains(told), "{told} in {}", history(trace));
    }
}

#[test]
fn normalised_histories() {
    for Scenario { id, name, claim, citation, case, missing, histories, .. } in scenario::all() {
        let mut text = format!("{name}\n{claim}\nSource: {citation}\nReconstructed: {missing}\n\n");
        let _ = write!(text, "The reference, policy aws:\n{}", history(reference(&case, false).as_ref()));
        for told in &histories {
            let trace = TraceRef { case: &case, setup: None, events: &told.events };
            let _ = write!(text, "\nAWS, {}. Recorded: {}\n{}", told.name, told.recorded, history(trace));
        }
        esm_snapshots::settings("scenarios").bind(|| insta::assert_snapshot!(id, text));
    }
}

#[test]
fn answers_of_the_control_plane() {
    let mut text = String::new();
    let mut names = BTreeSet::new();
    for scenario in scenario::control::all() {
        let differences = scenario.differences();
        assert!(differences.is_empty(), "{}: {differences:#?}", scenario.id);
        assert!(names.insert(scenario.id) && scenario.name.starts_with(scenario.id), "{}", scenario.name);
        let _ = writeln!(text, "{}\n{}\nSource: {}", scenario.name, scenario.claim, scenario.citation);
        for (request, reply) in &scenario.exchanges {
            let _ = writeln!(text, "  {}\n    {}", asked(request), answered(reply));
        }
        text.push('\n');
    }
    esm_snapshots::settings("scenarios").bind(|| insta::assert_snapshot!("control-plane", text));
}

fn asked(request: &Request) -> String {
    match request {
        Request::Create(members) => format!("create {members}"),
        Request::Update(members, mapping, _) => {
            format!("update {members} of {}", serde_json::to_string(mapping).expect("settings are JSON"))
        }
        Request::Find(uuid) => format!("get, update or delete {uuid}"),
        Request::Name(name) => format!("create for the function {name}"),
    }
}

fn answered(reply: &Reply) -> String {
    match reply {
        Reply::Refused { status, error_type, message } => format!("{status} {error_type}: {message}"),
        Reply::Taken => "taken".to_owned(),
        Reply::Shows(_, _, members) => format!("shows {members}"),
        Reply::Arn(arn) => format!("shows FunctionArn {arn}"),
    }
}

#[test]
fn example_failure_records_of_the_documents() {
    let pretty = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    };
    let source = esm_model::mapping::SourceKind::Kinesis;
    let record = documents::example_record(false).unwrap();
    let sqs = record.to_sqs_body(source);
    let topic = "arn:aws:sns:eu-west-1:123456789012:failures";
    let sns = esm_model::wire::sns_notification(
        topic,
        "7d1c2b3a-0f4e-4a6b-8c9d-1e2f3a4b5c6d",
        &record.to_sns_message(source),
        record.timestamp_ms,
    );
    let object = documents::example_record(true).unwrap();
    let key = esm_model::wire::s3_key(
        "0b3c1f3e-6a7d-4a5e-9b1c-1d2e3f405162",
        &object.batch.shard_id,
        object.timestamp_ms,
        "5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716",
    );
    let body = object.to_s3_body(source);
    let complaints = [
        esm_model::wire::read_sqs(&sqs, source).complaints,
        esm_model::wire::read_sns(&sns, source).complaints,
        esm_model::wire::read_s3(&key, &body, Some("application/octet-stream"), source).complaints,
    ];
    assert!(complaints.iter().all(Vec::is_empty), "{complaints:?}");
    esm_snapshots::settings("scenarios").bind(|| {
        insta::assert_snapshot!("example-sqs", pretty(&sqs));
        insta::assert_snapshot!("example-sns", pretty(&sns));
        insta::assert_snapshot!("example-s3", format!("{key}\n{}", pretty(&body)));
    });
}
