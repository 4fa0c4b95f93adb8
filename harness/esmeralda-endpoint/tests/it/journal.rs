//! What was made and is not gone survives a crash.

use crate::double::address;
use esmeralda_endpoint::clean;
use esmeralda_endpoint::journal::{Journal, Kind, left};
use std::path::{Path, PathBuf};

fn fresh(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("journal").join(name);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).expect("an old directory can be removed");
    }
    dir
}

#[test]
fn a_crash_leaves_what_is_not_gone_in_order_of_removal() {
    let dir = fresh("crash");
    let journal = Journal::new(&dir, "run", "http://127.0.0.1:1,preset=ministack");
    for (kind, id) in [(Kind::Stream, "a"), (Kind::Queue, "b"), (Kind::Mapping, "c"), (Kind::Stream, "d")] {
        journal.made(kind, id).expect("it can be written");
    }
    journal.gone(Kind::Stream, "a");
    drop(journal);
    // The last line was cut by the crash.
    let path = dir.join("run.jsonl");
    let text = std::fs::read_to_string(&path).expect("it is there") + "{\"made\":{\"kind\":\"buc";
    std::fs::write(&path, text).expect("it can be written");
    let found = left(&dir).expect("it can be read");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].typed, "http://127.0.0.1:1,preset=ministack");
    assert_eq!(found[0].process, std::process::id());
    let there: Vec<_> = found[0].there.iter().map(|made| (made.kind, made.id.as_str())).collect();
    assert_eq!(there, [(Kind::Mapping, "c"), (Kind::Stream, "d"), (Kind::Queue, "b")]);
}

#[test]
fn a_tidy_end_leaves_no_journal() {
    let dir = fresh("tidy");
    assert_eq!(left(&dir).expect("no directory is no error"), []);
    let journal = Journal::new(&dir, "run", "http://127.0.0.1:1");
    journal.made(Kind::Bucket, "b").expect("it can be written");
    journal.gone(Kind::Bucket, "b");
    assert_eq!(left(&dir).expect("it can be read"), []);
    // Something made later begins it again.
    journal.made(Kind::Topic, "t").expect("it can be written");
    assert_eq!(left(&dir).expect("it can be read").len(), 1);
}

#[test]
fn an_endpoint_that_is_gone_is_not_asked_for_each_thing() {
    let dir = fresh("gone");
    let journal = Journal::new(&dir, "run", "http://127.0.0.1:1");
    for number in 0..100 {
        journal.made(Kind::Bucket, &number.to_string()).expect("it can be written");
    }
    drop(journal);
    let found = left(&dir).expect("it can be read").remove(0);
    let address = address("nobody", "http://127.0.0.1:1", "", "");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let cleaned = runtime.block_on(clean::left(&address, &found)).expect("the journal can be read");
    assert_eq!((cleaned.removed, cleaned.kept.len()), (0, 100));
    let why = &cleaned.kept[99].1;
    assert!(why.starts_with("nobody listens at http://127.0.0.1:1: "), "{why}");
    assert!(found.path.exists(), "and it is all still written down");
}
