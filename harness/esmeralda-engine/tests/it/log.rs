//! What the log says of a mapping, for a person and as JSON.

use esm_model::event::RequestId;
use esm_model::reference::FunctionResult;
use esm_model::sequence::SequenceNumber;
use esmeralda_engine::story::{Story, lines};
use esmeralda_wire::driver::{Note, Span};
use serde_json::Value as Json;
use std::io::Write;
use std::sync::{Arc, Mutex};

const SHARDS: [&str; 2] = ["shardId-000000000000", "shardId-000000000001"];

/// Keeps what is written.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn span(first: u64, last: u64) -> Span {
    let number = |end: u64| format!("4954510000000000000000000000000000000000000000{end:010}");
    let sequence = |end| number(end).parse::<SequenceNumber>().unwrap();
    Span { first: sequence(first), last: sequence(last), records: (last - first + 1) as usize }
}

/// A batch of eight that fails and is split, and a single record that is discarded; as log lines.
fn told(as_json: bool) -> String {
    let page = Page::default();
    let writer = page.clone();
    let shards = SHARDS.map(str::to_owned);
    let request = RequestId::parse("6f0f9f3c-3c1b-4f5e-9d4b-1f2e3d4c5b6a").unwrap();
    tracing::subscriber::with_default(lines(as_json, false, move || writer.clone()), || {
        let story = Story::new("00000000-0000-4000-8000-000000000000");
        let tell = |note: Note<'_>| story.tell(&note, &shards, 0);
        tell(Note::Called { shard: 1, request, span: span(12, 19) });
        tell(Note::Answered {
            shard: 1,
            request,
            span: span(12, 19),
            result: &FunctionResult::Raised,
            next: vec![span(12, 15), span(16, 19)],
            wait_ms: 220,
        });
        tell(Note::Written { shard: 0, span: span(7, 7), accepted: true });
        tell(Note::Written { shard: 0, span: span(8, 8), accepted: false });
        tell(Note::Unreadable { shard: 0, why: "throughput exceeded".to_owned() });
        tell(Note::Ended { shard: 0 });
    });
    String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
}

#[test]
fn a_person_reads_a_story() {
    // Each line begins with the time.
    let text: String = told(false)
        .lines()
        .map(|line| format!("{}\n", line.split_once(' ').unwrap().1.trim_start()))
        .collect();
    esm_snapshots::settings("engine").bind(|| insta::assert_snapshot!("log_text", text));
}

#[test]
fn a_machine_reads_one_object_a_line() {
    let line = |line: &str| {
        let mut value: Json = serde_json::from_str(line).expect("each line is JSON");
        assert!(value["timestamp"].is_string(), "{line}");
        value["timestamp"] = "…".into();
        format!("{value}\n")
    };
    let text: String = told(true).lines().map(line).collect();
    esm_snapshots::settings("engine").bind(|| insta::assert_snapshot!("log_json", text));
}
