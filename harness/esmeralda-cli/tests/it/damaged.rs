//! Damaged files of every kind, for every command that reads one: a message with the place, exit 2, no panic.

use crate::support::{Desk, Done};
use serde_json::{Value, json};
use std::fs::File;

/// Longer than anything that is read.
const TOO_LONG: u64 = 100 * 1024 * 1024;
/// Every so many-th place of a text at which it is cut.
const CUT_EVERY: usize = 53;

const CASE: &str = r#"{"format":1,"source":"kinesis","shards":2,"retention_ms":86400000,
"function":{"timeout_ms":3000,"success":"null","reports_ascending":true,"foreign":false},
"mappings":[{"created_at":0,"qualifier":"live","settings":{"StartingPosition":"TRIM_HORIZON","BatchSize":3,
"MaximumRetryAttempts":1,"MaximumRecordAgeInSeconds":60,"BisectBatchOnFunctionError":true,
"FunctionResponseTypes":["ReportBatchItemFailures"],
"DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:eu-west-1:123456789012:failures"}}}}],
"records":[{"at":0,"shard":0,"size":100,"duration_ms":5,"behaviour":{"how":"raise","times":2}},
{"at":10,"shard":1,"behaviour":{"how":"report"}}],
"actions":[{"at":20,"action":{"throttle":{"mapping":0,"for_ms":1000}}},
{"at":30,"action":{"update":{"mapping":0,"set":{"BatchSize":2}}}}],
"closing_at":70000,"horizon_ms":900000,"max_invocations":64}"#;

/// The commands that read a case.
const READERS: [&[&str]; 2] = [&["replay", "bad"], &["shrink", "bad", "mutant:never-retries"]];

/// The command that reads a mapping.
const SIMULATE: &[&str] = &["simulate", "--mapping", "bad"];

fn refused(done: &Done, what: &str) {
    assert_eq!((done.code, done.out.as_str()), (2, ""), "{what}: {}", done.err);
    assert!(done.err.starts_with("error: bad: "), "{what}: {}", done.err);
    assert!(done.err.lines().count() == 1 && done.err.len() < 2_000, "{what}: {}", done.err);
}

/// Not refused, perhaps: what was changed may mean something. But never a panic.
fn survived(done: &Done, what: &str) {
    if done.code == 2 {
        refused(done, what);
    }
    assert!(
        (0..=4).contains(&done.code) && !done.err.contains("panicked"),
        "{what}: {} {}",
        done.code,
        done.err
    );
}

/// Every place of a document, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => members.iter().for_each(|(k, v)| places(v, &format!("{at}/{k}"), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, v)| places(v, &format!("{at}/{i}"), found));
        }
        _ => {}
    }
}

/// Values that mean nothing where they stand, unless by chance.
fn strange() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(1e300),
        json!(18_446_744_073_709_551_615_u64),
        json!(4_294_967_296_u64),
        json!(-9_223_372_036_854_775_808_i64),
        json!(0.5),
        json!(""),
        json!("\u{0}"),
        json!("r9"),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"x": 1}),
    ]
}

/// The document with each place changed in turn.
fn changed(text: &str) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(text).expect("a document");
    let mut found = Vec::new();
    places(&document, "", &mut found);
    let mut texts = Vec::new();
    for place in &found {
        for value in strange() {
            let mut new = document.clone();
            *new.pointer_mut(place).expect("a place") = value.clone();
            texts.push((format!("{place} is {value}"), new.to_string()));
        }
        let mut new = document.clone();
        if let Some(Value::Object(members)) = new.pointer_mut(place) {
            members.insert("surprise".to_owned(), json!(1));
            texts.push((format!("{place}/surprise"), new.to_string()));
        }
    }
    texts
}

#[test]
fn no_case() {
    let desk = Desk::new("damaged-case");
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("not JSON", b"case".to_vec()),
        ("two documents", format!("{CASE}{CASE}").into_bytes()),
        ("not UTF-8", [b"{\"format\":1,\"source\":\"", &[0xff, 0xfe][..], b"\"}"].concat()),
        ("UTF-16", CASE.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("deep", [vec![b'['; 100_000], vec![b']'; 100_000]].concat()),
        ("deep in a member", format!("{{\"records\":{}}}", "[".repeat(100_000)).into_bytes()),
        ("a huge number", b"{\"format\":1e999}".to_vec()),
        ("a member twice", CASE.replacen("\"shards\":2", "\"shards\":2,\"shards\":2", 1).into_bytes()),
        ("another format", CASE.replacen("\"format\":1", "\"format\":2", 1).into_bytes()),
    ];
    for (what, bytes) in files {
        desk.write("bad", bytes);
        READERS.iter().for_each(|args| refused(&desk.run(args), what));
    }
    for cut in (0..CASE.len()).step_by(CUT_EVERY) {
        desk.write("bad", &CASE[..cut]);
        refused(&desk.run(READERS[0]), &format!("cut at {cut}"));
    }
}

#[test]
fn changed_case() {
    let desk = Desk::new("changed-case");
    desk.write("bad", CASE);
    assert_eq!(desk.run(READERS[0]).code, 0, "the case itself is a good one");
    for (index, (what, text)) in changed(CASE).into_iter().enumerate() {
        desk.write("bad", text);
        survived(&desk.run(READERS[usize::from(index % 8 == 0)]), &what);
    }
}

