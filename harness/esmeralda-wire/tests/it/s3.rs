//! S3: buckets, objects, lists, and bodies in chunks.

use crate::support::{Endpoint, check};
use esmeralda_wire::Config;

fn say(endpoint: &mut Endpoint, method: &str, path: &str, body: &str) {
    let (status, kind, text) = endpoint.send(method, path, &[], body.as_bytes());
    endpoint.note(&format!("{method} {path} {body}"), status, &kind, &text);
}

#[test]
fn buckets_and_objects() {
    let mut endpoint = Endpoint::new(Config::default());
    for (method, path, body) in [
        ("PUT", "/records", ""),
        ("PUT", "/records", ""),
        ("PUT", "/No", ""),
        ("PUT", "/records/a/1%20x", "one"),
        ("PUT", "/records/a/2", "two"),
        ("PUT", "/records/b", "three"),
        ("GET", "/records/a/1%20x", ""),
        ("GET", "/records/none", ""),
        ("HEAD", "/records/a/2", ""),
        ("GET", "/none?list-type=2", ""),
        ("GET", "/records?list-type=2&prefix=a/&encoding-type=url", ""),
        ("GET", "/records?list-type=2&delimiter=/", ""),
        ("GET", "/records?list-type=2&max-keys=1", ""),
        ("GET", "/records?list-type=2&max-keys=1&continuation-token=a/2", ""),
        ("GET", "/records?versioning", ""),
        ("DELETE", "/records", ""),
        (
            "POST",
            "/records?delete",
            "<Delete><Object><Key>a/1 x</Key></Object><Object><Key>b</Key></Object></Delete>",
        ),
        ("POST", "/records?delete", "<Delete>"),
        ("DELETE", "/records/a/2", ""),
        ("DELETE", "/records", ""),
        ("GET", "/", ""),
    ] {
        say(&mut endpoint, method, path, body);
    }
    check(&endpoint, "s3");
}

#[test]
fn chunks_are_put_together() {
    let endpoint = Endpoint::new(Config::default());
    endpoint.send("PUT", "/chunks", &[], b"");
    let headers = [("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")];
    let body = "3\r\nabc\r\n2;chunk-signature=0\r\nde\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    assert_eq!(endpoint.send("PUT", "/chunks/k", &headers, body.as_bytes()).0, 200);
    assert_eq!(endpoint.send("GET", "/chunks/k", &[], b"").2, "abcde");
    let (status, _, text) = endpoint.send("PUT", "/chunks/k", &headers, b"9\r\nabc\r\n");
    assert_eq!(status, 400);
    assert!(text.contains("IncompleteBody"), "{text}");
}
