//! Trouble between the engine and its upstream: errors, throttles, slow answers, broken connections, restarts. Seeded.
//!
//! Only the engine's own requests meet it: what clients do must stay known.

use crate::judged::{lines, read, run, verdict};
use crate::support::{Client, Function, config, failure_records, file, serve, upstream};
use bytes::Bytes;
use esm_model::spec::Reading;
use esm_model::verdict::Verdict;
use esmeralda_engine::aws::USER_AGENT;
use esmeralda_engine::{Config, Upstream};
use esmeralda_wire::http::ApiError;
use esmeralda_wire::proxy::{Body, Proxy};
use esmeralda_wire::server::connections;
use http_body_util::Either;
use hyper::body::{Frame, Incoming};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

/// A body that breaks off at once.
struct Broken;

impl hyper::body::Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::Error::other("broken off"))))
    }
}

type Troubled = hyper::Response<Either<Body, Broken>>;

/// What goes wrong with a request, by lot.
async fn trouble(
    proxy: &Proxy,
    dice: &RefCell<Xoshiro256PlusPlus>,
    request: hyper::Request<Incoming>,
) -> Troubled {
    let header = |name| {
        request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (agent, target) = (header("user-agent"), header("x-amz-target"));
    let pass = async |request| proxy.pass(request).await.map(Either::Left);
    let error = |status, kind: &str| {
        let answer = ApiError::new(status, kind, "planted").to_json("application/x-amz-json-1.1");
        answer.into_response(false, String::new).map(Either::Right).map(Either::Left)
    };
    let broken = || hyper::Response::new(Either::Right(Broken));
    if agent != USER_AGENT {
        return pass(request).await;
    }
    // A call or a write whose answer is lost was made all the same; whether it counts nobody can know.
    let reads = target.contains("Get") || target.contains("List") || target.contains("Describe");
    let lot = dice.borrow_mut().next_u64() % 20;
    match lot {
        0 | 1 => error(500, "InternalFailure"),
        2..=4 if target.ends_with(".GetRecords") => error(400, "ProvisionedThroughputExceededException"),
        5 if target.ends_with(".GetRecords") => error(400, "ExpiredIteratorException"),
        6 => broken(),
        7 if reads => {
            drop(proxy.pass(request).await);
            broken()
        }
        8 | 9 => {
            tokio::time::sleep(Duration::from_millis(300)).await;
            pass(request).await
        }
        _ => pass(request).await,
    }
}

/// Starts trouble in front of a URL, on a thread that ends with the test's process: its URL.
fn troubled(url: &str, seed: u64) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback can be bound");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("an address");
    let upstream = Upstream::new(url, None).expect("a URL");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let local = tokio::task::LocalSet::new();
        let served = runtime.block_on(local.run_until(async {
            let proxy = Rc::new(Proxy::new(upstream, |_| {}));
            let dice = Rc::new(RefCell::new(Xoshiro256PlusPlus::seed_from_u64(seed)));
            let respond = move |request| {
                let (proxy, dice) = (proxy.clone(), dice.clone());
                async move { trouble(&proxy, &dice, request).await }
            };
            connections(tokio::net::TcpListener::from_std(listener).expect("a socket"), respond).await
        }));
        served.expect("it listens");
    });
    format!("http://{address}")
}

/// Two shards, bisection and a queue, with records that fail for good, for a while, and never.
const CASE: &str = r#"{"format":1,"shards":2,"mappings":[{"settings":{"StartingPosition":"TRIM_HORIZON","BatchSize":3,
    "MaximumRetryAttempts":2,"BisectBatchOnFunctionError":true,"DestinationConfig":{"OnFailure":{"Destination":
    "arn:aws:sqs:eu-west-1:123456789012:failures"}}}}],"records":[{"at":0},{"at":0,"behaviour":{"how":"raise"}},{"at":0},
    {"at":0,"shard":1},{"at":300},{"at":300,"shard":1,"behaviour":{"how":"raise","times":1}},{"at":600,"shard":1}],
    "closing_at":1500,"horizon_ms":20000}"#;

