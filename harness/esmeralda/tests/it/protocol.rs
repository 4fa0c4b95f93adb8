//! The page and the schema say what the code does.

use crate::support::mutant;
use esm_model::case::Case;
use esm_model::event::{Event, Settled};
use esm_model::reference::Policy;
use esmeralda::bench::Bench;
use esmeralda::lines::{CAPABILITIES, Checker, CommandTarget, SCHEMA, Side};
use esmeralda::machine::MachineTarget;
use esmeralda::run::run_case;
use esmeralda::virtual_time::ready;
use serde_json::Value;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

const PAGE: &str = include_str!("../../PROTOCOL.md");

/// The first block of the page in that language.
fn block(language: &str) -> &'static str {
    let block = PAGE.split(&format!("```{language}\n")).nth(1).and_then(|rest| rest.split("```").next());
    block.expect("the page has such a block")
}

fn case_of_the_page() -> Rc<Case> {
    Rc::new(serde_json::from_str(block("json")).expect("the page's case is one"))
}

/// The lines of the page's conversation, with who says them.
fn conversation() -> impl Iterator<Item = (Side, &'static str)> {
    block("text").lines().filter_map(|line| {
        let harness = line.strip_prefix("> ").map(|line| (Side::Harness, line));
        harness.or_else(|| line.strip_prefix("< ").map(|line| (Side::Child, line)))
    })
}

#[test]
fn the_conversation_of_the_page_takes_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (parrot, page) = (folder.join("tests/it/parrot.py"), folder.join("PROTOCOL.md"));
    let command = shell_words::join(["python3", &parrot.to_string_lossy(), &page.to_string_lossy()]);
    let target =
        CommandTarget::command("parrot", &command, Some(Duration::from_secs(20))).expect("a command");
    let ran = ready(run_case(&target.target(false), &case_of_the_page(), None, true, Vec::new()));
    let events = ran.unwrap_or_else(|error| panic!("{error}")).events;
    assert!(matches!(events.last(), Some(Event::Settled { how: Settled::Quiet, .. })), "{events:?}");
}

#[test]
fn the_page_knows_every_message() {
    let names = |side: &str| {
        let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
        let members = schema["$defs"][side]["properties"].as_object().expect("messages").clone();
        members.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    for (side, name) in [(Side::Harness, "to-child"), (Side::Child, "from-child")] {
        for message in names(name).iter().filter(|message| *message != "unsupported") {
            let begins = format!("{{\"{message}\":");
            assert!(conversation().any(|(who, line)| who == side && line.starts_with(&begins)), "{message}");
        }
    }
}

#[test]
fn the_page_and_the_schema_know_every_capability() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    let listed = &schema["$defs"]["opened"]["properties"]["capabilities"]["items"]["enum"];
    let names: Vec<&str> = CAPABILITIES.iter().map(|(name, _)| *name).collect();
    assert_eq!(*listed, serde_json::json!(names));
    for (name, what) in CAPABILITIES {
        assert!(PAGE.contains(&format!("| `{name}` | {what} |")), "{name}");
    }
}

#[test]
fn the_schema_takes_every_message_of_a_run() {
    let checker = Checker::published().expect("tests have a checker");
    for (side, line) in conversation() {
        checker.check(side, line.as_bytes()).unwrap_or_else(|problem| panic!("{problem}"));
    }
    for target in [MachineTarget::reference(Policy::AWS), mutant("one-retry-too-many")] {
        let target = CommandTarget::served(target).checked().expect("tests have a checker");
        for index in 0..3 {
            let case = Rc::new(crate::support::case(index));
            for texts in [true, false] {
                let ran = ready(run_case(&target.target(texts), &case, None, true, Vec::new()));
                ran.unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }
}

/// What the checker says of a line.
fn told(side: Side, line: &str) -> String {
    let checker = Checker::published().expect("tests have a checker");
    checker.check(side, line.as_bytes()).err().unwrap_or_else(|| "nothing".to_owned())
}

/// Every way to leave a member out, to add one, and to give one another type.
fn damaged(value: &Value, whole: &dyn Fn(Value) -> Value, out: &mut Vec<Value>) {
    let Some(members) = value.as_object() else { return };
    let mut more = members.clone();
    more.insert("colour".to_owned(), "blue".into());
    out.push(whole(Value::Object(more)));
    for (name, inner) in members {
        let with = |value: Value| {
            let mut members = members.clone();
            members.insert(name.clone(), value);
            whole(Value::Object(members))
        };
        // What the function returns may be anything.
        if name == "returned" || name == "event" {
            continue;
        }
        out.push(with(Value::from(vec![vec![true]])));
        damaged(inner, &with, out);
    }
}

#[test]
fn the_schema_and_the_code_refuse_damaged_messages() {
    let checker = Checker::published().expect("tests have a checker");
    let mut count = 0;
    for (side, line) in conversation() {
        let mut all = Vec::new();
        damaged(&serde_json::from_str(line).expect("JSON"), &|value| value, &mut all);
        for value in all {
            let line = value.to_string();
            assert!(checker.check(side, line.as_bytes()).is_err(), "the schema takes {line}");
            if side == Side::Child {
                let read = serde_json::from_str::<esmeralda::lines::FromChild>(&line);
                assert!(read.is_err(), "the code takes {line}");
            }
            count += 1;
        }
    }
    assert!(count > 200, "{count}");
}

#[test]
fn what_is_wrong_is_said_in_prose() {
    let lines = [
        (Side::Child, "{\"opened\":{\"protocol\":2}}"),
        (Side::Child, "{\"opened\":{\"protocol\":1,\"clock\":\"virtuel\"}}"),
        (Side::Child, "{\"acted\":{\"put\":[{\"sequence\":42}]}}"),
        (Side::Child, "{\"call\":{\"id\":1,\"invoke\":{\"mapping\":0}}}"),
        (Side::Child, "{\"call\":{\"id\":1,\"invoke\":{\"mapping\":0,\"record\":[\"1\"]}}}"),
        (Side::Child, "{\"sleep\":{}}"),
        (Side::Child, "{\"reply\":{\"id\":1,\"now\":0}}"),
        (Side::Child, "{\"sleep\":{\"until\":5"),
        (Side::Child, "5"),
    ];
    let text: Vec<String> = lines.iter().map(|(side, line)| told(*side, line)).collect();
    esm_snapshots::settings("protocol").bind(|| insta::assert_snapshot!("prose", text.join("\n\n")));
}
