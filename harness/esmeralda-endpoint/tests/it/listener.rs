//! The callback listener: whose call it is, and what the function is told.

use esmeralda::clock::Wall;
use esmeralda_endpoint::listener::{Incoming, Listener, Told};
use esmeralda_endpoint::preset::Answers;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const STREAM: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/one";
const OTHER: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/two";

/// What a function posts, and the whole answer that it gets.
async fn call(url: &str, body: &str) -> String {
    let rest = url.strip_prefix("http://").expect("a plain URL");
    let (authority, path) = rest.split_once('/').expect("a URL with a path");
    let mut stream = TcpStream::connect(authority).await.expect("it listens");
    let length = body.len();
    let request = format!(
        "POST /{path} HTTP/1.1\r\nhost: {authority}\r\nx-esmeralda-request-id: id-1\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("it takes the call");
    let mut answer = String::new();
    // A connection that is reset ends the answer like any other.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

async fn listener(answers: Answers) -> Listener {
    Listener::bind("127.0.0.1", answers, Wall::start()).await.expect("loopback can be bound")
}

/// Answers the next call.
async fn tell(calls: &mut UnboundedReceiver<Incoming>, told: Told) -> Incoming {
    let mut call = calls.recv().await.expect("a call comes");
    let (spare, _) = tokio::sync::oneshot::channel();
    let answer = std::mem::replace(&mut call.answer, spare);
    answer.send(told).expect("the function waits");
    call
}

#[tokio::test]
async fn a_call_finds_its_session_by_the_stream() {
    let listener = listener(Answers::Instructions).await;
    let (one, mut calls) = unbounded_channel();
    let (two, mut others) = unbounded_channel();
    listener.open("token", STREAM, 0, one);
    listener.open("token", OTHER, 1, two);
    let url = listener.url("127.0.0.1", "token");
    let event = format!("{{\"Records\":[{{\"eventSourceARN\":\"{OTHER}\"}}]}}");
    let (answer, seen) = tokio::join!(call(&url, &event), tell(&mut others, Told::Return("null".into())));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with(r#"{"do":"return","value":"null"}"#), "{answer}");
    assert_eq!(
        (seen.mapping, seen.text.as_str(), seen.request.as_deref()),
        (1, event.as_str(), Some("id-1"))
    );
    // Closed, the other is the only one left, and gets what names neither.
    listener.close(OTHER);
    let (answer, seen) = tokio::join!(call(&url, "garbage"), tell(&mut calls, Told::Raise));
    assert!(answer.ends_with(r#"{"do":"raise"}"#), "{answer}");
    assert_eq!(seen.mapping, 0);
    // A late call of the other is nobody's.
    let answer = call(&url, &event).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(calls.try_recv().is_err());
}

#[tokio::test]
async fn a_wrong_token_reaches_nobody() {
    let listener = listener(Answers::Plain).await;
    let (sender, _calls) = unbounded_channel();
    listener.open("token", STREAM, 0, sender);
    let answer = call(&listener.url("127.0.0.1", "guess"), "{}").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    listener.close(STREAM);
    let answer = call(&listener.url("127.0.0.1", "token"), "{}").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[tokio::test]
async fn a_plain_function_answers_by_status() {
    let listener = listener(Answers::Plain).await;
    let (sender, mut calls) = unbounded_channel();
    listener.open("token", STREAM, 0, sender);
    let url = listener.url("127.0.0.1", "token");
    for (told, status, body) in [
        (Told::Return("[1]".into()), "HTTP/1.1 200", "[1]"),
        (Told::Raise, "HTTP/1.1 500", "raised"),
        (Told::Nothing, "HTTP/1.1 410", ""),
    ] {
        let (answer, _) = tokio::join!(call(&url, "{}"), tell(&mut calls, told));
        assert!(answer.starts_with(status) && answer.ends_with(body), "{answer}");
    }
    // A process that died leaves an answer without an end.
    let (answer, _) = tokio::join!(call(&url, "{}"), tell(&mut calls, Told::Crash));
    assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
    // Given up: whoever runs the function has to end it, and if it does not, nobody waits for ever.
    let give_up = async { drop(calls.recv().await.expect("a call comes")) };
    let (answer, ()) = tokio::join!(call(&url, "{}"), give_up);
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
}
