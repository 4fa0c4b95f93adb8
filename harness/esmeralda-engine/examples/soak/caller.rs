//! A client of the engine or of its upstream, and the function that counts what reaches it.

use esmeralda::clock::Wall;
use esmeralda_engine::Upstream;
use esmeralda_engine::aws::{Ask, Client, Place};
use esmeralda_wire::account::Account;
use esmeralda_wire::http::Answer;
use esmeralda_wire::server::connections;
use http_body_util::BodyExt as _;
use hyper::Method;
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::net::TcpListener;

/// A client of one URL.
pub(crate) struct Caller {
    client: Client,
    place: Place,
}

impl Caller {
    pub(crate) fn new(url: &str) -> Result<Caller, String> {
        let upstream = Upstream::new(url, None).map_err(|error| error.to_string())?;
        let place = Place { account: Account::default(), access_key: "test".to_owned() };
        Ok(Caller { client: Client::new(upstream, Wall::start()), place })
    }

    async fn ask(&self, ask: Ask) -> Result<Json, String> {
        let said = self.client.ask(&self.place, ask).await.and_then(|said| said.good());
        Ok(said.map_err(|error| error.to_string())?.json())
    }

    async fn kinesis(&self, operation: &str, body: Json) -> Result<Json, String> {
        self.ask(Ask::target("kinesis", "1.1", &format!("Kinesis_20131202.{operation}"), &body)).await
    }

    async fn rest(&self, method: Method, path: &str, body: Json) -> Result<Json, String> {
        self.ask(Ask::new(method, "lambda", path).with("application/json", body.to_string())).await
    }

    /// Makes a stream. It may need a moment before it takes records.
    pub(crate) async fn stream(&self, name: &str, shards: u32) -> Result<(), String> {
        self.kinesis("CreateStream", json!({"StreamName": name, "ShardCount": shards})).await.map(drop)
    }

    /// Makes a function that is this URL.
    pub(crate) async fn function(&self, name: &str, url: &str) -> Result<(), String> {
        let body = json!({
            "FunctionName": name, "Runtime": "python3.12", "Handler": "index.handler", "Timeout": 30,
            "Role": "arn:aws:iam::000000000000:role/r", "Code": {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="},
            "Environment": {"Variables": {"MINISTACK_LAMBDA_PROXY_URL": url}},
        });
        self.rest(Method::POST, "/2015-03-31/functions", body).await.map(drop)
    }

    /// Makes a mapping of that stream.
    pub(crate) async fn mapping(&self, stream: &str, function: &str) -> Result<(), String> {
        let body = json!({
            "EventSourceArn": arn(stream), "FunctionName": function, "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 1000,
        });
        self.rest(Method::POST, "/2015-03-31/event-source-mappings", body).await.map(drop)
    }

    /// Puts so many records, told apart by their keys from that number on.
    pub(crate) async fn put(&self, stream: &str, from: u64, count: u64) -> Result<(), String> {
        let record =
            |number| json!({"Data": "eHh4eHh4eHh4eHh4eHh4eA==", "PartitionKey": format!("k{number}")});
        let records: Vec<Json> = (from..from + count).map(record).collect();
        let put = self.kinesis("PutRecords", json!({"StreamName": stream, "Records": records})).await?;
        match put["FailedRecordCount"].as_u64() {
            Some(0) => Ok(()),
            _ => Err(format!("records were refused: {}", put["Records"][0])),
        }
    }
}

/// The ARN of a stream.
pub(crate) fn arn(stream: &str) -> String {
    format!("arn:aws:kinesis:us-east-1:000000000000:stream/{stream}")
}

/// What has reached the function.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    /// Records by the ARN of their stream.
    pub(crate) by_stream: BTreeMap<String, u64>,
    /// From arrival to delivery of the record that waited longest, since this was last taken; in milliseconds.
    pub(crate) lag_ms: i64,
}

impl Delivered {
    /// Records of all streams.
    pub(crate) fn all(&self) -> u64 {
        self.by_stream.values().sum()
    }

    fn note(&mut self, event: &Json, now_ms: i64) {
        for record in event["Records"].as_array().into_iter().flatten() {
            let stream = record["eventSourceARN"].as_str().unwrap_or_default();
            *self.by_stream.entry(stream.to_owned()).or_default() += 1;
            let arrived = record["kinesis"]["approximateArrivalTimestamp"].as_f64().unwrap_or(0.0);
            self.lag_ms = self.lag_ms.max(now_ms - (arrived * 1_000.0) as i64);
        }
    }
}

/// A function that counts the records of its calls: its URL.
pub(crate) async fn counting(delivered: Rc<RefCell<Delivered>>) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let clock = Wall::start();
    tokio::task::spawn_local(connections(listener, move |request: hyper::Request<hyper::body::Incoming>| {
        let delivered = delivered.clone();
        async move {
            let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let event: Json = serde_json::from_slice(&body).unwrap_or_default();
            delivered.borrow_mut().note(&event, clock.epoch_ms());
            Answer::json(200, &Json::Null).into_response(false, String::new)
        }
    }));
    Ok(url)
}
