//! Functions behind a URL: their answers, their errors, and what talks HTTP badly.

use crate::support::{GOOD, MAPPING, local, violated};
use esm_model::catalogue as c;
use esm_model::event::RequestId;
use esmeralda_consumer::function::{Function, Named};
use esmeralda_consumer::{Check, Handler, HandlerError, Raw, Report};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

/// A server that gives every request the same bytes; nothing at all if there are none.
fn server(answer: &'static str, calls: usize) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let url = format!("http://{}/fn", listener.local_addr().expect("an address"));
    let thread = std::thread::spawn(move || {
        for _ in 0..calls {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = vec![0; 1024 * 1024];
            let _some = stream.read(&mut request).expect("a request");
            stream.write_all(answer.as_bytes()).expect("an answer");
            if answer.is_empty() {
                // Until the other side has hung up.
                let _end = stream.read(&mut request);
            }
        }
    });
    (url, thread)
}

fn one(answer: &'static str) -> Raw {
    let (url, thread) = server(answer, 1);
    let named: Named = url.parse().expect("a handler");
    let limit = Duration::from_millis(if answer.is_empty() { 100 } else { 20_000 });
    let given = local(Function::new(named, limit).call("{}", RequestId(1))).expect("an end");
    thread.join().expect("a server");
    given.raw
}

#[test]
fn answers_and_errors() {
    let ok = "HTTP/1.1 200 OK\r\ncontent-length: ";
    let text = |body: &str| format!("{ok}{}\r\n\r\n{body}", body.len()).leak() as &'static str;
    assert_eq!(one(text("{\"batchItemFailures\": []}")), Raw::Returned("{\"batchItemFailures\": []}".into()));
    assert_eq!(one(text("")), Raw::Returned("null".into()));
    let told = text(r#"{"errorType": "KeyError", "errorMessage": "'amount'", "stackTrace": []}"#);
    assert_eq!(one(told), Raw::Raised("KeyError: 'amount'".into()));
    let refused = one("HTTP/1.1 500 Oops\r\ncontent-length: 4\r\n\r\nwhat");
    assert_eq!(refused, Raw::Raised("status 500: what".into()));
}

#[test]
fn bad_http() {
    let died = |answer: &'static str, part: &str| match one(answer) {
        Raw::Died(how) => assert!(how.contains("gave no answer") && how.contains(part), "{how}"),
        other => panic!("{other:?}"),
    };
    died("SSH-2.0-OpenSSH_9.6\r\n", "invalid HTTP");
    died("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort", "end of file");
    died("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "");
    assert_eq!(one(""), Raw::TimedOut);
}

fn run(url: &str, check: &Check) -> Result<Report, HandlerError> {
    let named: Named = url.parse().expect("a handler");
    local(check.run(&mut Function::new(named, Duration::from_secs(20))))
}

/// What was found before the function went away is kept.
#[test]
fn a_function_that_goes_away() {
    let (url, _) = server("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", 3);
    let check = Check::new(MAPPING, GOOD, "").expect("a check").drawn(0);
    let report = run(&url, &check).expect("a report");
    violated(&report, &[c::CONS_3]);
    let text = report.to_text();
    assert!(text.contains("broke off") && text.contains("is the function's HTTP server running?"), "{text}");
    assert!(matches!(run(&url, &check), Err(HandlerError::Start(_))));
}
