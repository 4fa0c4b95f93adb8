//! Keeps an engine busy for a while: records per second with and without its proxy, its lag, and its memory.
//!
//! The upstream must be a process of its own, so that the memory is the engine's: MiniStack, or `serve` of esmeralda-wire.

use clap::Parser;
use esm_model::reference::Policy;
use esmeralda::clock::Stopwatch;
use esmeralda::stop::Stop;
use esmeralda_engine::aws::{Ask, Client, Place};
use esmeralda_engine::{Config, Server, Upstream};
use esmeralda_wire::account::Account;
use esmeralda_wire::http::Answer;
use esmeralda_wire::server::connections;
use http_body_util::BodyExt as _;
use hyper::Method;
use serde_json::{Value as Json, json};
use std::cell::Cell;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Records of one request: what the service takes.
const BATCH: usize = 500;
/// How long what was put may take to be delivered at the end.
const DRAIN: Duration = Duration::from_secs(60);
/// Memory may grow by so much after the first tenth: connections, iterators and the allocator's own.
const GROWTH_KIB: u64 = 64 * 1024;

/// Keeps an engine busy.
#[derive(Parser)]
struct Args {
    /// The emulator: http://HOST:PORT
    #[arg(long)]
    upstream: String,
    /// For so many seconds
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(10..=86_400))]
    seconds: u64,
    /// Shards of the stream
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=100))]
    shards: u32,
    /// Wait while so many records are not delivered
    #[arg(long, default_value_t = 20_000)]
    ahead: u64,
}

/// Memory of this process that is in use, where the system tells.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

struct Caller {
    client: Client,
    place: Place,
}

impl Caller {
    fn new(url: &str) -> Option<Caller> {
        let client = Client::new(Upstream::parse(url)?, esmeralda::clock::Wall::start());
        Some(Caller { client, place: Place { account: Account::default(), access_key: "test".to_owned() } })
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

    async fn put(&self, stream: &str, from: u64) -> Result<(), String> {
        let record =
            |number| json!({"Data": "eHh4eHh4eHh4eHh4eHh4eA==", "PartitionKey": format!("k{number}")});
        let records: Vec<Json> = (from..from + BATCH as u64).map(record).collect();
        let put = self.kinesis("PutRecords", json!({"StreamName": stream, "Records": records})).await?;
        match put["FailedRecordCount"].as_u64() {
            Some(0) => Ok(()),
            _ => Err(format!("records were refused: {}", put["Records"][0])),
        }
    }
}

/// Records per second that this caller puts within some seconds.
async fn rate(caller: &Caller, stream: &str, seconds: u64) -> Result<f64, String> {
    let (watch, mut count) = (Stopwatch::start(), 0);
    while watch.elapsed() < Duration::from_secs(seconds) {
        caller.put(stream, count).await?;
        count += BATCH as u64;
    }
    Ok(count as f64 / watch.elapsed().as_secs_f64())
}

/// A function that counts the records of its calls: its URL.
async fn function(delivered: Rc<Cell<u64>>) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::task::spawn_local(connections(listener, move |request: hyper::Request<hyper::body::Incoming>| {
        let delivered = delivered.clone();
        async move {
            let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let event: Json = serde_json::from_slice(&body).unwrap_or_default();
            let records = event["Records"].as_array().map_or(0, Vec::len) as u64;
            delivered.set(delivered.get() + records);
            Answer::json(200, &Json::Null).into_response(false, String::new)
        }
    }));
    Ok(url)
}

async fn soak(args: &Args, front: &Caller, behind: &Caller) -> Result<(), String> {
    let name = format!("soak-{}", std::process::id());
    for stream in [&name, &format!("{name}-rate")] {
        behind.kinesis("CreateStream", json!({"StreamName": stream, "ShardCount": args.shards})).await?;
    }
    let delivered = Rc::new(Cell::new(0));
    let url = function(delivered.clone()).await.map_err(|error| error.to_string())?;
    let body = json!({
        "FunctionName": name, "Runtime": "python3.12", "Handler": "index.handler", "Timeout": 30,
        "Role": "arn:aws:iam::000000000000:role/r", "Code": {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="},
        "Environment": {"Variables": {"MINISTACK_LAMBDA_PROXY_URL": url}},
    });
    front.rest(Method::POST, "/2015-03-31/functions", body).await?;
    // Streams need a moment before they take records.
    tokio::time::sleep(Duration::from_secs(2)).await;
    for (what, caller) in
        [("upstream alone", behind), ("through the proxy", front), ("upstream alone", behind)]
    {
        println!("{what}: {:.0} records/s", rate(caller, &format!("{name}-rate"), 5).await?);
    }
    let body = json!({
        "EventSourceArn": format!("arn:aws:kinesis:us-east-1:000000000000:stream/{name}"), "FunctionName": name,
        "StartingPosition": "TRIM_HORIZON", "BatchSize": 1000,
    });
    front.rest(Method::POST, "/2015-03-31/event-source-mappings", body).await?;
    let (watch, mut put, mut worst, mut early, mut told) = (Stopwatch::start(), 0_u64, 0, 0, 0);
    while watch.elapsed() < Duration::from_secs(args.seconds) {
        let lag = put - delivered.get();
        worst = worst.max(lag);
        if lag >= args.ahead {
            tokio::time::sleep(Duration::from_millis(50)).await;
        } else {
            front.put(&name, put).await?;
            put += BATCH as u64;
        }
        let seconds = watch.elapsed().as_secs();
        if seconds >= told + args.seconds / 10 {
            told = seconds;
            early = if early == 0 { resident_kib() } else { early };
            println!("{seconds} s: {put} put, {} delivered, {} KiB", delivered.get(), resident_kib());
        }
    }
    let drain = Stopwatch::start();
    while delivered.get() < put && drain.elapsed() < DRAIN {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (count, late) = (delivered.get(), resident_kib());
    println!(
        "{:.0} records/s delivered, worst lag {worst}, {early} KiB early, {late} KiB late",
        put as f64 / watch.elapsed().as_secs_f64()
    );
    match (count == put, late <= early + GROWTH_KIB) {
        (true, true) => Ok(()),
        (false, _) => Err(format!("{put} records were put and {count} delivered")),
        (_, false) => Err(format!("memory grew from {early} to {late} KiB")),
    }
}

async fn started(args: &Args) -> Result<(), String> {
    let upstream = Upstream::parse(&args.upstream).ok_or("the upstream must be http://HOST:PORT")?;
    let config =
        Config { upstream, policy: Policy::AWS, fault: None, state: None, region: "us-east-1".to_owned() };
    let server = Server::start(([127, 0, 0, 1], 0).into(), config, Stop::default());
    let server = server.map_err(|error| error.to_string())?;
    let (front, behind) = (Caller::new(&server.url()), Caller::new(&args.upstream));
    let (Some(front), Some(behind)) = (front, behind) else { return Err("no URL".to_owned()) };
    soak(args, &front, &behind).await
}

fn main() -> ExitCode {
    let args = Args::parse();
    let local = tokio::task::LocalSet::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(local.run_until(started(&args))),
        Err(error) => Err(error.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
