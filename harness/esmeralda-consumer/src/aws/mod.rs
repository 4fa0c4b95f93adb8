//! What a function does by the AWS SDK: its requests come here, are answered, and those that write are noted.
//!
//! `writes` finds out of a request and its answer what was written. Requests are answered by endpoints in memory, or
//! passed on to an emulator. Here is also the sink, where a function may say what it did by HTTP.

mod writes;

pub use writes::Write;

use esmeralda_wire::Config;
use esmeralda_wire::account::Account;
use esmeralda_wire::http::{Answer, ApiError, BODY_LIMIT, Request};
use esmeralda_wire::provide::provide;
use esmeralda_wire::proxy::{Host, Proxy, unanswered};
use esmeralda_wire::server::{Double, answer, connections};
use esmeralda_wire::world::World;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

/// The path of the sink.
pub const SINK: &str = "/_esmeralda/sink";
/// Most writes and lines of one call that are kept.
pub const MAX_SEEN: usize = 100_000;
/// Most operations that are told of for being unknown.
const MAX_REFUSED: usize = 20;

/// Who answers the SDK.
#[derive(Debug, Clone)]
pub enum Answers {
    /// Endpoints in memory: Kinesis, SQS, SNS, DynamoDB and S3, whose tables, queues and so on are made as they are named.
    Stub,
    /// An emulator.
    Host(Host),
    /// Nobody: there is only the sink.
    Nobody,
}

impl FromStr for Answers {
    type Err = &'static str;

    /// Reads `stub` or a URL.
    fn from_str(text: &str) -> Result<Answers, &'static str> {
        match text {
            "stub" => Ok(Answers::Stub),
            url => Host::parse(url)
                .map(Answers::Host)
                .ok_or("expected stub, or the URL of an emulator as http://HOST:PORT or https://HOST:PORT"),
        }
    }
}

/// What came in.
#[derive(Debug, Default)]
struct Seen {
    writes: Vec<Write>,
    lines: Vec<String>,
    refused: BTreeMap<String, u32>,
}

/// An endpoint for a function's SDK, on a thread of its own. It ends when this is dropped.
pub struct Recorder {
    double: Double,
    seen: Arc<Mutex<Seen>>,
}

impl Recorder {
    /// Starts it; port 0 takes any free one.
    ///
    /// # Errors
    /// Loopback cannot be listened on.
    pub fn start(answers: Answers, port: u16) -> io::Result<Recorder> {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let noted = seen.clone();
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let double = Double::serving(listen, move |listener| async move {
            let account =
                Account { region: "eu-west-1".into(), id: "123456789012".into(), ..Account::default() };
            let behind = Rc::new(match answers {
                Answers::Stub => Behind::Stub(World::new(Config { account, ..Config::default() })),
                Answers::Host(host) => Behind::Host(Box::new(Proxy::new(host, |_| {}))),
                Answers::Nobody => Behind::Nobody,
            });
            let respond = move |request: hyper::Request<hyper::body::Incoming>| {
                let (behind, noted) = (behind.clone(), noted.clone());
                async move {
                    let head = request.method() == hyper::Method::HEAD;
                    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
                    let answer = match Request::read(request, BODY_LIMIT).await {
                        Ok(request) => behind.answer(&noted, &request, &path).await,
                        Err(error) => error.to_json("application/json"),
                    };
                    answer.into_response(head, || "00000000-0000-4000-8000-000000000000".to_owned())
                }
            };
            connections(listener, respond).await
        })?;
        Ok(Recorder { double, seen })
    }

    /// Where it is: for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        self.double.url()
    }

    /// Where lines are taken by POST: for `ESMERALDA_SINK`.
    pub fn sink(&self) -> String {
        format!("{}{SINK}", self.url())
    }

    /// What was written since the last time, and the lines of the sink.
    pub fn take(&self) -> (Vec<Write>, Vec<String>) {
        let mut seen = lock(&self.seen);
        (std::mem::take(&mut seen.writes), std::mem::take(&mut seen.lines))
    }

    /// Operations that the endpoints in memory do not have, with how often they were asked for.
    pub fn refused(&self) -> BTreeMap<String, u32> {
        lock(&self.seen).refused.clone()
    }
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Behind {
    Stub(Rc<World>),
    Host(Box<Proxy>),
    Nobody,
}

impl Behind {
    /// What is written is noted before its answer goes out: a function that has ended has been seen.
    async fn answer(&self, seen: &Mutex<Seen>, request: &Request, path: &str) -> Answer {
        if request.path == SINK {
            let text = String::from_utf8_lossy(&request.body);
            let mut seen = lock(seen);
            let room = MAX_SEEN.saturating_sub(seen.lines.len());
            seen.lines.extend(text.lines().take(room).map(str::to_owned));
            return Answer::empty(204);
        }
        let answer = match self {
            Behind::Stub(world) => {
                provide(world, request);
                answer(world, request).await
            }
            Behind::Host(proxy) => {
                proxy.repeat(request, path).await.unwrap_or_else(|error| unanswered(&error))
            }
            Behind::Nobody => {
                let message = "nobody answers the SDK here: run with --aws stub or --aws URL";
                ApiError::new(404, "ResourceNotFoundException", message).to_json("application/json")
            }
        };
        let mut seen = lock(seen);
        if matches!(self, Behind::Stub(_)) && unknown(&answer) && seen.refused.len() < MAX_REFUSED {
            *seen.refused.entry(writes::operation(request)).or_default() += 1;
        }
        let room = MAX_SEEN.saturating_sub(seen.writes.len());
        seen.writes.extend(writes::of(request, &answer).into_iter().take(room));
        answer
    }
}

/// Whether an answer says that the operation is not there.
fn unknown(answer: &Answer) -> bool {
    let text = String::from_utf8_lossy(&answer.body[..answer.body.len().min(400)]);
    let known = ["UnknownOperation", "InvalidAction", "NotImplemented", "MethodNotAllowed", "this endpoint "];
    answer.status >= 400 && known.iter().any(|word| text.contains(word))
}