/// Bounds for an upstream that is in trouble half of the time.
const PATIENT: &str =
    "[bounds]\ncall_ms = 8000\nsettle_ms = 15000\nlull_ms = 9000\nupdate_settle_ms = 8000\n";

#[test]
fn trouble_never_looks_like_a_breach() {
    for seed in 1..=3 {
        let double = upstream();
        let engine = serve(config(&troubled(&double.url(), seed)));
        let reading = Reading::documented().with_duplicates(true);
        let trial = run(&format!("chaos-{seed}"), &engine.url(), &read(CASE), &reading, PATIENT);
        let breach = matches!(verdict(&trial), Verdict::Violates(_));
        assert!(!breach, "seed {seed}: {:?}\n{}", verdict(&trial), lines(&trial));
    }
}

#[test]
fn through_trouble_and_restarts_no_record_is_lost() {
    for seed in 11..=12 {
        let double = upstream();
        let behind = Client::new(double.url());
        let stream = behind.stream("s", 2);
        let function = Function::picky();
        behind.function("orders", &function.url, 3);
        let (queue, arn) = behind.queue("q");
        let state = file(&format!("chaos-{seed}.json"));
        let url = troubled(&double.url(), seed);
        let start = || serve(Config { state: Some(state.clone()), ..config(&url) });
        let mut engine = start();
        let settings = json!({
            "BatchSize": 4, "MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": true,
            "DestinationConfig": {"OnFailure": {"Destination": arn}},
        });
        // Trouble may meet the request for it, too.
        crate::support::until("the mapping is made", || {
            let body = json!({"EventSourceArn": stream, "FunctionName": "orders", "StartingPosition": "TRIM_HORIZON"});
            let mut body = body;
            body.as_object_mut()?.extend(settings.as_object()?.clone());
            let front = Client::new(engine.url());
            let (status, _, text) =
                front.send("POST", "/2015-03-31/event-source-mappings", &[], body.to_string().as_bytes());
            assert!(status == 202 || status == 500, "{status} {text}");
            (status == 202).then_some(())
        });
        let (mut wanted, mut failed) = (BTreeSet::new(), 0);
        for number in 0..60 {
            let bad = number % 9 == 4;
            failed += usize::from(bad);
            let data = format!("{}{number:03}", if bad { "bad" } else { "good" });
            behind.put(&stream, &data, number % 2 == 0);
            if !bad {
                wanted.insert(data);
            }
            if number == 20 || number == 40 {
                drop(engine);
                engine = start();
            }
        }
        let (mut seen, mut last) = (BTreeSet::new(), [String::new(), String::new()]);
        let mut missing = wanted.clone();
        while !missing.is_empty() {
            let call = function
                .within(60_000)
                .unwrap_or_else(|| panic!("seed {seed}: never delivered: {missing:?}"));
            for data in call.iter().filter(|data| data.starts_with("good")) {
                let shard = data.ends_with(['1', '3', '5', '7', '9']) as usize;
                // What was delivered before may come again; what is new comes in order.
                if seen.insert(data.clone()) {
                    assert!(*data > last[shard], "seed {seed}: {data} after {}", last[shard]);
                    last[shard].clone_from(data);
                }
                if call.iter().all(|data| data.starts_with("good")) {
                    missing.remove(data);
                }
            }
        }
        let mut records = BTreeSet::new();
        crate::support::until("every bad record has its failure record", || {
            let got = failure_records(&behind, &queue, 1);
            records.extend(got.iter().map(|it| it["KinesisBatchInfo"]["startSequenceNumber"].to_string()));
            (records.len() >= failed).then_some(())
        });
        assert_eq!(records.len(), failed, "one for each");
    }
}