#[test]
fn messages_name_the_place() {
    let desk = Desk::new("place");
    let wrong = [
        ("\"size\":100", "\"size\":-1", "records[0].size"),
        ("\"size\":100", "\"size\":0", "records[0].size"),
        ("\"shard\":1", "\"shard\":2", "records[1].shard"),
        ("\"at\":10", "\"at\":10,\"colour\":1", "colour"),
        ("\"BatchSize\":3", "\"BatchSize\":10001", "BatchSize"),
        ("\"BatchSize\":3", "\"ParallelizationFactor\":2", "ParallelizationFactor"),
        ("\"at\":20", "\"at\":2000000", "actions[0]"),
        ("\"closing_at\":70000", "\"closing_at\":5", "closing_at"),
        ("\"how\":\"raise\"", "\"how\":\"explode\"", "explode"),
    ];
    let mut text = String::new();
    for (good, bad, place) in wrong {
        desk.write("bad", CASE.replacen(good, bad, 1));
        let done = desk.run(READERS[0]);
        refused(&done, bad);
        assert!(done.err.contains(place), "{bad}: {}", done.err);
        text.push_str(&format!("{bad}\n  {}\n", done.err.trim_end()));
    }
    crate::support::same("bad-cases", &text);
}

#[test]
fn damaged_traces() {
    let desk = Desk::new("damaged-trace");
    desk.write("good.json", CASE);
    desk.run(&["replay", "good.json", "--trace", "bad"]);
    let good = desk.read("bad");
    let recheck = ["recheck", "bad"];
    assert_eq!(desk.run(&recheck).code, 0);
    let lines: Vec<&str> = good.lines().collect();
    for at in 0..lines.len() {
        let without: Vec<&str> =
            lines.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, l)| *l).collect();
        let mut twice = lines.clone();
        twice.insert(at, lines[at]);
        let mut swapped = lines.clone();
        swapped.swap(at, (at + 1) % lines.len());
        let half = &lines[at][..lines[at].len() / 2];
        let mut cut = lines.clone();
        cut[at] = half;
        for (what, lines) in [("without", without), ("twice", twice), ("swapped", swapped), ("cut", cut)] {
            desk.write("bad", lines.join("\n"));
            let done = desk.run(&recheck);
            survived(&done, &format!("{what} line {at}"));
            if what == "cut" || (at == 0 && what != "twice") {
                refused(&done, &format!("{what} line {at}"));
            }
        }
    }
    for (at, line) in lines.iter().enumerate().skip(1) {
        for (index, (what, text)) in changed(line).into_iter().enumerate() {
            // A sample that moves through the kinds of change.
            if (index + at) % 5 != 0 {
                continue;
            }
            let mut new = lines.clone();
            new[at] = &text;
            desk.write("bad", new.join("\n"));
            survived(&desk.run(&recheck), &format!("line {at}: {what}"));
        }
    }
}

#[test]
fn no_trace() {
    let desk = Desk::new("no-trace");
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("blank lines", b"\n\n\n".to_vec()),
        ("a case alone", CASE.as_bytes().to_vec()),
        ("not UTF-8", vec![b'{', 0xff, b'}']),
        ("deep", vec![b'['; 1_000_000]),
    ];
    for (what, bytes) in files {
        desk.write("bad", bytes);
        refused(&desk.run(&["recheck", "bad"]), what);
    }
}

#[test]
fn too_long() {
    let desk = Desk::new("too-long");
    File::create(desk.path("bad"))
        .and_then(|file| file.set_len(TOO_LONG))
        .expect("a sparse file can be made");
    for args in READERS.into_iter().chain([&["recheck", "bad"][..], SIMULATE]) {
        let done = desk.run(args);
        refused(&done, "too long");
        assert!(done.err.contains("64 MiB"), "{}", done.err);
    }
}

#[test]
fn damaged_mappings() {
    let desk = Desk::new("damaged-mapping");
    let mapping = r#"{"UUID":"a","BatchSize":4,"StartingPosition":"LATEST","MaximumRetryAttempts":1,
        "BisectBatchOnFunctionError":true,"EventSourceArn":"arn:aws:kinesis:eu-west-1:123456789012:stream/s",
        "DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:eu-west-1:123456789012:failures"}},
        "FunctionResponseTypes":["ReportBatchItemFailures"],"ParallelizationFactor":2}"#;
    desk.write("bad", mapping);
    assert_eq!(desk.run(SIMULATE).code, 0, "the mapping itself is a good one");
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("not JSON", b"mapping".to_vec()),
        ("not UTF-8", vec![b'{', 0xff, b'}']),
        ("a list", b"[1]".to_vec()),
        ("deep", vec![b'['; 1_000_000]),
        ("truncated", mapping.as_bytes()[..mapping.len() / 2].to_vec()),
    ];
    for (what, bytes) in files {
        desk.write("bad", bytes);
        refused(&desk.run(SIMULATE), what);
    }
    for (what, text) in changed(mapping) {
        desk.write("bad", text);
        survived(&desk.run(SIMULATE), &what);
    }
}
