//! What a function does by the AWS SDK: its requests come here, are answered, and those that write are noted.
//!
//! `writes` finds out of a request and its answer what was written, `reads` what was read. Requests are answered by
//! endpoints in memory, which hold what a `scene` says, or passed on to an emulator. Here is also the sink, where a
//! function may say what it did by HTTP.

mod reads;
pub mod scene;
mod writes;

pub use reads::Read;
pub use scene::Scene;
pub use writes::Write;

use esmeralda_wire::http::{Answer, ApiError, BODY_LIMIT, Request};
use esmeralda_wire::provide::provide;
use esmeralda_wire::proxy::{Host, Proxy, unanswered};
use esmeralda_wire::server::{Double, answer, connections};
use esmeralda_wire::world::World;
use std::cell::RefCell;
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// What was written.
    pub writes: Vec<Write>,
    /// What was read.
    pub reads: Vec<Read>,
    /// The lines of the sink.
    pub lines: Vec<String>,
}

#[derive(Default)]
struct Shared {
    seen: Seen,
    refused: BTreeMap<String, u32>,
    /// What is to be there from the next request on.
    next: Option<Scene>,
}

/// An endpoint for a function's SDK, on a thread of its own. It ends when this is dropped.
pub struct Recorder {
    double: Double,
    shared: Arc<Mutex<Shared>>,
}

impl Recorder {
    /// Starts it; port 0 takes any free one.
    ///
    /// # Errors
    /// Loopback cannot be listened on.
    pub fn start(answers: Answers, port: u16) -> io::Result<Recorder> {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let noted = shared.clone();
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let double = Double::serving(listen, move |listener| async move {
            let behind = Rc::new(match answers {
                Answers::Stub => Behind::Stub(RefCell::new(scene::empty())),
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
        Ok(Recorder { double, shared })
    }

    /// Where it is: for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        self.double.url()
    }

    /// Where lines are taken by POST: for `ESMERALDA_SINK`.
    pub fn sink(&self) -> String {
        format!("{}{SINK}", self.url())
    }

    /// What came in since the last time.
    pub fn take(&self) -> Seen {
        std::mem::take(&mut lock(&self.shared).seen)
    }

    /// From the next request on the endpoints in memory hold this, and nothing else.
    pub fn stage(&self, scene: Scene) {
        lock(&self.shared).next = Some(scene);
    }

    /// Operations that the endpoints in memory do not have, with how often they were asked for.
    pub fn refused(&self) -> BTreeMap<String, u32> {
        lock(&self.shared).refused.clone()
    }
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Behind {
    Stub(RefCell<Rc<World>>),
    Host(Box<Proxy>),
    Nobody,
}

impl Behind {
    /// What is written is noted before its answer goes out: a function that has ended has been seen.
    async fn answer(&self, shared: &Mutex<Shared>, request: &Request, path: &str) -> Answer {
        if request.path == SINK {
            let text = String::from_utf8_lossy(&request.body);
            let seen = &mut lock(shared).seen;
            let room = MAX_SEEN.saturating_sub(seen.lines.len());
            seen.lines.extend(text.lines().take(room).map(str::to_owned));
            return Answer::empty(204);
        }
        let answer = match self {
            Behind::Stub(world) => {
                if let Some(scene) = lock(shared).next.take() {
                    *world.borrow_mut() = scene.build();
                }
                let world = world.borrow().clone();
                provide(&world, request);
                match invoked(request) {
                    Some(answer) => answer,
                    None => answer(&world, request).await,
                }
            }
            Behind::Host(proxy) => {
                proxy.repeat(request, path).await.unwrap_or_else(|error| unanswered(&error))
            }
            Behind::Nobody => {
                let message = "nobody answers the SDK here: run with --aws stub or --aws URL";
                ApiError::new(404, "ResourceNotFoundException", message).to_json("application/json")
            }
        };
        let mut shared = lock(shared);
        if matches!(self, Behind::Stub(_)) && unknown(&answer) && shared.refused.len() < MAX_REFUSED {
            *shared.refused.entry(writes::operation(request)).or_default() += 1;
        }
        let seen = &mut shared.seen;
        let room = MAX_SEEN.saturating_sub(seen.writes.len());
        seen.writes.extend(writes::of(request, &answer).into_iter().take(room));
        let room = MAX_SEEN.saturating_sub(seen.reads.len());
        seen.reads.extend(reads::of(request, &answer).into_iter().take(room));
        answer
    }
}

/// Every function is there for whoever invokes it, and returns nothing.
fn invoked(request: &Request) -> Option<Answer> {
    let invokes = request.method == hyper::Method::POST && request.path.ends_with("/invocations");
    let waits = request.header("x-amz-invocation-type") != Some("Event");
    invokes.then(|| if waits { Answer::new(200, "application/json", "null") } else { Answer::empty(202) })
}

/// Whether an answer says that the operation is not there.
fn unknown(answer: &Answer) -> bool {
    let text = String::from_utf8_lossy(&answer.body[..answer.body.len().min(400)]);
    let known = ["UnknownOperation", "InvalidAction", "NotImplemented", "MethodNotAllowed", "this endpoint "];
    answer.status >= 400 && known.iter().any(|word| text.contains(word))
}
